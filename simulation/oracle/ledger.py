"""The truth: what became of an order, judged like ``features.outcomes`` but from what happened, not from records."""

from __future__ import annotations

from dataclasses import dataclass

from features.outcomes import CANCELLED, MISSED, ON_TIME_IN_FULL, PARTIAL
from features.policy import OutcomeRules
from simulation.plant.calendar import DAY
from simulation.plant.state import REQUESTED, Line, Order
from simulation.plant.stays import FOREVER

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


def lines_to_ship(order: Order) -> list[Line]:
    """The promised lines of which something is left to ship; one closed in error is not until it is reopened."""
    return [line for line in order.lines if order.promised and line.open and not line.closed_in_error]


def is_open(order: Order, moment: float) -> bool:
    """Whether there is a promise and something left to ship, no promise has passed, and none was kept too late."""
    return bool(lines_to_ship(order)) and not _has_failed(order, moment)


def is_late(order: Order, moment: float) -> bool:
    """Whether there is something left to ship, and a promise has passed or was kept too late."""
    return bool(lines_to_ship(order)) and _has_failed(order, moment)


def _has_failed(order: Order, moment: float) -> bool:
    if any(line.promise < moment for line in lines_to_ship(order)):
        return True
    return any(line.promise < full_at(line) < FOREVER for line in order.lines if line.closed != "cancelled")


def full_at(line: Line, rules: OutcomeRules | None = None) -> float:
    """Since when the line is in full, hours: enough had left, less was wanted, or it was accepted as that.

    ``FOREVER`` where it is not, as where it was closed short.
    """
    enough = 1 - (rules or OutcomeRules()).under_delivery
    stated = [(moment, quantity, 0) for moment, quantity in line.ordered_log]
    left = [(moment, 0, quantity) for moment, quantity in line.shipped_log]
    ordered, shipped, since = 0, 0, FOREVER
    for moment, now, more in sorted(stated + left, key=lambda entry: entry[0]):
        ordered, shipped = (now, shipped) if more == 0 else (ordered, shipped + more)
        since = FOREVER if shipped < ordered * enough - ROUNDING else min(since, moment)
    return line.closed_at if since == FOREVER and line.closed == "complete" else since


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


def shipped_at(commitment: Commitment, rules: OutcomeRules | None = None, judged_at: float = FOREVER) -> float:
    """When the last of all that the order is owed had left, hours: each line in full, by the quantity in force.

    ``FOREVER`` where a line is not, as where it was closed short; not a number where the order was cancelled. What
    ``judge_commitment`` says of a line against a promise that is ahead holds here, too: cancelled by then, it has left
    the order and is owed nothing from then on; given up later, it has failed; closed as complete by ``judged_at``,
    it is in full since its last piece left. A line whose promise had passed has nothing left to fail: it has
    left the order whenever it is given up, and is in full when less is wanted.

    Parameters
    ----------
    rules : what counts as in full; of them ``under_delivery`` and ``late``
    judged_at : when the outcome was judged, hours
    """
    rules = rules or OutcomeRules()
    ends, cancelled = [], True
    for line, promise in commitment.promises:
        held_until = promise + rules.late * DAY
        ahead = held_until >= commitment.moment
        withdrawn = _cancelled_at(line, held_until if ahead else FOREVER)
        end = full_at(line, rules) if withdrawn is None else withdrawn
        if ahead and line.closed == "complete" and line.closed_at <= judged_at and line.shipped_log:
            end = min(end, max(commitment.moment, line.shipped_log[-1][0]))
        ends.append(end)
        cancelled &= withdrawn is not None
    return float("nan") if cancelled else max(ends)


def _cancelled_at(line: Line, until: float) -> float | None:
    """When the line was cancelled by what had been stated until then; ``None`` where it was not."""
    stated = [(moment, reason) for moment, reason in line.closed_log if moment <= until]
    return stated[-1][0] if stated and stated[-1][1] == "cancelled" else None


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
    if _cancelled_at(line, counts_until) is not None:
        return CANCELLED
    ordered = [quantity for moment, quantity in line.ordered_log if moment <= counts_until][-1]
    most = float("inf") if rules.over_delivery is None else ordered * (1 + rules.over_delivery) + ROUNDING
    if line.closed == "complete":
        ordered = min(ordered, line.shipped)
    shipped = sum(quantity for moment, quantity in line.shipped_log if opens <= moment <= promise)
    if ordered * (1 - rules.under_delivery) - ROUNDING <= shipped <= most:
        return ON_TIME_IN_FULL
    return PARTIAL if shipped > 0 else MISSED
