"""What is said of work by the usual pace of past lines of the item."""

from __future__ import annotations

from tests.features.reasons.asking import described, said
from tests.support.readiness import booked, truck
from tests.support.stories import created, event, shipped


def paced(*events: dict[str, object], works: float = 2, ships: float = 10) -> list[dict[str, object]]:
    """Beside some events those of past lines of the item, days of work and days until they shipped."""
    past: list[dict[str, object]] = []
    for number in range(60):
        order = f"P{number}"
        past += [
            created(-90, -10, order=order, line="1", item="x"),
            event("production.released", -89, order, reference="P", quantity=10, line="1"),
            event("operation.confirmed", works - 89, order, quantity=10, reference="10", state="final", line="1"),
            shipped(ships - 89, order=order, line="1"),
        ]
    return [*past, *events]


RELEASED = event("production.released", 0, reference="P", quantity=10, line="1")


def ordered(promise: float) -> dict[str, object]:
    return created(0, promise, line="1", item="x")


def test_a_pace_that_ends_weeks_after_the_promise_names_no_day() -> None:
    assert said("work", *paced(ordered(5), RELEASED), day=1) == (
        "at the usual pace the order ships Thu 11 Jan, 5 days after the promise (Sat 6 Jan 12:00)"
    )
    assert said("work", *paced(ordered(5), RELEASED, ships=60), day=1) == (
        "at the usual pace the order ships more than 4 weeks after the promise (Sat 6 Jan 12:00)"
    )


def test_work_that_ends_long_before_the_promise_is_not_called_tight() -> None:
    assert said("work", *paced(ordered(200), works=0), day=1) == (
        "work on the order has not begun; such orders usually still take 10 days, "
        "and 199 days are left to the promise (Fri 19 Jul 12:00)"
    )


def test_a_late_pace_that_takes_from_the_risk_is_outweighed_by_no_pace_and_no_time_that_is_left() -> None:
    assert described("work", *paced(ordered(9), RELEASED, ships=12), day=1, rises=False).counter is None
    told = paced(ordered(9), RELEASED, truck(0, 1.5), ships=3)
    assert described("work", *told, day=1, rises=False).counter is None


def test_scrap_that_takes_from_the_risk_is_told_with_what_usually_fails() -> None:
    scrap = event("operation.scrapped", 1, quantity=2, reference="10", line="1")
    counter = described("quality", *paced(ordered(20), RELEASED, scrap), day=2, rises=False).counter
    assert counter is not None
    assert counter.text == "few orders like this still fail an inspection"


def test_a_plan_that_ends_too_late_speaks_against_work_that_is_done() -> None:
    plan = event("production.released", 0, reference="P", quantity=10, line="1", date=12)
    done = booked(3, 10, line="1")
    counter = described("work", *paced(ordered(10), plan, done), day=4).counter
    assert counter is not None
    assert counter.text == "the order is planned to end Sat 13 Jan 12:00, 2 days after the promise (Thu 11 Jan 12:00)"


def test_a_plan_that_ends_shortly_before_the_promise_is_tight_where_it_adds_to_the_risk() -> None:
    plan = event("production.released", 0, reference="P1", quantity=10, date=17, line="1")
    told = paced(ordered(20), plan)
    assert said("work", *told, day=2) == (
        "the order is planned to end Thu 18 Jan 12:00, only 3 days before the promise (Sun 21 Jan 12:00)"
    )
    assert "only" not in said("work", *told, day=2, rises=False)


def test_the_day_of_the_truck_is_not_only_that() -> None:
    told = paced(ordered(20), RELEASED, truck(0, 2.4), ships=3)
    assert said("work", *told, day=1) == (
        "the order still needs about 1 more operation; at the usual pace that ends Wed 3 Jan, on the day of truck T1"
    )


def test_a_line_that_is_promised_later_than_the_truck_leaves_says_so() -> None:
    """The truck of day 3 is for line 1, which is done; the work on line 2 is held against it all the same."""
    own = [created(0, 4, line="1", item="x"), created(0, 30, line="2", item="x"), truck(0, 3)]
    released = event("production.released", 2.8, reference="Q", quantity=10, line="2")
    told = paced(*own, RELEASED, booked(1, 10, line="1"), released)
    assert said("work", *told, day=2.9) == (
        "line 2, due Wed 31 Jan, still needs about 1 more operation; at the usual pace that ends Sat 6 Jan, 2 days "
        "after truck T1"
    )
