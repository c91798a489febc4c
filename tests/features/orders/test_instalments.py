"""Goods issues of a line in many instalments fill them as they fall due, however many there are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from features.history import History
from features.readiness.statements import KnownOrder
from tests.naive import commitments as naive
from tests.naive.events import known_by, orders_of
from tests.support.stories import created, event, moment, shipped, story

PROMISES = st.lists(st.sampled_from([9.0, 6.0, 20.0, 20.5, None]), min_size=5, max_size=12)
"""More instalments than are looked for one by one, of which some fall due at once."""
AT = st.sampled_from([1.0, 1.5, 2.0, 2.0, 3.0])
ISSUES = st.tuples(
    st.sampled_from([1.0, 2.0, 7.0, 25.0, 200.0, -1.0, -6.0, None]), AT, st.sampled_from(["D1", "D2", None])
)
CLOSINGS = st.tuples(st.sampled_from(["complete", "cancelled"]), AT, st.integers(1, 12))


@given(PROMISES, st.lists(ISSUES, max_size=12), st.lists(CLOSINGS, max_size=2), st.sampled_from([0.0, 4.0]))
def test_they_go_where_the_naive_model_has_them(
    promises: list[float | None],
    issues: list[tuple[float | None, float, str | None]],
    closings: list[tuple[str, float, int]],
    late: float,
) -> None:
    rows = [created(0, promise, 6, line="10", instalment=str(k + 1)) for k, promise in enumerate(promises)]
    rows += [shipped(day, quantity, line="10", reference=name) for quantity, day, name in issues]
    rows += [event("order_line.closed", day, late=late, line=f"10/{k}", reason=why) for why, day, k in closings]
    events = story(*rows)
    [told] = orders_of(events).values()
    history = History.of(events)
    for day in (2.5, 8.0):
        expected = [line for line in naive.lines_after(known_by(told, moment(day))) if line.known]
        found = KnownOrder(history, 0, moment(day)).lines
        assert [(line.issued, line.open) for line in found] == [(line.issued, line.is_open) for line in expected]
