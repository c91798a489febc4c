"""Why the risk of an order changed between two stored scores: the path from one to the other, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from sqlalchemy import Connection

from features.arrays import Floats
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.errors import InvalidRequest
from features.history import History
from features.times import plant_calendar
from serving.scores.replay import LoadVersion, active_model_of
from serving.scores.scoring_context import ActiveModel
from serving.settings import Settings
from serving.store.schema import EVENT_COLUMNS
from serving.store.tables.events import columns_of, history_of
from serving.store.tables.scores import latest_score_by, scores_up_to
from training.change.path import BEGIN, CONTEXT, EVENT, MODEL, TIME
from training.change.states import PARTS, ScoredStates, differences, score_states

MOST_EVENTS, MOST_MORNINGS = 500, 60
"""So many events, and scores by another context or model than the one before, are told of in one change."""
ORDER_ID = 1 + EVENT_COLUMNS.index("order_id")
"""Where the order's id stands in a row of ``events_of``."""
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
    """A state on the path: which events are known (the number of a copy of the order), when, and what led to it."""

    copy: int
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
    InvalidRequest : where more than ``MOST_EVENTS`` events or ``MOST_MORNINGS`` contexts lie between, or where one of
        the contexts or models is not there any more
    """
    after = latest_score_by(connection, order_id, window[1])
    if after is None:
        return None
    found = latest_score_by(connection, order_id, window[0])
    rows = scores_up_to(connection, after, found["id"] if found else 0)
    firsts = [next(iter(same)) for _, same in groupby(rows, _rests_on)]
    _require_few(len(firsts), MOST_MORNINGS, "contexts and models")
    models: dict[Any, ActiveModel] = {}
    for row in firsts:
        models[_rests_on(row)] = active_model_of(connection, row, load_version)
    legs = [
        _Leg.of(models[_rests_on(first)], first, last, events, settings)
        for first, last in pairwise([*firsts, rows[-1]])
    ]
    states, scored = _walk(legs, [models[_rests_on(row)] for row in firsts])
    states, scored = _with_stored(states, scored, rows[0], rows[-1])
    return _path(states, scored, rows[0], rows[-1], began=found is None)


def _rests_on(row: StoredRow) -> tuple[str, ...]:
    return row["context_id"], row["model"], row["model_version"], row["run_id"]


def _require_few(got: int, most: int, what: str) -> None:
    if got > most:
        raise InvalidRequest(f"a change must lead over at most {most} {what}, got {got:,}: ask for a shorter time")


def _seen(events: Sequence[Any], row: StoredRow) -> set[int]:
    """The events that a score has seen, by their number of arrival."""
    return {event.seq for event in events if event.seq <= row["seq"] and event.recorded_at <= row["as_of"]}


@dataclass(frozen=True)
class _Leg:
    """From a score to another by one context and one model.

    Attributes
    ----------
    copies : the order, a copy for each number of events that are known
    context : of the model, or the order's own where there is no model
    states : the first is that of the first score
    """

    active: ActiveModel
    copies: History
    context: Context
    states: list[_State]

    @classmethod
    def of(
        cls, active: ActiveModel, first: StoredRow, last: StoredRow, events: Sequence[Any], settings: Settings
    ) -> _Leg:
        known, later = _seen(events, first), _seen(events, last)
        _require_few(len(later - known), MOST_EVENTS, "events")
        policy = active.scorer.model.policy if active.scorer else settings.policy
        by_seq = {event.seq: event for event in events if event.seq in later | known}
        whole = history_of(by_seq.values(), policy)
        by_key = {(event.source, event.event_id): event for event in by_seq.values()}
        keys = zip(whole.source.tolist(), whole.event_id.tolist(), strict=True)
        new = [event for key in keys if (event := by_key[key]).seq not in known]
        states = [_State(0, first["as_of"], BEGIN)]
        for number, event in enumerate(new):
            clock = max(event.recorded_at, first["as_of"])
            states += _time_to(clock, states[-1])
            states.append(_State(number + 1, clock, EVENT, event))
        states += _time_to(last["as_of"], states[-1])
        before = [event for event in by_seq.values() if event.seq in known]
        rows = [_renamed(event, number) for number in range(len(new) + 1) for event in before + new[:number]]
        copies = History.of_columns(columns_of(rows), policy)
        context = active.scorer.context if active.scorer else Context.of(whole, plant_calendar(settings.zone))
        return cls(active, copies, context, states)

    def scored(self, states: Sequence[_State], active: ActiveModel, context: Context | None = None) -> ScoredStates:
        """The risks of some states by a model, and by another context if it is given."""
        copy, as_of = (np.array([getattr(state, name) for state in states]) for name in ("copy", "as_of"))
        model = active.scorer.model if active.scorer else None
        return score_states(model, self.copies, DecisionPoints(copy, as_of), context or self.context)


def _renamed(event: Any, number: int) -> tuple[Any, ...]:
    """The row as one of a copy of the order."""
    row = tuple(event)
    return (*row[:ORDER_ID], f"{number:06}", *row[ORDER_ID + 1 :])


def _time_to(clock: int, state: _State) -> list[_State]:
    """The state after time has passed, if any does."""
    passed = clock - state.as_of
    return [_State(state.copy, clock, TIME, passed=passed)] if passed else []


def _walk(legs: Sequence[_Leg], models: Sequence[ActiveModel]) -> tuple[list[_State], ScoredStates]:
    """The states of all legs one after the other, and between two the context and then the model that change."""
    states, scored = list(legs[0].states), [legs[0].scored(legs[0].states, models[0])]
    for leg, following in pairwise(legs):
        last, scores_on = leg.states[-1], leg.active.scored_by == following.active.scored_by
        if leg.active.context_id != following.active.context_id and not scores_on and following.active.scorer:
            states.append(_State(last.copy, last.as_of, CONTEXT))
            scored.append(leg.scored([last], leg.active, following.active.scorer.context))
        names = _name(leg.active), _name(following.active)
        states += [_State(0, last.as_of, CONTEXT if scores_on else MODEL, names=names), *following.states[1:]]
        scored.append(following.scored(following.states, following.active))
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
    return ScoredStates(np.array([row["state"]], dtype=object), np.array([risk]), parts)


def _path(
    states: Sequence[_State], scored: ScoredStates, before: StoredRow, after: StoredRow, *, began: bool
) -> ScorePath:
    changed = differences(np.zeros(len(states), dtype=np.int64), scored)
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
        )
        for i, state in enumerate(states)
        if i and (state.kind in (EVENT, MODEL) or changed.points[i])
    ]
    risks = scored.risk[~np.isnan(scored.risk)]
    points = float(risks[-1] - risks[0]) if len(risks) else None
    return ScorePath(before, after, began, points, steps)


def _risk(risk: float) -> float | None:
    return None if np.isnan(risk) else float(risk)


def parts_of(step: RiskStep) -> dict[str, float]:
    """What the points of a step are the sum of, by topic, what adds nothing left out."""
    return {name: float(points) for name, points in zip(PARTS, step.parts, strict=True) if points}
