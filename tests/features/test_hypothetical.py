"""Copies of orders with a move that nobody made are what they would be had it been recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given

from features.context.context import Context
from features.decision_points import DecisionPoints
from features.events.schema import TYPE_CODE
from features.history import History
from features.hypothetical import Moves, with_moves
from features.known.known import Known
from features.outcomes import MISSED, ON_TIME_IN_FULL, outcomes
from features.times import DAY, timestamps
from tests.support.histories import histories
from tests.support.stories import UTC, created, event, moment, shipped, story, value, values

MOVED = ["days_to_promise", "delivery_slack", "planned_end_slack", "promise_moves_by_customer", "promise_moved"]


def moves(day: float, promise: float = 0, truck: float = 0, plan: float = 0, actor: str = "") -> Moves:
    """One move, stated on a day, by days."""
    by = [np.array([int(days * DAY)]) for days in (promise, truck, plan)]
    return Moves(np.array([moment(day)]), *by, np.array([actor], dtype=object))


def copy_of(events: pd.DataFrame, day: float, made: Moves, order: int = 0) -> tuple[History, DecisionPoints]:
    """The copy of one order that is looked at on a day, and its point."""
    history = History.of(events)
    copy = with_moves(history, DecisionPoints(np.array([order]), np.array([moment(day)])), made)
    return copy, DecisionPoints(np.array([0]), np.array([moment(day)]))


def signals_of(history: History, points: DecisionPoints, names: list[str] | None = None) -> dict[str, Any]:
    known = Known(history, points, Context.of(history, UTC, int(points.as_of[0])))
    return dict(zip(names or [], values(known, names)[0], strict=False)) if names else values(known)


PLANNED = (
    created(0, 10, line="1"),
    event("production.released", 1, line="1", reference="P1", date=7),
    event("delivery.planned", 1, reference="D1", date=9),
)


def test_a_promise_a_truck_and_a_plan_are_moved() -> None:
    """Promised on day 10, the truck on day 9, the work until day 7; looked at on day 3."""
    copy, point = copy_of(story(*PLANNED), 3, moves(3, promise=7, truck=5, plan=-2, actor="customer"))
    assert signals_of(copy, point, MOVED) == {
        "days_to_promise": 14.0,
        "delivery_slack": 3.0,
        "planned_end_slack": 12.0,
        "promise_moves_by_customer": 1.0,
        "promise_moved": 7.0,
    }


def test_what_is_not_moved_stays() -> None:
    copy, point = copy_of(story(*PLANNED), 3, moves(3))
    unmoved = {name: value(name, *PLANNED, day=3) for name in MOVED}
    assert signals_of(copy, point, MOVED) == unmoved == dict(zip(MOVED, [7.0, 1.0, 3.0, 0.0, 0.0], strict=True))


def test_a_truck_that_has_left_and_one_that_would_have_are_not_moved() -> None:
    """The truck of day 2 has left on day 3; one of day 9 cannot be pulled in to day 2."""
    gone = (created(0, 10), event("delivery.planned", 1, reference="D1", date=2))
    for events, truck in ((gone, 5.0), (PLANNED, -7.0)):
        copy, point = copy_of(story(*events), 3, moves(3, truck=truck))
        assert signals_of(copy, point, ["deliveries_revised"]) == {"deliveries_revised": 0.0}


def test_lines_are_moved_each_from_its_own_promise_and_shipped_ones_not() -> None:
    """Lines of day 10 and day 20, and one of day 5 that has shipped."""
    events = story(
        created(0, 10, line="1"),
        created(0, 20, line="2"),
        created(0, 5, line="3", quantity=1),
        event("goods.issued", 2, line="3", quantity=1),
    )
    copy, point = copy_of(events, 3, moves(3, promise=2))
    assert signals_of(copy, point, ["days_to_promise", "promise_spread"]) == {
        "days_to_promise": 9.0,
        "promise_spread": 10.0,
    }
    assert copy.n_events == 4 + 2


def test_what_comes_later_stays_later_and_judges_the_move() -> None:
    """It ships on day 12: a promise of day 10 is missed, one of day 13 is kept, whatever is promised afterwards."""
    last = event("decision.recorded", 30, kind="comment")
    events = story(created(0, 10), event("commitment.changed", 8, date=11), shipped(12, 10), last)
    for days, outcome in ((0, MISSED), (1, MISSED), (3, ON_TIME_IN_FULL)):
        copy, point = copy_of(events, 3, moves(3, promise=days))
        assert outcomes(copy, point.order, point.as_of)[0].tolist() == [outcome]


def test_copies_of_one_order_know_nothing_of_each_other_nor_the_order_of_them() -> None:
    history = History.of(story(*PLANNED, created(0, 8, order="B")))
    before = history.date.copy(), history.coded["actor"].codes.copy()
    points = DecisionPoints(np.array([0, 0, 1]), np.array([moment(3), moment(4), moment(4)]))
    none = np.zeros(3, dtype=np.int64)
    made = Moves(points.as_of, np.array([2, 0, 5]) * DAY, none, none, np.array(["plant", "", "customer"], dtype=object))
    copies = with_moves(history, points, made)
    known = Known(copies, DecisionPoints(np.arange(3), points.as_of), Context.of(history, UTC, moment(4)))
    names = ["days_to_promise", "promise_moves_by_plant", "promise_moves_by_customer"]
    assert values(known, names).tolist() == [[9.0, 1.0, 0.0], [6.0, 0.0, 0.0], [9.0, 0.0, 1.0]]
    np.testing.assert_array_equal(history.date, before[0])
    np.testing.assert_array_equal(history.coded["actor"].codes, before[1])
    assert copies.order_ids.tolist() == ["A", "A", "B"]


@pytest.mark.parametrize("days", [(3, 0, 0), (-2, 4, 0), (0, 0, -1), (5, 5, 5)])
@given(histories())
def test_a_copy_is_what_a_table_with_its_statements_would_give(days: tuple[int, int, int], rows: list[dict]) -> None:
    """All signals, a day after the last record, of the copy and of its records with what is stated as rows beside."""
    events = story(*rows)
    history = History.of(events)
    as_of = int(history.recorded.max()) + DAY
    context, at_once = Context.of(history, UTC, as_of), DecisionPoints(np.array([0]), np.array([as_of]))
    for order in range(history.n_orders):
        point = DecisionPoints(np.array([order]), np.array([as_of]))
        by = [np.array([day * DAY]) for day in days]
        copy = with_moves(history, point, Moves(point.as_of, *by, np.array(["plant"], dtype=object)))
        own = events[events["order_id"] == history.order_ids[order]]
        stated = slice(len(own), copy.n_events)
        assume(not (copy.coded["line_id"].missing[stated] & (copy.line[stated] >= 0)).any())  # no row can name it
        table = pd.concat([own, statements_of(copy, own)], ignore_index=True)
        found, expected = (values(Known(each, at_once, context)) for each in (copy, History.of(table)))
        np.testing.assert_array_equal(found, expected)


def statements_of(copy: History, own: pd.DataFrame) -> pd.DataFrame:
    """What a copy states beside its records, as rows of the event table."""
    kinds = {code: name for name, code in TYPE_CODE.items()}
    stated = [
        {
            "event_id": f"new{row:04}",
            "source": "test",
            "type": kinds[int(copy.type[row])],
            "order_id": own["order_id"].iloc[0],
            "occurred_at": timestamps(copy.occurred[row : row + 1])[0],
            "recorded_at": timestamps(copy.recorded[row : row + 1])[0],
            "date": timestamps(copy.date[row : row + 1])[0],
            **{name: copy.coded[name][row] for name in ("reference", "actor", "route", "line_id")},
        }
        for row in range(len(own), copy.n_events)
    ]
    return pd.DataFrame(stated, columns=own.columns).astype(own.dtypes.to_dict())
