"""What holds for the readiness of every history."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import compute
from features.context import Context
from features.history import History
from features.known import Known
from features.orders import commitments
from features.readiness import FIVE, Readiness, readiness
from features.said import CONDITIONS, FAILED_LOTS, HOLDS, SHORTAGES, lines_of, said_of, things
from tests.stories import UTC, at, created, event, moment, points, story

STATED = {"open_holds": HOLDS, "open_shortages": SHORTAGES, "failed_inspections": FAILED_LOTS}


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
    "goods.issued": {"quantity": st.sampled_from([None, -3.0, 3.0, 10.0])},
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
    return {str(name): readiness(history, order, moment(day)) for order, name in enumerate(history.order_ids)}


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
        known = set(zip(own["source"], own["event_id"], strict=True))
        for named in (*found.blockers, *found.conditions):
            assert set(named.events) <= known
            assert len(set(named.events)) == len(named.events)
            assert bool(named.events) == (named.since is not None)


@given(EVENTS, DAYS)
def test_lines_are_those_of_the_commitments(rows: list[dict[str, Any]], day: int) -> None:
    history = History.of(story(*rows))
    stands = commitments(history)
    for order in range(history.n_orders):
        said = said_of(history, order, moment(day))
        if not said:
            continue
        last = history.first[order] + len(said) - 1
        lines = [line for line in lines_of(said) if line.open]
        assert len(lines) == stands.open_lines[last]
        assert max((line.promised_by.date or 0 for line in lines), default=None) == (
            stands.last_due[last] if lines else None
        )
        found = readiness(history, order, moment(day))
        assert (found.state in ("open", "late")) == bool(lines)


@given(EVENTS, DAYS)
def test_counts_are_those_of_a_reader_with_a_pencil(rows: list[dict[str, Any]], day: int) -> None:
    events = story(*rows)
    history = History.of(events)
    for order, name in enumerate(history.order_ids):
        found = readiness(history, order, moment(day))
        said = said_of(history, order, moment(day))
        expected = naive(events[(events["order_id"] == name).to_numpy()], day)
        stand = {signal: sum(thing.on for thing in things(said, subject)) for signal, subject in STATED.items()}
        conditions = things(said, CONDITIONS)
        stand["conditions_not_met"] = sum(not thing.on for thing in conditions)
        stand["conditions_met"] = sum(thing.on for thing in conditions)
        assert stand == {signal: expected[signal] for signal in stand}
        if found.state in ("open", "late"):
            assert sum(condition.state != "met" for condition in found.conditions) == expected["conditions_outstanding"]
            told = [sum(b.kind == kind for b in found.blockers) for kind in ("hold", "shortage", "failed_inspection")]
            assert told == [expected[signal] for signal in STATED]


def naive(own: pd.DataFrame, day: float) -> dict[str, int]:
    """Counts by the definitions: walk through the known rows and keep the latest statement of each thing."""
    known = own[(own["recorded_at"] <= at(day)).to_numpy()]
    known = known.sort_values(["recorded_at", "occurred_at", "source", "event_id"])
    latest: dict[str, dict[tuple[Any, ...], str]] = {
        kind: {} for kind in ("hold", "material", "inspection", "readiness")
    }
    for row in known.to_dict("records"):
        kind = str(row["type"]).split(".")[0]
        if kind not in latest:
            continue
        word = row["kind"] if kind == "readiness" else row["reference"]
        word = ("word", word) if pd.notna(word) else ("kind", row["kind"] if pd.notna(row["kind"]) else None)
        line = row["line_id"] if kind in ("material", "readiness") and pd.notna(row["line_id"]) else None
        if kind in ("material", "readiness") and line is None:
            latest[kind] = {key: state for key, state in latest[kind].items() if key[1] != word}
        latest[kind][line, word] = row["type"] if kind == "hold" else row["state"]
    lines = open_lines(known)
    conditions = latest["readiness"]
    met = [
        kind
        for kind in FIVE
        if "not_met" not in {state for (_, word), state in conditions.items() if word == ("word", kind)}
        and (
            (None, ("word", kind)) in conditions
            or (lines and all((line, ("word", kind)) in conditions for line in lines))
        )
    ]
    return {
        "open_holds": list(latest["hold"].values()).count("hold.placed"),
        "open_shortages": list(latest["material"].values()).count("short"),
        "failed_inspections": list(latest["inspection"].values()).count("failed"),
        "conditions_met": list(conditions.values()).count("met"),
        "conditions_not_met": list(conditions.values()).count("not_met"),
        "conditions_outstanding": 5 - len(met),
    }


def open_lines(known: pd.DataFrame) -> set[str]:
    """Names of the lines still to ship; no condition names the unnamed one."""
    if known.empty:
        return set()
    history = History.of(known)
    said = said_of(history, 0, int(history.recorded.max()))
    return {line.id or "unnamed" for line in lines_of(said) if line.open}


@given(EVENTS, DAYS)
def test_what_stands_by_order_is_what_the_signals_count(rows: list[dict[str, Any]], day: int) -> None:
    history = History.of(story(*rows))
    seen = Known(history, points(history, day), Context.of(history, UTC, moment(day)))
    signals = compute(seen, ["open_holds", "failed_inspections"])
    for order in range(history.n_orders):
        found = readiness(history, order, moment(day))
        if found.state in ("open", "late"):
            counted = [sum(b.kind == kind for b in found.blockers) for kind in ("hold", "failed_inspection")]
            np.testing.assert_array_equal(signals[order], counted)
