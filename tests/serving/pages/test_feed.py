"""News of scores: one look at the store for all who listen, none left out, and what each may see."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from features.errors import ShipriskError
from serving.api.calls import ScoreNews
from serving.pages.live.feed import AT_ONCE, WAITING, Listener, NewsBatch, ScoreFeed
from serving.pages.routes.stream import MOST_A_KEY, StreamPlaces, write_event
from serving.principal import Caller
from serving.problems import NotReady
from tests.serving.pages.conftest import Planned

SOON = 5.0


def news(score_id: int, order: str = "A", risk: float | None = 0.5, plant: str = "Kiel") -> ScoreNews:
    return ScoreNews(score_id, order, "open", risk, frozenset({plant}))


class Table:
    """Scores as a store has them, and how often somebody looked."""

    def __init__(self, *ids: int) -> None:
        self.rows = [news(score_id) for score_id in ids]
        self.looks = 0
        self.away = False

    def read(self, after: int, limit: int) -> list[ScoreNews]:
        self.looks += 1
        if self.away:
            raise ShipriskError("the database must answer")
        return sorted(row for row in self.rows if row.score_id > after)[:limit]

    def last(self) -> int:
        return max((row.score_id for row in self.rows), default=0)


async def ids_of(listener: Listener, count: int) -> list[int]:
    """Ids as they come, until there are so many."""
    seen: list[int] = []
    while len(seen) < count:
        batch = await listener.next(SOON)
        assert batch is not None, seen
        seen += [one.score_id for one in batch.news]
    return seen


def test_everybody_hears_of_a_score_that_one_look_found() -> None:
    async def story() -> None:
        table = Table(1, 2)
        feed = ScoreFeed(table.read, table.last, every=0.01)
        async with feed.listen() as one, feed.listen() as other:
            table.rows.append(news(3))
            assert await ids_of(one, 1) == await ids_of(other, 1) == [3]
        looks = table.looks
        await asyncio.sleep(0.05)
        assert table.looks == looks, "nobody listens, so nobody looks"

    asyncio.run(story())


def test_who_comes_back_hears_what_came_meanwhile() -> None:
    async def story() -> None:
        table = Table(1, 2, 3)
        feed = ScoreFeed(table.read, table.last, every=0.01)
        async with feed.listen(1) as listener:
            assert await ids_of(listener, 2) == [2, 3]

    asyncio.run(story())


def test_a_score_that_is_committed_behind_a_later_one_is_heard_of_once() -> None:
    async def story() -> None:
        table = Table(1)
        feed = ScoreFeed(table.read, table.last, every=0.05)
        async with feed.listen() as listener:
            table.rows.append(news(3))
            assert await ids_of(listener, 1) == [3]
            table.rows.append(news(2))
            assert await ids_of(listener, 1) == [2]
            table.rows.append(news(4))
            assert await ids_of(listener, 1) == [4]

    asyncio.run(story())


def test_a_store_that_is_away_for_a_while_ends_nothing() -> None:
    async def story() -> None:
        table = Table(1)
        feed = ScoreFeed(table.read, table.last, every=0.01)
        async with feed.listen() as listener:
            table.away = True
            assert await listener.next(0.05) is None
            table.rows.append(news(2))
            table.away = False
            assert await ids_of(listener, 1) == [2]

    asyncio.run(story())


def test_a_morning_is_one_word() -> None:
    async def story() -> None:
        table = Table(1)
        feed = ScoreFeed(table.read, table.last, every=0.01)
        async with feed.listen() as listener:
            table.rows += [news(score_id) for score_id in range(2, AT_ONCE + 10)]
            batch = await listener.next(SOON)
            assert batch is not None
            assert (batch.newest, list(batch.news), batch.more) == (AT_ONCE + 9, [], True)
            table.rows.append(news(AT_ONCE + 10))
            assert await ids_of(listener, 1) == [AT_ONCE + 10]

    asyncio.run(story())


def test_who_is_slow_is_told_that_there_is_more() -> None:
    async def story() -> None:
        listener = Listener()
        for number in range(WAITING + 1):
            listener.put(NewsBatch(number, [news(number)]))
        batch = await listener.next(SOON)
        assert batch == NewsBatch(WAITING, (), more=True)

    asyncio.run(story())


def test_an_event_has_the_latest_risk_of_each_order_that_one_may_see() -> None:
    batch = NewsBatch(9, [news(7, "A", 0.2), news(8, "B", 0.9, "Bremen"), news(9, "A", 0.836)])
    lines = write_event(batch, Caller("Ann", frozenset({"Kiel"}))).decode().splitlines()
    assert lines[0] == "id: 9"
    assert orjson.loads(lines[1].removeprefix("data: ")) == {"scores": [["A", 9, 0.836, "84 %", 3]], "more": False}
    assert b'"B"' in write_event(batch, Caller("local"))


def test_places_are_counted_by_key_and_given_back() -> None:
    places, ann, ben = StreamPlaces(), Caller("Ann", key="a"), Caller("Ben", key="b")
    for _ in range(MOST_A_KEY):
        places.take(ann)
    places.take(ben)
    with pytest.raises(NotReady, match=f"{MOST_A_KEY} of a key"):
        places.take(ann)
    places.leave(ann)
    places.take(ann)


@pytest.mark.parametrize("forged", ["9" * 5_000, str(2**63), "-1", "NaN", "1e9"])
def test_a_forged_id_of_the_last_event_is_that_of_a_browser_that_has_seen_nothing(
    planned: Planned, forged: str
) -> None:
    reader = planned.signed_in(plant="Kiel")
    reply = reader.listen("/stream", seconds=0.5, **{"last-event-id": forged})
    assert (reply.status_code, reply.headers["content-type"][:17]) == (200, "text/event-stream")
    assert "Traceback" not in planned.log.read_text()
