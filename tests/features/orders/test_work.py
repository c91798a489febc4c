"""What work a line had, and what is learned from lines that left: histories a reader can follow in the head."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from features.pipeline.table import signal_table
from tests.support.stories import at, created, event, shipped, story


def signals(*told: dict[str, Any], day: float) -> pd.Series[float]:
    """Every signal of order A, which is open on that day."""
    return signal_table(story(*told), as_of=at(day)).set_index("order_id").loc["A"]


def finished(day: float, operation: str, order: str = "A", **says: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"quantity": 10, "state": "final", "reference": operation, "line": "1"}
    return event("operation.confirmed", day, order, **(given | says))


def ordered(day: float, promise: float, order: str = "A", quantity: float = 10) -> dict[str, Any]:
    return created(day, promise, quantity, order, line="1", item="x")


def made(order: str = "B") -> list[dict[str, Any]]:
    """Ordered on day 0, released on day 1, operations finished on days 2 and 3, shipped on day 6."""
    released = event("production.released", 1, order, line="1")
    return [ordered(0, 40, order), released, finished(2, "10", order), finished(3, "20", order), shipped(6, 10, order)]


# -- the state of a line -----------------------------------------------------------------------------------------


def test_an_operation_finished_for_the_order_and_again_for_its_line_is_one() -> None:
    told = [*made(), ordered(8, 40), finished(9, "10", line=None)]
    assert signals(*told, day=10)["operations_left"] == 1
    assert signals(*told, finished(10, "10"), day=11)["operations_left"] == 1


def test_an_operation_reopened_and_finished_for_the_whole_order_is_so_for_its_lines() -> None:
    told = [*made(), ordered(8, 40), finished(9, "10"), finished(10, "10", line=None, state="partial")]
    told.append(finished(11, "10", line=None))
    assert [signals(*told, day=day)["operations_left"] for day in (9, 10, 11)] == [1, 2, 1]


def test_a_booking_of_the_whole_order_begins_every_line() -> None:
    two = [created(0, 20, line="1"), created(0, 20, line="2")]
    assert signals(*two, finished(1, "10"), day=2)["lines_not_begun"] == 1
    assert signals(*two, finished(1, "10", line=None), day=2)["lines_not_begun"] == 0


def test_a_release_of_the_whole_order_begins_the_stage_of_its_lines() -> None:
    """From its release a line of the item took five days; none of them has passed before the release."""
    told = [*made(), ordered(8, 40), event("production.released", 10)]
    assert [signals(*told, day=day)["usual_days_left"] for day in (9, 11)] == [5, 5 - 1]


def test_a_second_release_does_not_begin_the_stage_of_a_finished_operation_again() -> None:
    """From its first operation a line of the item took four days."""
    told = [*made(), ordered(8, 40), finished(9, "10"), event("production.released", 11, line="1")]
    assert signals(*told, day=12)["usual_days_left"] == 4 - 3


# -- what is learned from lines that left ------------------------------------------------------------------------


def test_the_time_of_a_line_counts_from_when_it_was_first_created() -> None:
    """Both lines are created again later; the one that left took six days from its first creation."""
    told = [*made(), ordered(4, 40, "B"), ordered(8, 20), ordered(10, 20)]
    assert signals(*told, day=12)["usual_lead_time_slack"] == 20 - (8 + 6)


def test_a_line_of_nothing_teaches_nothing_when_it_is_created() -> None:
    assert np.isnan(signals(ordered(0, 40, "B", 0), ordered(8, 40), day=10)["operations_left"])


def test_a_cancelled_line_teaches_nothing_though_it_left() -> None:
    cancelled = event("order_line.closed", 4, "B", line="1", reason="cancelled")
    told = [*made()[:-1], cancelled, shipped(6, 10, "B", line="1"), ordered(8, 40)]
    assert np.isnan(signals(*told, day=10)["operations_left"])


def test_a_line_leaves_once_whatever_is_said_of_it_afterwards() -> None:
    """One line left with two operations and one with none: the mean is one."""
    packed = [event("readiness.stated", 7, "B", kind="labels", state="met", line="1")]
    told = [*made(), *packed, ordered(0, 40, "C"), shipped(6, 10, "C"), ordered(8, 40)]
    assert signals(*told, day=10)["operations_left"] == 1


def test_a_line_that_had_left_before_it_was_known_teaches_no_days() -> None:
    now = signals(shipped(0, None, "B", line="1"), ordered(1, 40, "B"), ordered(8, 40), day=10)
    assert now["operations_left"] == 0
    assert np.isnan(now["usual_days_left"])


def test_a_line_that_leaves_as_it_is_created_again_was_in_its_stage_since_then() -> None:
    """Nine of ten left on day 5; on day 6 it is created again, of nine: of its stage nothing is left to wait for."""
    told = [ordered(0, 40, "B"), shipped(5, 9, "B"), ordered(6, 40, "B", 9), ordered(8, 40)]
    assert signals(*told, day=8)["usual_days_left"] == 0


def test_bookings_at_one_work_centre_are_no_way_from_it_to_itself() -> None:
    """B was booked three times at the saw and once at the mill: that is where A, done at the saw, goes next."""
    at_saw = [finished(day, "10", "B", work_center="saw", state="partial") for day in (1, 2, 3)]
    told = [ordered(0, 40, "B"), *at_saw, finished(4, "20", "B", work_center="mill", state="partial"), ordered(5, 40)]
    assert signals(*told, finished(6, "10", work_center="saw"), day=8)["work_center_queue"] == 2


def test_a_line_last_booked_at_no_work_centre_waits_nowhere() -> None:
    """B and C went from the saw to the mill; C was then booked nowhere, so at the mill are B and soon A."""
    went = [
        row
        for order in ("B", "C")
        for row in (
            ordered(0, 40, order),
            finished(1, "10", order, work_center="saw"),
            finished(2, "20", order, work_center="mill", state="partial"),
        )
    ]
    told = [*went, ordered(3, 40), finished(4, "10", work_center="saw")]
    assert signals(*told, day=6)["work_center_queue"] == 3
    assert signals(*told, finished(4, "30", "C", state="partial"), day=6)["work_center_queue"] == 2
