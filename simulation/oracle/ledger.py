"""The truth: what became of an order, judged like ``features.outcomes`` but from what happened, not from records."""

from __future__ import annotations

from dataclasses import dataclass

from features.outcomes import CANCELLED, MISSED, ON_TIME_IN_FULL, PARTIAL
from features.policy import OutcomeRules
from simulation.plant.calendar import DAY
from simulation.plant.state import REQUESTED, Line, Order

ROUNDING = 1e-9
"""Shares of whole quantities are compared so closely."""
WEEK, WORKING_DAYS = 7, 5


@dataclass(frozen=True)
class Commitment:
    """An open order and the promises of its lines as they stood at a moment, hours."""

    order: Order
    promises: tuple[tuple[Line, float], ...]
    moment: float

    @classmethod
    def of(cls, order: Order, moment: float) -> Commitment:
        """The order held to what is promised now; cancelled lines are not part of it."""
        return cls(order, tuple((line, line.promise) for line in order.lines if line.closed != "cancelled"), moment)

    @property
    def last_promise(self) -> float:
        return max(promise for _, promise in self.promises)


def is_open(order: Order, moment: float) -> bool:
    """Whether there is a promise and something left to ship, no promise has passed, and none was kept too late.

    A line that is closed in error is not left to ship until it is reopened.
    """
    left = [line for line in order.lines if line.open and not line.closed_in_error]
    if not order.promised or not left or min(line.promise for line in left) < moment:
        return False
    return not any(_shipped_late(line) for line in order.lines if line.closed != "cancelled")


def _shipped_late(line: Line) -> bool:
    """Whether the line is in full, or accepted as that, and came to be so after its promise."""
    stated = [(moment, quantity, 0) for moment, quantity in line.ordered_log]
    left = [(moment, 0, quantity) for moment, quantity in line.shipped_log]
    ordered, shipped, full_at = 0, 0, None
    for moment, now, more in sorted(stated + left, key=lambda entry: entry[0]):
        ordered, shipped = (now, shipped) if more == 0 else (ordered, shipped + more)
        full_at = None if shipped < ordered else moment if full_at is None else full_at
    if full_at is None and line.closed == "complete":
        full_at = line.closed_at
    return full_at is not None and full_at > line.promise


def promise_held(line: Line, rules: OutcomeRules) -> float | None:
    """The date that the line is held to by all that was said of it, hours; ``None`` where there is none."""
    asked = [date for _, date, by in line.promise_log if by == REQUESTED]
    promised = [(date, by) for _, date, by in line.promise_log if by != REQUESTED]
    by_customer = [date for date, by in promised if by == "customer"]
    if rules.promise == "requested" and asked:
        return asked[-1]
    if rules.promise == "customer" and by_customer:
        return by_customer[-1]
    if not promised:
        return None
    return promised[-1][0] if rules.promise == "last" else promised[0][0]


def judge_commitment(commitment: Commitment, rules: OutcomeRules | None = None, weekday: int = 0) -> int:
    """The outcome against the promises: shipped up to each, against the quantity in force then.

    Parameters
    ----------
    rules : what counts as on time and in full
    weekday : of the plant's first day, 0 for Monday
    """
    rules = rules or OutcomeRules()
    results = [_judge_line(line, promise, commitment.moment, rules, weekday) for line, promise in commitment.promises]
    counted = [result for result in results if result != CANCELLED]
    if not counted:
        return CANCELLED
    if all(result == ON_TIME_IN_FULL for result in counted):
        return ON_TIME_IN_FULL
    return MISSED if all(result == MISSED for result in counted) else PARTIAL


def _first_moment(promise: float, rules: OutcomeRules, weekday: int) -> float:
    """When the window opens in which delivery counts, hours."""
    if rules.earliest is None:
        return -1.0
    day, left = int(promise // DAY), rules.earliest
    while left:
        day -= 1
        left -= (day + weekday) % WEEK < WORKING_DAYS
    return day * DAY


def _judge_line(line: Line, promise: float, held_since: float, rules: OutcomeRules, weekday: int) -> int:
    """What became of a line that is held to a promise since a moment; what had been stated by either counts.

    Of a line closed as complete the customer wants no more than has shipped.
    """
    opens, promise = _first_moment(promise, rules, weekday), promise + rules.late * DAY
    counts_until = max(promise, held_since)
    stated = [reason for moment, reason in line.closed_log if moment <= counts_until]
    if stated and stated[-1] == "cancelled":
        return CANCELLED
    ordered = [quantity for moment, quantity in line.ordered_log if moment <= counts_until][-1]
    most = float("inf") if rules.over_delivery is None else ordered * (1 + rules.over_delivery) + ROUNDING
    if line.closed == "complete":
        ordered = min(ordered, line.shipped)
    shipped = sum(quantity for moment, quantity in line.shipped_log if opens <= moment <= promise)
    if ordered * (1 - rules.under_delivery) - ROUNDING <= shipped <= most:
        return ON_TIME_IN_FULL
    return PARTIAL if shipped > 0 else MISSED
