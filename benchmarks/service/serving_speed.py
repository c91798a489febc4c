"""How fast a score is: ``shiprisk serve`` and ``mlflow models serve`` with the same model, one worker each.

    python benchmarks/service/serving_speed.py --folder out/serving

Ours is sent the 60 events of an order and answers with the risk, its factors and their evidence; MLflow is sent the
ready-made signals of the same order and answers with the risk alone. Both run as a user starts them, one after the
other, asked by another process (``serving_load.py``) over connections that stay open: one connection for the times,
four for the requests a second. The plant is simulated and the model trained on the first run. The risks must be the
same, less the level of the plant, which MLflow is not told: the program ends with status 1 where they are not.
Processor time is the server's own, all its processes and threads; it says how the two compare on a machine on which
others work too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from serving_load import WARM_UP

from features.context.context import Context
from features.decision_points import DecisionPoints, decision_points
from features.engine.ordering import known_until
from features.events import read_events
from features.history import History
from features.pipeline.computation import compute
from features.times import isoformat, plant_calendar
from serving.contract.cloudevents import cloud_events
from serving.models.cache import load_champion
from serving.settings import Settings

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))
from growth import base_events  # noqa: E402

EVENTS = 60
ORDERS = 20
THEIRS = "mlflow models serve, ready-made signals"
OURS = "shiprisk serve, {factors} factors with evidence"
MANY, FEW = 200, 5
Figures = dict[str, float]


@dataclass(frozen=True)
class Bodies:
    """What is sent, one body a line: the events with many factors asked for, with few, and the signals."""

    many: Path
    few: Path
    signals: Path


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, default=Path("out/serving"), help="where files are kept")
    options.add_argument("--calls", type=int, default=2000, help="to each server and number of connections")
    options.add_argument("--without-mlflow", action="store_true", help="ours alone, to try something out")
    asked = options.parse_args()
    folder = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    base_events(folder)
    environment = _trained(folder)
    bodies = _bodies(folder)
    told: dict[str, Figures] = {}
    with _server(_ours(folder), "/health/ready", environment, folder) as (url, group):
        told[OURS.format(factors="all")] = measured(f"{url}/v1/score", bodies.many, asked.calls, group)
        told[OURS.format(factors=FEW)] = measured(f"{url}/v1/score", bodies.few, asked.calls, group)
        risks = [_without_level(answer["scores"][0]) for answer in _answers(f"{url}/v1/score", bodies.many)]
    if not asked.without_mlflow:
        with _server(_theirs(), "/ping", environment, folder) as (url, group):
            told[THEIRS] = measured(f"{url}/invocations", bodies.signals, asked.calls, group)
            theirs = [answer["predictions"][0]["risk"] for answer in _answers(f"{url}/invocations", bodies.signals)]
        if not np.allclose(risks, theirs, rtol=0, atol=1e-12):
            raise SystemExit(f"the risks must be the same, got {risks} and {theirs}")
    _show(told)


def _without_level(score: dict[str, Any]) -> float:
    """The risk as MLflow has it, which is told no plant: less the level of the order's plant."""
    level = sum(factor["contribution"] for factor in score["factors"] if factor["signal"] == "plant_level")
    return float(expit(logit(score["risk"]) - level))


def measured(url: str, bodies: Path, calls: int, group: int) -> Figures:
    """Times and processor time over one connection, requests a second over four."""
    before = _processor_seconds(group)
    alone = _load(url, bodies, calls, 1)
    spent = _processor_seconds(group) - before
    return alone | {
        "processor_ms": spent / (calls + WARM_UP) * 1e3,
        "per_second": _load(url, bodies, calls, 4)["per_second"],
    }


def _processor_seconds(group: int) -> float:
    """What all processes of a group have used so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[2]) == group else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def _load(url: str, bodies: Path, calls: int, connections: int) -> Figures:
    command = [sys.executable, str(HERE / "serving_load.py"), url, str(bodies)]
    command += ["--calls", str(calls), "--connections", str(connections)]
    figures: Figures = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return figures


def _show(told: dict[str, Figures]) -> None:
    theirs = told.get(THEIRS, {"per_second": np.nan, "processor_ms": np.nan})
    print(f"{'':44}{'median':>10}{'p99':>10}{'a second':>10}{'ratio':>7}{'processor':>11}{'ratio':>7}")
    for name, own in told.items():
        ratios = own["per_second"] / theirs["per_second"], theirs["processor_ms"] / own["processor_ms"]
        print(
            f"{name:44}{own['median_ms']:7.2f} ms{own['p99_ms']:7.2f} ms{own['per_second']:10.0f}{ratios[0]:7.1f}"
            f"{own['processor_ms']:8.2f} ms{ratios[1]:7.1f}"
        )


# -- what is asked ------------------------------------------------------------------------------------------


def _trained(folder: Path) -> dict[str, str]:
    """The environment of a home with a champion, trained unless it is there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SHIPRISK_", "MLFLOW_"))}
    home = folder / "home"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = kept | {"SHIPRISK_HOME": str(home), "PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"}
    environment |= {"MLFLOW_TRACKING_URI": f"sqlite:///{home / 'mlflow.db'}"}
    if not (home / "mlflow.db").is_file():
        home.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "serving", "train", str(folder / "simulated.parquet")]
        subprocess.run(command, env=environment, check=True)
    return environment


def _bodies(folder: Path) -> Bodies:
    """Open orders of which exactly 60 events are known, as events and as signals."""
    events = read_events(folder / "simulated.parquet", "UTC")
    history, calendar = History.of(events), plant_calendar()
    context = Context.of(history, calendar)
    points = _seen(history, decision_points(history, "events", calendar))
    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder / 'home' / 'mlflow.db'}"
    names = load_champion(Settings(home=folder / "home")).model.names
    signals = compute(history, points, context, names)
    bodies = Bodies(folder / "many.jsonl", folder / "few.jsonl", folder / "signals.jsonl")
    asked = [_score_body(events, history, points, row) for row in range(len(points))]
    _write(bodies.many, [body | {"factors": MANY} for body in asked])
    _write(bodies.few, [body | {"factors": FEW} for body in asked])
    _write(bodies.signals, [_signal_body(names, row) for row in signals])
    return bodies


def _seen(history: History, points: DecisionPoints) -> DecisionPoints:
    stop = known_until(history.first, history.recorded, points.order, points.as_of)
    fitting = np.flatnonzero(stop - history.first[points.order] == EVENTS)
    chosen = fitting[:: max(1, len(fitting) // ORDERS)][:ORDERS]
    return points.take(chosen)


def _score_body(events: pd.DataFrame, history: History, points: DecisionPoints, row: int) -> dict[str, Any]:
    own = (events["order_id"] == history.order_ids[points.order[row]]).to_numpy()
    as_of = isoformat(int(points.as_of[row]))
    known = own & (events["recorded_at"] <= pd.Timestamp(as_of)).to_numpy()
    return {"as_of": as_of, "events": cloud_events(events[known])}


def _signal_body(names: list[str], signals: np.ndarray) -> dict[str, Any]:
    row = [None if np.isnan(value) else float(value) for value in signals]
    return {"dataframe_split": {"columns": names, "data": [row]}}


def _write(path: Path, bodies: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(body) + "\n" for body in bodies), encoding="utf-8")


# -- who is asked -------------------------------------------------------------------------------------------


def _ours(folder: Path) -> list[str]:
    return [sys.executable, "-m", "serving", "serve", "--no-auth", "--events", str(folder / "simulated.parquet")]


def _theirs() -> list[str]:
    model = ["-m", "models:/order-risk@champion", "--env-manager", "local", "--workers", "1"]
    return [sys.executable, "-m", "mlflow", "models", "serve", *model]


@contextlib.contextmanager
def _server(command: list[str], ready: str, environment: dict[str, str], folder: Path) -> Iterator[tuple[str, int]]:
    """A server in a process group of its own, from when it is ready: its URL and the group."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "--port", str(port)], env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}{ready}", process, log)
        _wait_until_at_rest(process.pid)
        yield url, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _wait_until_at_rest(group: int) -> None:
    """What starts beside the server, such as the process that keeps scores fresh, is not part of a call."""
    spent = -1.0
    while _processor_seconds(group) - spent > 0.1:
        spent = _processor_seconds(group)
        time.sleep(2)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 300
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"the server must stay up, it ended: {log.read_text()}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as reply:
            if reply.status == 200:
                return
        time.sleep(0.2)
    raise SystemExit(f"the server must answer within 300 s, got nothing: {log.read_text()}")


def _answers(url: str, bodies: Path) -> Iterator[dict[str, Any]]:
    for body in bodies.read_bytes().splitlines():
        request = urllib.request.Request(url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as reply:
            yield json.load(reply)


if __name__ == "__main__":
    main()
