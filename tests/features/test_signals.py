"""What holds for every signal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import features.catalogue.registry
from features.arrays import Floats
from features.catalogue.fingerprint import features_hash
from features.catalogue.registry import _ranked, catalogue, signal
from features.catalogue.signal import EITHER, GROUPS
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.history import History
from features.known.known import Known
from features.pipeline.computation import compute, evidence
from tests.support.histories import histories
from tests.support.stories import UTC, created, event, known, moment, points, shipped, story, value, values

SIGNALS = list(catalogue())


DAYS = st.integers(0, 20)


EVENTS = histories(14)


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return story(*rows)


def signals(events: pd.DataFrame, day: float, context: Context | None = None) -> pd.DataFrame:
    """Every signal of every order on a day, by order."""
    history = History.of(events)
    points_now = points(history, day)
    context = context or Context.of(history, UTC, moment(day))
    names = list(catalogue())
    return pd.DataFrame(compute(history, points_now, context, names), columns=names, index=pd.Index(history.order_ids))


def changed_by_later_records(everything: pd.DataFrame, day: int) -> set[str]:
    """The signals that are others once what is recorded after the day is in the table."""
    seen = everything[(everything["recorded_at"] <= pd.Timestamp(moment(day), unit="us", tz="UTC")).to_numpy()]
    if seen.empty:
        return set()
    expected = signals(seen, day)
    got = signals(everything, day).loc[expected.index]
    same = (got == expected) | (got.isna() & expected.isna())
    return {str(name) for name in expected.columns[~same.all()]}


@given(EVENTS, DAYS)
def test_what_is_recorded_later_changes_no_signal(rows: list[dict[str, Any]], day: int) -> None:
    assert changed_by_later_records(table(rows), day) == set()


@pytest.fixture
def own_catalogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Signals entered by the test are gone after it."""
    monkeypatch.setattr(features.catalogue.registry, "_REGISTERED", dict(catalogue()))
    yield
    monkeypatch.undo()
    _ranked.cache_clear()


@pytest.mark.usefixtures("own_catalogue")
def test_a_signal_that_peeks_is_caught() -> None:
    """One that counts all events of the order, whenever they were recorded, is entered for this test alone."""

    def peeking(seen: Known) -> np.ndarray:
        """Events of the order, those to come included."""
        return np.diff(seen.history.first)[seen.order].astype(np.float64)

    signal("information", "events", 0, "{value} events")(peeking)
    assert "peeking" in catalogue()
    events = table([created(0, 20), event("hold.placed", 3, kind="quality", reference="H"), shipped(15, 10)])
    assert changed_by_later_records(events, 5) == {"peeking"}
    assert changed_by_later_records(events, 16) == set()


@given(EVENTS, DAYS)
def test_what_is_recorded_later_changes_no_lookup(rows: list[dict[str, Any]], day: int) -> None:
    """The same where the context ends with the last record, whenever that is."""
    everything = table(rows)
    seen = everything[(everything["recorded_at"] <= pd.Timestamp(moment(day), unit="us", tz="UTC")).to_numpy()]
    if seen.empty:
        return
    expected = signals(seen, day, Context.of(History.of(seen), UTC))
    got = signals(everything, day, Context.of(History.of(everything), UTC)).loc[expected.index]
    pd.testing.assert_frame_equal(got, expected, check_exact=True)


@given(EVENTS, DAYS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_signal(rows: list[dict[str, Any]], day: int, random: Any) -> None:
    events = table(rows)
    by = list(range(len(events)))
    random.shuffle(by)
    pd.testing.assert_frame_equal(signals(events.iloc[by], day), signals(events, day), check_exact=True)


@given(EVENTS, DAYS)
def test_an_order_alone_has_the_signals_it_has_among_others(rows: list[dict[str, Any]], day: int) -> None:
    events = table(rows)
    context = Context.of(History.of(events), UTC, moment(day))
    together = signals(events, day, context)
    for order in together.index:
        alone = signals(events[(events["order_id"] == order).to_numpy()], day, context)
        pd.testing.assert_frame_equal(alone, together.loc[[order]], check_exact=True)


@given(EVENTS, DAYS)
def test_context_survives_json(rows: list[dict[str, Any]], day: int) -> None:
    events = table(rows)
    context = Context.of(History.of(events), UTC, moment(day))
    kept = Context.from_json(context.to_json())
    pd.testing.assert_frame_equal(signals(events, day, kept), signals(events, day, context), check_exact=True)


@given(EVENTS, DAYS)
def test_many_moments_at_once_are_the_same_as_one_by_one(rows: list[dict[str, Any]], day: int) -> None:
    history = History.of(table(rows))
    context = Context.of(history, UTC, moment(40))
    order = np.zeros(3, dtype=np.int64)
    moments = np.array([moment(day), moment(day + 3), moment(40)])
    together = compute(history, DecisionPoints(order, moments), context)
    for row in range(3):
        single = compute(history, DecisionPoints(order[:1], moments[row : row + 1]), context)
        np.testing.assert_array_equal(single[0], together[row])


@pytest.mark.parametrize("name", SIGNALS)
def test_before_the_first_record_a_signal_is_missing_or_zero(name: str) -> None:
    value = values(known(story(created(5, 20, plant="P", customer="C")), 1), [name])[0, 0]
    assert np.isnan(value) or value == 0


@pytest.mark.parametrize("name", SIGNALS)
def test_every_signal_says_what_it_is(name: str) -> None:
    entry = catalogue()[name]
    assert entry.definition.endswith(".")
    assert entry.group in GROUPS
    assert "{value}" in entry.says
    assert re.fullmatch(r"[^{}]+", entry.sentence(1.5) + entry.sentence(float("nan")))


@given(EVENTS, DAYS)
def test_evidence_is_known_and_of_the_order(rows: list[dict[str, Any]], day: int) -> None:
    history = History.of(table(rows))
    context = Context.of(history, UTC)
    for order in range(history.n_orders):
        point = DecisionPoints(np.array([order]), np.array([moment(day)]))
        seen = Known(history, point, context)
        for name in SIGNALS:
            read = evidence(seen, name)
            assert (history.order[read] == order).all()
            assert (history.recorded[read] <= moment(day)).all()


EVIDENCE = {
    "open_holds": ["h2"],
    "hold_frequency": ["line", "h1", "h2"],
    "hold_days": ["h1", "h1 released", "h2"],
    "holds_last_7_days": ["h2"],
    "planned_end_slack": ["line", "plan", "plan again"],
    "planned_end_truck_slack": ["line", "plan", "truck", "plan again"],
    "schedule_churn": ["plan again"],
    "days_since_release": ["plan"],
    "days_since_event": ["h2"],
    "order_age": ["line"],
    "days_to_promise": ["line"],
    "order_lines": ["line"],
    "plant_open_orders": ["line"],
    "customer_failure_share": ["line"],
    "events_known": ["line", "plan", "h1", "truck", "plan again", "h1 released", "h2"],
}


@pytest.mark.parametrize("name", EVIDENCE)
def test_evidence_names_the_events_a_signal_rests_on(name: str) -> None:
    history = History.of(
        story(
            created(0, 40, event_id="line", plant="P", customer="C"),
            event("production.released", 1, event_id="plan", reference="p", date=20),
            event("hold.placed", 2, event_id="h1", kind="quality", reference="h1"),
            event("delivery.planned", 2.5, event_id="truck", reference="d", date=38),
            event("production.rescheduled", 3, event_id="plan again", reference="p", date=25),
            event("hold.released", 4, event_id="h1 released", kind="quality", reference="h1"),
            event("hold.placed", 10, event_id="h2", kind="credit", reference="h2"),
            event("hold.placed", 30, event_id="h3", kind="credit", reference="h3"),
        )
    )
    seen = Known(history, points(history, 12), Context.of(history, UTC))
    assert list(history.event_id[evidence(seen, name)]) == EVIDENCE[name]


def test_sentences_speak_of_one_and_of_many_and_of_less_than_nothing() -> None:
    say = {name: catalogue()[name].sentence for name in ("open_holds", "planned_end_slack", "promise_weekday")}
    assert [say["open_holds"](n) for n in (1.0, 2.0)] == ["1 hold is open", "2 holds are open"]
    assert say["planned_end_slack"](-1.04) == "the plan ends 1 day after the promise"
    assert say["planned_end_slack"](2.5) == "the plan leaves 2.5 days before the promise"
    assert say["planned_end_slack"](float("nan")) == "no end is planned"
    assert say["promise_weekday"](4.0) == "the promise falls on a Friday"


def test_the_hash_changes_with_the_signals() -> None:
    assert features_hash(SIGNALS) == features_hash()
    assert features_hash(SIGNALS[1:]) != features_hash()


def test_bookings_of_the_whole_order_are_progress_of_each_line() -> None:
    told = [
        *(row for n in range(8) for row in line_of_two_operations(f"B{n}", None)),
        created(0, 60, line="1", item="x"),
        created(0, 60, line="2", item="x"),
        event("operation.confirmed", 20, reference="10", quantity=5, state="final", line="1"),
        event("operation.confirmed", 21, reference="10", quantity=10, state="final"),
        event("operation.confirmed", 22, reference="20", quantity=10, state="final"),
        event("operation.confirmed", 23, reference="20", quantity=10, state="partial", line="2"),
    ]
    assert [value("operations_left", *told, day=day) for day in (19, 20.5, 21.5, 22.5, 23.5)] == [2, 2, 1, 0, 1]
    assert [value("lines_complete_ratio", *told, day=day) for day in (21.5, 22.5, 23.5)] == [0, 1, 0.5]


def line_of_two_operations(order: str, line: str | None) -> list[dict[str, Any]]:
    return [
        created(0, 9, order=order, item="x", line=line),
        event("operation.confirmed", 1, order, reference="10", quantity=10, state="final", line=line),
        event("operation.confirmed", 2, order, reference="20", quantity=10, state="final", line=line),
        shipped(3, 10, order),
    ]


def test_what_does_not_stand_has_not_stood_for_nothing_days() -> None:
    told = [
        created(0, 40),
        event("hold.placed", 2, kind="credit", reference="h"),
        event("hold.released", 4, kind="credit", reference="h"),
    ]
    assert value("open_hold_days", *told, day=3) == 1.0
    assert np.isnan(value("open_hold_days", *told, day=5))
    assert catalogue()["open_hold_days"].sentence(float("nan")) == "no hold is open"


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("size", [0.0, -0.0, 0.004, 0.04, 1.0, 2.0, 1234.5])
def test_sentences_say_no_minus_nothing_and_no_rate_of_nothing(name: str, size: float) -> None:
    entry = catalogue()[name]
    if entry.unit == "day of the week":
        return
    assert "-0" not in entry.sentence(size)
    if entry.unit in ("holds a week", "orders a day") and size > 0:
        assert not re.search(r"(^| )0 ", entry.sentence(size))


@pytest.mark.usefixtures("own_catalogue")
def test_a_signal_that_is_defined_again_is_the_new_one() -> None:
    """As one does in a notebook until it is right."""
    for answer in (1.0, 2.0):

        @signal("size", "lines", EITHER, "{value}")
        def tried_out(known: Known, answer: float = answer) -> Floats:
            """A number, lines."""
            return np.full(len(known), answer)

        assert catalogue()["tried_out"].compute(known(story(created(0, 10)), 1)).tolist() == [answer]


def test_signals_of_tests_are_gone_after_them() -> None:
    assert list(catalogue()) == SIGNALS
