"""What is not due yet is in nobody's way: usual pack times, work that goes on, plans that end after the truck."""

from __future__ import annotations

from typing import Any

import pytest

from features.history import History
from features.readiness.pack_time import DEFAULT_PACK_TIME, LEAST_ORDERS, UNKNOWN_PAST, PackTimes, pack_times
from tests.support.readiness import booked, condition, only, ready, rules, stated, truck
from tests.support.stories import created, days, event, moment, shipped, story

TWO_DAYS = PackTimes(overall=days(2))


def test_silence_is_in_the_way_once_the_usual_pack_time_has_begun() -> None:
    told = [created(0, 20), truck(1, 19)]
    early, due = (ready(*told, day=day, usual=TWO_DAYS) for day in (17, 18))
    assert (early.blockers, early.shippable, early.kinds) == ((), False, ())
    assert [(one.sentence, one.due_from) for one in early.not_due] == [
        ("packing and papers are not due before Fri 19 Jan, tomorrow; they usually take 2 days", moment(18))
    ]
    assert {one.standing for one in early.conditions} == {"not_yet_due"}
    assert (due.kinds, due.not_due, due.shippable) == (("packing",), (), False)
    assert only(due, "condition").sentence == "packing and papers: nothing is reported yet"
    assert {one.standing for one in due.conditions} == {"in_the_way"}


def test_each_line_is_due_by_its_own_promise() -> None:
    told = [created(0, 10, line="1"), created(0, 30, line="2"), truck(1, 9)]
    found = ready(*told, day=9, usual=TWO_DAYS)
    assert [one.lines for one in found.blockers if one.rule == "condition"] == [("1",)]
    assert [one.lines for one in found.not_due] == [("2",)]


def test_lines_that_are_due_alike_are_said_once() -> None:
    told = [created(0, 30, line="1"), created(0, 20, line="2"), created(0, 30, line="3"), booked(4, 10, line="3")]
    found = ready(*told, truck(5, 19), day=9, usual=TWO_DAYS)
    assert [(one.lines, one.sentence, one.since) for one in found.not_due] == [
        (
            ("1", "3"),
            "packing and papers for lines 1 and 3 are not due before Mon 29 Jan, in 19 days; they usually take 2 days",
            None,
        ),
        (
            ("2",),
            "packing and papers for line 2 are not due before Fri 19 Jan, in 9 days; they usually take 2 days",
            None,
        ),
    ]


def test_a_condition_is_met_in_the_way_or_not_yet_due() -> None:
    told = [created(0, 20), truck(1, 19), stated(2, "labels"), stated(2, "documents", "not_met")]
    found = ready(*told, day=3, usual=TWO_DAYS)
    assert {one.kind: one.standing for one in found.conditions} == {
        "inspection": "not_yet_due",
        "packaging": "not_yet_due",
        "labels": "met",
        "documents": "in_the_way",
        "quantities": "not_yet_due",
    }
    assert found.kinds == ("documents",)


def test_a_condition_met_before_the_latest_work_is_not_due_before_its_time_either() -> None:
    told = [created(0, 20), truck(1, 19), stated(2, "labels"), booked(4, 10)]
    found = ready(*told, day=5, usual=TWO_DAYS)
    assert (found.blockers, condition(found, "labels").standing, found.shippable) == ((), "not_yet_due", False)


def test_what_nobody_promised_is_not_due() -> None:
    found = ready(created(0, None), truck(1, 19), day=300, usual=TWO_DAYS)
    assert [(one.sentence, one.due_from) for one in found.not_due] == [
        ("packing and papers are not due while nothing is promised", None)
    ]


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        ([event("production.released", 2, reference="P")], "work on the line is not finished"),
        ([booked(3, 4, state="partial")], "work on the line is not finished"),
        (
            [event("production.released", 2, reference="P", date=17.5), booked(3, 10)],
            None,
        ),
        (
            [event("production.released", 2, reference="P", date=17), booked(3, 4, state="partial")],
            "work on the line is not finished; it was planned to end Thu 18 Jan 12:00, yesterday",
        ),
        (
            [event("production.released", 2, reference="P", date=18.8), booked(3, 10)],
            "work on the line is not finished; it is planned to end Sat 20 Jan 07:12, tomorrow",
        ),
    ],
)
def test_where_the_work_goes_on_that_is_in_the_way_and_not_packing(
    work: list[dict[str, Any]], sentence: str | None
) -> None:
    found = ready(created(0, 20), truck(1, 19), *work, day=18, usual=TWO_DAYS)
    assert rules(found) == (["condition"] if sentence is None else ["not_made"])
    assert sentence is None or found.blockers[0].sentence == sentence


def test_a_plan_that_ends_after_its_truck_is_in_the_way_of_the_promise_alone() -> None:
    released = event("production.released", 2, reference="P", date=16)
    told = [created(0, 20), truck(1, 15), released, stated(3, "labels")]
    found = ready(*told, day=4)
    plan = only(found, "plan_after_truck")
    assert plan.sentence == "the line is planned to end Wed 17 Jan 12:00, 1 day after truck T1 leaves"
    assert found.kinds == ("plan_after_truck",)
    assert not found.shippable, "nothing is booked of work that was released"
    assert ready(*told, truck(4, 18), day=5).blockers == ()


def test_a_plan_is_held_against_the_last_truck_that_keeps_the_promise() -> None:
    released = event("production.released", 2, reference="P", date=16)
    trucks = [truck(1, 15), truck(1, 19, reference="T2"), truck(1, 25, reference="T3")]
    assert "plan_after_truck" not in rules(ready(created(0, 20), *trucks, released, day=4))


def test_a_truck_of_the_whole_order_is_for_the_lines_that_are_promised_first() -> None:
    """The work on line 2, promised ten days later, is in its way only once line 1 has left, or where it is named."""
    released = event("production.released", 2, reference="P", line="2", date=20)
    told = [created(0, 16, line="1"), created(0, 26, line="2"), released]
    assert "plan_after_truck" not in rules(ready(*told, truck(1, 15), day=4))
    assert "plan_after_truck" in rules(ready(*told, truck(1, 15, line="2"), day=4))
    assert "plan_after_truck" in rules(ready(*told, truck(1, 15), shipped(3, line="1"), day=4))


# -- usual pack times --------------------------------------------------------------------------------------------


def left(number: int, took: float, at: float = 10, plant: str | None = "P1") -> list[dict[str, Any]]:
    """An order that leaves a plant on a day, so many days after its first condition was met."""
    order = f"O{number:02}"
    told = [created(0, 20, order=order, plant=plant), stated(at - took, "labels"), stated(at - took / 2, "packaging")]
    return [one | {"order_id": order} for one in told] + [shipped(at, 10, order)]


def past(*orders: list[dict[str, Any]]) -> History:
    return History.of(story(*(one for order in orders for one in order)))


def test_the_usual_pack_time_is_the_median_of_the_plant() -> None:
    history = past(*(left(number, 1 + number % 3) for number in range(LEAST_ORDERS + 1)))
    found = pack_times(history, moment(30))
    assert (found.of("P1"), found.of("elsewhere"), found.of(None)) == (days(2), days(2), days(2))
    assert PackTimes.from_json(found.to_json()) == found


def test_a_plant_of_which_little_is_known_has_the_time_of_all() -> None:
    orders = [left(number, 1) for number in range(LEAST_ORDERS)] + [
        left(90 + number, 4, plant="P2") for number in (1, 2)
    ]
    assert pack_times(past(*orders), moment(30)).of("P2") == days(1)
    assert pack_times(past(left(1, 1)), moment(30)) == UNKNOWN_PAST
    assert UNKNOWN_PAST.of("P1") == DEFAULT_PACK_TIME


def test_what_is_recorded_later_or_long_ago_changes_no_pack_time() -> None:
    orders = [left(number, 1) for number in range(LEAST_ORDERS)]
    assert pack_times(past(*orders), moment(9)) == UNKNOWN_PAST
    assert pack_times(past(*orders), moment(10)).of("P1") == days(1)
    assert pack_times(past(*orders), moment(191)) == UNKNOWN_PAST


def test_a_carrier_and_conditions_after_the_truck_say_nothing_of_packing() -> None:
    orders = [left(number, 2) for number in range(LEAST_ORDERS)]
    carriers = [[*order, stated(3, "carrier") | {"order_id": order[0]["order_id"]}] for order in orders]
    after = [[order[0], order[-1], stated(12, "labels") | {"order_id": order[0]["order_id"]}] for order in orders]
    assert pack_times(past(*carriers), moment(30)).of("P1") == days(2)
    assert pack_times(past(*after), moment(30)) == UNKNOWN_PAST
