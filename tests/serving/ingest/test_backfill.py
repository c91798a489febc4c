"""Past mornings of a file's events: the scores a service would have made that was sent them as they came."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from features.events import write_events
from features.progress import no_progress
from serving.clock import SteppedClock
from serving.ingest.backfill import load_days
from serving.scores.daily_context import DailyContext
from serving.scores.services import Services
from serving.store.schema import events, scores
from tests.support.stores import House, house
from tests.support.stories import created, event, moment, story
from training.trainer import Trained

FIRST, SECOND, LAST = 1.5, 2.5, 3.5
"""Mornings: days begin at midnight."""
BEFORE = [created(0, 20, order="A"), created(0, 30, order="B")]
AT_TWO = created(2 + 1 / 12, 25, order="C")
AT_SIX = event("hold.placed", 1, "A", late=1.25, kind="quality", reference="h")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_events(story(*BEFORE, AT_TWO, AT_SIX), tmp_path / "events.parquet")
    return tmp_path / "events.parquet"


def stepped(store: House) -> tuple[Services, SteppedClock]:
    clock = SteppedClock(moment(LAST))
    daily_context = DailyContext(store.services.daily_context.champion, store.database, clock)
    return replace(store.services, daily_context=daily_context, clock=clock), clock


def scored(store: House) -> list[tuple[Any, ...]]:
    """Order, moment, cause and risk of each score."""
    return sorted((row["order_id"], row["as_of"], row["cause"], row["risk"]) for row in store.all(scores))


def test_orders_are_scored_each_morning_and_after_the_hour_of_an_event(store: House, path: Path) -> None:
    services, clock = stepped(store)
    result = load_days(services, clock, path, 3, no_progress)
    expected = [
        ("A", FIRST, "import"), ("A", 2.25, "import"), ("A", SECOND, "morning"), ("A", LAST, "morning"),
        ("B", FIRST, "import"), ("B", SECOND, "morning"), ("B", LAST, "morning"),
        ("C", 2 + 1 / 12, "import"), ("C", SECOND, "morning"), ("C", LAST, "morning"),
    ]  # fmt: skip
    assert [row[:3] for row in scored(store)] == [(order, moment(day), cause) for order, day, cause in expected]
    assert (result["accepted"], result["scored"], result["mornings"]) == (4, len(expected), 3)
    assert clock() == moment(LAST)


def test_the_scores_are_those_of_a_service_that_was_sent_the_events(
    store: House, path: Path, trained: Trained, tmp_path: Path
) -> None:
    """What was recorded later has no say, though it is in the file: the hold of day 1 was recorded on day 2."""
    load_days(*stepped(store), path, 3, no_progress)
    live = house(f"sqlite:///{tmp_path / 'live.db'}", trained.model, 0)
    live.ingest(*BEFORE)
    for day, sent in ((FIRST, None), (2 + 1 / 12, AT_TWO), (2.25, AT_SIX), (SECOND, None), (LAST, None)):
        live.move_to(day)
        if sent:
            live.ingest(sent)
        else:
            live.fresh()
    risks = {(order, at): risk for order, at, _, risk in scored(live)}
    live.database.close()
    assert {(order, at): risk for order, at, _, risk in scored(store)} == {
        key: risk for key, risk in risks.items() if key[1] >= moment(FIRST)
    }


@pytest.mark.parametrize("stops", [FIRST, 2 + 1 / 12, 2.25, SECOND, LAST])
def test_what_was_broken_off_goes_on_and_the_same_again_changes_nothing(
    store: House, path: Path, stops: float, trained: Trained, tmp_path: Path
) -> None:
    def stop(now: int) -> None:
        if now == moment(stops):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_days(*stepped(store), path, 3, no_progress, stop)
    load_days(*stepped(store), path, 3, no_progress)
    whole = house(f"sqlite:///{tmp_path / 'whole.db'}", trained.model, 0)
    load_days(*stepped(whole), path, 3, no_progress)
    once = scored(whole)
    whole.database.close()
    assert scored(store) == once
    again = load_days(*stepped(store), path, 3, no_progress)
    assert (again["accepted"], again["duplicates"], again["scored"]) == (0, 4, 0)
    assert scored(store) == once


def test_somebody_can_decide_in_between(store: House, path: Path) -> None:
    services, clock = stepped(store)
    steps: list[int] = []
    load_days(services, clock, path, 3, no_progress, lambda now: steps.append(now - clock()))
    assert steps == [0] * 5


def test_events_arrive_when_they_were_recorded(store: House, path: Path) -> None:
    load_days(*stepped(store), path, 3, no_progress)
    received = {row["order_id"]: row["received_at"] for row in store.all(events) if row["type"] != "hold.placed"}
    assert received == {"A": moment(FIRST), "B": moment(FIRST), "C": moment(2 + 1 / 12)}
