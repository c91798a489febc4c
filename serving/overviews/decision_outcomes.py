"""What became of orders after somebody decided about them, beside orders that nobody decided about.

It is a comparison and no proof: who decides picks the orders, and a risk that was high tends to fall.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from serving.contract.decision import DECISION
from serving.overviews.weeks import Week
from serving.principal import Caller
from serving.scores.services import Services
from serving.store.period_reads import events_of_type, late_since, moved_since, order_rows, risks_before

NOTICED = ("acknowledge", "snooze", "expedite", "override")
"""Decisions that mean to change or to accept something; comments and owners alone do not."""


@dataclass(frozen=True)
class OrderCourse:
    """An order from a moment on. ``before`` is the risk then; ``after`` that of now, 1 where it is late."""

    order_id: str
    before: float
    state: str
    went_late: bool
    after: float | None

    @property
    def late(self) -> bool:
        """Whether it went late, shipped since or not."""
        return self.went_late or self.state == "late"


@dataclass(frozen=True)
class CourseSums:
    """What became of some orders.

    Attributes
    ----------
    before : mean risk at the begin, of all
    open_before, open_after : mean risks then and now of those that are still open, ``None`` where none is
    """

    orders: int
    before: float
    shipped: int
    late: int
    cancelled: int
    open: int
    open_before: float | None
    open_after: float | None


@dataclass(frozen=True)
class DecisionOutcomes:
    """By kind of decision what became of its orders, and of orders of like risk that nobody decided about.

    Attributes
    ----------
    from_risk : the lowest risk of an order that was decided about: others are compared from there
    not_scored : orders that were decided about without a risk then, which are left out
    """

    by_kind: list[tuple[str, CourseSums]]
    others: CourseSums | None
    from_risk: float
    not_scored: int


def outcomes_of_decisions(services: Services, week: Week, caller: Caller) -> DecisionOutcomes:
    """What became of the orders that were decided about in a week, as of now."""
    return services.database.read(lambda connection: _read(connection, week, caller))


def _read(connection: Connection, week: Week, caller: Caller) -> DecisionOutcomes:
    decisions = events_of_type(connection, DECISION, week.window, caller.plants)
    first: dict[str, int] = {}
    kinds: dict[str, set[str]] = {}
    for decision in decisions:
        if decision.kind in NOTICED:
            first[decision.order_id] = min(decision.recorded_at, first.get(decision.order_id, decision.recorded_at))
            kinds.setdefault(decision.kind, set()).add(decision.order_id)
    risks = {order_id: risk for order_id, risk in risks_before(connection, first).items() if risk is not None}
    decided = _courses(connection, risks, week.begin)
    lowest = min(risks.values(), default=0.0)
    return DecisionOutcomes(
        by_kind=[
            (kind, sums)
            for kind in NOTICED
            if (sums := sum_courses([one for one in decided if one.order_id in kinds.get(kind, ())]))
        ],
        others=sum_courses(_others(connection, week, caller, set(first), lowest)) if decided else None,
        from_risk=lowest,
        not_scored=len(set(first) - set(risks)),
    )


def _others(
    connection: Connection, week: Week, caller: Caller, decided: Collection[str], lowest: float
) -> list[OrderCourse]:
    """Orders that were open when the week began, with a risk as those that were decided about have."""
    risks = {
        row["order_id"]: row["before_risk"]
        for row in moved_since(connection, week.begin, caller.plants)
        if row["before_state"] == "open" and row["before_risk"] is not None and row["order_id"] not in decided
    }
    return _courses(connection, {key: risk for key, risk in risks.items() if risk >= lowest}, week.begin)


def _courses(connection: Connection, risks: Mapping[str, float], since: int) -> list[OrderCourse]:
    order_ids = sorted(risks)
    rows: dict[str, Any] = dict(order_rows(connection, order_ids))
    late = late_since(connection, order_ids, since)
    return [
        OrderCourse(order_id, risks[order_id], row["state"], order_id in late, row["risk"])
        for order_id in order_ids
        if (row := rows.get(order_id)) is not None and risks[order_id] < 1.0
    ]


def sum_courses(courses: Iterable[OrderCourse]) -> CourseSums | None:
    """The sums of some orders, ``None`` where there is none. One that went late counts so, shipped since or not."""
    every = list(courses)
    if not every:
        return None
    rest = [one for one in every if not one.late]
    still = [one for one in rest if one.state == "open" and one.after is not None]
    return CourseSums(
        orders=len(every),
        before=_mean([one.before for one in every]) or 0.0,
        shipped=sum(one.state == "shipped" for one in rest),
        late=len(every) - len(rest),
        cancelled=sum(one.state == "cancelled" for one in rest),
        open=len(still),
        open_before=_mean([one.before for one in still]),
        open_after=_mean([one.after for one in still if one.after is not None]),
    )


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
