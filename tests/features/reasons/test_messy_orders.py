"""Reasons of orders as plants keep them: instalments, statements of the whole order, models that read few signals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from features.catalogue.registry import catalogue
from features.catalogue.topics import TOPICS
from features.reasons import SITUATIONS, describe
from tests.features.reasons.asking import facts_of, said
from tests.support.readiness import truck
from tests.support.stories import created, event, shipped


def rescheduled(day: float, date: float, **says: object) -> dict[str, object]:
    return event("production.rescheduled", day, reference="P1", date=date, **says)


def released(day: float, date: float, **says: object) -> dict[str, object]:
    return event("production.released", day, reference="P1", quantity=10, date=date, **says)


def test_no_situation_has_the_name_of_a_signal() -> None:
    """Else an order in it would be compared by the size of that signal."""
    names = {situation.name for situations in SITUATIONS.values() for situation in situations}
    assert not names & set(catalogue())


def test_a_plan_of_a_line_in_instalments_is_held_to_them() -> None:
    told = [created(0, 30, line="10/1"), created(0, 40, line="10/2"), created(0, 12, line="20")]
    assert said("work", *told, released(1, 35, line="10"), day=2) == (
        "line 10 is planned to end Mon 5 Feb 12:00, 5 days after the promise (Wed 31 Jan 12:00)"
    )


def test_a_promise_of_a_line_moves_its_instalments() -> None:
    told = [created(0, 10, line="10/1"), created(0, 20, line="10/2")]
    moved = event("commitment.changed", 2, date=25, line="10", actor="customer")
    assert said("changes", *told, moved, day=3) == "the promise was moved to Fri 26 Jan, by the customer"


def test_a_promise_moved_and_moved_back() -> None:
    back = [event("commitment.changed", day, date=date) for day, date in ((2, 30), (3, 20))]
    assert said("changes", created(0, 20), *back, day=4) == "the promise was moved 2 times and is Sun 21 Jan again"


def test_a_plan_of_a_line_that_has_left_is_not_told_of_the_one_that_is_left() -> None:
    told = [
        created(0, 10, line="10"),
        created(0, 12, line="20"),
        released(1, 4, line="10"),
        rescheduled(2, 6, line="10"),
    ]
    assert said("changes", *told, shipped(3, 10, line="10"), day=4) == "the planned end was moved once"


def test_a_planned_end_that_has_passed_is_past_wherever_it_is_told() -> None:
    told = [created(0, 40), released(1, 3, line=None)]
    assert said("work", *told, day=10) == (
        "the planned end of the order, Thu 4 Jan 12:00, was 7 days ago, and work is left"
    )
    assert (
        said("changes", *told, day=10) == "the planned end of the order, Thu 4 Jan 12:00, has passed and was not moved"
    )


def test_the_truck_is_the_one_that_leaves_its_line_the_least_time() -> None:
    told = [created(0, 30, line="10"), created(0, 12, line="20")]
    trucks = [truck(1, 11.5, line="10", reference="D"), truck(1, 11, line="20", reference="E")]
    assert said("truck", *told, *trucks, day=2).startswith("truck E leaves Fri 12 Jan 12:00, 1 day before the promise")


def test_a_comment_is_no_record_of_the_order() -> None:
    decided = event("decision.recorded", 9.9, kind="comment", reason="call them")
    assert said("records", created(0, 30), decided, day=10) == "nothing was recorded for 10 days, since Mon 1 Jan 12:00"


def test_a_quantity_of_the_whole_order_and_one_of_nothing() -> None:
    two = [created(0, 20, line="10"), created(0, 20, line="20")]
    assert said("changes", *two, event("order_line.changed", 2, quantity=4), day=3) == (
        "the ordered quantity was changed to 4 units"
    )
    assert said("changes", *two, event("order_line.changed", 2, quantity=0, line="10"), day=3) == (
        "the ordered quantity of line 10 was changed from 10 to 0 units"
    )


IN_THE_WAY = (
    created(0, 20, line="10", customer="Nordwind", item="pump"),
    event("hold.placed", 1, kind="quality", reference="H-1", line="10"),
    event("material.stated", 1, state="short", reference="steel", line="10", quantity=5),
    event("inspection.recorded", 1, kind="final", state="failed", reference="L-7", line="10"),
)


@pytest.mark.parametrize("signal", list(catalogue()))
def test_a_model_of_one_signal_says_nothing_false(signal: str) -> None:
    """What stands in the way is never said to be absent, whatever the model reads."""
    whole = facts_of(*IN_THE_WAY, day=3)
    facts = replace(whole, signals={signal: whole.signals[signal]}, points={signal: 0.1})
    for topic in TOPICS:
        for rises in (True, False):
            text = describe(topic, facts, rises).statement.text
            assert text not in ("no hold was placed", "no component is missing", "no inspection has failed")
            assert "0 components" not in text
