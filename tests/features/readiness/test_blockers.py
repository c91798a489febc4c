"""What stands in the way, stated and inferred, on histories a reader can check."""

from __future__ import annotations

import pandas as pd

from tests.support.readiness import booked, ids, only, ready, rules, stated, truck
from tests.support.stories import at, created, event, moment, shipped


def test_a_hold_says_when_it_was_to_be_released() -> None:
    hold = event(
        "hold.placed", 2, kind="quality", reference="H-1", reason="inspection failed", date=5, line="1", event_id="h"
    )
    told = [created(0, 20, line="1"), hold]
    open_, late = (only(ready(*told, day=day, zone="Europe/Berlin"), "hold") for day in (5, 6))
    assert open_.sentence == (
        "quality hold H-1 on line 1 (inspection failed) stands since Wed 3 Jan 13:00, release expected Sat 6 Jan 13:00"
    )
    assert late.sentence.endswith("should have been released Sat 6 Jan 13:00, yesterday")
    assert [(b.what, b.since, b.expected, b.overdue, b.lines, ids(b)) for b in (open_, late)] == [
        ("H-1", moment(2), moment(5), False, ("1",), ["h"]),
        ("H-1", moment(2), moment(5), True, ("1",), ["h"]),
    ]


def test_a_released_hold_is_no_blocker_and_one_placed_again_keeps_its_age() -> None:
    told = [
        created(0, 20),
        event("hold.placed", 2, kind="credit", reference="h", date=at(3)),
        event("hold.placed", 4, kind="credit", reference="h", date=pd.Timestamp("2024-01-09T23:59:59.999999Z")),
        event("hold.released", 6, kind="credit", reference="h"),
    ]
    again = only(ready(*told, day=5), "hold")
    assert (again.since, again.overdue, len(again.events)) == (moment(2), False, 2)
    assert again.sentence == "credit hold h stands since Wed 3 Jan 12:00, release expected Tue 9 Jan"
    assert "hold" not in rules(ready(*told, day=6))


def test_a_hold_is_one_by_its_reference_whatever_its_line() -> None:
    told = [
        created(0, 20, line="1"),
        event("hold.placed", 2, kind="quality", reference="h", line="1"),
        event("hold.placed", 3, kind="quality", line="1"),
        event("hold.placed", 3, kind="credit"),
        event("hold.released", 4, kind="quality", reference="h"),
    ]
    assert [b.sentence for b in ready(*told, day=3).blockers if b.kind == "hold"] == [
        "quality hold h on line 1 stands since Wed 3 Jan 12:00",
        "quality hold on line 1 stands since Thu 4 Jan 12:00",
        "credit hold stands since Thu 4 Jan 12:00",
    ]
    assert rules(ready(*told, day=4)).count("hold") == 2


def test_what_is_recorded_late_is_not_seen_before() -> None:
    told = [created(0, 20), event("hold.placed", 2, kind="quality", reference="h", late=3)]
    assert "hold" not in rules(ready(*told, day=4.9))
    assert only(ready(*told, day=5), "hold").since == moment(2)


def test_shortages_are_told_line_by_line_and_failed_lots_by_lot() -> None:
    short = {"reference": "screw", "state": "short"}
    told = [
        created(0, 20, line="1"),
        created(0, 20, line="2"),
        event("material.stated", 1, line="1", quantity=4.5, date=8, **short),
        event("material.stated", 2, line="2", quantity=2, **short),
        event("inspection.recorded", 3, line="2", kind="in_process", reference="lot", state="failed"),
    ]
    assert [blocker.sentence for blocker in ready(*told, day=9).blockers[:3]] == [
        "screw (4.5, line 1) was due Tue 9 Jan 12:00, yesterday, and has not come",
        "screw (2, line 2) is missing since Wed 3 Jan 12:00, and no date is stated",
        "in-process inspection of lot lot on line 2 stands failed since Thu 4 Jan 12:00",
    ]
    assert rules(ready(*told, event("material.stated", 10, reference="screw", state="available"), day=11)) == [
        "failed_inspection",
        "condition",
        "condition",
        "no_truck",
    ]


def test_blockers_are_told_in_the_order_of_the_work_and_by_age() -> None:
    told = [
        created(0, 20),
        event("hold.placed", 1, kind="credit", reference="c"),
        stated(2, "labels", "not_met"),
        event("material.stated", 3, reference="screw", state="short"),
        event("hold.placed", 4, kind="engineering", reference="e"),
    ]
    assert [(b.rule, b.what) for b in ready(*told, day=5).blockers] == [
        ("shortage", "screw"),
        ("hold", "e"),
        ("hold", "c"),
        ("condition", "labels"),
        ("no_truck", None),
    ]


def test_a_component_stops_no_line_that_could_ship_without_it() -> None:
    """Line 1 is booked and labelled, line 2 is not yet made: the same component stops the second alone."""
    short = {"reference": "screw", "state": "short", "date": 3}
    told = [
        created(0, 20, line="1"),
        created(0, 20, line="2"),
        *(event("material.stated", 1, line=line, **short) for line in "12"),
        booked(4, 10, "10", line="1"),
        stated(5, "labels", line="1"),
    ]
    first, second = (blocker for blocker in ready(*told, day=5).blockers if blocker.rule == "shortage")
    assert (first.moot, second.moot) == (True, False)
    assert first.sentence == (
        "screw (line 1) was due Thu 4 Jan 12:00, 2 days ago, and has not come; "
        "all that is left of line 1 could ship without it"
    )
    alone = [told[0], told[2], told[4], truck(1, 19)]
    packed = ready(*alone, told[5], day=5)
    assert (packed.shippable, packed.kinds) == (True, ())
    assert not only(ready(*alone, day=5), "shortage").moot, "nobody has packed it"


def test_a_line_is_short_when_its_furthest_finished_operation_booked_less_than_ordered() -> None:
    told = [created(0, 20, event_id="line"), booked(2, 10, "10"), booked(3, 6, "20", "partial", event_id="b1")]
    assert "missing_quantity" not in rules(ready(*told, day=4))
    final = booked(4, 2, "20", event_id="b2")
    short = only(ready(*told, final, day=5), "missing_quantity")
    assert short.sentence == "the line is 2 short: 10 ordered, 8 booked good at operation 20"
    assert (short.what, short.since, ids(short)) == ("20", moment(4), ["line", "b1", "b2"])
    more = booked(5, 9, "30", "partial")
    assert only(ready(*told, final, more, day=6), "missing_quantity").what == "30"
    assert "missing_quantity" not in rules(ready(*told, final, booked(5, 2, "20"), day=6))


def test_a_reversal_is_not_booked_good() -> None:
    told = [created(0, 20), booked(1, 10), booked(2, -1, state="partial"), booked(3, 0)]
    assert "missing_quantity" not in rules(ready(*told, day=2))
    assert only(ready(*told, day=3), "missing_quantity").sentence.startswith("the line is 1 short")


def test_what_a_later_operation_scraps_is_missing_before_that_is_finished() -> None:
    """The last inspection rejects 4 of 10: they are booked back and scrapped, and the operation is open again."""
    scrapped = event("operation.scrapped", 3, reference="20", quantity=4, event_id="lost")
    told = [created(0, 20), booked(1, 10, "10"), booked(2, 10, "20"), booked(3, -4, "20", "partial"), scrapped]
    assert "missing_quantity" not in rules(ready(*told, day=2))
    short = only(ready(*told, day=3), "missing_quantity")
    assert short.sentence == "the line is 4 short: 10 ordered, 6 booked good at operation 20"
    at_work = [created(0, 20), booked(1, 10, "10", event_id="b1"), booked(2, 3, "20", "partial"), scrapped]
    short = only(ready(*at_work, day=3), "missing_quantity")
    assert short.sentence == "the line is 4 short: 10 ordered, 10 booked good at operation 10, 4 scrapped after it"
    assert ids(short)[1:] == ["b1", "lost"]
    first_there = [created(0, 20), booked(1, 10, "10"), scrapped]
    assert only(ready(*first_there, day=3), "missing_quantity").sentence == short.sentence, (
        "nothing is booked there yet"
    )
    earlier = event("operation.scrapped", 1, reference="10", quantity=2)
    assert "missing_quantity" not in rules(ready(*at_work[:3], earlier, day=3)), "10 were good beside those"


def test_what_left_before_the_work_began_is_not_asked_of_it() -> None:
    told = [created(0, 20), shipped(1, 4), booked(2, 5)]
    short = only(ready(*told, day=3), "missing_quantity")
    assert short.sentence == "the line is 1 short: 10 ordered, 4 shipped before the work, 5 booked good at operation 10"
    later = [created(0, 20), booked(2, 8), shipped(3, 8)]
    assert only(ready(*later, day=4), "missing_quantity").sentence.startswith("the line is 2 short")


def test_only_what_left_before_the_first_work_came_from_elsewhere() -> None:
    told = [created(0, 20), booked(1, 5, state="partial"), shipped(2, 4), booked(3, 3)]
    assert only(ready(*told, day=4), "missing_quantity").sentence.startswith(
        "the line is 2 short: 10 ordered, 8 booked"
    )


def test_a_line_is_short_of_what_is_ordered_now() -> None:
    told = [created(0, 20), booked(1, 10), event("order_line.changed", 2, quantity=12.5, event_id="more")]
    short = only(ready(*told, day=3), "missing_quantity")
    assert short.sentence == "the line is 2.5 short: 12.5 ordered, 10 booked good at operation 10"
    assert (short.since, ids(short)[1:]) == (moment(2), ["more"])


def test_operations_begin_in_the_order_in_which_they_happened() -> None:
    told = [created(0, 20), booked(1, 10, "10", late=4), booked(3, 8, "20")]
    assert only(ready(*told, day=6), "missing_quantity").what == "20"
    neither = booked(7, 0, "20", None)
    assert only(ready(*told, neither, day=8), "missing_quantity").what == "20"


def test_a_booking_without_a_line_says_nothing_of_one_among_several() -> None:
    told = [created(0, 20, line="1"), created(0, 20, line="2"), booked(1, 8)]
    assert "missing_quantity" not in rules(ready(*told, day=2))


def test_several_production_orders_bring_what_was_released_less_what_was_scrapped() -> None:
    told = [
        created(0, 20, line="1"),
        event("production.released", 1, reference="P1", quantity=10, line="1"),
        booked(2, 7, "P1/10", line="1"),
        event("operation.scrapped", 2, quantity=3, line="1"),
        event("production.released", 4, reference="P2", quantity=3, line="1"),
        event("operation.scrapped", 6, quantity=1, line="1"),
    ]
    assert only(ready(*told, day=3), "missing_quantity").sentence == (
        "line 1 is 3 short: 10 ordered, 7 booked good at operation P1/10"
    )
    assert "missing_quantity" not in rules(ready(*told, day=5))
    assert only(ready(*told, day=6), "missing_quantity").sentence == (
        "line 1 is 1 short: 10 ordered, 2 production orders of 13 in all, 4 scrapped"
    )
    told[4] |= {"quantity": None}
    assert "missing_quantity" not in rules(ready(*told, day=6))


def test_no_more_is_missing_than_is_left_to_ship() -> None:
    told = [created(0, 20), booked(1, 5), shipped(2, 9)]
    assert only(ready(*told, day=3), "missing_quantity").sentence.startswith("the line is 1 short")


def test_no_truck() -> None:
    told = [created(0, 20), stated(1, "labels"), truck(2, 5, event_id="t")]
    assert [b.sentence for b in ready(*told, day=1).blockers] == ["no truck is planned"]
    assert ready(*told, day=5).shippable
    gone = ready(*told, day=5.1)
    assert [b.sentence for b in gone.blockers] == [
        "no truck is planned: the last was planned for Sat 6 Jan 12:00, today"
    ]
    assert (only(gone, "no_truck").since, ids(only(gone, "no_truck")), gone.shippable) == (moment(5), ["t"], False)
    assert ready(*told, truck(6, 9), day=7).shippable


def test_a_truck_after_the_promise_is_too_late_and_takes_the_goods_all_the_same() -> None:
    told = [created(0, 10, event_id="line"), stated(1, "labels"), truck(2, 12, event_id="t")]
    found = ready(*told, day=3)
    late = only(found, "truck_too_late")
    assert late.sentence == "truck T1 leaves Sat 13 Jan 12:00, 2 days after the promise (due Thu 11 Jan 12:00)"
    assert (late.what, late.since, late.expected, ids(late)) == ("T1", moment(2), moment(12), ["line", "t"])
    assert found.shippable
    assert [ready(*told, day=day).state for day in (10, 11)] == ["open", "late"]
    assert rules(ready(*told, day=11)) == ["truck_too_late"]
    assert rules(ready(*told, event("commitment.changed", 3, date=12), day=4)) == []


def test_each_line_has_its_promise_and_may_have_its_truck() -> None:
    told = [created(0, 10, line="1"), created(0, 20, line="2"), stated(1, "labels"), truck(2, 19)]
    assert rules(ready(*told, day=3)) == ["truck_too_late"]
    assert rules(ready(*told, truck(3, 9, reference="T2"), day=3)) == []
    assert rules(ready(*told, truck(3, 9, reference="T2"), truck(3, 21), day=3)) == ["truck_too_late"]
    late_line = shipped(11, 10, line="1")
    assert (ready(*told, late_line, day=12).state, rules(ready(*told, late_line, day=12))) == ("late", [])


def test_a_truck_is_late_only_for_what_no_truck_before_it_takes() -> None:
    """The truck of day 9 takes line 1 in full, or all; that of line 1 alone is late though another leaves sooner."""
    told = [created(0, 10, line="1"), created(0, 20, line="2"), stated(1, "labels")]
    first, rest = truck(2, 9, quantity=10), truck(2, 19, quantity=10, reference="T2")
    assert rules(ready(*told, first, rest, day=3)) == []
    late = only(
        ready(*told, truck(2, 9, quantity=5), truck(2, 19, quantity=15, reference="T2"), day=3), "truck_too_late"
    )
    assert late.sentence == "truck T2 leaves Sat 20 Jan 12:00, 9 days after the promise (due Thu 11 Jan 12:00)"
    assert rules(ready(*told, truck(2, 9, quantity=20), truck(2, 25, quantity=20, reference="T2"), day=3)) == []
    own = [truck(2, 8, line="2", quantity=10), truck(2, 15, line="1", quantity=10, reference="T2")]
    assert only(ready(*told, *own, day=3), "truck_too_late").what == "T2"


def test_trucks_that_are_too_small() -> None:
    told = [created(0, 20), stated(1, "labels"), truck(2, 10, quantity=4), truck(2, 12, quantity=5, reference="T2")]
    small = only(ready(*told, day=3), "truck_too_small")
    assert small.sentence == "trucks are planned for 9 of the 10 units still to ship"
    assert len(small.events) == 2
    assert rules(ready(*told, shipped(4, 1), day=5)) == []
    assert rules(ready(*told, truck(3, 13, reference="T3"), day=5)) == []
    assert only(ready(*told, day=11), "truck_too_small").sentence.startswith("trucks are planned for 5 of the 10 units")


def test_a_truck_takes_what_was_last_planned_for_it_and_what_is_left_is_of_open_lines() -> None:
    told = [created(0, 20, line="1"), created(0, 20, line="2"), stated(1, "labels"), shipped(2, 15, line="1")]
    planned = [truck(2, 10, quantity=12), truck(3, 10, quantity=9), truck(4, 11)]
    small = only(ready(*told, *planned, day=5), "truck_too_small")
    assert small.sentence == "trucks are planned for 9 of the 10 units still to ship"


def test_a_truck_for_several_lines_takes_what_is_planned_for_each() -> None:
    told = [
        created(0, 20, line="1"),
        created(0, 20, line="2"),
        stated(1, "labels"),
        truck(2, 10, line="1", quantity=10),
    ]
    assert rules(ready(*told, truck(2, 10, line="2", quantity=10), day=3)) == []
    small = only(ready(*told, truck(2, 10, line="2", quantity=9), day=3), "truck_too_small")
    assert small.sentence == "trucks are planned for 19 of the 20 units still to ship"
    assert rules(ready(*told, truck(2, 10, line="2", quantity=9), truck(3, 11, quantity=20), day=4)) == []
