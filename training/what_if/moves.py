"""Moves worth trying: what a model answers to each feasible move of some orders, all in one batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.arrays import Ints
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.errors import InvalidRequest
from features.events.columns import Columns
from features.history import History
from features.what_if.copies import stated, with_events
from features.what_if.moves import Move, feasible_moves
from features.what_if.words import KINDS, headline
from training.model.risk_model import RiskModel
from training.what_if.answer import Answer, answer_of, risks_by_topic

NONE = 0.001
"""A difference below a tenth of a point is none."""


@dataclass(frozen=True)
class WeighedMove:
    """A move and what the model answers to it.

    Attributes
    ----------
    order_id, due : the order, and when it is due, microseconds
    removed : risk that it takes away, probability; all of it where nothing is left to ship after the move
    value : of what is to ship, the plant's currency; ``None`` where it is not stated
    """

    order_id: str
    move: Move
    answer: Answer
    removed: float
    value: float | None = None

    @property
    def worth_trying(self) -> bool:
        """Whether it takes risk away."""
        return self.removed >= NONE

    @property
    def is_defect(self) -> bool:
        """Whether it can only help, and the model answers with more risk."""
        return self.move.helps and self.removed <= -NONE

    @property
    def value_removed(self) -> float | None:
        """Value at risk that it takes away."""
        return None if self.value is None else self.value * self.removed


def weigh_moves(
    model: RiskModel,
    history: History,
    points: DecisionPoints,
    context: Context | None = None,
    zone: str = "UTC",
    values: Sequence[float | None] | None = None,
) -> list[WeighedMove]:
    """Every feasible move of some orders at their moments, those that take most risk away first; ties as they come.

    What several moves of one order take away does not add up.

    Parameters
    ----------
    points : (n,) an order once
    context : load, track record and levels of all orders; the model's own where ``None``
    values : (n,) of what is to ship of each order
    """
    pairs = list(zip(points.order.tolist(), points.as_of.tolist(), strict=True))
    found = [(place, move) for place, pair in enumerate(pairs) for move in feasible_moves(history, *pair, zone)]
    if not found:
        return []
    moved = np.array([place for place, _ in found], dtype=np.int64)
    own = np.unique(moved)
    of_copies = np.append(own, moved)
    variants = with_events(
        history, points.take(of_copies), *_statements([move for _, move in found], points.as_of[moved], len(own))
    )
    looked = DecisionPoints(np.arange(len(of_copies)), points.as_of[of_copies])
    risks = risks_by_topic(model, variants, looked, model.context if context is None else context)
    weighed = []
    for number, (place, move) in enumerate(found):
        answer = answer_of(risks, int(np.searchsorted(own, place)), len(own) + number)
        value = None if values is None else values[place]
        order_id = str(history.order_ids[points.order[place]])
        weighed.append(WeighedMove(order_id, move, answer, _removed(answer), value))
    return sorted(weighed, key=lambda one: -one.removed)


def _statements(moves: Sequence[Move], as_of: Ints, first: int) -> tuple[Columns, Ints]:
    """The events of all moves, and the copy that each is added to; those of the first move to the copy ``first``."""
    count = [len(move.statements) for move in moves]
    every = [statement for move in moves for statement in move.statements]
    return stated(every, np.repeat(as_of, count)), first + np.repeat(np.arange(len(moves)), count)


def _removed(answer: Answer) -> float:
    """An order that is shipped by the move in time has no risk left; one that is late has all."""
    if answer.before is None:
        raise InvalidRequest(f"a move must be one of an open order, got one that is {answer.state[0]}")
    return answer.before - (0.0 if answer.after is None else answer.after)


def best_of_each(moves: Iterable[WeighedMove]) -> list[WeighedMove]:
    """Of moves in their order, the first of each order that is worth trying: only such add up."""
    best: dict[str, WeighedMove] = {}
    for move in moves:
        if move.worth_trying:
            best.setdefault(move.order_id, move)
    return list(best.values())


def headlines(moves: Iterable[WeighedMove]) -> list[dict[str, Any]]:
    """By kind, what the best moves of each order take off the list, the most points first; and how it is said."""
    moves = list(moves)
    totals = []
    for kind in KINDS:
        of_kind = best_of_each(move for move in moves if move.move.kind == kind)
        if of_kind:
            totals.append({"kind": kind, **total(of_kind, kind)})
    return sorted(totals, key=lambda one: -float(one["points"]))


def total(moves: Sequence[WeighedMove], kind: str | None = None) -> dict[str, Any]:
    """What moves of different orders take off the list together, points in probability; and how it is said."""
    points = sum(move.removed for move in moves)
    given = [move.value_removed for move in moves if move.value_removed is not None]
    value = sum(given) if given else None
    return {
        "moves": len(moves),
        "points": points,
        "value_at_risk": value,
        "sentence": headline(kind, len(moves), points, value),
    }
