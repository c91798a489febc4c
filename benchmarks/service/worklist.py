"""Pages of a worklist of 50,000 open orders, by every sort and many filters, over HTTP from this process.

    python benchmarks/service/worklist.py [--database postgresql://postgres@127.0.0.1/bench] [--orders 50000] [--writes]
        [--path /] [--times 30] [--only SEARCH]

The first page of each, and one that begins after 500 orders where there are so many; with --writes while another
process writes 200 orders a second. The database, which must be empty, is filled with made-up rows of the worklist;
nothing is scored, so no model is needed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
from sqlalchemy import insert, select

from features.readiness.kinds import bits_of
from features.times import DAY, micros
from serving.store.database import Database
from serving.store.dialects import upsert
from serving.store.maintenance.migrate import upgrade
from serving.store.schema import FILTERED, LISTED, SORTS, order_words, orders

NOW = "2026-01-01T00:00:00Z"
PORT = 8765
BLOCKING = tuple(map(bits_of, ([], ["packing"], ["hold"], ["material", "carrier"], ["labels"])))
SHARES = (0.5, 0.8, 0.88, 0.998, 1.0)
"""What is in the way, and the share of orders up to there."""
WRITTEN = 200
"""Orders written a second."""
FILTERS: dict[str, dict[str, Any]] = {
    "no filter": {},
    "one plant of 4": {"plant": "P1"},
    "one customer of 500": {"customer": "C77"},
    "one item of 2,000": {"item": "I1234"},
    "due this week": {"due_from": "2026-01-01", "due_to": "2026-01-07"},
    "risk 80-81 %": {"risk_min": "0.8", "risk_max": "0.81"},
    "late": {"state": "late"},
    "nobody's of a plant": {"owner": "", "plant": "P2"},
    "snoozed": {"snoozed": "only"},
    "somebody's": {"owner": "U3"},
    "nothing fits": {"customer": "nobody"},
    "two plants": {"plant": ["P0", "P3"]},
    "a plant, due this week": {"plant": "P3", "due_from": "2026-01-01", "due_to": "2026-01-07"},
    "a plant, risk 80-81 %": {"plant": "P3", "risk_min": "0.8", "risk_max": "0.81"},
    "late of a plant": {"state": "late", "plant": "P3"},
    "a plant, snoozed": {"plant": "P3", "snoozed": "only"},
    "a plant, a customer": {"plant": "P3", "customer": "C77"},
    "search: a customer": {"search": "c77"},
    "search: one order": {"search": "so0012345"},
    "search: nothing": {"search": "no such thing"},
    "search: everything": {"search": "so0"},
    "recorded today": {"recorded_from": NOW},
    "blocked by a hold (8 %)": {"blocker": "hold"},
    "blocked by labels (0.2 %)": {"blocker": "labels"},
    "nothing in the way": {"blocker": "nothing"},
    "two blockers, a plant": {"blocker": ["hold", "carrier"], "plant": "P3"},
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
        ships = due // DAY + int(draw.integers(1, 60) if late else draw.integers(-10, 20))
        rows.append(
            {
                "order_id": order_id, "listed": 1, "state": "late" if late else "open",
                "due_at": due, **named, **{f"{name}s": 1 for name in FILTERED}, "value": value,
                "risk": 1.0 if late else risk, "missed": risk * 0.7, "partial": risk * 0.3, "base_risk": 0.2,
                "value_at_risk": value * risk, "factors": said, "owner": f"U{draw.integers(20)}" if draw.random() < 0.3
                else None, "snoozed_until": now + DAY if draw.random() < 0.05 else None, "snoozed_until_change": 0,
                "decision": None, "seq": number + 1, "score_id": number + 1, "scored_by": "", "as_of": now,
                "next_at": now + DAY, "blocking": BLOCKING[np.searchsorted(SHARES, draw.random())], "shippable": 0,
                "expected_ship": ships, "ship_earliest": ships - 3, "ship_latest": ships + 7,
                "days_late": ships - due // DAY,
                "recorded_at": now - int(draw.integers(0, 20)) * DAY,
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
        "import uvicorn; from serving.bootstrap import build_app, clock_of;"
        "from serving.telemetry.logs import log_to; from serving.settings import Settings; s = Settings();"
        "log_to(level=s.log_level);"
        f"uvicorn.run(build_app(None, s, clock_of(s)), port={PORT}, log_config=None, access_log=False)"
    )
    environment = os.environ | {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": NOW, "SHIPRISK_TICK": "0"}
    environment |= {"SHIPRISK_LOG_LEVEL": "warning", "SHIPRISK_NO_AUTH": "true"}
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


@contextmanager
def written(url: str) -> Iterator[None]:
    """Another process writes scores of random orders, once a second; how long that takes is told at the end."""
    ended, told = multiprocessing.Event(), multiprocessing.Queue()
    process = multiprocessing.Process(target=write_on, args=(url, ended, told))
    process.start()
    try:
        yield
    finally:
        ended.set()
        took = told.get()
        process.join()
        print(f"  {WRITTEN} orders written: {np.median(took):.1f} / {np.percentile(took, 99):.1f}")


def write_on(url: str, ended: Any, told: Any) -> None:
    """Give a second's orders another risk, until told to end."""
    database, draw, took = Database(url), np.random.default_rng(8), []
    names = database.read(lambda connection: connection.execute(select(orders.c.order_id)).scalars().all())
    while not ended.wait(1 - (took[-1] / 1000 if took else 0)):
        some = draw.choice(names, WRITTEN, replace=False).tolist()
        found = database.read(
            lambda connection, some=some: (
                connection.execute(select(orders).where(orders.c.order_id.in_(some))).mappings().all()
            )
        )
        rows = [row | {"risk": risk} for row, risk in zip(map(dict, found), draw.random(WRITTEN), strict=True)]
        rows = [row | {"missed": row["risk"] * 0.7, "value_at_risk": row["value"] * row["risk"]} for row in rows]
        begun = time.perf_counter()
        database.write(lambda connection, rows=rows: connection.execute(upsert(connection, orders, ["order_id"]), rows))
        took.append((time.perf_counter() - begun) * 1000)
    told.put(took)


def ask(client: httpx.Client, times: int, question: dict[str, Any], path: str) -> list[float]:
    """Milliseconds of each answer."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        reply = client.get(path, params=of_page(question, path))
        assert reply.status_code == 200, reply.text[:500]
        took.append((time.perf_counter() - begun) * 1000)
    return took


def of_page(question: dict[str, Any], path: str) -> dict[str, Any]:
    """The question as the page takes it, which has a word for orders of nobody."""
    nobodys = path == "/" and question.get("owner") == ""
    return (
        {name: value for name, value in question.items() if name != "owner"} | {"nobody": "1"} if nobodys else question
    )


def later(client: httpx.Client, question: dict[str, Any], path: str) -> dict[str, Any] | None:
    """The same question after its first 500 orders, if there are so many; the page searches among snoozed ones too."""
    found = {"snoozed": "include"} if path == "/" and "search" in question else {}
    cursor = client.get("/v1/orders", params=question | found | {"limit": 500}).json()["next_cursor"]
    return cursor and question | {"cursor": cursor}


def measured(client: httpx.Client, times: int, path: str, only: str) -> dict[tuple[str, str], list[float]]:
    """Milliseconds by filter and by sort and page, told as they come."""
    every: dict[tuple[str, str], list[float]] = {}
    for name, filters in FILTERS.items():
        if only not in name:
            continue
        for sort in SORTS:
            for order in ("asc", "desc"):
                question = {"sort": sort, "order": order, "state": LISTED} | filters
                every[name, f"{sort} {order}"] = ask(client, times, question, path)
                if following := later(client, question, path):
                    every[name, f"{sort} {order}, a later page"] = ask(client, times, following, path)
        tell(name, [one for (of, _), took in every.items() if of == name for one in took])
    return every


def tell(name: str, took: list[float]) -> None:
    print(f"  {name:28} " + " / ".join(f"{np.percentile(took, share):6.1f}" for share in (50, 95, 99)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="")
    parser.add_argument("--orders", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--writes", action="store_true")
    parser.add_argument("--path", default="/v1/orders", help="the route, or / for the page")
    parser.add_argument("--only", default="", help="filters whose name has these letters")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = wanted.database or f"sqlite:///{Path(folder) / 'bench.db'}"
        database = Database(url)
        upgrade(database)
        fill(database, wanted.orders)
        database.close()
        print(f"{wanted.orders:,} orders, pages of 50, milliseconds: median / p95 / p99")
        beside = written(url) if wanted.writes else nullcontext()
        with served(url) as base, httpx.Client(base_url=base) as client, beside:
            every = measured(client, wanted.times, wanted.path, wanted.only)
            tell("all of them", [one for took in every.values() for one in took])
            slowest = sorted(every.items(), key=lambda cell: np.median(cell[1]))[-5:]
            print("  the slowest cells:")
            for (name, by), took in reversed(slowest):
                tell(f"{name}, by {by}", took)


if __name__ == "__main__":
    main()
