from __future__ import annotations

from typing import Any

import numpy as np

from features.context.context import Context
from features.history import History
from features.known.known import Known
from features.pipeline.table import states
from tests.support.stories import UTC, at, created, event, known, moment, points, shipped, story


def state(*events: dict[str, Any], day: float) -> str:
    return str(states(known(story(*events), day))[0])


def test_states_of_an_order() -> None:
    order = [created(0, 10)]
    assert state(*order, day=5) == "open"
    assert state(*order, day=10.01) == "late"
    assert state(*order, shipped(4, 10), day=5) == "shipped"
    assert state(*order, shipped(4, 9), day=5) == "open"
    assert state(*order, event("order_line.closed", 4, reason="cancelled"), day=5) == "cancelled"
    assert state(*order, event("order_line.closed", 4, reason="short"), day=5) == "shipped"
    assert state(event("hold.placed", 0, kind="credit"), *order, day=5) == "open"
    assert state(event("hold.placed", 0, kind="credit"), day=5) == "unknown"


def test_a_reversal_opens_the_order_again() -> None:
    assert state(created(0, 10), shipped(4, 10), shipped(5, -1), day=6) == "open"


def test_the_due_date_is_the_earliest_promise_among_unshipped_lines() -> None:
    events = story(
        created(0, 10, line="1"),
        created(0, 20, line="2"),
        shipped(5, 10, line="1"),
        event("commitment.changed", 7, date=25, line="2"),
    )
    due = {day: int(known(events, day).due()[0]) for day in (1, 6, 8)}
    assert due == {1: at(10).value // 1000, 6: at(20).value // 1000, 8: at(25).value // 1000}


def test_what_shipped_late_is_due_no_more_though_the_order_stays_late() -> None:
    events = story(
        created(0, 3, line="1"), created(0, 20, line="2"), created(0, 30, line="3"), shipped(5, 10, line="1")
    )
    seen = known(events, 6)
    assert [int(due[0]) for due in (seen.due(), seen.open_due(), seen.last_due())] == [
        moment(3),
        moment(20),
        moment(30),
    ]
    assert known(events, 4).open_due()[0] == moment(3)


def test_a_promise_of_the_whole_order_moves_every_line() -> None:
    events = story(created(0, 10, line="1"), created(0, 20, line="2"), event("commitment.changed", 1, date=30))
    assert known(events, 2).days_until(known(events, 2).last_due())[0] == 28
    assert known(events, 2).days_until(known(events, 2).due())[0] == 28


def test_events_recorded_later_are_not_known() -> None:
    events = story(created(0, 10), event("order_line.changed", 2, quantity=50, late=3))
    assert [known(events, day).ordered()[0] for day in (4.9, 5.0)] == [10.0, 50.0]


def test_quantities_add_up_exactly() -> None:
    """A tenth ten times is one, which floats do not say."""
    events = story(created(0, 10, quantity=1.0), *(shipped(1 + n / 100, 0.1) for n in range(10)))
    assert states(known(events, 3))[0] == "shipped"
    assert known(events, 3).issued()[0] == 1.0


def test_a_line_without_an_id_is_a_line_of_its_own() -> None:
    told = [created(0, 20), shipped(2, 10, line="20"), event("hold.placed", 8, kind="credit", line="10")]
    assert state(*told[:2], day=5) == state(*told, day=5) == "open"
    assert state(created(0, 20), shipped(2, 10), created(8, 30, line="0"), day=5) == "shipped"


def test_a_line_that_shipped_after_its_promise_makes_the_order_late() -> None:
    """It can no longer be on time in full, so there is nothing left to predict."""
    told = [created(0, 5, line="1"), created(0, 20, line="2"), shipped(7, 10, line="1")]
    assert [state(*told, day=day) for day in (4, 6, 8)] == ["open", "late", "late"]
    in_time = [*told[:2], shipped(5, 10, line="1")]
    assert state(*in_time, day=8) == "open"


def test_orders_do_not_reach_into_each_other() -> None:
    events = story(created(0, 10), shipped(3, 10), created(1, 20, order="B"))
    history = History.of(events)
    seen = Known(history, points(history, 5), Context.of(history, UTC))
    assert states(seen).tolist() == ["shipped", "open"]
    assert np.isnan(seen.days_until(seen.due())[0])
