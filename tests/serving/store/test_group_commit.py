"""Requests that wait are done together: each gets the reply it would get alone, and none is in another's way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.bootstrap import build_app
from serving.clock import fixed_clock
from serving.contract.cloudevents import cloud_events
from serving.models.cache import LoadedModel
from serving.models.scorer import Scorer
from serving.settings import Settings
from serving.store.database import Database
from serving.store.group_commit import GroupCommit, TurnTimeout
from serving.store.locks import lock_orders
from tests.support.stores import KINDS, new_database
from tests.support.stories import created, event, moment, story
from training.trainer import Trained

STRUCTURED = {"content-type": "application/cloudevents+json"}


@dataclass(frozen=True)
class Job:
    number: int
    keys: frozenset[Hashable]
    size: int = 1


OUTCOME: dict[Hashable, Any] = {"bad": lambda number: ValueError(str(number)), "later": lambda _: None}


class Groups:
    """Notes the groups in which jobs are done; the first one waits until all the others have come."""

    def __init__(self, max_size: int) -> None:
        self.run: list[list[Job]] = []
        self.may_go = threading.Event()
        self.commits: GroupCommit[Job, int] = GroupCommit(self.run_group, lambda job: -job.number, max_size)

    def run_group(self, jobs: Sequence[Job]) -> list[int | Exception | None]:
        self.may_go.wait(20)
        self.run.append(list(jobs))
        return [OUTCOME.get(next(iter(job.keys), None), int)(job.number) for job in jobs]

    async def all(self, jobs: Sequence[Job]) -> list[Any]:
        tasks = [asyncio.create_task(self.commits.submit(job)) for job in jobs]
        await asyncio.gather(*(asyncio.sleep(0) for _ in range(3)))
        self.may_go.set()
        return await asyncio.gather(*tasks, return_exceptions=True)


JOBS = st.lists(
    st.tuples(st.frozensets(st.sampled_from("abcdef"), max_size=2), st.integers(1, 5)), min_size=1, max_size=25
)


@given(JOBS, st.integers(1, 6))
def test_what_has_a_key_in_common_is_done_in_the_order_in_which_it_came(
    wanted: list[tuple[frozenset[str], int]], max_size: int
) -> None:
    jobs = [Job(number, frozenset(keys), size) for number, (keys, size) in enumerate(wanted)]
    groups = Groups(max_size)
    assert asyncio.run(groups.all(jobs)) == list(range(len(jobs)))
    for group in groups.run:
        assert len(group) == 1 or sum(job.size for job in group) <= max_size
        keys = [key for job in group for key in job.keys]
        assert len(keys) == len(set(keys))
    for key in "abcdef":
        turns = [job.number for group in groups.run for job in group if key in job.keys]
        assert turns == sorted(turns)
    assert sorted(job.number for group in groups.run for job in group) == list(range(len(jobs)))


def test_who_comes_while_one_is_under_way_is_done_with_the_others_who_wait() -> None:
    groups = Groups(10)
    jobs = [Job(number, frozenset({number % 4})) for number in range(6)]
    assert asyncio.run(groups.all(jobs)) == list(range(6))
    assert len(groups.run) <= 3, "one that was under way, those that fit together, and those that had to wait for them"


def test_an_error_is_that_of_whom_it_is_about() -> None:
    jobs = [Job(0, frozenset()), Job(1, frozenset({"bad"})), Job(2, frozenset())]
    first, second, third = asyncio.run(Groups(10).all(jobs))
    assert (first, repr(second), third) == (0, "ValueError('1')", 2)


def test_one_that_must_wait_for_something_else_is_done_alone() -> None:
    jobs = [Job(1, frozenset({"x"})), Job(2, frozenset({"later"})), Job(3, frozenset({"y"}))]
    assert asyncio.run(Groups(10).all(jobs)) == [1, -2, 3]


def test_a_group_that_fails_as_a_whole_leaves_nobody_waiting() -> None:
    def run_group(jobs: Sequence[Job]) -> list[int | Exception | None]:
        raise OSError("no")

    commits: GroupCommit[Job, int] = GroupCommit(run_group, lambda job: 0, 10)

    async def both() -> list[Any]:
        jobs = [Job(number, frozenset()) for number in range(2)]
        return await asyncio.gather(*(commits.submit(job) for job in jobs), return_exceptions=True)

    assert [repr(error) for error in asyncio.run(both())] == ["OSError('no')"] * 2
    assert [repr(error) for error in asyncio.run(both())] == ["OSError('no')"] * 2


def test_whose_turn_does_not_come_is_told_so_and_is_not_done_later() -> None:
    may_go, run = threading.Event(), list[int]()

    def run_group(jobs: Sequence[Job]) -> list[int | Exception | None]:
        may_go.wait(20)
        run.extend(job.number for job in jobs)
        return [job.number for job in jobs]

    commits: GroupCommit[Job, int] = GroupCommit(run_group, lambda job: 0, 1, timeout=0.05)

    async def three() -> list[Any]:
        first = asyncio.create_task(commits.submit(Job(0, frozenset())))
        await asyncio.sleep(0)
        late = [asyncio.create_task(commits.submit(Job(number, frozenset()))) for number in (1, 2)]
        outcomes = await asyncio.gather(*late, return_exceptions=True)
        may_go.set()
        return [await first, *outcomes]

    first, *outcomes = asyncio.run(three())
    assert first == 0, "what was begun is waited for"
    assert [type(error) for error in outcomes] == [TurnTimeout, TurnTimeout]
    assert asyncio.run(commits.submit(Job(3, frozenset()))) == 3
    assert run == [0, 3]


# -- the service -----------------------------------------------------------------------------------------------


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with new_database(request.param, tmp_path) as made:
        yield made


def sent_at_once(url: str, trained: Trained, bodies: Sequence[Any]) -> list[httpx.Response]:
    """The replies to events that are all posted before any is answered."""
    scorer = Scorer(LoadedModel("order-risk", "1", trained.model, run_id="run"))
    app = build_app(scorer, Settings(database_url=url), fixed_clock(moment(5)))

    async def post() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://plant", timeout=60) as client:
            asked = (client.post("/v1/events", json=body, headers=STRUCTURED) for body in bodies)
            return list(await asyncio.gather(*asked))

    try:
        return asyncio.run(post())
    finally:
        app.state.services.database.close()


def one(row: dict[str, Any]) -> dict[str, Any]:
    return cloud_events(story(row))[0]


def test_many_at_once_are_answered_as_one_after_the_other(url: str, trained: Trained, tmp_path: Path) -> None:
    orders = [f"A{number}" for number in range(12)]
    told = [one(created(0, 20, order=order, event_id=f"{order} created")) for order in orders]
    held = [
        one(event("hold.placed", 2, order, kind="quality", reference="H", event_id=f"{order} held")) for order in orders
    ]
    clash = one(created(0, 25, order="A1", event_id="A1 created"))
    wrong = one(created(0, 20, order="W", event_id="W created")) | {"time": "yesterday"}
    bodies = [*told, wrong, *held, clash, told[0]]
    together = sent_at_once(url, trained, bodies)
    assert [reply.status_code for reply in together] == [200] * 12 + [422] + [200] * 12 + [409, 200]
    with new_database("sqlite", tmp_path) as other:
        alone = [sent_at_once(other, trained, [body])[0] for body in bodies]
    for ours, theirs in zip(together, alone, strict=True):
        assert said(ours) == said(theirs)
    again = sent_at_once(url, trained, bodies[:12])
    assert [reply.json()["duplicates"] for reply in again] == [1] * 12


def said(reply: httpx.Response) -> Any:
    """What a reply says, but for the numbers of scores and requests, which follow from who came first."""

    def without(content: Any) -> Any:
        if isinstance(content, dict):
            return {key: without(value) for key, value in content.items() if key not in ("score_id", "request_id")}
        return [without(value) for value in content] if isinstance(content, list) else content

    return reply.status_code, without(reply.json())


REFUSED = {
    "sqlite": "CREATE TRIGGER refused BEFORE INSERT ON events WHEN NEW.event_id = 'B3'"
    " BEGIN SELECT RAISE(ABORT, 'no'); END",
    "postgresql": "ALTER TABLE events ADD CONSTRAINT refused CHECK (event_id <> 'B3')",
}


def test_what_the_database_refuses_fails_alone(url: str, trained: Trained) -> None:
    database = Database(url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(REFUSED[database.url.get_backend_name()])
    database.close()
    bodies = [one(created(0, 20, order=f"O{number}", event_id=f"B{number}")) for number in range(6)]
    replies = sent_at_once(url, trained, bodies)
    assert [reply.status_code for reply in replies] == [200, 200, 200, 422, 200, 200]
    assert replies[3].json()["type"] == "urn:shiprisk:problem:unstorable"


def test_an_order_that_is_kept_elsewhere_holds_up_only_its_own(tmp_path: Path, trained: Trained) -> None:
    with new_database("postgresql", tmp_path) as url:
        database = Database(url)
        told = {order: one(created(0, 20, order=order, event_id=order)) for order in "ABC"}
        scorer = Scorer(LoadedModel("order-risk", "1", trained.model, run_id="run"))
        app = build_app(scorer, Settings(database_url=url), fixed_clock(moment(5)))

        async def post() -> list[int]:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://plant", timeout=60) as client:
                tasks = {
                    order: asyncio.create_task(client.post("/v1/events", json=event, headers=STRUCTURED))
                    for order, event in told.items()
                }
                await asyncio.wait([tasks["B"], tasks["C"]], timeout=20)
                assert [tasks[order].done() for order in "ABC"] == [False, True, True]
                elsewhere.rollback()
                return [(await tasks[order]).status_code for order in "ABC"]

        with database.engine.connect() as elsewhere:
            lock_orders(elsewhere, ["A"])
            assert asyncio.run(post()) == [200, 200, 200]
        app.state.services.database.close()
        database.close()


def test_a_blank_makes_no_other_order_and_no_other_event_of_it(url: str, trained: Trained) -> None:
    event = one(created(0, 20, order="N", event_id="N created"))
    blank = event | {"subject": " N ", "id": "N created ", "source": f" {event['source']}"}
    first, second = sent_at_once(url, trained, [event, blank])
    assert [reply.json()["events"][0]["outcome"] for reply in (first, second)] == ["accepted", "duplicate"]
    stands = first.json()["orders"][0]["after"]
    assert second.json()["orders"] == [{"order_id": "N", "before": stands, "after": stands}]


def test_what_is_refused_is_not_called_stored_when_it_is_sent_twice(url: str, trained: Trained) -> None:
    first = one(created(0, 20, order="T", event_id="T created"))
    other = one(created(0, 25, order="T", event_id="T created"))
    assert sent_at_once(url, trained, [first])[0].status_code == 200
    scorer = Scorer(LoadedModel("order-risk", "1", trained.model, run_id="run"))
    app = build_app(scorer, Settings(database_url=url), fixed_clock(moment(5)))

    async def post() -> list[list[str]]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://plant") as client:
            return [
                [
                    event["outcome"]
                    for event in (await client.post("/v1/events", json={"events": sent})).json()["events"]
                ]
                for sent in ([other, other], [first, first, other], [first, first])
            ]

    told = asyncio.run(post())
    app.state.services.database.close()
    assert told == [["conflict"] * 2, ["rejected"] * 3, ["duplicate"] * 2]
