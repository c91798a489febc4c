"""Every decision point of all orders, built once; data sets as they were known at any moment are read off it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from features.arrays import Floats, Ints
from features.catalogue.registry import catalogue
from features.context.context import Context
from features.decision_points import DecisionPoints, decision_points, late_points
from features.errors import InvalidRequest
from features.history import History
from features.hypothetical import with_moves
from features.known.known import Known
from features.ladder import Rung, on_time_ladder
from features.outcomes import CANCELLED, UNSETTLED, decided_between, outcomes
from features.pipeline.computation import compute
from features.policy import DEFAULT_POLICY, OutcomePolicy
from features.times import DAY, PlantCalendar, isoformat, micros, plant_calendar, timestamps
from training.data.labelled import DENSE_DAYS, LabelCounts, LabelledPoints, looks_before, thin
from training.data.moved_promises import draw_moves, draw_points
from training.data.required_events import moment_of, require_checked, require_what_became

RESCUES = ("expedite", "override")
"""Decisions that are meant to change what happens to an order."""


@dataclass
class Snapshots:
    """``n`` decision points of all orders up to ``until``, sorted by order and moment.

    Attributes
    ----------
    history, context : of everything recorded until ``until``
    points : (n,) orders and moments
    scheme, zone : see ``features.decision_points`` and ``features.times``
    until : microseconds, never after the last record
    asked_until : microseconds, the later end that was asked for; ``None`` where the records reach as far
    moves_seed : draws the moved promises that labelled points have beside them; ``None`` for none of these
    """

    history: History
    context: Context
    points: DecisionPoints
    scheme: str
    zone: str
    until: int
    names: list[str] = field(default_factory=lambda: list(catalogue()))
    asked_until: int | None = None
    moves_seed: int | None = 7

    def __post_init__(self) -> None:
        self._signals = np.empty((len(self.points), len(self.names)))
        self._computed = np.zeros(len(self.points), dtype=bool)
        self._others: dict[str, Snapshots] = {}
        self._late: dict[tuple[int, ...] | None, Snapshots] = {}

    @classmethod
    def of(
        cls,
        events: pd.DataFrame,
        scheme: str = "daily",
        until: object = None,
        zone: str = "UTC",
        policy: OutcomePolicy = DEFAULT_POLICY,
    ) -> Snapshots:
        """The decision points of a validated event table; nothing recorded after ``until`` is read.

        Parameters
        ----------
        scheme : see ``features.decision_points``
        until : ISO 8601 text, timestamp, or microseconds (default: the last record, to which a later one is cut)
        policy : what counts as on time and in full

        Raises ``InvalidEvents`` where it is no such table, or where it tells of orders and not what became of them.
        """
        require_checked(events)
        require_what_became(events)
        moment = moment_of(until)
        known, end = recorded_until(events, moment)
        history = History.of(known, policy)
        calendar = plant_calendar(zone)
        context = replace(Context.of(history, calendar), known_until=end)
        points = decision_points(history, scheme, calendar, until=end)
        asked = moment if moment is not None and moment > end else None
        return cls(history, context, points, scheme, zone, end, asked_until=asked)

    def with_scheme(self, scheme: str) -> Snapshots:
        """Snapshots of these orders at the decision points of another scheme."""
        if scheme == self.scheme:
            return self
        if scheme not in self._others:
            points = decision_points(self.history, scheme, self.calendar, until=self.until)
            self._others[scheme] = replace(self, points=points, scheme=scheme)
        return self._others[scheme]

    def late(self, after: tuple[int, ...] | None = None) -> Snapshots:
        """Snapshots of these orders at starts of day at which they were late, see ``features.decision_points``."""
        found = self._late.get(after)
        if found is None:
            points = late_points(self.history, self.calendar, self.until, after)
            found = self._late[after] = replace(self, points=points, moves_seed=None)
        return found

    @property
    def notice(self) -> str | None:
        """Where the end was cut, one sentence that says so."""
        return None if self.asked_until is None else describe_cut(self.until, self.asked_until)

    @property
    def calendar(self) -> PlantCalendar:
        return plant_calendar(self.zone)

    @cached_property
    def ladder(self) -> list[Rung]:
        """How much was on time in full by each promise, by all that is recorded until the end."""
        return on_time_ladder(self.history, self.until, self.zone)

    def signals(self, rows: Ints) -> Floats:
        """(n_rows, n_signals) of some points; each is computed when it is first asked for."""
        missing = rows[~self._computed[rows]]
        if len(missing):
            self._signals[missing] = compute(self.history, self.points.take(missing), self.context, self.names)
            self._computed[missing] = True
        return self._signals[rows]

    def with_outcomes(self, rows: Ints, until: int) -> LabelledPoints:
        """Some points with what was known of their outcomes at ``until``, or at the last record if that is earlier.

        Those not settled are included. Each row stands for itself alone.
        """
        until = min(until, self.until)
        points = self.points.take(rows)
        outcome, known_at = self._outcomes_of(points, until)
        known = Known(self.history, points, self.context)
        due = known.due()
        return LabelledPoints(
            names=self.names,
            signals=self.signals(rows),
            order=points.order,
            as_of=points.as_of,
            due=due,
            known_at=known_at,
            outcome=outcome,
            weight=np.ones(len(rows)),
            plant=known.first_word("plant"),
            rescued=decided_between(self.history, points.order, points.as_of, np.minimum(due, until), RESCUES),
        )

    def between(self, after: int, until: int) -> LabelledPoints:
        """All points in (after, until], microseconds, with what is known of their outcomes at the end."""
        rows = np.flatnonzero((self.points.as_of > after) & (self.points.as_of <= until))
        return self.with_outcomes(rows, self.until)

    def labelled(
        self, until: int | None = None, dense_days: float = DENSE_DAYS, moves: bool = True
    ) -> tuple[LabelledPoints, LabelCounts]:
        """What a training at ``until`` learns from: outcomes settled by then, fewer looks at orders far from due.

        Parameters
        ----------
        until : microseconds; what lies past the snapshots' own end is taken for that, as silence after it is not known
        dense_days : days before the promise up to which every decision point is taken, see ``thin``
        moves : whether moved promises stand beside them; who only judges or counts saves making them
        """
        end = self.until if until is None else min(until, self.until)
        rows, outcome = self._outcomes_until(end)
        settled = ~np.isin(outcome, (UNSETTLED, CANCELLED))
        orders = int((self.history.recorded[self.history.first[:-1]] <= end).sum())
        unsettled, cancelled = (int((outcome == code).sum()) for code in (UNSETTLED, CANCELLED))
        asked = self.asked_until if until is None else until if until > end else None
        dates = str(isoformat(end)), None if asked is None else isoformat(asked)
        counts = LabelCounts(orders, len(rows), unsettled, cancelled, int(settled.sum()), *dates)
        points = self._thinned(rows[settled], end, dense_days)
        moved = self._moved_until(end, points.order) if moves and self.moves_seed is not None else None
        return replace(points, moved=moved), counts

    @cached_property
    def _with_moves(self) -> tuple[Snapshots, Ints]:
        """Copies of some of the points with something that was moved, and (n_copies,) the order of each."""
        seed = self.moves_seed or 0
        points = draw_points(self.history, self.points, seed)
        moves, moved = draw_moves(Known(self.history, points, self.context), seed)
        points = points.take(moved)
        history = with_moves(self.history, points, moves)
        copies = DecisionPoints(np.arange(len(points)), points.as_of)
        return replace(self, history=history, points=copies, moves_seed=None), points.order

    def _moved_until(self, end: int, orders: Ints) -> LabelledPoints:
        """What was known at a moment, microseconds, of copies of some orders of which something was moved."""
        copies, order = self._with_moves
        rows = np.flatnonzero((copies.points.as_of <= end) & np.isin(order, orders))
        moved = copies.with_outcomes(rows, end)
        return replace(moved, order=order[rows]).take(moved.settled)

    def _outcomes_of(self, points: DecisionPoints, end: int) -> tuple[Ints, Ints]:
        """(n,) the outcomes of points as known at a moment, microseconds, and when they were settled."""
        outcome, believed_at, ripe_at = outcomes(self.history, points.order, points.as_of, until=end)
        known_at = np.maximum(believed_at, ripe_at)
        return np.where(known_at > end, UNSETTLED, outcome), known_at

    def matured_after(self, moment: int) -> LabelledPoints:
        """The matured decision points after a moment, of orders of which nothing had matured by then."""
        whole, _ = self.labelled(moves=False)
        before, _ = self.labelled(moment, moves=False)
        return whole.take((whole.as_of > moment) & ~np.isin(whole.order, before.order))

    def settled_orders(self, until: int) -> Ints:
        """(n_orders,) the orders that a training at a moment, microseconds, learns from."""
        rows, outcome = self._outcomes_until(min(until, self.until))
        return np.unique(self.points.order[rows[~np.isin(outcome, (UNSETTLED, CANCELLED))]])

    def _outcomes_until(self, end: int) -> tuple[Ints, Ints]:
        """(n_rows,) the points up to a moment, microseconds, and the outcome of each as it was known then."""
        rows = np.flatnonzero(self.points.as_of <= end)
        return rows, self._outcomes_of(self.points.take(rows), end)[0]

    def _thinned(self, rows: Ints, until: int, dense_days: float) -> LabelledPoints:
        look = looks_before(self.points.order)
        points = self.points.take(rows)
        days = (Known(self.history, points, self.context).due() - points.as_of) / DAY
        kept, stands_for = thin(look[rows], days, dense_days)
        return replace(self.with_outcomes(rows[kept], until), weight=stands_for)


def recorded_until(events: pd.DataFrame, until: object) -> tuple[pd.DataFrame, int]:
    """The events recorded until a moment (default: the last record), and the moment, microseconds.

    The moment is cut to the last record: past it the records are silent, and silence would look like misses.
    """
    first, last = micros(events["recorded_at"].min()), micros(events["recorded_at"].max())
    moment = moment_of(until)
    end = last if moment is None else min(moment, last)
    if end < first:
        raise InvalidRequest(f"until must not be before the first record ({isoformat(first)}), got {isoformat(end)}")
    return events[(events["recorded_at"] <= timestamps(np.array([end]))[0]).to_numpy()], end


def require_snapshots(given: object) -> None:
    """Raise ``InvalidRequest`` where events stand in the place of snapshots of them."""
    if not isinstance(given, Snapshots):
        raise InvalidRequest(f"snapshots must be Snapshots.of(events), got {type(given).__name__}")


def describe_cut(until: int, asked: int) -> str:
    """One sentence on an end, microseconds, that lies before the one that was asked for."""
    return (
        f"outcomes are those known by the last record ({isoformat(until)}), not by {isoformat(asked)} as asked: "
        "what is not recorded by then is not settled"
    )
