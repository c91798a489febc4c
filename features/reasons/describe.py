"""Which situation each topic of an order is in, and what to say of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from features.arrays import Floats, Ints
from features.catalogue.signal import Signal
from features.catalogue.topics import TOPICS
from features.reasons.changes import CHANGES
from features.reasons.conditions import CONDITIONS, most_met
from features.reasons.facts import OrderFacts
from features.reasons.holds import HOLDS
from features.reasons.material import MATERIAL
from features.reasons.order import ORDER
from features.reasons.plant import PLANT
from features.reasons.quality import QUALITY, few_failures
from features.reasons.records import RECORDS
from features.reasons.situation import EITHER, Situation, Statement, always, speaks_against
from features.reasons.truck import TRUCK, in_time
from features.reasons.work import WORK, against_the_work, for_the_work

SITUATIONS: dict[str, tuple[Situation, ...]] = {
    "material": MATERIAL,
    "holds": HOLDS,
    "work": WORK,
    "quality": QUALITY,
    "conditions": CONDITIONS,
    "truck": TRUCK,
    "changes": CHANGES,
    "records": RECORDS,
    "plant": PLANT,
    "order": ORDER,
}
"""By topic, in the order in which they are asked; the first that holds is the one."""


Counter = Callable[[OrderFacts], Statement | None]
FOR: dict[str, Counter] = {
    "work": for_the_work,
    "changes": for_the_work,
    "quality": few_failures,
    "conditions": most_met,
    "truck": in_time,
}
"""By topic, what may speak for an order where its situation speaks against it."""
AGAINST: dict[str, Counter] = {"work": against_the_work}
"""By topic, what may speak against an order where its situation speaks for it."""


class Description(NamedTuple):
    """A topic of one order: its situation, what is said of it, and what speaks the other way, if anything does."""

    situation: Situation
    statement: Statement
    counter: Statement | None = None


def describe(topic: str, facts: OrderFacts, rises: bool) -> Description:
    """What a topic says of an order; ``rises`` is whether it adds to the risk."""
    situation = next(one for one in SITUATIONS[topic] if one.holds(facts.signal))
    counters = AGAINST if rises else FOR
    statement = situation.say(facts, rises)
    ask = counters.get(topic) if speaks_against(situation.tone, rises) and not statement.is_weighed else None
    counter = ask(facts) if ask else None
    return Description(situation, statement, None if counter and counter.text == statement.text else counter)


def describe_signal(signal: Signal, value: float) -> Description:
    """What a signal by itself says of an order: its own sentence, good or bad by the direction it declares."""
    statement = Statement(signal.sentence(value), needs="such", graded_by=signal.name)
    tone = signal.direction if value == value else EITHER
    return Description(Situation(signal.name, always, lambda _facts, _rises: statement, tone), statement)


def situations_of(names: list[str], signals: Floats) -> Ints:
    """(n, n_topics) the place of the situation that each topic of a row is in, topics in the order of ``TOPICS``.

    Parameters
    ----------
    signals : (n, n_signals) columns ``names``; a signal that is not among them is missing
    """
    columns = {name: signals[:, place] for place, name in enumerate(names)}
    missing = np.full(len(signals), np.nan)

    def values(name: str) -> Floats:
        return columns.get(name, missing)

    with np.errstate(invalid="ignore"):
        return np.stack([_first(SITUATIONS[topic], values, len(signals)) for topic in TOPICS], axis=1)


def _first(situations: tuple[Situation, ...], values: Callable[[str], Any], n: int) -> Ints:
    """(n,) the place of the first situation that holds."""
    holds = np.stack([np.broadcast_to(one.holds(values), n) for one in situations])
    return np.asarray(holds.argmax(axis=0))
