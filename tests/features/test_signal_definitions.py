"""What single signals are, on histories a reader can check."""

from __future__ import annotations

from typing import Any

import numpy as np

from features.context.context import Context
from features.history import History
from features.known.known import Known
from tests.support.stories import UTC, created, event, moment, points, shipped, story, value, values


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


def test_the_planned_end_is_compared_with_the_truck_to_come() -> None:
    """The work is to end on day 16, then 19; the truck of day 18 leaves on day 18 and one of day 21 takes the rest."""
    told = [
        created(0, 20),
        event("production.released", 1, reference="p", date=16),
        event("delivery.planned", 2, reference="d", date=18),
        event("production.rescheduled", 3, reference="p", date=19),
        event("delivery.planned", 5, reference="e", date=21),
    ]
    assert np.isnan(value("planned_end_truck_slack", *told, day=1))
    assert [value("planned_end_truck_slack", *told, day=day) for day in (2, 3, 5, 19)] == [2, -1, 2, 2]
    assert np.isnan(value("planned_end_truck_slack", *told, day=22))
    assert np.isnan(value("planned_end_truck_slack", *told, shipped(6), day=7))


def test_each_line_has_its_planned_end_and_its_truck() -> None:
    """Line 1 ends on day 17 for the truck of day 18; line 2 on day 29 for that of day 27, from day 4 on of day 31."""
    told = [
        created(0, 20, line="1"),
        created(0, 30, line="2"),
        event("delivery.planned", 1, line="1", reference="d", date=18),
        event("delivery.planned", 1, line="2", reference="d", date=27),
        event("production.released", 2, line="1", reference="p", date=17),
        event("production.released", 3, line="2", reference="q", date=29),
        event("delivery.planned", 4, line="2", reference="d", date=31),
    ]
    assert [value("planned_end_truck_slack", *told, day=day) for day in (2, 3, 4)] == [1, 27 - 29, 1]
    assert value("planned_end_truck_slack", *told, shipped(17, line="1"), day=18) == 31 - 29


def truck(day: float, reference: str, leaves: float, quantity: float | None = None, **says: Any) -> dict[str, Any]:
    return event("delivery.planned", day, reference=reference, date=leaves, quantity=quantity, **says)


TWO_LINES = [created(0, 20, line="1"), created(0, 30, line="2")]


def test_one_more_truck_beside_one_that_takes_all_is_for_nothing() -> None:
    """All of it leaves on day 18, so a truck on the day of the last promise is late for no line."""
    told = [*TWO_LINES, truck(1, "d", 18, 20)]
    assert value("delivery_slack", *told, day=2) == 20 - 18
    for more in (truck(2, "e", 30, 20), truck(2, "e", 30), truck(2, "e", 30, 10, line="1")):
        assert value("delivery_slack", *told, more, day=2) == 20 - 18
    assert value("delivery_slack", *told, truck(2, "e", 15, 10), day=2) == min(20 - 15, 30 - 18)


def test_a_truck_is_for_the_lines_that_those_before_it_leave_behind() -> None:
    """The truck of day 18 takes the ten pieces of line 1, or only four of them; what is promised first goes first."""
    for leaves in (29, 31):
        assert value("delivery_slack", *TWO_LINES, truck(1, "d", 18, 10), truck(1, "e", leaves, 10), day=2) == min(
            2, 30 - leaves
        )
    assert value("delivery_slack", *TWO_LINES, truck(1, "d", 18, 4), truck(1, "e", 29, 16), day=2) == 20 - 29
    own = [truck(1, "d", 15, 10, line="2"), truck(1, "e", 18, 10)]
    assert value("delivery_slack", *TWO_LINES, *own, truck(1, "f", 40, 5), day=2) == 20 - 18


def test_a_truck_that_may_take_less_leaves_all_of_it_to_those_after_it() -> None:
    """Nobody says how much the truck of day 18 takes, or some of it left sooner under its name."""
    assert value("delivery_slack", *TWO_LINES, truck(1, "d", 18), truck(1, "e", 28, 20), day=2) == 20 - 28
    told = [*TWO_LINES, truck(1, "d", 18, 20), truck(1, "e", 28, 20)]
    assert value("delivery_slack", *told, day=9) == 20 - 18
    assert value("delivery_slack", *told, shipped(10, 4, line="1", reference="d"), day=11) == 20 - 28
    assert value("delivery_slack", *told, shipped(10, 4, line="1", reference="x"), day=11) == 20 - 18


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
    told = [created(0, 40), event("hold.placed", 4, kind="credit", reference="h", late=-2)]
    assert value("hold_days", *told, day=3) == 1.0


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
