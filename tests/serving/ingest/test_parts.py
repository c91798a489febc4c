"""A large batch is committed in parts: it is answered as a small one is, and keeps nobody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.bootstrap import build_app
from serving.clock import fixed_clock
from serving.contract.cloudevents import cloud_events
from serving.ingest.parts import PART_EVENTS, PART_ORDERS, split
from serving.ingest.validation import parse_events
from serving.models.cache import LoadedModel
from serving.models.scorer import Scorer
from serving.settings import Settings
from tests.support.stores import KINDS, new_database
from tests.support.stories import created, event, moment, story
from training.trainer import Trained

ORDERS = [f"O{number:03}" for number in range(5 * PART_ORDERS)]
T = Callable[[httpx.AsyncClient], Awaitable[Any]]


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with new_database(request.param, tmp_path) as made:
        yield made


def call(url: str, trained: Trained, calls: T) -> Any:
    """What calls of a service of its own come to."""
    scorer = Scorer(LoadedModel("order-risk", "1", trained.model, run_id="run"))
    app = build_app(scorer, Settings(database_url=url), fixed_clock(moment(5)))

    async def run() -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://plant", timeout=60) as client:
            return await calls(client)

    try:
        return asyncio.run(run())
    finally:
        app.state.services.database.close()


def of_order(name: str, at: int = 0, **says: Any) -> dict[str, Any]:
    return cloud_events(story(created(at, 20, order=name, **{"event_id": f"{name} {at}"} | says)))[0]


def held(name: str) -> dict[str, Any]:
    placed = event("hold.placed", 2, name, kind="quality", reference="H", event_id=f"{name} held")
    return cloud_events(story(placed))[0]


BATCH = {"events": [of_order(name) for name in ORDERS]}


def test_another_caller_is_served_before_a_large_batch_is_done(url: str, trained: Trained) -> None:
    async def calls(client: httpx.AsyncClient) -> tuple[int, bool]:
        batch = asyncio.create_task(client.post("/v1/events", json=BATCH))
        while (await client.get(f"/v1/orders/{ORDERS[0]}")).status_code == 404:
            pass
        other = await client.post("/v1/events", json={"events": [of_order("Other")]})
        under_way = not batch.done()
        assert (await batch).status_code == 200
        return other.json()["accepted"], under_way

    assert call(url, trained, calls) == (1, True)


def test_a_large_batch_is_answered_as_small_ones_are(url: str, trained: Trained, tmp_path: Path) -> None:
    """Event by event in the order of the batch, order by order by id, whatever its parts were."""
    twice = [of_order(ORDERS[3], event_id="twice"), of_order(ORDERS[-2], event_id="twice")]
    events = [
        twice[0],
        *BATCH["events"][::-1],
        {"id": 7},
        *(held(name) for name in ORDERS),
        BATCH["events"][4],
        twice[1],
    ]

    async def calls(client: httpx.AsyncClient) -> Any:
        return (await client.post("/v1/events", json={"events": events})).json()

    whole, again = call(url, trained, calls), call(url, trained, calls)
    assert [told["index"] for told in whole["events"]] == [*range(len(events))]
    assert [told["order_id"] for told in whole["events"]] == [one.get("subject") for one in events]
    assert (whole["accepted"], whole["duplicates"], whole["rejected"]) == (2 * len(ORDERS), 1, 3)
    assert [told["outcome"] for told in whole["events"] if told["id"] == "twice"] == ["rejected"] * 2
    assert [order["order_id"] for order in whole["orders"]] == ORDERS
    assert all(order["before"] is None and order["after"]["risk"] is not None for order in whole["orders"])
    assert (again["accepted"], again["duplicates"], again["rejected"]) == (0, 2 * len(ORDERS) + 1, 3)

    async def small(client: httpx.AsyncClient) -> Any:
        own = [one for one in events if one.get("subject") == ORDERS[7]]
        return (await client.post("/v1/events", json={"events": own})).json()

    with new_database("sqlite", tmp_path) as other:
        alone = call(other, trained, small)["orders"][0]["after"]
    after = whole["orders"][7]["after"]
    assert {**after, "score_id": 0} == {**alone, "score_id": 0}


def test_a_key_stands_for_a_large_batch_too(url: str, trained: Trained) -> None:
    async def calls(client: httpx.AsyncClient) -> list[httpx.Response]:
        key = {"idempotency-key": "k"}
        bodies = (BATCH, BATCH, {"events": BATCH["events"][1:]})
        return [await client.post("/v1/events", json=body, headers=key) for body in bodies]

    first, again, other = call(url, trained, calls)
    assert (first.json()["accepted"], again.content) == (len(ORDERS), first.content)
    assert (other.status_code, other.json()["type"]) == (422, "urn:shiprisk:problem:key-taken")


def test_a_key_that_is_used_twice_at_once_stores_one_batch_alone(url: str, trained: Trained) -> None:
    """The key is bound before the first part; who is refused has stored nothing."""
    other = {"events": [of_order(f"Z{name}") for name in ORDERS]}

    async def calls(client: httpx.AsyncClient) -> tuple[list[int], set[int]]:
        send = (client.post("/v1/events", json=body, headers={"idempotency-key": "k"}) for body in (BATCH, other))
        replies = await asyncio.gather(*send)
        refused = (BATCH, other)[next(n for n, reply in enumerate(replies) if reply.status_code == 422)]
        read = [await client.get(f"/v1/orders/{one['subject']}") for one in refused["events"]]
        return sorted(reply.status_code for reply in replies), {reply.status_code for reply in read}

    assert call(url, trained, calls) == ([200, 422], {404})


@pytest.mark.parametrize("headers", [{}, {"idempotency-key": "k"}])
def test_the_audit_trail_has_each_part_once(url: str, trained: Trained, headers: dict[str, str]) -> None:
    async def calls(client: httpx.AsyncClient) -> Any:
        await client.post("/v1/events", json=BATCH, headers=headers)
        return (await client.get("/v1/audit")).json()["entries"]

    entries = call(url, trained, calls)
    assert [entry["detail"] for entry in entries] == [f"{PART_ORDERS} accepted"] * 5
    assert len({entry["request_id"] for entry in entries}) == 1


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 300)), max_size=4 * PART_EVENTS))
def test_parts_hold_each_event_once_and_each_order_whole(wanted: list[tuple[int, int]]) -> None:
    usual = of_order("A")
    events = [
        usual | {"subject": f"A{order}", "id": str(number)} if number else {"id": None} for order, number in wanted
    ]
    parts = split(parse_events(events, Settings()))
    assert sorted(at for part in parts for at in part.places) == [*range(len(events))]
    for part in parts:
        assert [events[at].get("subject") for at in part.places] == [one.order_id for one in part.parsed.events]
        assert all(part.parsed.events[at].id == content["id"] for at, content in part.parsed.contents.items())
    ids: dict[str, set[int]] = {}
    for number, part in enumerate(parts):
        for content in part.parsed.contents.values():
            ids.setdefault(content["id"], set()).add(number)
    assert all(len(numbers) == 1 for numbers in ids.values()), "events of one id are judged together"
