"""When all of an order had left, by hand; and the moments at which one was late."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given

from features.decision_points import late_points
from features.history import History
from features.orders.commitments import SHIPPED, commitments
from features.outcomes import ship_dates
from features.times import NEVER, isoformat
from tests.support.histories import histories
from tests.support.stories import UTC, created, event, moment, shipped, story


def dates(*events: dict[str, Any], seen: float, until: float = 60) -> tuple[float | None, float | None]:
    """On which day of the story it shipped, or ended without, of what was known on a day."""
    history = History.of(story(*events))
    found = ship_dates(history, np.array([0]), np.array([moment(seen)]), moment(until))
    return tuple(  # type: ignore[return-value]
        None if at == NEVER else (int(at) - moment(0)) / (moment(1) - moment(0))
        for at in (found.shipped_at[0], found.ended_at[0])
    )


def test_the_last_piece_is_when_it_has_shipped() -> None:
    assert dates(created(0, 9), shipped(4, 6), shipped(12, 4), seen=1) == (12, None)


def test_what_is_not_all_of_it_has_not_shipped() -> None:
    assert dates(created(0, 9), shipped(4, 6), seen=1) == (None, None)


def test_what_is_recorded_later_is_not_known() -> None:
    late = shipped(12, 10, late=3)
    assert dates(created(0, 9), late, seen=1, until=14) == (None, None)
    assert dates(created(0, 9), late, seen=1, until=15) == (12, None)


def test_a_line_that_was_not_known_is_not_waited_for() -> None:
    lines = [created(0, 9, line="1"), shipped(4, 10, line="1"), created(2, 30, line="2"), shipped(20, 10, line="2")]
    assert dates(*lines, seen=1) == (4, None)
    assert dates(*lines, seen=3) == (20, None)


def test_a_cancelled_line_is_not_waited_for_and_a_cancelled_order_ends() -> None:
    lines = [created(0, 9, line="1"), created(0, 9, line="2"), shipped(4, 10, line="1")]
    cancelled = [event("order_line.closed", day, line="2", reason="cancelled") for day in (3, 6)]
    assert dates(*lines, cancelled[0], seen=1) == (4, None)
    assert dates(*lines, cancelled[1], seen=1) == (None, 6)  # until then it was waited for
    assert dates(*lines, cancelled[1], seen=5) == (None, 6)
    assert dates(created(0, 9), event("order_line.closed", 6, reason="cancelled"), seen=1) == (None, 6)


def test_what_is_closed_short_never_ships() -> None:
    assert dates(created(0, 9), shipped(4, 6), event("order_line.closed", 7, reason="short"), seen=1) == (None, 7)


def test_what_is_accepted_as_complete_shipped_with_its_last_piece() -> None:
    assert dates(created(0, 9), shipped(4, 6), event("order_line.closed", 7, reason="complete"), seen=1) == (4, None)


def test_a_reversal_takes_the_shipment_back() -> None:
    reversed_ = [shipped(4, 10, reference="D"), event("goods.issued", 5, quantity=-10, reference="D")]
    assert dates(created(0, 9), *reversed_, seen=1) == (None, None)
    assert dates(created(0, 9), *reversed_, shipped(8, 10), seen=1) == (8, None)


@given(histories())
def test_who_is_shipped_in_the_end_has_a_date_or_an_end_and_nobody_has_both(rows: list[dict[str, Any]]) -> None:
    history = History.of(story(*rows))
    last = int(history.recorded.max())
    order = np.arange(history.n_orders)
    found = ship_dates(history, order, np.full(len(order), last), last)
    has_date, has_end = found.shipped_at != NEVER, found.ended_at != NEVER
    assert not (has_date & has_end).any()
    done = commitments(history).state[history.first[1:] - 1] == SHIPPED
    assert (has_date | has_end)[done].all()


def late(*events: dict[str, Any], until: float, after: tuple[int, ...] | None = None) -> list[str]:
    found = late_points(History.of(story(*events)), UTC, moment(until), after)
    return [str(isoformat(int(at)))[5:16] for at in found.as_of]


def test_late_is_each_start_of_day_after_the_promise_until_it_has_shipped() -> None:
    assert late(created(0, 3), shipped(6, 10), until=20) == ["01-05T00:00", "01-06T00:00", "01-07T00:00"]


def test_late_orders_can_be_looked_at_on_some_days_after_their_promise() -> None:
    assert late(created(0, 3), until=20, after=(2, 5)) == ["01-06T00:00", "01-09T00:00"]


def test_a_moved_promise_ends_being_late() -> None:
    assert late(created(0, 3), event("commitment.changed", 5, date=30), until=20) == ["01-05T00:00", "01-06T00:00"]
