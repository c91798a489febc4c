"""What holds for the readiness of every history."""

from __future__ import annotations

from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from features.events import EventKey
from features.history import History
from features.orders.commitments import commitments
from features.orders.spells import CONDITIONS_MET, HOLDS
from features.readiness.assessment import Readiness, assess
from features.readiness.statements import KnownOrder
from tests.support.stories import at, created, event, known, moment, story, values

SIGNALS = [
    "open_holds",
    "open_shortages",
    "failed_inspections",
    "holds_overdue",
    "shortages_overdue",
    "conditions_met",
    "conditions_not_met",
    "conditions_outstanding",
]


REFERENCE = st.sampled_from([None, "r1", "r2"])
QUANTITY = st.sampled_from([3.0, 7.0, 10.0])
SIGNED = st.sampled_from([-3.0, 3.0, 10.0])
DATE = st.integers(5, 40)
WORDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "order_line.changed": {"quantity": QUANTITY},
    "order_line.closed": {"reason": st.sampled_from(["complete", "cancelled"])},
    "commitment.changed": {"date": DATE},
    "hold.placed": {"kind": st.sampled_from(["quality", "credit"]), "reference": REFERENCE, "date": DATE},
    "hold.released": {"kind": st.sampled_from(["quality", "credit"]), "reference": REFERENCE},
    "production.released": {"date": DATE, "reference": REFERENCE, "quantity": QUANTITY},
    "operation.confirmed": {
        "quantity": SIGNED,
        "reference": REFERENCE,
        "state": st.sampled_from(["partial", "final", None]),
    },
    "operation.scrapped": {"quantity": SIGNED},
    "material.stated": {"state": st.sampled_from(["short", "available"]), "reference": REFERENCE},
    "inspection.recorded": {"state": st.sampled_from(["passed", "failed"]), "reference": REFERENCE},
    "readiness.stated": {
        "kind": st.sampled_from(["labels", "packaging", "carrier"]),
        "state": st.sampled_from(["met", "not_met"]),
    },
    "delivery.planned": {"date": DATE, "reference": REFERENCE, "quantity": st.sampled_from([None, 7.0, 20.0])},
    "goods.issued": {"quantity": st.sampled_from([None, -3.0, 3.0, 10.0]), "state": st.just("complete")},
}
DAYS = st.integers(5, 12)
SAID = [*WORDS, *["readiness.stated", "material.stated", "hold.placed", "hold.released"] * 2]
"""The types of events; what is stated of things that stand is drawn more often."""


@st.composite
def some_event(draw: st.DrawFn) -> dict[str, Any]:
    what = draw(st.sampled_from(SAID))
    says = {name: draw(words) for name, words in WORDS[what].items()}
    line = draw(st.sampled_from([None, "1", "2"]))
    late = draw(st.sampled_from([0.0, 0.0, 0.5, 3.0, -1.0]))
    return event(what, draw(st.integers(1, 8)), draw(st.sampled_from("AAAB")), late=late, line=line, **says)


@st.composite
def some_orders(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Order A with one line or more, and what happens to it and to an order of which no line is known."""
    lines = draw(st.sampled_from([["1"], ["1", "2"], [None, "2"]]))
    ordered = [created(draw(st.integers(0, 3)), draw(DATE), line=line) for line in lines]
    return ordered + draw(st.lists(some_event(), min_size=8, max_size=16))


EVENTS = some_orders()


def all_ready(events: pd.DataFrame, day: float) -> dict[str, Readiness]:
    history = History.of(events)
    return {str(name): assess(history, order, moment(day)) for order, name in enumerate(history.order_ids)}


@given(EVENTS, DAYS)
def test_what_is_recorded_later_changes_nothing(rows: list[dict[str, Any]], day: int) -> None:
    everything = story(*rows)
    seen = everything[(everything["recorded_at"] <= at(day)).to_numpy()]
    if seen.empty:
        return
    expected = all_ready(seen, day)
    found = all_ready(everything, day)
    assert {order: found[order] for order in expected} == expected


@given(EVENTS, DAYS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[dict[str, Any]], day: int, random: Any) -> None:
    events = story(*rows)
    by = list(range(len(events)))
    random.shuffle(by)
    assert all_ready(events.iloc[by], day) == all_ready(events, day)


@given(EVENTS, DAYS)
def test_every_event_named_is_known_and_of_the_order(rows: list[dict[str, Any]], day: int) -> None:
    events = story(*rows)
    for order, found in all_ready(events, day).items():
        own = events[((events["order_id"] == order) & (events["recorded_at"] <= at(day))).to_numpy()]
        known = set(map(EventKey, own["source"], own["event_id"]))
        for named in (*found.blockers, *found.not_due, *found.conditions):
            assert set(named.events) <= known
            assert len(set(named.events)) == len(named.events)
            assert bool(named.events) == (named.since is not None)


@given(EVENTS, DAYS)
def test_lines_are_those_of_the_commitments(rows: list[dict[str, Any]], day: int) -> None:
    history = History.of(story(*rows))
    stands = commitments(history)
    for order in range(history.n_orders):
        at_day = KnownOrder(history, order, moment(day))
        if not at_day.events:
            continue
        last = history.first[order] + len(at_day.events) - 1
        lines = [line for line in at_day.lines if line.open]
        assert len(lines) == stands.open_lines[last]
        assert max((line.promised_by.date or 0 for line in lines), default=None) == (
            stands.last_due[last] if lines else None
        )
        found = assess(history, order, moment(day))
        assert (found.state in ("open", "late")) == bool(lines)


@given(EVENTS, DAYS)
def test_what_stands_is_what_the_signals_count(rows: list[dict[str, Any]], day: int) -> None:
    """Signals have their naive twins; agreeing with them is agreeing with the definitions."""
    seen = known(story(*rows), day)
    expected = pd.DataFrame(values(seen, SIGNALS), columns=SIGNALS)
    for order in range(seen.history.n_orders):
        found = assess(seen.history, order, moment(day))
        if found.state in ("open", "late"):
            conditions = KnownOrder(seen.history, order, moment(day)).spells(CONDITIONS_MET)
            counted = {
                "open_holds": count(found, "hold"),
                "open_shortages": count(found, "shortage"),
                "failed_inspections": count(found, "failed_inspection"),
                "holds_overdue": sum(b.overdue for b in found.blockers if b.rule == "hold"),
                "shortages_overdue": sum(b.overdue for b in found.blockers if b.rule == "shortage"),
                "conditions_met": sum(spell.open for spell in conditions),
                "conditions_not_met": sum(not spell.open for spell in conditions),
                "conditions_outstanding": sum(condition.state != "met" for condition in found.conditions),
            }
            assert counted == expected.loc[order].to_dict()


def count(found: Readiness, kind: str) -> int:
    return sum(blocker.rule == kind for blocker in found.blockers)


def test_spells_come_in_the_order_of_their_first_statements_whatever_they_state_now() -> None:
    rows = [("hold.placed", 1, "H1"), ("hold.placed", 2, "H2"), ("hold.released", 3, "H1"), ("hold.placed", 4, "H1")]
    holds = [event(what, day, kind="quality", reference=reference) for what, day, reference in rows]
    order = KnownOrder(History.of(story(created(0, 20), *holds)), 0, moment(5))
    assert [(spell.latest.reference, spell.open) for spell in order.spells(HOLDS)] == [("H1", True), ("H2", True)]
