"""Schemathesis over the whole API: hostile requests, and requests that follow from the replies before.

Half of the events that it makes up are given data that holds, so that orders come to be and links lead somewhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import schemathesis

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
DATE = "2024-01-20"
SAYS: dict[str, dict[str, Any]] = {
    "order_line.created": {"quantity": 10, "date": DATE, "plant": "Kiel", "value": 100},
    "order_line.changed": {"quantity": 8},
    "order_line.closed": {"reason": "short"},
    "commitment.changed": {"date": DATE},
    "hold.placed": {"kind": "quality", "reference": "H"},
    "hold.released": {"kind": "quality", "reference": "H"},
    "production.released": {"quantity": 10, "date": DATE, "reference": "P"},
    "production.rescheduled": {"date": DATE, "reference": "P"},
    "readiness.stated": {"kind": "labels", "state": "met"},
    "goods.issued": {"quantity": 1},
}


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Every other event says what holds, of one of a few orders."""
    if context.operation is None or context.operation.path != "/v1/events":
        return body
    for event in _events(body):
        says = SAYS.get(str(event.get("type")).removeprefix("shiprisk."))
        if says is not None and len(str(event.get("id"))) % 2:
            event |= {"data": dict(says), "time": "2024-01-02", "subject": str(event.get("subject"))[:1] or "0"}
            event.pop("recordedtime", None)
    return body


def _events(body: Any) -> list[dict[str, Any]]:
    found = body.get("events", [body]) if isinstance(body, dict) else body
    return [event for event in found if isinstance(event, dict)] if isinstance(found, list) else []


def run(url: str, examples: int, folder: Path, phases: str = "examples,fuzzing,stateful", seed: int = 1) -> int:
    """Requests made; fails with what Schemathesis says where one was not answered as it is documented."""
    report = folder.resolve() / "requests.ndjson"
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.json"),
        *("--checks", ",".join(CHECKS), "--max-examples", str(examples), "--phases", phases, "--seed", str(seed)),
        *("--continue-on-failure", "--suppress-health-check", "all", "--no-color", "--warnings", "off"),
        *("--report", "ndjson", "--report-ndjson-path", str(report)),
    ]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "tests.support.contract"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr
    return requests_of(report)


def requests_of(report: Path) -> int:
    """How many requests a run made."""
    return sum(
        len(json.loads(line).get("ScenarioFinished", {}).get("recorder", {}).get("interactions", {}))
        for line in report.read_text(encoding="utf-8").splitlines()
    )
