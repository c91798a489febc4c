from __future__ import annotations

import numpy as np
import pytest

from features.decision_points import decision_points
from features.errors import InvalidRequest
from features.history import History
from features.times import isoformat, micros, plant_calendar
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
