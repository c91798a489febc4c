"""A write that is refused is in the audit trail, whatever layer refuses it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serving.api.test_api import STRUCTURED, order
from tests.serving.door.conftest import OpenDoor, send

EVENTS, STATE, DECISIONS = "/v1/events", "/v1/orders/{}/state", "/v1/orders/{}/decisions"
WRONG = order("Audited") | {"data": {"quantity": -1, "date": "soon"}}
REFUSED: dict[str, tuple[str, str, Any, dict[str, str], int]] = {
    "no JSON": ("POST", EVENTS, b"{", {}, 400),
    "no events": ("POST", EVENTS, {"events": []}, {}, 400),
    "another kind of body": ("POST", EVENTS, {}, {"content-type": "text/plain"}, 415),
    "a compressed body": ("POST", EVENTS, {}, {"content-encoding": "gzip"}, 415),
    "too large": ("POST", EVENTS, b" " * 4_194_305, {}, 413),
    "too many values": ("POST", EVENTS, b"[" + b"0," * 500_000 + b"0]", {}, 422),
    "too many headers": ("POST", EVENTS, {}, {f"x-{number}": "1" for number in range(150)}, 431),
    "one event that is wrong": ("POST", EVENTS, WRONG, STRUCTURED, 422),
    "that, with a key": ("POST", EVENTS, WRONG, STRUCTURED | {"idempotency-key": "audited"}, 422),
    "another site's page": ("POST", EVENTS, {}, {"origin": "https://evil.example"}, 403),
    "a state that is none": ("PUT", STATE, {"source": "erp", "lines": [{}]}, {}, 422),
    "a decision that is none": ("POST", DECISIONS, {"kind": "override"}, {"if-match": "*"}, 422),
    "about no order": ("POST", DECISIONS, {"kind": "acknowledge"}, {"if-match": "*"}, 404),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_refused_write_is_audited_once(door: OpenDoor, kind: str) -> None:
    method, path, body, headers, status = REFUSED[kind]
    number = f"audited-{[*REFUSED].index(kind)}"
    reply = send(door, method, path.format(number), body, **headers, **{"x-request-id": number})
    assert reply.status_code == status, reply.text
    entries = [entry for entry in door.audit(limit=50) if entry["request_id"] == number]
    assert [(entry["outcome"], entry["what"]) for entry in entries] == [
        (str(status), f"{method} {path.format('{order_id}')}")
    ]
    assert entries[0]["order_id"] == (number if "{}" in path else None)
    assert entries[0]["who"] in ("local", "unknown")


def test_what_stores_nothing_is_not(door: OpenDoor) -> None:
    reply = send(door, "POST", "/v1/score", b"{", **{"x-request-id": "score-1"})
    assert reply.status_code == 400
    assert not any(entry["request_id"] == "score-1" for entry in door.audit(limit=50))
