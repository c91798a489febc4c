"""Generated histories: anything in any order, mixed with what plants do, so that lines leave and records exist.

Days lie on a grid of quarters, so that moments coincide and fall on the start of a day.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from features.events.schema import HOLD_KINDS, READINESS_KINDS
from features.times import micros
from tests.support.stories import created, days, event, moment

Row = dict[str, Any]
Says = tuple[str, Row]
"""The type of an event and what it says."""
LARGEST = 25

DAY = st.integers(0, 18).map(lambda halves: halves / 2)
DATE = st.integers(2, 60).map(lambda halves: halves / 2)
DATE_OR_NONE = st.one_of(DATE, DATE, st.none())
PROMISED = st.sampled_from([8.0, 1.0, 3.0, 6.5, 12.0, 25.0])
"""Days from a line's creation to its promise."""
PASSES = st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0, 4.0])
LATE = st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.0, 3.0, -1.0])
LATE_ISSUE = st.sampled_from([0.0, 0.0, 0.0, 0.5, 5.0, 8.0])

ORDER = st.sampled_from(["A", "B", "C"])
ANY_ORDER = st.sampled_from(["A", "B", "C", "D", "E"])
LINE = st.sampled_from(["1", "1", "2", "1/a", None])
SOURCE = st.sampled_from(["erp", "erp", "mes"])
SEQUENCE = st.sampled_from([None, None, None, 2, 10])
REFERENCE = st.sampled_from(["r1", "r1", "quality", None])
"""One is a word that is also a kind."""
ITEM = st.sampled_from(["x", "x", "y", None])
WORD = st.sampled_from(["x", "y", None])
WORK_CENTER = st.sampled_from(["saw", "lathe", "mill", None])
QUANTITY = st.sampled_from([10.0, 3.0, 0.1, 0.0])
QUANTITY_OR_NONE = st.one_of(QUANTITY, st.none())
SIGNED = st.sampled_from([10.0, 3.0, 0.1, -3.0])
KIND = st.sampled_from(["quality", None])
HOLD = st.sampled_from(HOLD_KINDS)
OPERATION = st.sampled_from(["10", "20", None])
STATE = st.sampled_from(["final", "partial", None])
ACTOR = st.sampled_from(["plant", "customer", None])
DIMENSIONS = ("customer", "plant", "item", "route")

WORDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "order_line.created": {"quantity": QUANTITY, "date": DATE_OR_NONE, "value": QUANTITY_OR_NONE},
    "order_line.changed": {"quantity": QUANTITY},
    "order_line.closed": {"reason": st.sampled_from(["complete", "short", "cancelled"])},
    "order_line.reopened": {},
    "commitment.requested": {"date": DATE},
    "commitment.changed": {"date": DATE, "actor": ACTOR},
    "hold.placed": {"kind": HOLD, "reference": REFERENCE, "date": DATE_OR_NONE, "state": WORD},
    "hold.released": {"kind": HOLD, "reference": REFERENCE},
    "production.released": {
        "date": DATE_OR_NONE,
        "reference": REFERENCE,
        "kind": KIND,
        "quantity": QUANTITY_OR_NONE,
    },
    "production.rescheduled": {"date": DATE, "reference": REFERENCE, "kind": KIND},
    "operation.confirmed": {"quantity": SIGNED, "reference": OPERATION, "state": STATE, "work_center": WORK_CENTER},
    "operation.scrapped": {"quantity": SIGNED},
    "operation.reworked": {"quantity": SIGNED},
    "material.stated": {
        "state": st.sampled_from(["short", "available"]),
        "reference": REFERENCE,
        "date": DATE_OR_NONE,
        "kind": KIND,
    },
    "inspection.recorded": {"state": st.sampled_from(["passed", "failed"]), "reference": REFERENCE},
    "readiness.stated": {"kind": st.sampled_from(READINESS_KINDS), "state": st.sampled_from(["met", "not_met"])},
    "delivery.planned": {"date": DATE, "reference": REFERENCE, "quantity": QUANTITY_OR_NONE},
    "goods.issued": {
        "quantity": st.sampled_from([10.0, 3.0, -3.0, -10.0, None]),
        "state": st.just("complete"),
        "reference": REFERENCE,
    },
    "goods.returned": {"quantity": QUANTITY},
    "decision.recorded": {"kind": st.just("comment")},
}
HAPPENS = st.sampled_from(sorted(WORDS))

PLACED: Says = ("hold.placed", {"kind": "quality"})
RELEASED: Says = ("hold.released", {"kind": "quality"})
CREDIT: Says = ("hold.placed", {"kind": "credit"})
PAID: Says = ("hold.released", {"kind": "credit"})
SHORT: Says = ("material.stated", {"state": "short"})
AVAILABLE: Says = ("material.stated", {"state": "available"})
FAILED: Says = ("inspection.recorded", {"state": "failed"})
PASSED: Says = ("inspection.recorded", {"state": "passed"})
MET: Says = ("readiness.stated", {"kind": "labels", "state": "met"})
NOT_MET: Says = ("readiness.stated", {"kind": "labels", "state": "not_met"})
COMES_AND_GOES = st.sampled_from(
    [
        [PLACED, RELEASED],
        [PLACED, PLACED, RELEASED, PLACED],
        [CREDIT, PAID],
        [CREDIT, PLACED, RELEASED],
        [SHORT, SHORT, AVAILABLE],
        [SHORT, SHORT],
        [FAILED, PASSED],
        [MET, NOT_MET, MET],
        [NOT_MET, NOT_MET],
    ]
)
"""A hold, a shortage, a failed lot, a condition: stated, stated again, and the other way round."""
PLANS = st.sampled_from(
    [
        ["production.released", "production.rescheduled", "production.rescheduled"],
        ["delivery.planned", "delivery.planned", "delivery.planned"],
        ["commitment.changed", "commitment.changed"],
    ]
)
"""A planned end, a truck, a promise: stated two or three times."""
BEGUN: Says = ("production.released", {"reference": "r1", "date": 9, "quantity": 10})
PACKED: Says = ("readiness.stated", {"kind": "packaging", "state": "met"})
SHIPPED: Says = ("goods.issued", {"quantity": 10})
SHIPPED_SHORT: Says = ("goods.issued", {"quantity": 9})
RETURNED: Says = ("goods.issued", {"quantity": -10})
ORDERED_ANEW: Says = ("order_line.created", {"quantity": 9, "date": 15, "item": "x"})
LESS: Says = ("order_line.changed", {"quantity": 9})


def _confirmed(operation: str, work_center: str, state: str = "final", quantity: float = 10) -> Says:
    says = {"reference": operation, "work_center": work_center, "quantity": quantity, "state": state}
    return "operation.confirmed", says


SAWN, TURNED, MILLED = _confirmed("10", "saw"), _confirmed("20", "lathe"), _confirmed("20", "mill")
HALF_SAWN, UNSAWN = _confirmed("10", "saw", "partial", 4), _confirmed("10", "saw", "partial", -10)
WAYS_TO_MAKE = st.sampled_from(
    [
        [SAWN, SHIPPED],
        [BEGUN, SAWN, TURNED, PACKED, SHIPPED],
        [BEGUN, HALF_SAWN, SAWN, MILLED, PACKED, SHIPPED],
        [BEGUN, SAWN, UNSAWN, SAWN, SHIPPED],
        [BEGUN, PACKED, SHIPPED],
        [SHIPPED_SHORT, ORDERED_ANEW],
        [SAWN, SHIPPED_SHORT, LESS],
        [SHIPPED_SHORT],
        [SHIPPED, RETURNED, SHIPPED],
        [SHIPPED],
    ]
)
"""From the release to the dock."""
Chapter = Callable[[st.DrawFn, str, str | None, float], list[Row]]


def _anything(draw: st.DrawFn, order: str, line: str | None, day: float) -> list[Row]:
    """One event of any type."""
    what = draw(HAPPENS)
    says = {name: draw(words) for name, words in WORDS[what].items()}
    dimensions = {name: draw(WORD) for name in draw(st.sampled_from([(), DIMENSIONS]))}
    told = event(what, day, order, late=draw(LATE), line=line, **says, **dimensions)
    return [told | {"source": draw(SOURCE), "sequence": draw(SEQUENCE)}]


def _comes_and_goes(draw: st.DrawFn, order: str, line: str | None, day: float) -> list[Row]:
    """It may be said of the line and then of the whole order, or the other way round."""
    told, reference, whole = [], draw(REFERENCE), draw(st.booleans())
    for what, says in draw(COMES_AND_GOES):
        of = draw(st.sampled_from([line, None])) if whole else line
        date, late = draw(DATE_OR_NONE), draw(LATE)
        told.append(event(what, day, order, late=late, line=of, reference=reference, date=date, **says))
        day += draw(PASSES)
    return told


def _of_lines_and_order(draw: st.DrawFn, order: str, line: str | None, day: float) -> list[Row]:
    """A condition, a component or an operation: stated now of a line, now of the whole order."""
    what, says, states = draw(OF_LINES)
    told = []
    for _ in range(draw(st.integers(2, 5))):
        of, state, date = draw(st.sampled_from([line, "1", None])), draw(st.sampled_from(states)), draw(DATE)
        told.append(event(what, day, order, line=of, state=state, date=date, **says))
        day += draw(PASSES)
    return told


OF_LINES: st.SearchStrategy[tuple[str, Row, list[str | None]]] = st.sampled_from(
    [
        ("readiness.stated", {"kind": "labels"}, ["met", "not_met"]),
        ("material.stated", {"reference": "r1"}, ["short", "short", "available"]),
        ("operation.confirmed", {"reference": "10", "quantity": 10, "work_center": "saw"}, ["final", "partial", None]),
    ]
)


def _plan_moves(draw: st.DrawFn, order: str, line: str | None, day: float) -> list[Row]:
    """Of one line, or now of one line, now of another, now of the whole order."""
    told, reference, of = [], draw(REFERENCE), draw(st.sampled_from([[line], [line], ["1", "2", None]]))
    for what in draw(PLANS):
        says = {"reference": reference, "date": draw(DATE), "actor": draw(ACTOR)}
        says |= {"quantity": draw(QUANTITY_OR_NONE)} if what == "delivery.planned" else {}
        told.append(event(what, day, order, late=draw(LATE), line=draw(st.sampled_from(of)), **says))
        day += draw(PASSES)
    return told


def _is_made(draw: st.DrawFn, order: str, line: str | None, day: float) -> list[Row]:
    """It may end before the dock."""
    told = []
    for what, says in draw(WAYS_TO_MAKE):
        late = draw(LATE_ISSUE if what == "goods.issued" else st.sampled_from([0.0, 0.25]))
        told.append(event(what, day, order, late=late, line=line, **says))
        day += draw(PASSES)
    return told[: len(told) - draw(st.sampled_from([0, 0, 1, 2]))]


CHAPTERS: list[Chapter] = [_anything, _anything, _comes_and_goes, _of_lines_and_order, _plan_moves, _is_made]


@st.composite
def _event_of_any_order(draw: st.DrawFn) -> list[Row]:
    return _anything(draw, draw(ORDER), draw(LINE), draw(DAY))


@st.composite
def _order_lives(draw: st.DrawFn) -> list[Row]:
    """One or two lines are ordered, and then something happens to them, in any order."""
    order, day, told = draw(ANY_ORDER), draw(DAY), []
    lines: list[str | None] = draw(st.sampled_from([["1"], ["1", "2"], [None], ["1/a", "1/b"], ["1/a", "1/b", "2"]]))
    for line in lines:
        says = {name: draw(WORD) for name in DIMENSIONS} | {"item": draw(ITEM), "value": draw(QUANTITY_OR_NONE)}
        told.append(created(day, day + draw(PROMISED), draw(st.sampled_from([10.0, 3.0])), order, line=line, **says))
    for chapter in draw(st.lists(st.sampled_from(CHAPTERS), max_size=5)):
        told += chapter(draw, order, draw(st.sampled_from([*lines, lines[0], None, "1"])), day + draw(PASSES))
    return told


@st.composite
def _item_is_known(draw: st.DrawFn) -> list[Row]:
    """A line of an item left early after some operations, and another order has begun one of the same item."""
    told, day = [created(draw(PASSES), draw(PROMISED) + 1, 10, "D", line="1", item="x", customer="x")], 0.0
    for what, says in draw(WAYS_TO_MAKE):
        day += draw(PASSES)
        told.append(event(what, day, "D", line="1", **says))
    order, line, day = draw(ORDER), draw(LINE), draw(DAY)
    told.append(created(day, day + draw(PROMISED), 10, order, line=line, item="x", customer="x"))
    for what, says in draw(st.sampled_from([[], [BEGUN], [SAWN], [HALF_SAWN], [BEGUN, SAWN, TURNED]])):
        day += draw(PASSES)
        told.append(event(what, day, order, line=line, **says))
    return told


@st.composite
def _work_flows(draw: st.DrawFn) -> list[Row]:
    """Lines of an item begin at the saw and go on to one of two work centres, or wait."""
    told, order = [], draw(ANY_ORDER)
    for line in ("1", "2", "3", "4")[: draw(st.integers(1, 4))]:
        day, item = draw(DAY), draw(st.sampled_from(["x", "x", "x", None]))
        told.append(created(day, day + 25, 10, order, line=line, item=item))
        for what, says in draw(FLOWS):
            day += draw(PASSES)
            told.append(event(what, day, order, line=line, **says))
    return told


FLOWS = st.sampled_from(
    [
        [SAWN],
        [SAWN, TURNED],
        [SAWN, MILLED],
        [SAWN, _confirmed("20", "lathe", "partial")],
        [SAWN, ("operation.confirmed", {"quantity": 1, "reference": "10", "work_center": "mill"})],
        [SAWN, ("operation.confirmed", {"quantity": 1, "reference": "20", "state": "final"})],
        [BEGUN],
        [HALF_SAWN],
    ]
)
PARTS = st.one_of(_event_of_any_order(), _order_lives(), _order_lives(), _item_is_known(), _work_flows())


@st.composite
def histories(draw: st.DrawFn, largest: int = LARGEST) -> list[Row]:
    """Rows for ``tests.support.stories.story``: events of up to five orders, one of them perhaps told twice."""
    parts = draw(st.lists(PARTS, min_size=1, max_size=largest // 3))
    rows = [row for part in parts for row in part][:largest]
    named = [{"event_id": f"e{number:02}", "source": "erp"} | row for number, row in enumerate(rows)]
    return named + draw(st.lists(st.sampled_from(named), max_size=1))


def moments_of(rows: list[Row]) -> st.SearchStrategy[int]:
    """Any quarter of a day, or when something was recorded or is stated to be, or some days after that."""
    told = [row["recorded_at"] for row in rows] + [row["date"] for row in rows if row.get("date") is not None]
    after = st.sampled_from([0, 0, 0, 2, 7, 7, 182, 182])
    return st.one_of(
        st.integers(0, 80).map(lambda quarters: moment(quarters / 4)),
        st.tuples(st.sampled_from(told), after).map(lambda at: micros(at[0]) + days(at[1])),
    )


@st.composite
def histories_and_moments(draw: st.DrawFn) -> tuple[list[Row], list[int]]:
    """A history and two to four moments, ascending."""
    rows = draw(histories())
    return rows, sorted(draw(st.lists(moments_of(rows), min_size=2, max_size=4, unique=True)))
