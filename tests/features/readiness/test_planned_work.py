"""What is planned for later than an order is expected to ship: days count from Monday 1 January 2024."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

from features.history import History
from features.readiness.blockers import Facts
from features.readiness.planned_work import plans_after
from features.readiness.statements import KnownOrder
from tests.support.readiness import truck
from tests.support.stories import created, event, moment, shipped, story

PLANNED = [
    created(0, 20, line="10"),
    created(0, 20, line="20"),
    event("production.released", 1, reference="P1", line="10", date=8),
    event("production.released", 1, reference="P2", line="20", date=11),
    truck(1, 12),
]


def told(*rows: dict[str, Any], expected: str) -> list[str]:
    facts = Facts(KnownOrder(History.of(story(*rows)), 0, moment(4)), moment(4), UTC)
    return plans_after(facts, date.fromisoformat(expected))


def test_a_plan_or_a_truck_after_the_expected_ship_date_is_told_beside_it() -> None:
    both = [
        "the plan of line 20 ends later, on Fri 12 Jan; the model, which reads plans beside much else, expects all to "
        "leave before",
        "truck T1 leaves later, on Sat 13 Jan: the date before it counts on an earlier truck, as such orders often "
        "had; without one, the truck decides",
    ]
    assert told(*PLANNED, expected="2024-01-10") == both
    assert told(*PLANNED, expected="2024-01-12") == both[1:], "it ends on the expected day"
    assert told(*PLANNED, expected="2024-01-13") == []


def test_what_has_left_is_planned_for_no_later_day() -> None:
    assert told(*PLANNED, shipped(3, line="20"), expected="2024-01-10")[0].startswith("truck T1")
    assert told(*PLANNED, shipped(3, line="20"), shipped(3, line="10"), expected="2024-01-02") == []
    assert told(created(0, 20, line="10"), expected="2024-01-02") == []


def test_a_truck_that_takes_nothing_any_more_is_not_told() -> None:
    first = truck(1, 8, reference="T2", quantity=20)
    assert told(*PLANNED[:2], first, truck(1, 12), expected="2024-01-08")[0].startswith("truck T2 leaves later, on Tue")
    assert told(*PLANNED[:2], first, truck(1, 12), expected="2024-01-09") == []
