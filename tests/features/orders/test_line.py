"""How a line is ordered, issued, reversed and closed: histories a reader can follow in the head."""

from __future__ import annotations

from typing import Any

import pandas as pd

from features.history import History
from features.pipeline.table import signal_table
from features.readiness.assessment import Readiness, assess
from tests.support.readiness import LONG
from tests.support.stories import at, created, event, moment, shipped, story

TWO = [created(0, 20, line="1"), created(0, 30, line="2")]
"""Two lines of ten."""


def signals(*told: dict[str, Any], day: float) -> pd.Series[float]:
    """Every signal of order A, which is open on that day."""
    return signal_table(story(*told), as_of=at(day)).set_index("order_id").loc["A"]


def ready(*told: dict[str, Any], day: float) -> Readiness:
    return assess(History.of(story(*told)), 0, moment(day), pack_times=LONG)


def silent_lines(*told: dict[str, Any], day: float) -> list[str | None]:
    """The lines to ship of which nobody has said that a shipping condition is met."""
    return [line for blocker in ready(*told, day=day).blockers if blocker.rule == "condition" for line in blocker.lines]


# -- before the line is known ------------------------------------------------------------------------------------


def test_a_line_of_which_all_had_left_before_it_was_known_is_not_to_ship() -> None:
    told = [shipped(0, line="2"), created(1, 20, line="1"), created(1, 20, line="2")]
    now = signals(*told, day=2)
    assert (now["open_lines"], now["lines_not_begun"], now["shipped_ratio"]) == (1, 1, 0.5)
    assert silent_lines(*told, day=2) == ["1"]


def test_a_part_that_left_before_the_line_was_known_is_not_all_of_it() -> None:
    told = [shipped(0, 4, line="2"), created(1, 20, line="1"), created(1, 20, line="2")]
    now = signals(*told, day=2)
    assert (now["open_lines"], now["lines_not_begun"], now["shipped_ratio"]) == (2, 2, 0.2)
    assert silent_lines(*told, day=2) == ["1", "2"]


def test_all_that_was_left_of_a_known_line_is_not_all_that_is_ordered_later() -> None:
    told = [created(0, 20, 10, line="1"), shipped(1, line="1"), created(2, 20, 15, line="1")]
    now = signals(*told, day=3)
    assert (now["open_lines"], now["lines_not_begun"], now["shipped_ratio"]) == (1, 1, 10 / 15)
    assert silent_lines(*told, day=3) == ["1"]


def test_what_had_left_in_time_is_not_late_because_its_line_is_recorded_late() -> None:
    """All of line 1 left on day 2 by its promise of day 5; the line itself is recorded on day 6."""
    told = [shipped(2, line="1"), created(6, 5, line="1"), created(6, 20, line="2")]
    assert ready(*told, day=7).state == "open"


def test_a_line_of_nothing_cannot_be_late() -> None:
    assert ready(created(6, 5, 0, line="1"), created(6, 20, line="2"), day=7).state == "open"


def test_of_an_order_without_lines_nothing_is_known_whatever_came_before_it() -> None:
    events = story(created(0, 10), shipped(1, 10), event("hold.placed", 1, "B", kind="credit"))
    assert assess(History.of(events), 1, moment(2)).state == "unknown"


# -- goods issues that name no line ------------------------------------------------------------------------------


def test_a_reversal_that_names_no_line_empties_the_last_line_first() -> None:
    """Of fifteen pieces five were on line 2; these come back, and line 1 stays shipped."""
    told = [*TWO, shipped(1, 15), shipped(2, -5)]
    now = signals(*told, day=3)
    assert (now["open_lines"], now["days_to_promise"], now["lines_not_begun"]) == (1, 27, 1)
    assert silent_lines(*told, day=3) == ["2"]


def test_a_reversal_goes_on_with_the_line_before_when_the_last_is_empty() -> None:
    """Twelve come back: ten of line 2, which had ten, and two of line 1."""
    now = signals(*TWO, shipped(1, 20), shipped(2, -12), shipped(3, 2, line="1"), day=4)
    assert (now["open_lines"], now["days_to_promise"], now["shipped_ratio"]) == (1, 26, 0.5)


def test_a_reversal_takes_from_a_closed_line_too() -> None:
    closed = event("order_line.closed", 2, line="2", reason="complete")
    assert ready(*TWO, shipped(1, 20), closed, shipped(3, -5), day=4).state == "shipped"


def test_a_reversal_does_not_fill_a_line_of_which_more_was_taken_back_than_had_left() -> None:
    """Line 2 stands at minus three; five of line 1 come back and leave again."""
    told = [*TWO, shipped(1, 10, line="1"), shipped(2, -3, line="2"), shipped(3, -5), shipped(4, 5, line="1")]
    assert signals(*told, day=5)["open_lines"] == 1


def test_what_is_too_much_for_all_lines_is_kept_by_the_last_one() -> None:
    more = event("order_line.changed", 2, quantity=15, line="2")
    assert ready(*TWO, shipped(1, 25), more, day=3).state == "shipped"
    assert ready(*TWO, shipped(1, 24), more, day=3).state == "open"


def test_what_is_left_of_a_line_that_was_issued_too_much_is_nothing() -> None:
    told = [created(0, 20, line="1"), shipped(1, 12, line="1"), shipped(2, line="1")]
    assert ready(*told, event("order_line.changed", 3, quantity=12), day=4).state == "shipped"


# -- late, due, in force -----------------------------------------------------------------------------------------


def test_a_line_that_shipped_in_time_stays_so_whatever_is_said_after_its_promise() -> None:
    told = [*TWO, shipped(19, 10, line="1"), event("order_line.changed", 22, quantity=12, line="2")]
    assert ready(*told, day=23).state == "open"


def test_a_line_that_came_back_and_left_again_after_its_promise_is_late() -> None:
    told = [*TWO, shipped(18, 10, line="1"), shipped(19, -10, line="1"), shipped(21, 10, line="1")]
    found = ready(*told, day=22)
    assert (found.state, found.due) == ("late", moment(20))


def test_the_due_date_is_the_earliest_broken_promise() -> None:
    three = [created(0, promise, line=line) for line, promise in (("1", 3), ("2", 6), ("3", 20))]
    assert ready(*three, shipped(8, 10, line="1"), shipped(8, 10, line="2"), day=9).due == moment(3)
    assert ready(*three, shipped(8, 10, line="2"), day=9).due == moment(3)


def test_the_spread_of_promises_reaches_to_the_latest_whatever_its_place() -> None:
    told = [created(0, 30, line="1"), created(0, 10, line="2")]
    assert signals(*told, day=1)["promise_spread"] == 20


def test_a_line_created_again_has_its_new_promise() -> None:
    """The truck of day 15 suits the promise of day 20 and not that of day 10."""
    truck = event("delivery.planned", 2, date=15, reference="T")
    late = [b for b in ready(created(0, 20), created(1, 10), truck, day=3).blockers if b.rule == "truck_too_late"]
    assert len(late) == 1
    in_time = ready(created(0, 10), created(1, 20), truck, day=3)
    assert "truck_too_late" not in {blocker.rule for blocker in in_time.blockers}


def test_a_promise_of_the_whole_order_is_one_of_each_line() -> None:
    sooner = event("commitment.changed", 1, date=10)
    found = ready(*TWO, sooner, event("delivery.planned", 2, date=15, reference="T"), day=3)
    assert "truck_too_late" in {blocker.rule for blocker in found.blockers}


def test_a_cancelled_line_is_no_line_of_the_order() -> None:
    now = signals(*TWO, event("order_line.closed", 1, line="2", reason="cancelled"), day=2)
    assert (now["order_lines"], now["ordered_quantity"], now["lines_complete_ratio"]) == (1, 10, 0)


# -- conditions and things ---------------------------------------------------------------------------------------


def labels(day: float, state: str, line: str | None = None) -> dict[str, Any]:
    return event("readiness.stated", day, kind="labels", state=state, line=line)


def test_a_condition_is_asked_of_the_lines_still_to_ship_only() -> None:
    assert signals(*TWO, labels(1, "met", "1"), day=2)["conditions_outstanding"] == 5
    assert signals(*TWO, labels(1, "met", "1"), shipped(2, 10, line="2"), day=3)["conditions_outstanding"] == 4


def test_a_condition_met_for_the_order_is_outstanding_once_a_line_refuses_it() -> None:
    assert signals(*TWO, labels(1, "met"), day=2)["conditions_outstanding"] == 4
    assert signals(*TWO, labels(1, "met"), labels(2, "not_met", "1"), day=3)["conditions_outstanding"] == 5


def test_what_is_said_of_the_whole_order_replaces_statements_of_the_same_kind_only() -> None:
    unpacked = event("readiness.stated", 1, kind="packaging", state="not_met", line="1")
    found = ready(*TWO, unpacked, labels(2, "met"), day=3)
    states = {condition.kind: condition.state for condition in found.conditions}
    assert (states["packaging"], states["labels"]) == ("not_met", "met")


def test_a_hold_without_a_reference_is_not_released_by_a_reference_that_reads_like_its_kind() -> None:
    placed = event("hold.placed", 1, kind="quality")
    released = event("hold.released", 2, kind="quality", reference="quality")
    found = ready(created(0, 20), placed, released, day=3)
    assert [blocker.kind for blocker in found.blockers].count("hold") == 1
    assert signals(created(0, 20), placed, released, day=3)["open_holds"] == 1


def test_a_hold_that_is_announced_stands_since_it_was_announced() -> None:
    """On day 2 it is recorded that from day 4 on credit is held."""
    found = ready(created(0, 20), event("hold.placed", 4, kind="credit", late=-2), day=5)
    assert [blocker.since for blocker in found.blockers if blocker.kind == "hold"] == [moment(2)]


def test_nothing_is_missing_of_an_order_that_is_closed_as_a_whole() -> None:
    found = ready(*TWO, labels(1, "met", "1"), event("order_line.closed", 2, reason="complete"), day=3)
    [stated] = [condition for condition in found.conditions if condition.kind == "labels"]
    assert (found.state, stated.state, stated.lines_not_stated) == ("shipped", "met", ())
