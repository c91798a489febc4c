"""What each topic says of hand-made orders: the story begins on Monday 1 January 2024 at noon."""

from __future__ import annotations

import pytest

from tests.features.reasons.asking import described, said
from tests.support.readiness import booked, only, ready, stated, truck
from tests.support.stories import created, event, shipped


def short(day: float, **says: object) -> dict[str, object]:
    return event(
        "material.stated", day, **({"reference": "steel", "state": "short", "quantity": 60, "line": "30"} | says)
    )


def two_lines(promise: float = 20) -> list[dict[str, object]]:
    return [created(0, promise, line="20"), created(0, promise, line="30")]


def test_a_component_that_is_overdue_is_named_with_its_past_date() -> None:
    text = said("material", *two_lines(), short(1, date=5), day=10)
    assert text == "steel (60, line 30) was due Sat 6 Jan 12:00, 5 days ago, and has not come"


def test_a_component_in_time_is_said_against_the_order_or_for_it() -> None:
    told = [*two_lines(), short(1, date=5)]
    assert said("material", *told, day=2) == (
        "steel (60, line 30) is missing, due Sat 6 Jan 12:00; after it 15 days are left to the promise"
    )
    assert said("material", *told, day=2, rises=False) == (
        "steel (60, line 30) is missing, due Sat 6 Jan 12:00, 15 days before the promise"
    )


def test_a_component_after_the_promise_and_more_that_are_missing() -> None:
    late = [*two_lines(4), short(1, date=6)]
    assert said("material", *late, day=2) == (
        "steel (60, line 30) is missing, due Sun 7 Jan 12:00, 2 days after the promise"
    )
    undated = [*two_lines(), short(1), short(1, reference="motor", line="20")]
    assert said("material", *undated, day=2) == (
        "steel (60, line 30) is missing since Tue 2 Jan 12:00, and no date is stated; motor is missing too"
    )


def test_components_that_came_and_none_that_was_missing() -> None:
    came = [*two_lines(), short(1, date=5), short(2, state="available", quantity=None)]
    assert said("material", *came, day=3) == "the component that ran short has come: steel"
    assert said("material", *two_lines(), day=3) == "no component is missing"


def test_a_component_of_the_only_line_is_named_without_it() -> None:
    assert said("material", created(0, 20, line="10"), short(1, date=5, line="10"), day=10).startswith("steel (60) was")


HOLD = {"reference": "H-1", "kind": "quality", "line": "20", "reason": "surface"}


def test_a_hold_reads_as_the_blocker_reads() -> None:
    """One lexicon: what blocks the order and why it is at risk are said alike."""
    told = [*two_lines(), event("hold.placed", 1, **HOLD, date=3)]
    blocker = only(ready(*told, day=5), "hold")
    assert (
        blocker.sentence
        == "quality hold H-1 on line 20 (surface) should have been released Thu 4 Jan 12:00, 2 days ago"
    )
    assert said("holds", *told, day=5) == blocker.sentence
    assert described("holds", *told, day=5).statement.events == blocker.events


def test_a_hold_to_be_released_says_how_that_lies_to_the_promise() -> None:
    told = [*two_lines(), event("hold.placed", 1, **HOLD, date=25)]
    assert said("holds", *told, day=5) == (
        "quality hold H-1 on line 20 (surface) stands since Tue 2 Jan 12:00, release expected Fri 26 Jan 12:00, "
        "5 days after the promise"
    )


def test_holds_that_were_released_and_none_that_was_placed() -> None:
    told = [*two_lines(), event("hold.placed", 1, **HOLD), event("hold.released", 2, kind="quality", reference="H-1")]
    assert (
        said("holds", *told, day=5, rises=False) == "no hold is open now; quality hold H-1 was released Wed 3 Jan 12:00"
    )
    assert said("holds", *two_lines(), day=5) == "no hold was placed"


def test_work_planned_to_end_after_its_promise_or_its_truck() -> None:
    plan = event("production.released", 1, reference="P1", quantity=10, date=22, line="20")
    assert said("work", *two_lines(), plan, day=2) == (
        "line 20 is planned to end Tue 23 Jan 12:00, 2 days after the promise (Sun 21 Jan 12:00)"
    )
    early = [*two_lines(30), plan, truck(1, 20)]
    assert said("work", *early, day=2) == "line 20 is planned to end Tue 23 Jan 12:00, 2 days after truck T1 leaves"


def test_the_line_that_is_late_for_the_truck_is_one_that_it_is_for() -> None:
    """Line 30 ends later, but is promised ten days after line 20, for which the truck of the whole order leaves."""
    told = [created(0, 20, line="20"), created(0, 30, line="30"), truck(1, 18)]
    ends = [event("production.released", 1, reference=f"P{n}", date=18 + n, line=f"{n}0") for n in (2, 3)]
    assert (
        said("work", *told, *ends, day=2) == "line 20 is planned to end Sun 21 Jan 12:00, 2 days after truck T1 leaves"
    )


def test_a_planned_end_that_has_passed_is_past() -> None:
    plan = event("production.released", 1, reference="P1", quantity=10, date=4, line="20")
    assert said("work", *two_lines(), plan, day=6) == (
        "the planned end of line 20, Fri 5 Jan 12:00, was 2 days ago, and work is left"
    )
    made = booked(5, 10, line="20")
    assert "and work is left" not in said("work", *two_lines(), plan, made, day=6), "of a line that is made none is"


def test_pieces_that_are_missing_are_counted() -> None:
    told = [
        created(0, 20, quantity=24, line="10"),
        event("production.released", 1, reference="P", quantity=16, line="10"),
    ]
    assert said("work", *told, day=2) == "the order is 8 short: 24 ordered, 16 in work"
    done = [*told, booked(3, 15, line="10")]
    assert said("work", *done, day=4) == "line 10 is 9 short: 24 ordered, 15 booked good at operation 10"


def test_without_any_work_the_time_to_the_promise_is_said() -> None:
    text = said("work", created(0, 20), event("production.released", 0, reference="P"), day=19)
    assert text == "1 day is left to the promise, Sun 21 Jan 12:00"
    today = said("work", created(0, 20.4999), event("production.released", 0, reference="P"), day=19.5)
    assert today == "23 hours are left to the promise, Sun 21 Jan", "it is due today, not in a day"


def test_work_that_has_not_begun() -> None:
    assert said("work", *two_lines(), day=3) == (
        "work on lines 20 and 30 has not begun; 17 days are left to the promise (Sun 21 Jan 12:00)"
    )


def test_conditions_met_and_open() -> None:
    five = ["inspection", "packaging", "labels", "documents", "quantities"]
    told = [created(0, 20), *(stated(5, kind) for kind in five[:4])]
    assert said("conditions", *told, day=6) == "4 of 5 shipping conditions are met; quantities are outstanding"
    assert said("conditions", *told, stated(6, "quantities"), day=7) == "all five shipping conditions are met"
    lost = [created(0, 8), stated(5, "labels", "not_met", reason="torn")]
    assert said("conditions", *lost, day=6) == only(ready(*lost, day=6), "condition").sentence
    assert said("conditions", created(0, 20), day=6) == (
        "no shipping condition is met yet; 14 days are left to the promise"
    )


def test_a_truck_after_the_promise_reads_as_the_blocker_reads() -> None:
    told = [created(0, 10), truck(2, 12)]
    text = said("truck", *told, day=3)
    assert text == "truck T1 leaves Sat 13 Jan 12:00, 2 days after the promise (due Thu 11 Jan 12:00)"
    assert text == only(ready(*told, day=3), "truck_too_late").sentence


def test_of_several_trucks_the_one_that_leaves_its_lines_the_least_time_is_told() -> None:
    """One of day 9 takes line 20; that of day 19 takes line 30, a day before its promise, and none takes it again."""
    told = [created(0, 12, line="20"), created(0, 20, line="30")]
    trucks = [truck(1, 9, quantity=10), truck(1, 19, quantity=10, reference="T2")]
    for more in ([], [truck(1, 30, quantity=20, reference="T3")]):
        assert said("truck", *told, *trucks, *more, day=3) == (
            "truck T2 leaves Sat 20 Jan 12:00, 1 day before the promise: that much less time for the work"
        )


def test_a_truck_in_time_leaves_less_time_or_enough() -> None:
    told = [created(0, 10), truck(2, 6)]
    assert said("truck", *told, day=3) == (
        "truck T1 leaves Sun 7 Jan 12:00, 4 days before the promise: that much less time for the work"
    )
    assert said("truck", *told, day=3, rises=False) == "truck T1 leaves Sun 7 Jan 12:00, 4 days before the promise"
    assert "planned for Sun 7 Jan 12:00, yesterday" in said("truck", *told, day=7)


def test_what_has_left() -> None:
    told = [created(0, 10), shipped(3, 4)]
    assert said("truck", *told, day=4) == "4 of 10 units have left, 6 are still to ship"


def test_plans_and_promises_that_were_moved() -> None:
    plan = [
        event("production.released", 1, reference="P1", quantity=10, date=10, line="20"),
        event("production.rescheduled", 4, reference="P1", date=13, line="20"),
    ]
    assert said("changes", *two_lines(), *plan, day=5) == (
        "the planned end of line 20 was moved in the last 7 days from Thu 11 Jan to Sun 14 Jan, "
        "7 days before the promise"
    )
    moved = [created(0, 10), event("commitment.changed", 2, date=14, actor="customer", reason="asked for a later date")]
    assert said("changes", *moved, day=12) == (
        "the promise was moved from Thu 11 Jan to Mon 15 Jan, 4 days later, by the customer (asked for a later date)"
    )
    assert said("changes", *two_lines(), day=5, rises=False) == "neither plan nor promise was moved"


def test_quality_failures_and_losses() -> None:
    failed = event("inspection.recorded", 5, kind="final", state="failed", reference="L-7", line="20")
    assert said("quality", *two_lines(), failed, day=6) == (
        "final inspection of lot L-7 on line 20 stands failed since Sat 6 Jan 12:00"
    )
    passed = event("inspection.recorded", 6, kind="final", state="passed", reference="L-7", line="20")
    assert said("quality", *two_lines(), failed, passed, day=7) == (
        "final inspection of lot L-7 failed Sat 6 Jan 12:00 and passed later"
    )
    scrap = event("operation.scrapped", 5, quantity=4, reference="10", line="20")
    assert said("quality", *two_lines(), scrap, day=6) == "20 % of the ordered quantity was scrapped"


def test_silence_is_said_with_its_begin() -> None:
    assert said("records", created(0, 30), day=9) == "nothing was recorded for 9 days, since Mon 1 Jan 12:00"


@pytest.mark.parametrize(
    ("signal", "text"),
    [
        ("order_value", "it is worth 24,692"),
        ("promise_weekday", "it is due Sun 21 Jan 12:00"),
        ("promised_lead_time", "it was ordered 20 days before the promise"),
        ("customer_orders_judged", "no order of Nordwind has ended yet"),
    ],
)
def test_the_order_itself_is_told_by_what_weighs_most(signal: str, text: str) -> None:
    told = created(0, 20, value=24_692, customer="Nordwind", item="pump")
    assert said("order", told, day=1, points={signal: 0.1}) == text


def test_days_are_those_of_the_plant() -> None:
    told = [created(0, 20), event("hold.placed", 1.49, kind="credit", reference="h")]
    assert "since Tue 2 Jan 23:45" in said("holds", *told, day=5)
    assert "since Wed 3 Jan 00:45" in said("holds", *told, day=5, zone="Europe/Berlin")


def test_long_names_are_cut_and_details_left_out_before_a_sentence_is() -> None:
    hold = event("hold.placed", 1, kind="quality", reference="H" * 60, reason="r" * 300, line="l" * 60, date=25)
    text = said("holds", *two_lines(), hold, day=5)
    assert len(text) <= 160
    assert "H" * 30 in text


def test_a_component_due_before_the_promise_of_a_line_without_a_plan_leaves_time() -> None:
    """The planned end is of a line that has shipped, so no work is planned to end before the component comes."""
    plan = event("production.released", 1, reference="P1", quantity=10, date=3, line="20")
    told = [*two_lines(), plan, shipped(4, line="20"), short(5, date=8)]
    assert said("material", *told, day=6) == (
        "steel (60, line 30) is missing, due Tue 9 Jan 12:00; after it 12 days are left to the promise"
    )
    assert said("work", *told, day=6).startswith("work on line 30 has not begun")


def test_a_condition_of_what_has_left_is_not_in_the_way() -> None:
    told = [*two_lines(8), stated(3, "labels", "not_met", line="20"), stated(3, "packaging", line="30")]
    assert "labels" in said("conditions", *told, day=4)
    left = said("conditions", *told, shipped(4, line="20"), day=5)
    assert left.startswith(
        "1 of 5 shipping conditions is met; inspection, labels, documents and 1 more are outstanding"
    )


def test_conditions_outstanding_early_read_as_the_blocker_reads() -> None:
    told = [created(0, 20), stated(5, "documents", "not_met")]
    assert said("conditions", *told, day=6) == "documents are outstanding; 14 days are left to the promise"


def test_a_plan_moved_to_a_day_that_has_passed_is_past() -> None:
    moved = [
        event("production.released", 1, reference="P1", quantity=10, date=4, line="20"),
        event("production.rescheduled", 4, reference="P1", date=5, line="20"),
    ]
    assert said("changes", *two_lines(), *moved, day=8) == (
        "the planned end of line 20 was moved in the last 7 days from Fri 5 Jan to Sat 6 Jan, 3 days ago"
    )
    assert said("changes", *two_lines(), *moved, day=12) == (
        "the planned end of line 20 was moved from Fri 5 Jan to Sat 6 Jan, 1 day later, and that day has passed"
    )


def test_records_say_what_was_recorded() -> None:
    told = [created(0, 30), truck(0, 28), *(booked(day, 2, str(day)) for day in (9, 10, 11)), stated(11, "labels")]
    late = event("inspection.recorded", 11, kind="final", state="passed", reference="L-1")
    assert said("records", *told, late, day=12) == (
        "5 records in the last 7 days: 3 bookings of work, 1 inspection and 1 message on shipping conditions, "
        "the last Fri 12 Jan 12:00"
    )
    moved = event("commitment.changed", 11, date=31)
    assert ", among them 3 bookings of work and 1 new promise, the last" in said("records", *told, late, moved, day=12)
    assert said("records", *told[:2], day=1) == (
        "2 records of the order so far: 1 line entered and 1 truck planned, the last Mon 1 Jan 12:00"
    )


def test_a_queue_names_the_work_centre_and_the_line() -> None:
    """B went from the saw to the mill; A, done at the saw, goes there next."""

    def done(day: float, operation: str, centre: str, order: str = "A", **says: object) -> dict[str, object]:
        given = {"quantity": 10, "state": "final", "reference": operation, "line": "1", "work_center": centre}
        return event("operation.confirmed", day, order, **(given | says))

    told = [
        created(0, 40, order="B", line="1", item="x"),
        done(1, "10", "saw", "B"),
        done(2, "20", "mill", "B", state="partial"),
        created(3, 40, line="1", item="x"),
        created(3, 40, line="2", item="y"),
        done(4, "10", "saw"),
    ]
    queue = {"work_center_queue": 0.1}
    assert said("plant", *told, day=6, points=queue) == "line 1 goes to work centre mill next, where 2 lines wait"


def test_a_load_of_one_order_is_that_order() -> None:
    told = [created(0, 40, customer="Nordwind"), created(0, 40, order="B", customer="Kontor")]
    open_ = {"customer_open_orders": -0.1}
    assert said("plant", *told, day=2, rises=False, points=open_) == "it is the only open order of Nordwind"
    more = [*told, created(0, 40, order="C", customer="Nordwind")]
    assert said("plant", *more, day=2, rises=False, points=open_) == "Nordwind has 2 orders open"


def counters() -> list[tuple[str, list[dict[str, object]], float, bool, str]]:
    four = [stated(5, kind) for kind in ("inspection", "packaging", "labels", "quantities")]
    loads = [truck(2, 8, quantity=4)]
    return [
        (
            "conditions",
            [created(0, 8), *four, stated(5, "documents", "not_met")],
            6,
            False,
            "4 of 5 shipping conditions",
        ),
        ("truck", [created(0, 10), *loads], 3, False, "truck T1 leaves Tue 9 Jan 12:00, 2 days before the promise"),
    ]


@pytest.mark.parametrize(("topic", "told", "day", "rises", "text"), counters())
def test_what_speaks_against_the_situation_is_told_where_the_points_do(
    topic: str, told: list[dict[str, object]], day: float, rises: bool, text: str
) -> None:
    counter = described(topic, *told, day=day, rises=rises).counter
    assert counter is not None
    assert counter.text.startswith(text)
    assert described(topic, *told, day=day, rises=not rises).counter is None


def test_a_past_hold_and_components_that_came_late_raise_the_risk_by_the_time_they_took() -> None:
    hold = event("hold.placed", 1, kind="quality", reference="H-1")
    released = event("hold.released", 6, kind="quality", reference="H-1")
    held = [created(0, 20), hold, released]
    assert said("holds", *held, day=7) == (
        "it was on hold for 5 days in all; quality hold H-1 was released Sun 7 Jan 12:00, none is open"
    )
    assert said("holds", *held, day=7, rises=False).startswith("no hold is open now")
    came = [short(1, date=3), short(2, date=8), short(9, state="available", quantity=None)]
    assert said("material", *two_lines(), *came, day=10) == (
        "the component that ran short has come, after its date slipped by 5 days in all: steel"
    )
    assert said("material", *two_lines(), *came, day=10, rises=False) == "the component that ran short has come: steel"


def test_records_of_one_kind_are_counted_once() -> None:
    bare = [created(0, 20)]
    assert said("records", *bare, day=1) == "1 record of the order so far: 1 line entered, on Mon 1 Jan 12:00"
    labels = [stated(30 + day, "labels", state) for day, state in enumerate(("met", "not_met", "met"))]
    begun = [event("operation.confirmed", 9, quantity=1, reference=str(10 * n), state="partial") for n in range(6)]
    assert said("records", created(0, 60), *begun, *labels, day=33) == (
        "3 records in the last 7 days: 3 messages on shipping conditions, the last Fri 2 Feb 12:00"
    )


def test_silence_counts_whole_days() -> None:
    assert (
        said("records", created(0, 60), day=33.5) == "nothing was recorded for more than 33 days, since Mon 1 Jan 12:00"
    )


def test_what_has_left_tells_more_than_that_its_truck_has() -> None:
    away = [created(0, 20, quantity=10), truck(0, 2), shipped(2, 6)]
    assert said("truck", *away, day=5, rises=False) == "6 of 10 units have left, 4 are still to ship"
    assert said("truck", *away, day=5).startswith("no truck is planned: the last was planned for Wed 3 Jan")


def test_a_truck_on_the_day_of_the_promise_is_in_time_or_has_no_day_to_spare() -> None:
    told = [created(0, 20), truck(0, 20)]
    assert said("truck", *told, day=5, rises=False).endswith(", in time on the day of the promise")
    assert said("truck", *told, day=5).endswith(", the day of the promise: no day to spare")


def test_the_item_that_other_lines_need_is_named() -> None:
    others = [created(0, 30, order=order, item="motor") for order in "BC"]
    loads = {"points": {"item_open_lines": 0.1}}
    assert said("plant", created(0, 30, item="motor"), *others, day=3, **loads).endswith("open lines need motor")
    two = [created(0, 30, line=line, item=item) for line, item in (("10", "motor"), ("20", "shaft"))]
    assert said("plant", *two, *others, day=3, **loads).endswith("open lines need the same item")
