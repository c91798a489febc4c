"""The first page of a worklist of 50,000 open orders, by every sort and several filters, over HTTP from this process.

    python benchmarks/worklist.py [--database postgresql://postgres@127.0.0.1/bench] [--orders 50000]

The database is filled with made-up rows of the worklist; nothing is scored, so no model is needed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import orjson
from sqlalchemy import insert

from features.times import DAY, micros
from serving.store.database import Database
from serving.store.migrating import upgrade
from serving.store.schema import SORTS, order_words, orders

NOW = "2026-01-01T00:00:00Z"
PORT = 8765
FILTERS = {
    "no filter": {},
    "one plant of 4": {"plant": "P1"},
    "one customer of 500": {"customer": "C77"},
    "one item of 2,000": {"item": "I1234"},
    "due this week": {"due_from": "2026-01-01", "due_to": "2026-01-07"},
    "risk 80-81 %": {"risk_min": "0.8", "risk_max": "0.81"},
    "late": {"state": "late"},
    "nobody's of a plant": {"owner": "", "plant": "P2"},
    "snoozed": {"snoozed": "only"},
    "nothing fits": {"customer": "nobody"},
}


def fill(database: Database, n: int) -> None:
    """Rows of the worklist as a plant could have them."""
    draw = np.random.default_rng(7)
    now = micros(NOW)
    said = orjson.dumps([{"signal": "open_holds", "points": 0.1, "sentence": "2 holds are open"}] * 5).decode()
    rows, words = [], []
    for number in range(n):
        order_id, risk, value = f"SO{number:07}", float(draw.random()), float(draw.integers(100, 100_000))
        named = {
            "plant": f"P{draw.integers(4)}",
            "customer": f"C{draw.integers(500)}",
            "item": f"I{draw.integers(2000)}",
        }
        late = draw.random() < 0.03
        due = now + int(draw.integers(-20, 0) if late else draw.integers(60)) * DAY
        rows.append(
            {
                "order_id": order_id, "listed": 1, "state": "late" if late else "open",
                "due_at": due, **named, "value": value,
                "risk": 1.0 if late else risk, "missed": risk * 0.7, "partial": risk * 0.3, "base_risk": 0.2,
                "value_at_risk": value * risk, "factors": said, "owner": f"U{draw.integers(20)}" if draw.random() < 0.3
                else None, "snoozed_until": now + DAY if draw.random() < 0.05 else None, "snoozed_until_change": 0,
                "decision": None, "seq": number + 1, "score_id": number + 1, "scored_by": "", "as_of": now,
                "next_at": now + DAY,
            }
        )  # fmt: skip
        words += [{"dimension": dimension, "word": word, "order_id": order_id} for dimension, word in named.items()]

    def write(connection):  # type: ignore[no-untyped-def]
        connection.execute(insert(orders), rows)
        connection.execute(insert(order_words), words)

    database.write(write)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


@contextmanager
def served(url: str) -> Iterator[str]:
    """The real application without a model, in another process."""
    code = (
        "import uvicorn; from serving.app import create_app; from serving.process import clock_of;"
        "from serving.settings import Settings; s = Settings();"
        f"uvicorn.run(create_app(None, s, clock_of(s)), port={PORT}, log_level='warning')"
    )
    environment = os.environ | {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": NOW, "SHIPRISK_TICK": "0"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment)
    base = f"http://127.0.0.1:{PORT}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{base}/health/live")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait()


def ask(client: httpx.Client, times: int, question: dict[str, str]) -> list[float]:
    """Milliseconds of each answer."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        assert client.get("/v1/orders", params=question).status_code == 200
        took.append((time.perf_counter() - begun) * 1000)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="")
    parser.add_argument("--orders", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=30)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = wanted.database or f"sqlite:///{Path(folder) / 'bench.db'}"
        database = Database(url)
        upgrade(database)
        fill(database, wanted.orders)
        database.close()
        with served(url) as base, httpx.Client(base_url=base) as client:
            every = []
            print(f"{wanted.orders:,} orders, first page of 50, milliseconds: median / p99")
            for name, question in FILTERS.items():
                took = [
                    one
                    for sort in SORTS
                    for order in ("asc", "desc")
                    for one in ask(client, wanted.times, {"sort": sort, "order": order} | question)
                ]
                every += took
                print(f"  {name:24} {np.median(took):6.1f} / {np.percentile(took, 99):6.1f}")
            print(f"  {'all of them':24} {np.median(every):6.1f} / {np.percentile(every, 99):6.1f}")


if __name__ == "__main__":
    main()
