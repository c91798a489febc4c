"""One list of checks for every signal, found by discovery; and values on histories a reader can check."""

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
from features.pipeline.compute import compute, evidence
from tests.support.histories import histories
from tests.support.stories import UTC, created, event, known, moment, points, shipped, story, values

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
    "schedule_churn": ["plan again"],
    "days_since_release": ["plan"],
    "days_since_event": ["h2"],
    "order_age": ["line"],
    "days_to_promise": ["line"],
    "order_lines": ["line"],
    "plant_open_orders": ["line"],
    "customer_failure_share": ["line"],
    "events_known": ["line", "plan", "h1", "plan again", "h1 released", "h2"],
}


@pytest.mark.parametrize("name", EVIDENCE)
def test_evidence_names_the_events_a_signal_rests_on(name: str) -> None:
    history = History.of(
        story(
            created(0, 40, event_id="line", plant="P", customer="C"),
            event("production.released", 1, event_id="plan", reference="p", date=20),
            event("hold.placed", 2, event_id="h1", kind="quality", reference="h1"),
            event("production.rescheduled", 3, event_id="plan again", reference="p", date=25),
            event("hold.released", 4, event_id="h1 released", kind="quality", reference="h1"),
            event("hold.placed", 10, event_id="h2", kind="credit", reference="h2"),
            event("hold.placed", 30, event_id="h3", kind="credit", reference="h3"),
        )
    )
    seen = Known(history, points(history, 12), Context.of(history, UTC))
    assert list(history.event_id[evidence(seen, name)]) == EVIDENCE[name]


def value(name: str, *events: dict[str, Any], day: float, order: str = "A") -> float:
    return float(values(known(story(*events), day, order), [name])[0, 0])


def test_partial_completion_ratio_is_the_share_of_partial_confirmations() -> None:
    told = [
        created(0, 20),
        event("operation.confirmed", 1, reference="10", quantity=4, state="partial"),
        event("operation.confirmed", 2, reference="10", quantity=6, state="final"),
        event("operation.confirmed", 3, reference="20", quantity=3, state="partial"),
        event("operation.confirmed", 4, reference="20", quantity=3, state="partial"),
    ]
    assert np.isnan(value("partial_completion_ratio", *told, day=0.5))
    assert value("partial_completion_ratio", *told, day=2) == 0.5
    assert value("partial_completion_ratio", *told, day=5) == 0.75
    assert value("begun_operations_finished_ratio", *told, day=5) == 0.5


def test_hold_frequency_counts_holds_a_week() -> None:
    told = [created(0, 40), *(event("hold.placed", d, kind="quality", reference=f"h{d}") for d in (1, 2, 20))]
    assert value("hold_frequency", *told, day=3) == 2.0  # the first week counts whole
    assert value("hold_frequency", *told, day=21) == 1.0
    assert value("holds_last_7_days", *told, day=21) == 1.0


def test_a_released_hold_is_not_open_and_its_days_are_kept() -> None:
    told = [
        created(0, 40),
        event("hold.placed", 2, kind="quality", reference="h1"),
        event("hold.placed", 4, kind="credit", reference="h2"),
        event("hold.released", 5, kind="quality", reference="h1"),
        event("hold.released", 5.5, kind="quality", reference="h1"),
    ]
    assert [value("open_holds", *told, day=day) for day in (1, 3, 4.5, 6)] == [0, 1, 2, 1]
    assert value("hold_days", *told, day=10) == 3 + 6


def test_schedule_churn_counts_restatements_and_travel_adds_up_days() -> None:
    told = [
        created(0, 40),
        event("production.released", 1, reference="p", date=20),
        event("production.rescheduled", 2, reference="p", date=25),
        event("production.rescheduled", 3, reference="p", date=22),
        event("commitment.changed", 4, date=45, actor="customer"),
    ]
    assert value("schedule_churn", *told, day=5) == 3
    assert value("planned_end_slip", *told, day=5) == 2
    assert value("planned_end_travel", *told, day=5) == 8
    assert value("planned_end_slack", *told, day=5) == 45 - 22
    assert value("promise_moved", *told, day=5) == 5
    assert value("promise_moves_by_plant", *told, day=5) == 0


def test_the_latest_of_several_production_orders_decides_the_slack() -> None:
    told = [
        created(0, 40),
        event("production.released", 1, reference="p", date=30),
        event("production.released", 1, reference="q", date=20),
    ]
    assert value("planned_end_slack", *told, day=2) == 10


def test_readiness_material_quality_and_delivery() -> None:
    told = [
        created(0, 20, quantity=100),
        event("readiness.stated", 1, kind="labels", state="not_met"),
        event("readiness.stated", 2, kind="packaging", state="met"),
        event("material.stated", 1, reference="screw", state="short", quantity=4),
        event("inspection.recorded", 2, reference="lot", state="failed"),
        event("operation.scrapped", 3, quantity=7),
        event("operation.scrapped", 4, quantity=-2),
        event("delivery.planned", 4, reference="d", date=19),
        shipped(5, 25),
    ]
    expected = {
        "conditions_not_met": 1,
        "conditions_met": 1,
        "open_shortages": 1,
        "failed_inspections": 1,
        "scrap_ratio": 0.05,
        "delivery_slack": 1,
        "shipped_ratio": 0.25,
        "days_to_promise": 14,
        "order_age": 6,
        "promise_weekday": 6,
        "days_since_event": 1,
    }
    assert {name: value(name, *told, day=6) for name in expected} == expected


def test_a_reversed_confirmation_is_no_piece() -> None:
    told = [
        created(0, 20),
        event("operation.confirmed", 1, reference="10", quantity=5, state="partial"),
        event("operation.confirmed", 2, reference="10", quantity=-5, state="partial"),
        event("operation.confirmed", 3, reference="10", quantity=10, state="final"),
    ]
    assert value("partial_completion_ratio", *told, day=4) == 0.0


def test_a_hold_recorded_before_it_stands_has_not_stood_less_than_nothing() -> None:
    told = [created(0, 40), event("hold.placed", 10, kind="credit", reference="h", late=-8)]
    assert value("hold_days", *told, day=5) == 3.0


def test_a_value_that_nobody_states_is_missing() -> None:
    assert np.isnan(value("order_value", created(0, 20), day=1))
    assert value("order_value", created(0, 20, line="1"), created(0, 20, line="2", value=5.5), day=1) == 5.5


def test_the_worst_item_counts() -> None:
    told = [
        *(created(0, 10, order=f"B{n}", item="bad") for n in range(20)),
        *(row for n in range(20) for row in (created(0, 10, order=f"G{n}", item="good"), shipped(5, 10, f"G{n}"))),
        created(0, 60, line="1", item="good"),
        created(0, 60, line="2", item="bad"),
    ]
    assert value("item_failure_share", *told, day=20) == (20 + 20 * 0.5) / 40
    assert value("item_orders_judged", *told, day=20) == 20


def test_a_record_after_midnight_does_not_change_what_was_known_at_midnight() -> None:
    """Customer C has two orders on day 3; the records end that evening, or with an order of the next morning."""
    told = [created(0, 40, customer="C"), created(3, 40, order="B", customer="C")]
    later = created(3.6, 40, order="D", customer="C")
    for rows in (told, [*told, later]):
        history = History.of(story(*rows))
        seen = Known(history, points(history, 3.5, "A"), Context.of(history, UTC))
        assert values(seen, ["customer_open_orders"])[0, 0] == 2


def test_a_word_said_after_an_order_was_judged_does_not_enter_its_record() -> None:
    """Order B is judged on day 3, a week before its promise; its route is named on day 20."""
    told = [
        created(0, 60, route="sea"),
        created(0, 10, order="B"),
        event("delivery.planned", 20, "B", date=25, route="sea"),
    ]
    history = History.of(story(*told))
    book = Context.of(history, UTC).books["record route"]
    by_then = UTC.day(np.array([moment(30)]))
    assert book.at(book.codes(np.array(["sea"], dtype=object))[:1], by_then)[0].tolist() == [0, 0, 0]


def test_silence_after_the_end_of_the_records_is_no_failure() -> None:
    """The records end on day 5; nobody knows on day 30 whether the order of day 10 was missed."""
    history = History.of(story(created(0, 60, customer="C"), created(5, 10, order="B", customer="C")))
    seen = Known(history, points(history, 30), Context.of(history, UTC))
    assert np.isnan(values(seen, ["failure_share_recent"])[0, 0])
    watched = Known(history, points(history, 30), Context.of(history, UTC, moment(30)))
    assert values(watched, ["failure_share_recent"])[0, 0] == 1.0


def test_reporting_lag_is_the_mean_of_the_second_clock() -> None:
    told = [created(0, 20, late=1), event("hold.placed", 1, kind="credit", late=3)]
    assert value("reporting_lag", *told, day=9) == 2


def test_a_track_record_counts_outcomes_from_the_day_after_they_were_known() -> None:
    """Order B of the same customer is missed on day 10, known on day 12 at noon, counted from day 13."""
    told = [created(0, 40, customer="C"), created(0, 10, order="B", customer="C"), shipped(15, 10, "B")]
    shares = [value("customer_failure_share", *told, day=day) for day in (5, 12.2, 13)]
    assert np.isnan(shares[0])
    assert np.isnan(shares[1])
    assert shares[2] == 1.0
    assert value("customer_orders_judged", *told, day=13) == 1


def test_a_track_record_is_corrected_from_the_day_a_late_booking_is_known() -> None:
    told = [created(0, 90, customer="C"), created(0, 10, order="B", customer="C"), shipped(9, 10, "B", late=30)]
    assert value("customer_failure_share", *told, day=30) == 1.0
    assert value("customer_failure_share", *told, day=41) == 0.0
    assert value("failure_share_recent", *told, day=41) == 0.0


def test_the_recent_record_forgets() -> None:
    told = [created(0, 400, customer="C"), created(0, 10, order="B", customer="C"), shipped(15, 10, "B")]
    assert value("failure_share_recent", *told, day=100) == 1.0
    assert np.isnan(value("failure_share_recent", *told, day=200))


def test_load_counts_open_orders_due_in_the_week_from_the_day_after() -> None:
    """Day 10 is a Thursday, day 13 a Sunday, day 14 the next Monday."""
    told = [
        created(0, 10, plant="P"),
        created(0, 13, order="B", plant="P"),
        created(0, 14, order="C", plant="P"),
        created(0, 10, order="D", plant="Q"),
    ]
    assert value("plant_orders_due_same_week", *told, day=0.1) == 0
    assert value("plant_orders_due_same_week", *told, day=1) == 2
    assert value("plant_open_orders", *told, day=1) == 3
    assert value("plant_open_orders", *told, shipped(2, 10, "C"), day=3) == 2


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
