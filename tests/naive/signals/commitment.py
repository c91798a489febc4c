"""What was promised, and how the promise moved."""

from __future__ import annotations

from features.events.schema import MICRO
from features.times import DAY
from tests.naive import commitments
from tests.naive.commitments import due, last_due
from tests.naive.events import NAN, Event, days_between, prefixes, share
from tests.naive.registry import twin
from tests.naive.seen import Seen


@twin
def days_to_promise(seen: Seen) -> float:
    return days_between(seen.as_of, seen.due)


@twin
def promised_lead_time(seen: Seen) -> float:
    return days_between(seen.events[0].recorded_at, seen.due) if seen.events else NAN


@twin
def order_age(seen: Seen) -> float:
    return seen.days_since(seen.events[0].recorded_at) if seen.events else NAN


def _moves(seen: Seen) -> list[tuple[Event, float]]:
    """Each new promise that moved the order's due date, and by how many days."""
    found = []
    for known in prefixes(seen.events):
        before, now = due(known[:-1]), due(known)
        if known[-1].type == "commitment.changed" and before is not None and now is not None and now != before:
            found.append((known[-1], (now - before) / DAY))
    return found


@twin
def promise_moves(seen: Seen) -> float:
    return len(_moves(seen))


@twin
def promise_moves_by_plant(seen: Seen) -> float:
    return sum(event.actor == "plant" for event, _ in _moves(seen))


@twin
def promise_moves_by_customer(seen: Seen) -> float:
    return sum(event.actor == "customer" for event, _ in _moves(seen))


@twin
def promise_moved(seen: Seen) -> float:
    return sum(days for _, days in _moves(seen))


@twin
def promise_spread(seen: Seen) -> float:
    return days_between(seen.due, last_due(seen.events))


@twin
def quantity_changes(seen: Seen) -> float:
    return len(commitments.quantity_changes(seen.events))


@twin
def ordered_quantity_change(seen: Seen) -> float:
    return share(seen.ordered, commitments.first_ordered(seen.events) / MICRO) - 1
