"""The engine against the naive twins of ``tests/naive``: every signal, on any history, at any moment."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import catalogue, compute
from features.context import Context
from features.decision_points import DecisionPoints
from features.history import History
from features.known import Floats
from features.times import isoformat, plant_calendar
from tests.histories import Row, histories_and_moments
from tests.naive.events import orders_of
from tests.naive.others import Records
from tests.naive.registry import twins
from tests.naive.seen import Seen
from tests.stories import moment, story

TWINS = twins()
NAMES = [name for name in catalogue() if name in TWINS]
ZONES = st.sampled_from(["UTC", "UTC", "Pacific/Auckland"])
ENDS = st.sampled_from([None, None, None, *map(moment, (200, 200, 9.25, 4.5, 2)), moment(6.5) - 1])
"""When the records end: with the last one, long after, or on a day; the last of these is the end of one."""
MANY = settings(max_examples=max(600, settings.default.max_examples))
"""Few histories are deep, so this takes more of them than other tests."""


def engine(history: History, points: DecisionPoints, context: Context) -> Floats:
    """(n_points, n_names) what the engine says. The one place that calls it."""
    return compute(history, points, context, NAMES)


def test_every_signal_has_a_naive_twin_and_every_twin_a_signal() -> None:
    alone = sorted(set(catalogue()) - set(TWINS))
    assert not alone, f"every signal must have a twin in tests/naive, got none for {', '.join(alone)}"
    unknown = sorted(set(TWINS) - set(catalogue()))
    assert not unknown, f"every twin in tests/naive must be of a signal, got {', '.join(unknown)}"


@MANY
@given(histories_and_moments(), ZONES, ENDS)
def test_engine_and_twins_agree(asked: tuple[list[Row], list[int]], zone: str, end: int | None) -> None:
    """Every signal of every order at several moments in one call; the records end with the last one or when said."""
    rows, moments = asked
    events, calendar = story(*rows), plant_calendar(zone)
    history = History.of(events)
    points = DecisionPoints(
        np.repeat(np.arange(history.n_orders), len(moments)), np.tile(np.array(moments), history.n_orders)
    )
    known_until = int(history.recorded.max()) if end is None else end
    records = Records(orders_of(events), calendar, known_until)
    seen = [Seen.of(records, order, as_of) for order in records.orders for as_of in moments]
    expected = np.array([[TWINS[name](one) for name in NAMES] for one in seen], dtype=np.float64)
    got = engine(history, points, Context.of(history, calendar, known_until))
    agree = np.isclose(got, expected, rtol=1e-9, atol=1e-9, equal_nan=True)
    assert agree.all(), told(events, history, points, zone, known_until, got, expected, ~agree)


def told(
    events: pd.DataFrame,
    history: History,
    points: DecisionPoints,
    zone: str,
    known_until: int,
    got: Floats,
    expected: Floats,
    differ: np.ndarray,
) -> str:
    """Where engine and twin differ, and on which events."""
    lines = [
        f"{NAMES[column]} of order {history.order_ids[points.order[row]]} at {isoformat(int(points.as_of[row]))}: "
        f"the engine says {got[row, column]}, the twin {expected[row, column]}"
        for row, column in np.argwhere(differ)
    ]
    days = f"plant in {zone}, records until {isoformat(known_until)}"
    return "\n".join(["", *lines[:20], days, readable(events)])


def readable(events: pd.DataFrame) -> str:
    """The events of each order as they were known, without the columns that say nothing."""
    ordered = events.sort_values(["order_id", "recorded_at", "occurred_at", "source", "event_id"])
    shown = ordered.dropna(axis="columns", how="all").astype(object)
    for column in ("occurred_at", "recorded_at", "date"):
        if column in shown:
            shown[column] = [None if pd.isna(m) else f"{m:%m-%d %H:%M}" for m in ordered[column]]
    return shown.where(shown.notna(), "").to_string(index=False)
