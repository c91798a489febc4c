"""A morning of many open orders: all scored again while the worklist is read and events come in, from this process.

    cp store.db many.db
    SHIPRISK_HOME=... python benchmarks/service/rescoring.py --database sqlite:///many.db --now 2026-01-02T06:00:00Z

The database must be one that ``shiprisk db import`` has filled; its open orders are copied under other ids until there
are enough, so it is changed. ``--now`` is a moment at which their scores are due, a day after the import, say.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import numpy as np
from intake import HEADERS, rescheduled
from sqlalchemy import Table, func, literal, select

from features.times import micros
from serving.store.database import Database
from serving.store.schema import SORTS, events, order_words, orders, scores

PORT = 8766


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True)
    parser.add_argument("--now", required=True)
    parser.add_argument("--orders", type=int, default=50_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rate", type=float, default=10, help="events a second meanwhile")
    wanted = parser.parse_args()
    database = Database(wanted.database)
    multiply(database, wanted.orders)
    due = due_now(database, wanted.now)
    print(f"{due:,} scores are due")
    with served(wanted.database, wanted.now, wanted.workers) as base:
        begun = time.perf_counter()
        pages, posted, first = asyncio.run(meanwhile(base, database, wanted.now, wanted.rate))
        lasted = time.perf_counter() - begun
    print(f"the first new score after {first:.1f} s (load and track record are built anew before it)")
    print(f"all of them after {lasted:.1f} s, {due / max(lasted - first, 1e-9):,.0f} a second from then on")
    for name, took in (("pages of the worklist", pages), ("events", posted)):
        figures = ", ".join(f"p{share} {np.percentile(took, share):.1f} ms" for share in (50, 95, 99))
        print(f"{len(took):,} {name} meanwhile: {figures}")


def multiply(database: Database, wanted: int) -> None:
    """Copy the open orders under other ids until there are so many."""
    with database.engine.connect() as connection:
        there = connection.execute(select(func.count()).where(orders.c.listed == 1)).scalar_one()
    own = select(orders.c.order_id).where(orders.c.listed == 1, ~orders.c.order_id.contains("~"))
    for number in range(1, -(-wanted // there)):
        with database.engine.begin() as connection:
            for table, unique in ((events, "event_id"), (order_words, ""), (orders, "")):
                connection.execute(_copied(table, unique, f"~{number}", own))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _copied(table: Table, unique: str, mark: str, own: object) -> object:
    """An insert of the rows of some orders under other ids."""
    given = {
        column.name: column + literal(mark) if column.name in ("order_id", unique) else column
        for column in table.c
        if not (table is events and column.name == "seq")
    }
    if table is orders:
        copies = events.alias()
        last = select(func.max(copies.c.seq)).where(copies.c.order_id == orders.c.order_id + literal(mark))
        given["seq"] = last.scalar_subquery()
    return table.insert().from_select(list(given), select(*given.values()).where(table.c.order_id.in_(own)))  # type: ignore[arg-type]


def due_now(database: Database, now: str) -> int:
    """How many open orders have a score that is due."""
    asked = select(func.count()).where(orders.c.listed == 1, orders.c.next_at <= micros(now))
    return int(database.read(lambda connection: connection.execute(asked).scalar_one()))


@contextmanager
def served(url: str, now: str, workers: int) -> Iterator[str]:
    """The service as a user starts it."""
    environment = os.environ | {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": now, "SHIPRISK_LOG_LEVEL": "warning"}
    command = [sys.executable, "-m", "serving", "serve", "--no-auth", "--port", str(PORT), "--workers", str(workers)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{PORT}"
    try:
        for _ in range(600):
            try:
                if httpx.get(f"{base}/health/ready").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait()


async def meanwhile(base: str, database: Database, now: str, rate: float) -> tuple[list[float], list[float], float]:
    """Milliseconds of worklist pages and of events until nothing is due, and the seconds until the first score."""
    pages: list[float] = []
    posted: list[float] = []
    begun, first, done = time.perf_counter(), 0.0, asyncio.Event()
    newest = select(func.max(scores.c.id)).where(scores.c.cause != "event")
    before = database.read(lambda c: c.execute(newest).scalar())
    order_ids = database.read(
        lambda c: c.execute(select(orders.c.order_id).where(orders.c.listed == 1)).scalars().all()
    )
    draw = np.random.default_rng(7)

    async with httpx.AsyncClient(base_url=base, timeout=60) as client:

        async def look() -> None:
            while not done.is_set():
                asked = {"sort": str(draw.choice(list(SORTS))), "order": str(draw.choice(["asc", "desc"]))}
                at = time.perf_counter()
                assert (await client.get("/v1/orders", params=asked)).status_code == 200
                pages.append((time.perf_counter() - at) * 1000)
                await asyncio.sleep(0.1)

        async def post() -> None:
            number = 0
            while not done.is_set():
                number += 1
                at = begun + number / rate
                await asyncio.sleep(max(0.0, at - time.perf_counter()))
                event = rescheduled(order_ids[number * 7 % len(order_ids)], now, 1 + number % 28)
                assert (await client.post("/v1/events", json=event, headers=HEADERS)).status_code == 200
                posted.append((time.perf_counter() - at) * 1000)

        async def watch() -> None:
            nonlocal first
            while True:
                await asyncio.sleep(0.5)
                if not first and await asyncio.to_thread(database.read, lambda c: c.execute(newest).scalar()) != before:
                    first = time.perf_counter() - begun
                if first and not await asyncio.to_thread(due_now, database, now):
                    done.set()
                    return

        await asyncio.gather(look(), post(), watch())
    return pages, posted, first


if __name__ == "__main__":
    main()
