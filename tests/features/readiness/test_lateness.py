"""Why an order is late, in words, on histories a reader can check: days count from Monday 1 January 2024."""

from __future__ import annotations

from typing import Any

from features.readiness.lateness import Lateness
from tests.support.readiness import ready
from tests.support.stories import created, event, shipped


def late(*rows: dict[str, Any], day: float, zone: str = "UTC") -> Lateness:
    """Of an order that is late on a day."""
    found = ready(*rows, day=day, zone=zone).lateness
    assert found is not None
    return found


def sentences(*rows: dict[str, Any], day: float) -> list[str]:
    return [line.sentence for line in late(*rows, day=day).lines]


def test_an_order_in_time_is_not_late() -> None:
    assert ready(created(0, 11, line="10"), day=4).lateness is None
    assert ready(created(0, 3, line="10"), shipped(4, line="10"), day=5).lateness is None, "all of it has left"


def test_the_line_that_makes_it_late_says_its_promise_how_late_and_what_has_left() -> None:
    one = created(0, 3, line="10")
    assert sentences(one, day=6) == ["the order is 3 days late: promised Thu 4 Jan 12:00, nothing of it has shipped"]
    assert sentences(one, day=3.25) == [
        "the order is 6 hours late: promised Thu 4 Jan 12:00, nothing of it has shipped"
    ]
    assert sentences(one, created(0, 11, line="20"), shipped(2, 4, line="10"), day=4) == [
        "line 10 is 1 day late: promised Thu 4 Jan 12:00, 4 of 10 units shipped"
    ]


def test_lines_that_left_late_or_short_say_so_after_those_still_to_ship() -> None:
    rows = [created(0, 5, line="10"), created(0, 2, line="20"), created(0, 2, line="30"), created(0, 1, line="40")]
    rows += [created(0, 2, line="50"), created(0, 2, line="60"), created(0, 2, line="70")]
    rows += [shipped(4, 4, line="20"), shipped(5, 6, line="20"), shipped(2, 9, line="30")]
    rows += [event("order_line.closed", 6, line="30", reason="short"), shipped(2, line="50")]
    rows += [event("order_line.closed", 3, line="60", reason="cancelled"), shipped(2.25, line="70")]
    found = late(*rows, day=8)
    assert [line.sentence for line in found.lines] == [
        "line 40 is 7 days late: promised Tue 2 Jan 12:00, nothing of it has shipped",
        "line 10 is 3 days late: promised Sat 6 Jan 12:00, nothing of it has shipped",
        "line 20 left 3 days late on Sat 6 Jan, promised Wed 3 Jan 12:00",
        "line 30 was closed short, promised Wed 3 Jan 12:00: 9 of 10 units shipped",
        "line 70 left 6 hours late on Wed 3 Jan 18:00, promised Wed 3 Jan 12:00",
    ]
    assert [line.days_late for line in found.lines] == [7, 3, 3, None, 0]
    assert [len(line.events) for line in found.lines] == [1, 1, 3, 2, 2], "the promise, and what left"
    assert found.still_to_ship == ""


def test_where_all_that_is_late_has_left_it_says_what_is_left() -> None:
    rows = [created(0, 2, line="10"), shipped(3, line="10"), created(0, 11, line="20")]
    assert late(*rows, day=4).still_to_ship == "line 20 is still to ship, promised Fri 12 Jan 12:00, in 7 days"
    rows += [created(0, 14, line="30")]
    assert late(*rows, day=4).still_to_ship == (
        "lines 20 and 30 are still to ship, the first promised Fri 12 Jan 12:00, in 7 days"
    )


def test_what_stops_it_first_is_the_main_thing_in_the_way() -> None:
    rows = [created(0, 3, line="10"), event("hold.placed", 2, kind="credit", reference="C1")]
    assert ready(*rows, day=6).main_blocker == "credit hold C1 stands since Wed 3 Jan 12:00"
    released = event("hold.released", 4, kind="credit", reference="C1")
    assert ready(*rows, released, day=6).main_blocker.startswith("packing and papers")
