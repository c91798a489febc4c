"""Copies with events added: the same signals as if the events were there, whatever else is recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.context.context import Context
from features.decision_points import DecisionPoints
from features.errors import InvalidEvents
from features.history import History
from features.pipeline.computation import compute
from features.what_if.copies import checked_events, with_events
from tests.support.stories import UTC, created, event, moment, shipped, story

DAY = 6.0
ORDER: list[dict[str, Any]] = [
    created(0, 20, line="1/a", value=100.0, customer="c", item="x"),
    created(0, 25, line="1/b", quantity=2.5),
    created(0, 20, line="2"),
    event("hold.placed", 1, kind="quality", reference="h1", line="2", source="qms"),
    event("material.stated", 2, state="short", reference="steel", line="2", quantity=6, date=9),
    event("commitment.changed", 3, line="1", date=22, sequence=2),
    event("commitment.changed", 3, line="1", date=21, sequence=10),
    event("operation.confirmed", 4, line="2", quantity=4, state="partial", reference="10", work_center="saw"),
    shipped(5, 3, line="1/a"),
]
LATER = [event("hold.released", 8, kind="quality", reference="h1", line="2"), shipped(9, line="2")]
OTHER = [created(0, 30, order="B", line="1", customer="c"), event("hold.placed", 3, "B", kind="credit", reference="c")]
SAID: list[list[dict[str, Any]]] = [
    [],
    [{"type": "hold.released", "kind": "quality", "reference": "h1", "line_id": "2"}],
    [
        {"type": "commitment.changed", "line_id": "1", "date": "2024-02-05"},
        {"type": "goods.issued", "state": "complete"},
    ],
    [{"type": "order_line.created", "line_id": "0", "quantity": 5.0, "date": "2024-01-30", "item": "y"}],
]


def signals(history: History, points: DecisionPoints) -> Any:
    return compute(history, points, Context.of(History.of(story(*ORDER, *OTHER)), UTC, moment(DAY)))


def _told(value: Any) -> Any:
    """A date alone is the end of that day."""
    return pd.Timestamp(f"{value}T23:59:59.999999Z") if str(value).startswith("2024-") else value


def copies(*said: list[dict[str, Any]]) -> tuple[History, DecisionPoints]:
    """The order A, once for each list of events."""
    history = History.of(story(*ORDER, *LATER, *OTHER))
    points = DecisionPoints(np.zeros(len(said), dtype=np.int64), np.full(len(said), moment(DAY)))
    events = [one | {"event_id": f"{copy} {place}"} for copy, of in enumerate(said) for place, one in enumerate(of)]
    copy = np.repeat(np.arange(len(said)), [len(of) for of in said])
    added = checked_events(events, "A", moment(DAY))
    return with_events(history, points, added, copy), DecisionPoints(np.arange(len(said)), points.as_of)


@pytest.mark.parametrize("said", SAID, ids=len)
def test_a_copy_has_the_signals_of_an_order_to_which_it_happened(said: list[dict[str, Any]]) -> None:
    made, points = copies(said)
    happened = [
        event(one["type"], DAY, **{name: _told(value) for name, value in one.items() if name != "type"}) for one in said
    ]
    truth = History.of(story(*ORDER, *happened, *LATER, *OTHER))
    expected = signals(truth, DecisionPoints(np.array([0]), points.as_of[:1]))
    assert np.array_equal(signals(made, points), expected, equal_nan=True)


def test_copies_do_not_hear_of_each_other_nor_of_what_is_recorded_later() -> None:
    together, points = copies(*SAID)
    alone = [signals(*copies(said))[0] for said in SAID]
    assert np.array_equal(signals(together, points), np.array(alone), equal_nan=True)
    assert len({row.tobytes() for row in alone}) == len(SAID), "each of them says something else"
    assert together.n_events == len(SAID) * len(ORDER) + sum(len(said) for said in SAID)


def test_what_is_no_event_is_refused_with_what_is_wrong() -> None:
    with pytest.raises(InvalidEvents, match="row 0: kind must be one of quality, .*got 'boredom'"):
        checked_events([{"type": "hold.placed", "kind": "boredom"}], "A", moment(DAY))
    with pytest.raises(InvalidEvents, match="an event must have columns of the event table, got colour"):
        checked_events([{"type": "hold.placed", "kind": "credit", "colour": "red"}], "A", moment(DAY))
