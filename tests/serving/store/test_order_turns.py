"""Requests about one order wait for each other; nobody else waits with them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import pytest

from serving.store.database import WAITERS, WRITERS, Database
from serving.store.group_commit import GroupCommit, TurnTimeout
from serving.store.locks import lock_orders
from serving.store.order_turns import OrderTurns
from tests.serving.store.test_group_commit import Job


def test_turns_come_in_the_order_of_asking_and_of_one_order_one_at_a_time() -> None:
    turns, run, inside = OrderTurns(), list[int](), list[str]()

    async def one(number: int, *orders: str) -> None:
        async with turns.of(orders):
            assert inside.count(orders[0]) == 0
            inside.append(orders[0])
            await asyncio.sleep(0)
            run.append(number)
            inside.remove(orders[0])

    async def all_of_them() -> None:
        await asyncio.gather(
            *(one(number, "A") for number in range(5)), one(5, "B"), one(6, "B", "A"), one(7, "A", "B")
        )

    asyncio.run(all_of_them())
    assert [number for number in run if number < 5] == list(range(5))
    assert run.index(5) < 4, "an order that nobody waits for is not waited for"
    assert sorted(run) == list(range(8))


def test_whose_turn_does_not_come_is_told_so_and_keeps_nobody_waiting() -> None:
    turns = OrderTurns(timeout=0.02)

    async def story() -> None:
        async with turns.of(["A"]):
            with pytest.raises(TurnTimeout, match="got no turn: it can be sent again"):
                async with turns.of(["A", "B"]):
                    pass
            async with turns.of(["B"]):
                pass
        async with turns.of(["A"]):
            pass

    asyncio.run(story())


def test_who_waits_for_a_job_that_runs_alone_does_not_hold_up_others() -> None:
    """Of four jobs about one thing, the first runs alone, for long; the others are not begun meanwhile."""
    may_go, begun = threading.Event(), list[int]()

    def run_group(jobs: Sequence[Job]) -> list[int | Exception | None]:
        return [None if "busy" in job.keys and job.number == 0 else job.number for job in jobs]

    def run_alone(job: Job) -> int:
        begun.append(job.number)
        may_go.wait(20)
        return -1

    commits: GroupCommit[Job, int] = GroupCommit(run_group, run_alone, 10)

    async def play() -> list[Any]:
        busy = [asyncio.create_task(commits.submit(Job(number, frozenset({"busy"})))) for number in range(4)]
        others = [await commits.submit(Job(number, frozenset({number}))) for number in (7, 8, 9)]
        assert (others, [task.done() for task in busy]) == ([7, 8, 9], [False] * 4)
        may_go.set()
        return await asyncio.gather(*busy)

    assert asyncio.run(play()) == [-1, 1, 2, 3]
    assert begun == [0]


def test_waiting_for_a_locked_order_leaves_room_for_other_orders(url: str) -> None:
    database = Database(url)
    if database.is_sqlite:
        pytest.skip("SQLite has one writer, and no order to wait for")
    locked, may_go = threading.Event(), threading.Event()

    def keep(connection: Any) -> None:
        lock_orders(connection, ["A"])
        locked.set()
        may_go.wait(20)

    with ThreadPoolExecutor(2 + WRITERS + WAITERS) as threads:
        keeper = threads.submit(database.write, keep)
        assert locked.wait(20)
        waiting = [threads.submit(database.write_orders, ["A"], lambda _: "A") for _ in range(WRITERS + WAITERS)]
        begin = monotonic()
        assert [database.write_orders([f"B{number}"], lambda _: "B") for number in range(20)] == ["B"] * 20
        assert monotonic() - begin < 8, "less than any time-out"
        assert not any(one.done() for one in waiting)
        may_go.set()
        assert keeper.result() is None
        assert [one.result() for one in waiting] == ["A"] * len(waiting)
    database.close()
