"""The real server under load from another process, killed at random moments; and what must hold afterwards.

    python -m tests.support.crashes URL JOURNAL        the load: what is acknowledged is written to the journal

A caller sends again what was not acknowledged, the same events under the same ids, as an integrator would.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from sqlalchemy import func, select

from features.decision_points import DecisionPoints
from features.history import History
from serving.ingest.bulk_load import rebuild_worklist
from serving.models.cache import load_champion
from serving.models.scorer import Scorer
from serving.scores.rescore import FACTORS, _columns
from serving.scores.scoring_context import ActiveModel, ScoringContext
from serving.settings import Settings
from serving.store.bulk_reads import event_frame
from serving.store.database import Database
from serving.store.schema import events, order_words, orders, scores
from serving.store.tables.contexts import load_context
from tests.conftest import Home, free_port, wait_for
from tests.support import commands
from tests.support.commands import Fork

CALLERS, ORDERS = 4, 24
ACKNOWLEDGEMENTS = 10
"""So many requests must be acknowledged after each start before the next kill."""
BESIDE = ("--until-closed", "resource_tracker")
"""Of the processes that a server starts, the keeper and Python's own do not answer."""


# -- the load ------------------------------------------------------------------------------------------------


def event_of(draw: random.Random, event_id: str) -> dict[str, Any]:
    """An event of one of a few orders that change all the time."""
    order, now = f"O{draw.randrange(ORDERS):02}", datetime.now(UTC)
    ahead = (now + timedelta(days=draw.randrange(2, 40))).isoformat()
    kind, data = draw.choice(
        [
            ("order_line.created", {"line_id": str(draw.randrange(4)), "quantity": 10.0, "date": ahead, "value": 50.0}),
            ("production.rescheduled", {"reference": order, "date": ahead}),
            ("hold.placed", {"reference": f"H{draw.randrange(3)}", "kind": "quality"}),
            ("hold.released", {"reference": f"H{draw.randrange(3)}", "kind": "quality"}),
            ("operation.confirmed", {"reference": "10", "quantity": 1.0, "state": "partial"}),
        ]
    )
    stamped = {"id": event_id, "source": "load", "subject": order, "time": now.isoformat()}
    return {"specversion": "1.0", "type": f"shiprisk.{kind}", "data": data} | stamped


def load(url: str, journal: Path) -> None:
    """Send events from several callers at once, until this process is ended."""
    out = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    callers = [threading.Thread(target=_call, args=(url, out, number)) for number in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()


def _call(url: str, out: int, number: int) -> None:
    draw, sent, pause = random.Random(number), 0, threading.Event()
    with httpx.Client(base_url=url, timeout=30) as client:
        while True:
            told = [event_of(draw, f"{number}-{sent}-{place}") for place in range(draw.choice([1, 1, 1, 5]))]
            headers = {"idempotency-key": f"{number}-{sent}"} if sent % 2 else {}
            while not _acknowledged(client, told, headers, out):
                pause.wait(0.02)
            sent += 1


def _acknowledged(client: httpx.Client, told: list[dict[str, Any]], headers: dict[str, str], out: int) -> bool:
    try:
        reply = client.post("/v1/events", json={"events": told}, headers=headers)
    except httpx.TransportError:
        return False
    if reply.status_code == 200:
        os.write(out, "".join(f"{event['id']}\n" for event in told).encode())
        return True
    if reply.status_code != 503 or "retry-after" not in reply.headers:
        os.write(out, f"fault {reply.status_code} {reply.text!r}\n".encode())
    return False


# -- the kills -----------------------------------------------------------------------------------------------


@dataclass
class Target:
    """A server that is killed, and started again where it stood."""

    home: Home
    workers: int
    port: int = field(default_factory=free_port)
    process: Fork | subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.home.folder / f"crash-{self.port}.log"

    def start(self) -> None:
        several = ("--workers", str(self.workers)) if self.workers > 1 else ()
        command = ("serve", "--no-auth", "--port", str(self.port), *several)
        self.process = commands.start(command, self.home.environment, self.home.folder, self.log, anew=True)
        wait_for(f"{self.url}/health/live", self.process, self.log)

    def kill(self) -> None:
        """SIGKILL to everything at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        until = time.monotonic() + 60
        while self._is_bound():  # a process that ends gives its sockets back last
            assert time.monotonic() < until, f"port {self.port} must be free once every process was killed"
            threading.Event().wait(0.05)

    def _is_bound(self) -> bool:
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", self.port))
            except OSError:
                return True
            return False

    def kill_worker(self, draw: random.Random) -> None:
        """SIGKILL to one of the processes that answer; the others go on, and another one takes its place."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        told = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in children}
        answering = [pid for pid, command in told.items() if not any(word in command for word in BESIDE)]
        os.kill(int(draw.choice(answering)), signal.SIGKILL)

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(30)


@contextmanager
def under_load(url: str, journal: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Load from another process, ended at the end."""
    process = subprocess.Popen([sys.executable, "-m", "tests.support.crashes", url, str(journal)])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def kill_at_random(home: Home, kills: int, workers: int, journal: Path, seed: int = 1) -> list[str]:
    """Serve, kill and serve again while the load goes on; the ids that were acknowledged.

    Of several workers one at a time is killed too, twice for each time that all are.
    """
    draw, target = random.Random(seed), Target(home, workers)
    journal.touch()
    target.start()
    try:
        with under_load(target.url, journal) as loading:
            for number in range(kills):
                wait_until_grown(journal, loading)
                with suppress(subprocess.TimeoutExpired):  # the moment of the kill is what is random
                    loading.wait(draw.uniform(0, 0.4))
                if workers > 1 and number % 3:
                    target.kill_worker(draw)
                else:
                    target.kill()
                    target.start()
            wait_until_grown(journal, loading)
    finally:
        target.stop()
    return journal.read_text().splitlines()


def wait_until_grown(journal: Path, loading: subprocess.Popen[bytes]) -> None:
    """Until requests are acknowledged again."""
    size, until = journal.stat().st_size, time.monotonic() + 180
    while journal.stat().st_size < size + ACKNOWLEDGEMENTS * len("0-100-0\n"):
        assert loading.returncode is None, "the load must go on"
        assert time.monotonic() < until, "events must be acknowledged again after a kill"
        with suppress(subprocess.TimeoutExpired):
            loading.wait(0.01)


# -- what must hold ------------------------------------------------------------------------------------------


def check(settings: Settings, acknowledged: list[str]) -> dict[str, int]:
    """Assert that nothing acknowledged is lost, nothing is there twice, and every score is a clean one; counts."""
    database = Database(settings.database)
    try:
        assert [line for line in acknowledged if line.startswith("fault")] == []
        stored = database.read(lambda c: c.execute(select(events.c.source, events.c.event_id)).all())
        keys = [row.event_id for row in stored]
        assert set(acknowledged) - set(keys) == set(), "acknowledged and lost"
        assert len(set(keys)) == len(keys), "stored twice"
        scored = _recomputed(database, settings)
        _rebuilt(database, settings)
    finally:
        database.close()
    return {"acknowledged": len(set(acknowledged)), "events": len(keys), "orders": scored}


def _recomputed(database: Database, settings: Settings) -> int:
    """Every order's latest score has seen its last event, and is what an empty process makes of the events."""
    last = select(events.c.order_id, func.max(events.c.seq)).group_by(events.c.order_id)
    ends = {row[0]: row[1] for row in database.read(lambda c: c.execute(last).all())}
    asked = select(scores).where(scores.c.id.in_(select(func.max(scores.c.id)).group_by(scores.c.order_id)))
    kept = {row["order_id"]: row for row in database.read(lambda c: c.execute(asked).mappings().all())}
    assert {order_id: row["seq"] for order_id, row in kept.items()} == ends, "an event that no score has seen"
    history, champion = History.of(event_frame(database)), load_champion(settings)
    for order, order_id in enumerate(history.order_ids.tolist()):
        row = kept[order_id]
        context = database.read(lambda c, key=row["context_id"]: load_context(c, key))
        at = DecisionPoints(np.array([order]), np.array([row["as_of"]]))
        clean = _columns(Scorer(champion, context).score(history, at, FACTORS)[0])
        assert {name: row[name] for name in clean} == clean, f"{order_id} was scored otherwise"
    return len(kept)


def _rebuilt(database: Database, settings: Settings) -> None:
    """The worklist is the one that follows from events and scores."""

    def worklist() -> list[list[dict[str, Any]]]:
        tables = orders.select().order_by(orders.c.order_id), order_words.select().order_by(*order_words.c)
        return [[dict(row) for row in database.read(lambda c, t=t: c.execute(t).mappings().all())] for t in tables]

    before = worklist()
    rebuild_worklist(database, ScoringContext("import", 0, ActiveModel(None, ""), settings), lambda *_: None)
    assert worklist() == before, "the worklist must follow from events and scores"


if __name__ == "__main__":
    load(sys.argv[1], Path(sys.argv[2]))
