"""Why the risk of an order changed between two stored scores: the path from one to the other, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from sqlalchemy import Connection

from features.arrays import Floats, Ints, Mask
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.errors import InvalidRequest
from features.events.columns import Columns, take
from features.history import History
from features.times import plant_calendar
from serving.scores.replay import LoadVersion, active_model_of
from serving.scores.scoring_context import ActiveModel
from serving.settings import Settings
from serving.store.tables.events import columns_of
from serving.store.tables.scores import latest_score_by, scores_up_to
from training.change.path import BEGIN, CONTEXT, EVENT, MODEL, TIME
from training.change.states import PARTS, ScoredStates, days_won_by_step, differences, score_states

MOST_EVENTS, MOST_MORNINGS = 500, 60
"""So many events, and scores by another context or model than the one before, are told of in one change."""
MOST_READ = 3_000_000
"""So many events are known in all states of a change together: the order's size times the states."""
NO_MODEL = "no model"
StoredRow = Mapping[Any, Any]


@dataclass(frozen=True)
class RiskStep:
    """One step of a change.

    Attributes
    ----------
    kind : event, time, context or model
    at : the moment of the state that it leads to, microseconds
    event : its row, for an event
    passed : how long, for time, microseconds
    names : the models before and after, for another model; empty where it is the code of the signals that is another
    before, after : the risks, ``None`` for none; ``before`` is the last there was
    points : what it adds to the risk
    parts : (n_parts,) what ``points`` is the sum of
    days_won : days by which the order is expected to ship sooner, less than nothing for later; ``None`` where no day
        is expected, or none was before
    """

    kind: str
    at: int
    event: Any | None
    passed: int
    names: tuple[str, str]
    before: float | None
    after: float | None
    points: float
    parts: Floats
    days_won: int | None


@dataclass(frozen=True)
class ScorePath:
    """The change of an order's risk from one stored score to another.

    Attributes
    ----------
    before, after : the two scores
    began : whether the order had no score yet at the first moment, so that ``before`` is its first one
    points : the last risk less the first; ``None`` where the order has had none
    """

    before: StoredRow
    after: StoredRow
    began: bool
    points: float | None
    steps: list[RiskStep]


@dataclass(frozen=True)
class _State:
    """A state on the path: how many of its leg's events are known, when, and what led to it."""

    known: int
    as_of: int
    kind: str
    event: Any | None = None
    passed: int = 0
    names: tuple[str, str] = ("", "")


def change_between(
    connection: Connection,
    order_id: str,
    window: tuple[int, int],
    events: Sequence[Any],
    load_version: LoadVersion,
    settings: Settings,
) -> ScorePath | None:
    """The path from the latest score at or before a moment to the latest at or before another.

    Events are told in the order of the history, each at the moment it was recorded, or where it arrived later than that
    at the score which had not seen it yet. Where a score rests on another context or model than the one before, the
    context changes first, and then the model. Both ends are the stored risks, bit for bit: where the code of a signal
    has changed since, that is a step ``model`` too.

    Parameters
    ----------
    window : two moments, microseconds
    events : rows of ``events_of`` of this order

    Returns
    -------
    ``None`` where the order had no score at the second moment.

    Raises
    ------
    InvalidRequest : where more than ``MOST_EVENTS`` events or ``MOST_MORNINGS`` contexts lie between, where all states
        together know more than ``MOST_READ`` events, or where one of the contexts or models is not there any more
    """
    after = latest_score_by(connection, order_id, window[1])
    if after is None:
        return None
    found = latest_score_by(connection, order_id, window[0])
    rows = scores_up_to(connection, after, found["id"] if found else 0)
    firsts = [next(iter(same)) for _, same in groupby(rows, _rests_on)]
    _require_few(len(firsts), MOST_MORNINGS, "contexts and models")
    stretches = list(pairwise([*firsts, rows[-1]]))
    _require_little(stretches, events)
    order = _Order.of(events)
    legs = (
        _Leg.of(active_model_of(connection, first, load_version), first, last, order, settings)
        for first, last in stretches
    )
    states, scored = _walk(legs)
    states, scored = _with_stored(states, scored, rows[0], rows[-1])
    return _path(states, scored, rows[0], rows[-1], began=found is None)


def _rests_on(row: StoredRow) -> tuple[str, ...]:
    return row["context_id"], row["model"], row["model_version"], row["run_id"]


def _require_little(stretches: Sequence[tuple[StoredRow, StoredRow]], events: Sequence[Any]) -> None:
    """Raise ``InvalidRequest`` unless what lies between can be told at once."""
    seen = _Seen.of(events)
    sizes = [(seen.by(first), seen.by(last)) for first, last in stretches]
    new = [int((later & ~known).sum()) for known, later in sizes]
    _require_few(sum(new), MOST_EVENTS, "events")
    read = sum(int((known | later).sum()) * (own + 1) for (known, later), own in zip(sizes, new, strict=True))
    _require_few(read, MOST_READ, "events known in all states together")


def _require_few(got: int, most: int, what: str) -> None:
    if got > most:
        raise InvalidRequest(f"a change must lead over at most {most:,} {what}, got {got:,}: ask for a shorter time")


@dataclass(frozen=True)
class _Seen:
    """(n,) when events arrived and when they were recorded: which of them a score has seen."""

    seq: Ints
    recorded: Ints

    @classmethod
    def of(cls, events: Sequence[Any]) -> _Seen:
        seq, recorded = (
            np.array([getattr(event, name) for event in events], dtype=np.int64) for name in ("seq", "recorded_at")
        )
        return cls(seq, recorded)

    def by(self, row: StoredRow) -> Mask:
        """(n,) whether a score has seen each event."""
        return np.asarray((self.seq <= row["seq"]) & (self.recorded <= row["as_of"]))


@dataclass(frozen=True)
class _Order:
    """All (n,) events of the order, as they stand in its history."""

    events: Sequence[Any]
    columns: Columns
    seen: _Seen

    @classmethod
    def of(cls, events: Sequence[Any]) -> _Order:
        columns = columns_of(events)
        history = History.of_columns(columns)
        place = {(event.source, event.event_id): row for row, event in enumerate(events)}
        keys = zip(history.source.tolist(), history.event_id.tolist(), strict=True)
        rows = [place[key] for key in keys]
        ordered = [events[row] for row in rows]
        return cls(ordered, take(columns, np.array(rows, dtype=np.int64)), _Seen.of(ordered))


@dataclass(frozen=True)
class _Leg:
    """From a score to another by one context and one model.

    Attributes
    ----------
    columns : the (n,) events that one of the two scores has seen, as they stand in the history
    turn : (n,) 0 for what the first score has seen, then 1, 2, ... for what was new to it: a state knows the events
        up to its turn
    history : of all of them
    context : of the model, or the order's own where there is no model
    states : the first is that of the first score
    """

    active: ActiveModel
    columns: Columns
    turn: Ints
    history: History
    context: Context
    states: list[_State]

    @classmethod
    def of(cls, active: ActiveModel, first: StoredRow, last: StoredRow, order: _Order, settings: Settings) -> _Leg:
        known, later = order.seen.by(first), order.seen.by(last)
        rows = np.flatnonzero(known | later)
        new = ~known[rows]
        policy = active.scorer.model.policy if active.scorer else settings.policy
        columns = take(order.columns, rows)
        history = History.of_columns(columns, policy)
        states = [_State(0, first["as_of"], BEGIN)]
        for number, row in enumerate(rows[new].tolist(), start=1):
            clock = max(order.events[row].recorded_at, first["as_of"])
            states += _time_to(clock, states[-1])
            states.append(_State(number, clock, EVENT, order.events[row]))
        states += _time_to(last["as_of"], states[-1])
        context = active.scorer.context if active.scorer else Context.of(history, plant_calendar(settings.zone))
        return cls(active, columns, np.where(new, np.cumsum(new), 0), history, context, states)

    def scored(self, states: Sequence[_State], context: Context | None = None) -> ScoredStates:
        """The risks of some states by the model, and by another context if it is given.

        What a state knows is the begin of the history, unless an event has arrived late: from there to where all that
        was recorded before the others is known, it is a history of its own.
        """
        turns, as_of = (np.array([getattr(state, name) for state in states]) for name in ("known", "as_of"))
        known = np.searchsorted(np.sort(self.turn), turns, side="right")
        begins = (known == 0) | (np.maximum.accumulate(self.turn)[np.maximum(known - 1, 0)] <= turns)
        rows, parts = [np.flatnonzero(begins)], []
        if len(rows[0]):
            points = DecisionPoints(np.zeros(len(rows[0]), dtype=np.int64), as_of[begins], known[begins])
            parts.append(self._scores(self.history, points, context))
        for turn in np.unique(turns[~begins]).tolist():
            rows.append(np.flatnonzero(turns == turn))
            moments = as_of[rows[-1]]
            history = History.of_columns(take(self.columns, np.flatnonzero(self.turn <= turn)), self.history.policy)
            parts.append(self._scores(history, DecisionPoints(np.zeros_like(moments), moments), context))
        return ScoredStates.join(*parts).take(np.argsort(np.concatenate(rows), kind="stable"))

    def _scores(self, history: History, points: DecisionPoints, context: Context | None) -> ScoredStates:
        model = self.active.scorer.model if self.active.scorer else None
        return score_states(model, history, points, context or self.context, ship_dates=True)


def _time_to(clock: int, state: _State) -> list[_State]:
    """The state after time has passed, if any does."""
    passed = clock - state.as_of
    return [_State(state.known, clock, TIME, passed=passed)] if passed else []


def _walk(legs: Iterable[_Leg]) -> tuple[list[_State], ScoredStates]:
    """The states of all legs one after the other, and between two the context and then the model that change."""
    states: list[_State] = []
    scored: list[ScoredStates] = []
    before: _Leg | None = None
    for leg in legs:
        if before is None:
            states += leg.states
        else:
            last, scores_on = before.states[-1], before.active.scored_by == leg.active.scored_by
            if before.active.context_id != leg.active.context_id and not scores_on and leg.active.scorer:
                states.append(_State(last.known, last.as_of, CONTEXT))
                scored.append(before.scored([last], leg.active.scorer.context))
            names = _name(before.active), _name(leg.active)
            states += [_State(0, last.as_of, CONTEXT if scores_on else MODEL, names=names), *leg.states[1:]]
        scored.append(leg.scored(leg.states))
        before = leg
    return states, ScoredStates.join(*scored)


def _name(active: ActiveModel) -> str:
    champion = active.scorer.loaded if active.scorer else None
    return f"{champion.name}@{champion.version}" if champion else NO_MODEL


def _with_stored(
    states: list[_State], scored: ScoredStates, before: StoredRow, after: StoredRow
) -> tuple[list[_State], ScoredStates]:
    """The path between the stored risks: where they are not what is computed now, the code of a signal has changed."""
    if not _is(before["risk"], scored.risk[0]):
        states = [states[0], _State(0, states[0].as_of, MODEL), *states[1:]]
        scored = ScoredStates.join(_stored(before, scored, 0), scored)
    if not _is(after["risk"], scored.risk[-1]):
        states = [*states, _State(0, states[-1].as_of, MODEL)]
        scored = ScoredStates.join(scored, _stored(after, scored, -1))
    return states, scored


def _is(stored: float | None, risk: float) -> bool:
    return bool(np.isnan(risk)) if stored is None else bool(stored == risk)


def _stored(row: StoredRow, scored: ScoredStates, at: int) -> ScoredStates:
    """A stored risk; what it differs by from the computed one is part of the base."""
    risk = np.nan if row["risk"] is None else row["risk"]
    parts = scored.parts[[at]].copy()
    parts[0, 0] += risk - scored.risk[at]
    return ScoredStates(np.array([row["state"]], dtype=object), np.array([risk]), parts, scored.expected[[at]])


def _path(
    states: Sequence[_State], scored: ScoredStates, before: StoredRow, after: StoredRow, *, began: bool
) -> ScorePath:
    changed = differences(np.zeros(len(states), dtype=np.int64), scored)
    won = days_won_by_step(scored.expected)
    steps = [
        RiskStep(
            kind=state.kind,
            at=state.as_of,
            event=state.event,
            passed=state.passed,
            names=state.names,
            before=_risk(changed.before[i]),
            after=_risk(scored.risk[i]),
            points=float(changed.points[i]),
            parts=changed.parts[i],
            days_won=won[i],
        )
        for i, state in enumerate(states)
        if i and (state.kind in (EVENT, MODEL) or changed.points[i] or won[i])
    ]
    risks = scored.risk[~np.isnan(scored.risk)]
    points = float(risks[-1] - risks[0]) if len(risks) else None
    return ScorePath(before, after, began, points, steps)


def _risk(risk: float) -> float | None:
    return None if np.isnan(risk) else float(risk)


def parts_of(step: RiskStep) -> dict[str, float]:
    """What the points of a step are the sum of, by topic, what adds nothing left out."""
    return {name: float(points) for name, points in zip(PARTS, step.parts, strict=True) if points}
