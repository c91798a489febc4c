"""The risk of orders in states along their lives, and the topics that make it up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints, Mask
from features.catalogue.topics import TOPICS
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.events.text import Texts
from features.history import History
from features.known.known import Known
from features.pipeline.computation import compute
from features.pipeline.table import states
from training.explanation.topics import points_by_topic
from training.model.morning import levels_of
from training.model.risk_model import RiskModel
from training.ship_date.forecast import NO_DATE, days_won, forecast_known, is_day

BASE = "base"
PARTS = (BASE, *TOPICS)
"""What a risk is the sum of: the base risk of its model, and the points of each topic."""
LINES_AT_ONCE = 1 << 16
"""Lines of states that are computed at a time: an order of many lines and events has each of them in each state."""
OF_TIME = PARTS.index("work")
"""The topic of what is certain once a promise has passed."""


@dataclass(frozen=True)
class ScoredStates:
    """The risks of (n,) states.

    Attributes
    ----------
    state : (n,) of the order: open, late, shipped, ...
    risk : (n,) probability; 1 where a promise has passed, NaN where the order has no risk: nothing of it is known,
        nothing is promised yet, or all of it has shipped or is cancelled
    parts : (n, n_parts) what an open order's risk is the sum of, in the order of ``PARTS``; NaN for others
    expected : (n,) the day by which it is as likely as not that everything has shipped, days since 1970-01-01;
        ``BEYOND`` those asked about, ``NO_DATE`` where none is asked for or none is foretold
    """

    state: Texts
    risk: Floats
    parts: Floats
    expected: Ints

    def __len__(self) -> int:
        return len(self.risk)

    def take(self, rows: Ints) -> ScoredStates:
        """Some of the states."""
        return ScoredStates(self.state[rows], self.risk[rows], self.parts[rows], self.expected[rows])

    @classmethod
    def join(cls, *some: ScoredStates) -> ScoredStates:
        """Those of one after those of the other."""
        return cls(*(np.concatenate([getattr(one, name) for one in some]) for name in cls.__dataclass_fields__))


def score_states(
    model: RiskModel | None, history: History, points: DecisionPoints, context: Context, *, ship_dates: bool = False
) -> ScoredStates:
    """The risk of each state, bit for bit as the orders are scored one by one; without a model open orders have none.

    Parameters
    ----------
    points : (n,) sorted by order, moment and what is known
    context : load, track record and levels of all orders
    ship_dates : whether the days are asked for too on which open and late orders ship
    """
    scored = [
        _score(model, history, points.take(rows), context, ship_dates=ship_dates) for rows in batches(history, points)
    ]
    return ScoredStates.join(*scored)


def batches(history: History, points: DecisionPoints) -> list[Ints]:
    """States in their order, so many at a time that their lines are not much more than ``LINES_AT_ONCE``."""
    lines = np.cumsum(np.maximum(history.lines[points.order], 1))
    return np.split(np.arange(len(points)), np.flatnonzero(np.diff(lines // LINES_AT_ONCE)) + 1)


def _score(
    model: RiskModel | None, history: History, points: DecisionPoints, context: Context, *, ship_dates: bool
) -> ScoredStates:
    known = Known(history, points, context)
    state = states(known)
    risk = np.where(state == "late", 1.0, np.nan)
    parts = np.full((len(points), len(PARTS)), np.nan)
    expected = np.full(len(points), NO_DATE, dtype=np.int64)
    dates = model.ship_dates if model is not None and ship_dates else None
    rows = np.flatnonzero((state == "open") | ((state == "late") & (dates is not None)))
    if len(rows) and model is not None:
        signals = compute(history, points.take(rows), context, model.names, threads=1)
        is_open = state[rows] == "open"
        if is_open.any():
            risk[rows[is_open]], parts[rows[is_open]] = _explained(model, known, rows[is_open], signals[is_open])
        if dates is not None:
            forecast = forecast_known(dates, model.names, signals, known, rows, ~is_open, risk[rows])
            expected[rows] = forecast.expected
    known.close()
    return ScoredStates(state, risk, parts, expected)


def _explained(model: RiskModel, known: Known, rows: Ints, signals: Floats) -> tuple[Floats, Floats]:
    """(n,) the risks of open orders, and (n, n_parts) what they are the sum of."""
    plants = known.first_word("plant")[rows]
    predicted, explanation = model.predict_and_explain(signals, levels_of(model, known.context).terms(plants))
    shares = explanation.points()
    base = np.full((len(rows), 1), shares.base_risk)
    return predicted.risk, np.hstack([base, points_by_topic(model.names, shares.signals, shares.level)])


def days_won_by_step(expected: Ints) -> list[int | None]:
    """Days by which each of (n,) states of one path is expected to ship sooner than the last before it that had a day.

    Less than nothing where it ships later; ``None`` where no day is expected, or none was before.
    """
    won: list[int | None] = []
    last = NO_DATE
    for day in expected.tolist():
        won.append(days_won(last, day))
        last = day if is_day(day) else last
    return won


@dataclass(frozen=True)
class Differences:
    """What each of (n,) states changed of the one before it in its path.

    Attributes
    ----------
    before : (n,) the last risk there was, NaN where there was none
    points : (n,) the risk less ``before``; 0 where there is no risk, or was none before
    parts : (n, n_parts) what ``points`` is the sum of
    """

    before: Floats
    points: Floats
    parts: Floats


def differences(path: Ints, scored: ScoredStates) -> Differences:
    """What changed from state to state; the steps of a path add up to its last risk less its first.

    An order without a risk keeps the last it had: the steps in which it ships or is cancelled add nothing, and one that
    is open again changes that last risk. What makes an order late adds its points to the topic of time.

    Parameters
    ----------
    path : (n,) which path each state belongs to; those of a path stand together, in their order
    """
    begins = np.append(True, path[1:] != path[:-1])[: len(path)]
    held, parts = _held(begins, scored.risk), scored.parts.copy()
    late = np.isnan(parts[:, 0]) & ~np.isnan(scored.risk)
    explained = _held(begins, np.where(np.isnan(parts[:, 0]), np.nan, np.arange(len(path), dtype=np.float64)))
    was = np.where(np.isnan(explained), -1, explained).astype(np.int64)
    parts[late] = np.where(was[late, None] >= 0, scored.parts[was[late]], _only_base(scored.parts))
    parts[late, OF_TIME] += scored.risk[late] - parts[late].sum(axis=1)
    latest = _held(begins, np.where(np.isnan(scored.risk), np.nan, np.arange(len(path), dtype=np.float64)))
    latest_parts = parts[np.where(np.isnan(latest), 0, latest).astype(np.int64)]
    changed = _follows(begins) & ~np.isnan(_before(begins, held))
    before = _before(begins, held)
    points = np.where(changed, held - before, 0.0)
    return Differences(before, points, np.where(changed[:, None], latest_parts - np.roll(latest_parts, 1, axis=0), 0.0))


def _only_base(parts: Floats) -> Floats:
    """(n_parts,) the base risk of the first state that is explained, and nothing else."""
    base = np.zeros(len(PARTS))
    explained = parts[~np.isnan(parts[:, 0]), 0]
    base[0] = explained[0] if len(explained) else 0.0
    return base


def _follows(begins: Mask) -> Mask:
    return np.asarray(~begins)


def _before(begins: Mask, values: Floats) -> Floats:
    """(n,) the value of the state before in the path, NaN for the first."""
    return np.where(begins, np.nan, np.roll(values, 1))


def _held(begins: Mask, values: Floats) -> Floats:
    """(n,) the last value of its path that is a number, NaN before the first."""
    place = np.arange(len(values))
    first = np.maximum.accumulate(np.where(begins, place, 0))
    given = np.maximum.accumulate(np.where(np.isnan(values), -1, place))
    return np.where(given >= first, values[np.maximum(given, 0)], np.nan)
