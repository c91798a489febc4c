"""What a week added, by cause: the sums that the API has, and the orders behind them."""

from __future__ import annotations

import threading
from datetime import date

import pandas as pd
import pytest

from features.errors import InvalidRequest
from features.times import HOUR, isoformat, micros
from serving.api.impact_reply import impact_reply
from serving.contract.impact import ImpactParams
from serving.overviews.causes import label_steps
from serving.overviews.short_memory import ShortMemory
from serving.overviews.week_impact import orders_behind, sum_week, trend_of, week_steps
from serving.overviews.weeks import find_week, weeks_before
from serving.principal import NOBODY, Caller, Role
from tests.support.filled import fill_with_days
from tests.support.stores import House
from tests.support.stories import created, event
from training.trainer import Trained

OF_ULM = Caller("Uli", frozenset({"Ulm"}), Role.PLANNER, "key")


def test_the_sums_are_those_of_the_api(store: House, trained: Trained) -> None:
    fill_with_days(store, trained)
    week = find_week(None, store.now[0], "UTC")
    steps = week_steps(ShortMemory(4), store.services, week, NOBODY)
    begin, end = (isoformat(micro) for micro in week.window)
    reply = impact_reply(ImpactParams.model_validate({"from": begin, "to": end}), store.services, NOBODY)
    sums = sum_week(steps, "cause")
    assert (sums.events, sums.orders) == (reply["events"], reply["orders"])
    assert sums.added == pytest.approx(reply["added"], abs=1e-12)
    assert sum(one.added for one in sums.causes) == pytest.approx(sums.added, abs=1e-12)
    assert sum(one.removed for one in sums.causes) == pytest.approx(reply["removed"], abs=1e-12)
    first = sums.causes[0]
    behind = orders_behind(steps, "cause", first.name)
    assert len(behind) == first.orders
    assert sum(one.added for one in behind) == pytest.approx(first.added, abs=1e-12)
    assert sum(len(one.events) for one in behind) == first.events


def test_a_planner_of_a_plant_has_sums_of_their_own(store: House) -> None:
    store.ingest(created(0, 20, order="U", plant="Ulm", value=70.0), created(0, 20, order="K", plant="Kiel", value=9.0))
    for order in ("U", "K"):
        store.ingest(event("hold.placed", 1, order, kind="credit", reference=order))
    memory, week = ShortMemory(4), find_week(None, store.now[0], "UTC")
    every = week_steps(memory, store.services, week, NOBODY)
    own = week_steps(memory, store.services, week, OF_ULM)
    assert (set(every["order_id"]), set(own["order_id"])) == ({"U", "K"}, {"U"})
    assert [(one.name, one.value) for one in sum_week(own, "hold").causes] == [("Credit hold", 70.0)]


def steps(*rows: dict[str, object]) -> pd.DataFrame:
    columns = ("type", "stated", "kind", "reason", "work_center", "reference")
    return pd.DataFrame([dict.fromkeys(columns) | row for row in rows])


@pytest.mark.parametrize(
    ("step", "view", "words"),
    [
        ({"type": "hold.placed", "kind": "quality", "reason": "dimension"}, "cause", "Quality hold placed · dimension"),
        ({"type": "hold.placed"}, "cause", "Hold placed"),
        ({"type": "hold.placed", "kind": "quality"}, "hold", "Quality hold"),
        ({"type": "hold.released"}, "hold", "Hold of no stated kind"),
        ({"type": "material.stated", "stated": "short"}, "cause", "Material missing"),
        ({"type": "material.stated", "stated": "short", "reference": "steel"}, "component", "steel"),
        ({"type": "hold.placed", "reference": "H1"}, "component", None),
        ({"type": "production.rescheduled", "work_center": "WC 40", "reason": "capacity"}, "reschedule",
         "Planned end moved · WC 40, capacity"),
        ({"type": "commitment.changed"}, "reschedule", "Promise moved · no reason stated"),
        ({"type": "readiness.stated", "stated": "not_met", "kind": "labels"}, "cause",
         "Shipping condition not met · labels"),
        ({"type": "operation.scrapped", "work_center": "WC 20"}, "work_center", "WC 20"),
        ({"type": "operation.scrapped"}, "reason", None),
    ],
)  # fmt: skip
def test_a_cause_in_words(step: dict[str, object], view: str, words: str | None) -> None:
    labels = label_steps(steps(step), view)  # type: ignore[arg-type]
    assert labels.tolist() == [words]


def test_a_trend_has_every_week_of_each_cause(store: House) -> None:
    store.ingest(created(0, 20), event("hold.placed", 1, kind="credit"))
    week = find_week(None, store.now[0], "UTC")
    now = sum_week(week_steps(ShortMemory(4), store.services, week, NOBODY), "hold")
    before = sum_week(
        week_steps(ShortMemory(4), store.services, weeks_before(week, 2, store.now[0], "UTC")[0], NOBODY), "hold"
    )
    assert trend_of([before, now]) == {"Credit hold": [0.0, now.causes[0].added]}


THURSDAY, MONDAY = "2024-01-04T12:00:00Z", "2024-01-08T07:00:00Z"


@pytest.mark.parametrize(
    ("now", "text", "monday", "over"),
    [
        (THURSDAY, None, date(2024, 1, 1), False),
        (MONDAY, None, date(2024, 1, 1), True),
        (MONDAY, "2024-01-08", date(2024, 1, 8), False),
        (THURSDAY, "2023-12-31", date(2023, 12, 25), True),
    ],
)
def test_the_week_of_a_day(now: str, text: str | None, monday: date, over: bool) -> None:
    """On a Monday morning the week that has just ended is looked at."""
    week = find_week(text, micros(now), "UTC")
    assert (week.monday, week.over) == (monday, over)


def test_a_week_is_that_of_the_plant_and_has_no_gap_to_the_next() -> None:
    zone, now = "Europe/Berlin", micros("2024-04-20T00:00:00Z")
    spring = find_week("2024-03-27", now, zone)
    assert (spring.begin, spring.end) == (micros("2024-03-24T23:00:00Z"), micros("2024-03-31T22:00:00Z"))
    assert spring.end - spring.begin == 7 * 24 * HOUR - HOUR, "an hour is missing in it"
    following = find_week("2024-04-01", now, zone)
    assert following.window[0] == spring.window[1]


@pytest.mark.parametrize("text", ["2024-02-01", "soon", "2024-13-01", "20240101", "0001-01-01", "٢٠٢٤-٠١-٠١"])
def test_what_is_no_week_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidRequest, match="a week must have begun|a week must be given by one of its days"):
        find_week(text, micros(THURSDAY), "UTC")


def test_what_takes_long_is_computed_once_for_a_while_and_the_oldest_is_forgotten() -> None:
    seconds = [0.0]
    computed: list[str] = []
    memory = ShortMemory(2, lambda: seconds[0])

    def compute(key: str) -> int:
        computed.append(key)
        return len(computed)

    def ask(key: str) -> int:
        return memory.get(key, 10.0, lambda: compute(key))

    assert [ask("a"), ask("a"), ask("b")] == [1, 1, 2]
    assert memory.has("a")
    seconds[0] = 10.0
    assert not memory.has("a")
    assert ask("a") == 3
    ask("c")
    assert (memory.has("b"), memory.has("a"), memory.has("c")) == (False, True, True)


def test_what_is_at_hand_does_not_wait_for_what_is_computed() -> None:
    memory = ShortMemory(4)
    memory.get("known", 60.0, lambda: 1)
    began, ends = threading.Event(), threading.Event()

    def slow() -> int:
        began.set()
        assert ends.wait(30)
        return 2

    other = threading.Thread(target=lambda: memory.get("slow", 60.0, slow))
    other.start()
    assert began.wait(30)
    assert memory.get("known", 60.0, lambda: 3) == 1
    ends.set()
    other.join()
    assert memory.get("slow", 60.0, lambda: 4) == 2
