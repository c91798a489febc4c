from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue.registry import catalogue
from features.context.context import Context
from features.decision_points import DecisionPoints, decision_points
from features.errors import InvalidRequest
from features.history import History
from features.known.known import Known
from features.pipeline.computation import compute
from features.times import DAY, isoformat, micros, plant_calendar
from tests.support.histories import histories
from tests.support.stories import UTC, created, event, moment, shipped, story


def moments(scheme: str, *events: dict[str, object], until: float | None = None, zone: str = "UTC") -> list[str]:
    history = History.of(story(*events))
    end = None if until is None else moment(until)
    found = decision_points(history, scheme, plant_calendar(zone), end)
    return [str(isoformat(int(at)))[5:16] for at in found.as_of]


ORDER = [created(0, 3), event("hold.placed", 1, kind="credit"), event("hold.released", 1, kind="credit")]


def test_daily_is_each_start_of_day_from_the_first_record_until_late() -> None:
    assert moments("daily", *ORDER, until=9) == ["01-02T00:00", "01-03T00:00", "01-04T00:00"]


def test_daily_stops_when_the_order_has_shipped() -> None:
    assert moments("daily", created(0, 9), shipped(2, 10)) == ["01-02T00:00", "01-03T00:00"]


def test_days_start_in_the_plants_zone() -> None:
    assert moments("daily", *ORDER, until=9, zone="Asia/Tokyo") == ["01-01T15:00", "01-02T15:00", "01-03T15:00"]


def test_events_are_moments_once_each_while_open() -> None:
    late = event("hold.placed", 4, kind="credit")
    assert moments("events", *ORDER, late) == ["01-01T12:00", "01-02T12:00"]


def test_all_is_both() -> None:
    assert moments("all", *ORDER, until=1.2) == ["01-01T12:00", "01-02T00:00", "01-02T12:00"]


def test_before_follows_the_promise_as_it_stood_then() -> None:
    moved = event("commitment.changed", 5, date=20)
    assert moments("before=7", created(0, 30), moved, until=40) == ["01-14T12:00"]
    assert moments("before=7", created(0, 3), until=40) == ["01-01T12:00"]  # known only three days before
    assert moments("before=7", created(0, 30), shipped(2, 10), until=40) == []


def test_an_unknown_scheme_names_those_there_are() -> None:
    with pytest.raises(InvalidRequest, match="must be daily, events, all, or before=DAYS .* got 'hourly'"):
        decision_points(History.of(story(*ORDER)), "hourly", UTC)


def test_a_day_that_skips_midnight_starts_at_its_first_moment() -> None:
    """Beirut went from 24:00 to 01:00 on 2022-03-27."""
    calendar = plant_calendar("Asia/Beirut")
    noon = micros("2022-03-27T12:00:00+03:00")
    start = calendar.starts_of(calendar.day(np.array([noon])))[0]
    assert isoformat(int(start)) == "2022-03-26T22:00:00Z"


# -- states between two events of one moment -------------------------------------------------------------------


def cut(rows: pd.DataFrame, history: History, order: int, known: int) -> History:
    """The history as if the order had ended after so many of its events."""
    places = np.arange(history.first[order] + known, history.first[order + 1])
    later = {(str(history.source[place]), str(history.event_id[place])) for place in places}
    gone = [(source, event_id) in later for source, event_id in zip(rows["source"], rows["event_id"], strict=True)]
    return History.of(rows[~np.array(gone)].reset_index(drop=True))


@given(histories(), st.data())
def test_what_counts_as_known_reads_as_a_history_that_was_cut_there(rows: list[dict[str, Any]], data: Any) -> None:
    """Every prefix of an order, then and a week after: every signal the same, bit for bit."""
    events = story(*rows)
    history = History.of(events)
    context = Context.of(history, UTC)
    order = data.draw(st.integers(0, history.n_orders - 1))
    known = np.arange(1, history.first[order + 1] - history.first[order] + 1)
    recorded = history.recorded[history.first[order] + known - 1]
    for later in (0, 7 * DAY):
        points = DecisionPoints(np.full(len(known), order), recorded + later, known)
        shuffled = np.array(data.draw(st.permutations(range(len(known)))))
        found = np.empty((len(known), len(catalogue())))
        found[shuffled] = compute(history, points.take(shuffled), context)
        for row in range(len(known)):
            prefix = cut(events, history, order, int(known[row]))
            own = np.flatnonzero(prefix.order_ids == history.order_ids[order])
            wanted = compute(prefix, DecisionPoints(own, points.as_of[row : row + 1]), context)
            np.testing.assert_array_equal(found[row : row + 1], wanted)


def test_no_more_is_known_than_was_recorded() -> None:
    history = History.of(story(*ORDER))
    points = DecisionPoints(np.array([0, 0]), np.array([moment(0.5), moment(1)]), np.array([9, 2]))
    with pytest.raises(InvalidRequest, match="as many events must be known at a later moment"):
        points.take(np.array([1, 0])).ranks()
    points = DecisionPoints(points.order, points.as_of, np.array([2, 2]))
    assert Known(history, points, Context.of(history, UTC)).stop.tolist() == [1, 2]


def test_load_and_track_record_may_be_those_of_an_earlier_day() -> None:
    orders = [created(day, 30, order=order, plant="Kiel") for order, day in (("A", 0), ("B", 0.1), ("C", 1.1))]
    history = History.of(story(*orders))
    context = Context.of(history, UTC, moment(5))
    moments = np.array([moment(1), moment(3)])
    names = ["plant_open_orders", "days_to_promise"]
    then = compute(history, DecisionPoints(np.array([0, 0]), moments), context, names)
    now = compute(history, DecisionPoints(np.array([0, 0]), moments, looked_up_at=moments[[0, 0]]), context, names)
    assert then[0, 0] < then[1, 0]
    assert now[:, 0].tolist() == [then[0, 0], then[0, 0]]
    assert now[:, 1].tolist() == then[:, 1].tolist()
