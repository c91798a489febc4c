"""What the outcome policy makes of each event: which statements a line is held to, and what excuses it.

The rules of an order are those of the customer and the plant that its records name first, from when they name them.
What they make of an event is one integer, so that the loops over lines read no more than they did without a policy:

- of an event that closes a line, how it does so (``NOT_CLOSED`` and what follows it);
- of one that states a date, what that is to the promise the line is held to (``LATEST`` and what follows it);
- whether its reason excuses the line;
- of one that orders a quantity, the tolerance of the line.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from features.arrays import Ints, Mask
from features.events.schema import MICRO, TYPE_CODE
from features.history import History
from features.jit import compiled_inline
from features.policy import OutcomeRules
from features.times import DAY, NEVER, plant_calendar

CREATED = TYPE_CODE["order_line.created"]
CHANGED = TYPE_CODE["order_line.changed"]
CLOSED = TYPE_CODE["order_line.closed"]
PROMISED = TYPE_CODE["commitment.changed"]
REQUESTED = TYPE_CODE["commitment.requested"]
ISSUED = TYPE_CODE["goods.issued"]
RETURNED = TYPE_CODE["goods.returned"]
NOT_CLOSED, COMPLETE, SHORT, CANCELLED_LINE = 0, 1, 2, 3
"""How a line is closed: what shipped is accepted as all of it, or not, or nothing is wanted any more."""
CLOSINGS = {"complete": COMPLETE, "short": SHORT, "cancelled": CANCELLED_LINE}
LATEST, FIRST, REQUEST = 0, 1, 2
"""What a date is to the promise a line is held to: the latest of these counts; or the first of these, while there is
none of the others; or it is what the customer asks for, the latest of which counts and which promises nothing."""
CODE, EXCUSES, OWN, TOLERANCE = 3, 4, 8, 4
"""Where the parts of the integer are: the bits of the code, the bit that excuses, the bit that tells a line's own
tolerance, and the place of the tolerance: one more than its millionths, 0 where none is stated."""
GRACE, OVER = 0, 1
"""The columns of the terms: the grace in microseconds, the over-delivery in millionths, -1 where any is in full."""
ASKED = ("customer", "agreed")
"""Who moves a promise as the customer asked or agreed to; who orders a line says nothing of its date."""


def rules_in_force(history: History) -> tuple[list[OutcomeRules], Ints]:
    """The rules there are, and (n_events,) which of them hold for the order after each event."""
    return history.once(("rules in force",), lambda: _rules_in_force(history))


def _rules_in_force(history: History) -> tuple[list[OutcomeRules], Ints]:
    policy = history.policy
    if not policy.by_customer and not policy.by_plant:
        return [policy.rules], np.zeros(history.n_events, dtype=np.int64)
    customer, plant = (_first_word(history, dimension) for dimension in ("customer", "plant"))
    words = [[*history.coded[dimension].words, None] for dimension in ("customer", "plant")]
    pairs, index = np.unique(np.stack([customer, plant]), axis=1, return_inverse=True)
    rules = [policy.rules_of(words[0][one], words[1][other]) for one, other in pairs.T]
    return rules, index.reshape(-1)


def _first_word(history: History, dimension: str) -> Ints:
    """(n_events,) the code of the word that the order named first, once it has; -1 until then."""
    codes = history.coded[dimension].codes
    named = np.flatnonzero(codes >= 0)
    order, first = np.unique(history.order[named], return_index=True)
    position = np.full(history.n_orders, history.n_events, dtype=np.int64)
    position[order] = named[first]
    at = position[history.order]
    known = np.arange(history.n_events) >= at
    return np.where(known, codes[np.where(known, at, 0)], -1)


def rules_of_events(history: History) -> Ints:
    """(n_events,) what the policy makes of each event, in one integer."""
    packed = _closings(history) | _own_tolerances(history)
    if history.policy.is_default:
        return packed
    rules, index = rules_in_force(history)
    states = np.isin(history.type, (CREATED, PROMISED, REQUESTED))
    excused = _excused(history, rules, index)
    packed[states] |= _date_codes(history, rules, index, excused)[states]
    reversal = (history.quantity < 0) & (history.quantity != NEVER)
    packed[excused & ~reversal & np.isin(history.type, (CHANGED, CLOSED, ISSUED))] |= EXCUSES
    created = (history.type == CREATED) & (packed & OWN == 0)
    under = np.array([round(each.under_delivery * MICRO) for each in rules], dtype=np.int64)
    packed[created] |= (under[index[created]] + 1) << TOLERANCE
    return packed


def _closings(history: History) -> Ints:
    """(n_events,) how an event closes its line, ``NOT_CLOSED`` where it does not."""
    closes = history.type == CLOSED
    if not closes.any():
        return np.full(history.n_events, NOT_CLOSED, dtype=np.int64)
    return np.where(closes, _reason_codes(history, CLOSINGS), NOT_CLOSED)


def _own_tolerances(history: History) -> Ints | int:
    """(n_events,) what an event that orders a quantity says of its line's tolerance; 0 where none says anything."""
    stated = history.tolerance != NEVER
    if not stated.any():
        return 0
    stated &= np.isin(history.type, (CREATED, CHANGED))
    return np.where(stated, OWN | (np.where(stated, history.tolerance, 0) + 1) << TOLERANCE, 0)


def _reason_codes(history: History, codes: Mapping[str, int]) -> Ints:
    """(n_events,) the code of each event's reason, 0 for any other and for none."""
    reasons = history.coded["reason"]
    of_word = np.array([*(codes.get(word, 0) for word in reasons.words), 0], dtype=np.int64)
    coded: Ints = of_word[reasons.codes]
    return coded


def _excused(history: History, rules: list[OutcomeRules], index: Ints) -> Mask:
    """(n_events,) True where the reason of the event is one that does not count against the plant."""
    excused = np.zeros(history.n_events, dtype=bool)
    for place, each in enumerate(rules):
        if each.excused:
            excused |= (index == place) & (_reason_codes(history, dict.fromkeys(each.excused, 1)) == 1)
    return excused


def _date_codes(history: History, rules: list[OutcomeRules], index: Ints, excused: Mask) -> Ints:
    """(n_events,) what a date that each event states is to the promise that its line is held to."""
    promise, moved = np.array([each.promise for each in rules])[index], history.type == PROMISED
    actors = history.coded["actor"]
    asked = np.array([*(word in ASKED for word in actors.words), False])[actors.codes]
    latest = (promise == "last") | (moved & (excused | ((promise == "customer") & asked)))
    return np.where(history.type == REQUESTED, REQUEST, np.where(latest, LATEST, FIRST))


def types_of_events(history: History) -> Ints:
    """(n_events,) the types; a request is a promise to the lines of orders that are held to what is requested."""
    if history.policy.is_default:
        return history.type
    rules, index = rules_in_force(history)
    held = np.array([each.promise == "requested" for each in rules])
    if not held.any():
        return history.type
    return np.where(held[index] & (history.type == REQUESTED), PROMISED, history.type)


def last_moments(history: History) -> Ints:
    """(n_events,) the dates, those that are promised or requested as the last moment at which delivery counts."""
    if history.policy.is_default:
        return history.date
    rules, index = rules_in_force(history)
    late = np.array([round(each.late * DAY) for each in rules], dtype=np.int64)
    if not late.any():
        return history.date
    states = np.isin(history.type, (CREATED, PROMISED, REQUESTED)) & (history.date != NEVER)
    return np.where(states, history.date + late[index], history.date)


def first_moments(history: History) -> Ints:
    """(n_events,) the first moment at which delivery counts against the date that each event states, NEVER for any."""
    rules, index = rules_in_force(history)
    calendar = plant_calendar(history.policy.zone)
    begins = np.full(history.n_events, NEVER, dtype=np.int64)
    for place, each in enumerate(rules):
        if each.earliest is not None:
            dated = (index == place) & (history.date != NEVER)
            day = calendar.working_days_before(calendar.day(history.date[dated]), each.earliest)
            begins[dated] = calendar.starts_of(day)
    return begins


def terms_of(rules: list[OutcomeRules]) -> Ints:
    """(n_rules, 2) the grace in microseconds and the over-delivery in millionths, -1 where any surplus is in full."""
    over = [-1 if each.over_delivery is None else round(each.over_delivery * MICRO) for each in rules]
    return np.array([[round(each.grace * DAY), most] for each, most in zip(rules, over, strict=True)], dtype=np.int64)


@compiled_inline
def code_of(rule: int) -> int:
    """How an event closes its line, or what its date is to the promise that the line is held to."""
    return rule & CODE


@compiled_inline
def excuses(rule: int) -> bool:
    """Whether the reason of an event excuses its line."""
    return (rule & EXCUSES) != 0


@compiled_inline
def states_tolerance(rule: int) -> bool:
    """Whether an event comes with the tolerance of its line."""
    return (rule >> TOLERANCE) != 0


@compiled_inline
def is_own(rule: int) -> bool:
    """Whether the tolerance that an event comes with is its line's own, and not that of the policy."""
    return (rule & OWN) != 0


@compiled_inline
def tolerance_of(rule: int) -> int:
    """The under-delivery of a line that still counts as in full, millionths."""
    return (rule >> TOLERANCE) - 1
