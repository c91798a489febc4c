"""Moves worth trying: what a model answers to each feasible move of some orders, many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf, isfinite, isnan, nan
from typing import Any

import numpy as np

from features.arrays import Ints
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.engine.ordering import known_until
from features.errors import InvalidRequest
from features.events.columns import Columns
from features.history import History
from features.what_if.copies import MOST_COPIED, stated, with_events
from features.what_if.moves import MOST_STATEMENTS, Move, feasible_moves
from features.what_if.words import KINDS, headline
from training.change.states import ScoredStates, score_states
from training.model.risk_model import RiskModel
from training.ship_date.curve import BEYOND
from training.ship_date.forecast import NO_DATE, days_won, is_day
from training.what_if.answer import Answer, answer_of

LEAST_WORTH = 0.005
"""Risk that a move worth trying takes away, in probability: less is none in the whole percents that people read."""
NONE = 0.001
"""A difference below a tenth of a point is none."""
MOST_MOVES = 40
"""Moves of one order that are weighed, the first in the order of ``features.what_if.moves.feasible_moves``."""
Found = tuple[int, Move]
"""The place of an order among those that are asked about, and one of its moves."""


@dataclass(frozen=True)
class WeighedMove:
    """A move and what the model answers to it.

    Attributes
    ----------
    order_id, due : the order, and when it is due, microseconds
    removed : risk that it takes away, probability; all of it where nothing is left to ship after the move; nothing of a
        late order, whose risk is certain
    value : of what is to ship, the plant's currency; ``None`` where it is not stated
    sooner : days by which the expected ship date comes forward, to today where nothing is left to ship after the move;
        infinite where it was later than any day asked about, NaN where none is foretold
    """

    order_id: str
    move: Move
    answer: Answer
    removed: float
    value: float | None = None
    sooner: float = nan

    @property
    def is_of_late(self) -> bool:
        """Whether its order is late: its risk is certain, and what a move can win is days."""
        return self.answer.state[0] == "late"

    @property
    def worth_trying(self) -> bool:
        """Whether it wins a day for a late order, or takes so much risk from another that whole percents show it."""
        return self.sooner >= 1 if self.is_of_late else self.takes_risk

    @property
    def days_won(self) -> int | None:
        """Days by which the expected ship date comes forward; ``None`` where no number says it."""
        return int(self.sooner) if isfinite(self.sooner) else None

    @property
    def takes_risk(self) -> bool:
        """Whether it takes so much risk away that whole percents can show it."""
        return self.removed >= LEAST_WORTH

    @property
    def is_defect(self) -> bool:
        """Whether it can only help, and the model answers with more risk."""
        return self.move.helps and self.removed <= -NONE

    @property
    def value_removed(self) -> float | None:
        """Value at risk that it takes away."""
        return None if self.value is None else self.value * self.removed


@dataclass(frozen=True)
class Weighing:
    """Moves that were weighed and what was not.

    Those that take most risk away come first, then those of late orders, which bring their ship date most days forward.

    Attributes
    ----------
    not_tried : feasible moves beyond ``MOST_MOVES`` of their order, or of more events than one what-if takes
    skipped : orders whose moves were not looked for, as those before them took what may be copied
    """

    moves: list[WeighedMove]
    not_tried: int = 0
    skipped: int = 0


def weigh_moves(
    model: RiskModel,
    history: History,
    points: DecisionPoints,
    context: Context | None = None,
    zone: str = "UTC",
    values: Sequence[float | None] | None = None,
) -> list[WeighedMove]:
    """The moves of ``weigh``, of every order."""
    return weigh(model, history, points, context, zone, values).moves


def weigh(
    model: RiskModel,
    history: History,
    points: DecisionPoints,
    context: Context | None = None,
    zone: str = "UTC",
    values: Sequence[float | None] | None = None,
    *,
    wanted: Callable[[Move], bool] = lambda _: True,
    most_copied: int | None = None,
) -> Weighing:
    """The feasible moves of some orders at their moments, the best first as ``Weighing`` says; ties as they come.

    Of each order the first ``MOST_MOVES`` are weighed. What several moves of one order take away does not add up.

    Parameters
    ----------
    points : (n,) an order once; the first are looked at first
    context : load, track record and levels of all orders; the model's own where ``None``
    values : (n,) of what is to ship of each order
    wanted : which moves to weigh; the others do not count
    most_copied : events that may be copied in all; an order that could go beyond it is skipped
    """
    known = known_until(history.first, history.recorded, points.order, points.as_of) - history.first[points.order]
    found: list[Found] = []
    not_tried = skipped = copied = 0
    for place, events in enumerate(known.tolist()):
        if most_copied is not None and copied + events * (1 + MOST_MOVES) > most_copied:
            skipped += 1
            continue
        feasible = feasible_moves(history, int(points.order[place]), int(points.as_of[place]), zone)
        moves = [move for move in feasible if wanted(move)]
        tried = [move for move in moves if len(move.statements) <= MOST_STATEMENTS][:MOST_MOVES]
        found += [(place, move) for move in tried]
        not_tried += len(moves) - len(tried)
        copied += events * (1 + len(tried))
    weighed = [
        one
        for some in _batches(found, known.tolist())
        for one in _weigh_at_once(model, history, points, model.context if context is None else context, some, values)
    ]
    return Weighing(sorted(weighed, key=_rank), not_tried, skipped)


def _rank(one: WeighedMove) -> tuple[bool, float]:
    if not one.is_of_late:
        return False, -one.removed
    return True, inf if isnan(one.sooner) else -one.sooner


def _batches(found: Iterable[Found], known: Sequence[int]) -> Iterator[list[Found]]:
    """Moves to weigh at once: at most ``MOST_COPIED`` events are copied for them, or one move's and its order's.

    ``known`` (n,) are the events of each order; each batch has a copy of every order as it stands.
    """
    batch: list[Found] = []
    size = 0
    for place, move in found:
        own = known[place] + len(move.statements)
        more = own if batch and batch[-1][0] == place else own + known[place]
        if batch and size + more > MOST_COPIED:
            yield batch
            batch, size, more = [], 0, own + known[place]
        batch.append((place, move))
        size += more
    if batch:
        yield batch


def _weigh_at_once(
    model: RiskModel,
    history: History,
    points: DecisionPoints,
    context: Context,
    found: Sequence[Found],
    values: Sequence[float | None] | None,
) -> list[WeighedMove]:
    moved = np.array([place for place, _ in found], dtype=np.int64)
    own = np.unique(moved)
    of_copies = np.append(own, moved)
    variants = with_events(
        history, points.take(of_copies), *_statements([move for _, move in found], points.as_of[moved], len(own))
    )
    looked = DecisionPoints(np.arange(len(of_copies)), points.as_of[of_copies])
    scored = score_states(model, variants, looked, context, ship_dates=True)
    today = context.calendar.day(points.as_of)
    weighed = []
    for number, (place, move) in enumerate(found):
        before, after = int(np.searchsorted(own, place)), len(own) + number
        answer = answer_of(scored, before, after)
        value = None if values is None else values[place]
        order_id = str(history.order_ids[points.order[place]])
        sooner = _sooner(scored, before, after, int(today[place]))
        weighed.append(WeighedMove(order_id, move, answer, _removed(answer), value, sooner))
    return weighed


def _sooner(scored: ScoredStates, before: int, after: int, today: int) -> float:
    first, second = int(scored.expected[before]), int(scored.expected[after])
    if scored.state[after] == "shipped" and first != NO_DATE:
        second = today
    won = days_won(first, second)
    if won is None:
        return inf if first == BEYOND and is_day(second) else nan
    return won


def _statements(moves: Sequence[Move], as_of: Ints, first: int) -> tuple[Columns, Ints]:
    """The events of all moves, and the copy that each is added to; those of the first move to the copy ``first``."""
    count = [len(move.statements) for move in moves]
    every = [statement for move in moves for statement in move.statements]
    return stated(every, np.repeat(as_of, count)), first + np.repeat(np.arange(len(moves)), count)


def _removed(answer: Answer) -> float:
    """An order that is shipped by the move in time has no risk left; one that is late has all, whatever is done."""
    if answer.before is None:
        raise InvalidRequest(f"a move must be one of an open or late order, got one that is {answer.state[0]}")
    if answer.state[0] == "late":
        return 0.0
    return answer.before - (0.0 if answer.after is None else answer.after)


def best_of_each(moves: Iterable[WeighedMove]) -> list[WeighedMove]:
    """Of moves in their order, the first of each order that takes risk away: only such add up."""
    best: dict[str, WeighedMove] = {}
    for move in moves:
        if move.takes_risk:
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
