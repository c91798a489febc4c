"""How the risks of many orders came to change, as a table: one row a step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from features.arrays import Ints, Mask
from features.catalogue.topics import TOPICS
from features.context.context import Context
from features.errors import InvalidRequest
from features.events.schema import TYPE_CODE
from features.events.text import Texts
from features.history import History
from features.known.known import Known
from features.parallel import CORES, side_by_side
from features.progress import Progress, no_progress
from features.times import isoformat, timestamps
from training.change.path import EVENT, STEPS, Path, path_between
from training.change.states import Differences, ScoredStates, differences, score_states
from training.model.risk_model import RiskModel

PART_EVENTS = 1 << 14
"""Events of a part: each has two or three states of a hundred signals and as many contributions."""
WORDS = ("kind", "reason", "work_center", "actor", "reference")
TOPIC_COLUMNS = tuple(f"topic_{topic}" for topic in TOPICS)
TYPES = np.array(list(TYPE_CODE), dtype=object)


def change_steps(
    model: RiskModel,
    history: History,
    context: Context,
    since: int,
    until: int,
    *,
    events_only: bool = False,
    progress: Progress = no_progress,
    threads: int = CORES,
) -> pd.DataFrame:
    """How the risk of each order changed between two moments, step by step.

    A step is an ``event`` (the risk just after it less that just before it, at the moment it was recorded), ``time``
    that passed without one, or the morning's ``context`` (load and track record of the last start of day); ``begin`` is
    the first risk of an order in the period. The points of an order's steps add up to its last risk less its first.

    What is recorded in an order's first moment is its beginning as a whole. A late order has the risk 1. An order that
    has none (shipped, cancelled, not promised yet) keeps the last it had: its steps add nothing, ``state`` says how it
    stands.

    Parameters
    ----------
    since, until : microseconds; steps after ``since`` up to ``until``
    events_only : only the steps of events, at half the work
    progress : called with events done and in all

    Returns
    -------
    (n_steps, 16 + n_topics): order_id, step, at (UTC), source, event_id, type, kind, reason, work_center, actor,
    reference, item, plant, state, before, after and points (probability; NaN for no risk), and ``topic_...``, what the
    points are the sum of. Steps of time and context that add nothing are left out.

    Raises
    ------
    InvalidRequest : where ``until`` is not after ``since``
    """
    if until <= since:
        raise InvalidRequest(f"a change must end after it begins ({isoformat(since)}), got {isoformat(until)}")
    history = history.under(model.policy)
    parts = list(history.parts(PART_EVENTS))
    job = partial(_part, model, history, context, (since, until), events_only)
    frames, done = [], 0
    for (_, end), frame in zip(parts, side_by_side(job, parts, history.n_events, threads), strict=True):
        frames.append(frame)
        done = int(history.first[end])
        progress("scoring before and after events", done, history.n_events)
    return pd.concat(frames, ignore_index=True) if frames else no_steps()


def no_steps() -> pd.DataFrame:
    """The table of ``change_steps`` without a row."""
    columns = ["order_id", "step", "at", "source", "event_id", "type", *WORDS, "item", "plant", "state"]
    numbers = ("before", "after", "points", *TOPIC_COLUMNS)
    return pd.DataFrame(
        {name: pd.Series(dtype=object) for name in columns} | {n: pd.Series(dtype=float) for n in numbers}
    )


def _part(
    model: RiskModel,
    history: History,
    context: Context,
    window: tuple[int, int],
    events_only: bool,
    orders: tuple[int, int],
) -> pd.DataFrame:
    part = history.part(*orders)
    path = path_between(part, context, *window, events_only=events_only)
    scored = _begun(part, path, score_states(model, part, path.points, context))
    changed = differences(path.points.order, scored)
    is_event = path.step == STEPS.index(EVENT)
    shown = is_event if events_only else is_event | (changed.points != 0) | (path.step == 0)
    return _frame(part, context, path, scored, changed, np.flatnonzero(shown))


def _begun(history: History, path: Path, scored: ScoredStates) -> ScoredStates:
    """The risks, none while an order is still being stated: between events of its first moment, such as its lines."""
    event = np.maximum(path.event, 0)
    first = history.recorded[history.first[path.points.order]]
    unfinished = (path.event >= 0) & (history.next_recorded[event] == first)
    risk, parts = scored.risk.copy(), scored.parts.copy()
    risk[unfinished] = parts[unfinished] = np.nan
    return replace(scored, risk=risk, parts=parts)


def _frame(
    history: History, context: Context, path: Path, scored: ScoredStates, changed: Differences, rows: Ints
) -> pd.DataFrame:
    """The table of some of the states."""
    named = dict(_named(history, context, path))
    points, event = path.points.take(rows), path.event[rows]
    first = np.isnan(changed.before[rows]) & ~np.isnan(scored.risk[rows])
    columns: dict[str, Any] = {
        "order_id": history.order_ids[points.order],
        "step": np.where(first & (event < 0), STEPS[0], np.array(STEPS, dtype=object)[path.step[rows]]),
        "at": timestamps(points.as_of),
        "source": _of_event(history.source, event),
        "event_id": _of_event(history.event_id, event),
        "type": _of_event(TYPES[history.type], event),
        **{name: _of_event(history.coded[name].texts(), event) for name in WORDS},
        **{name: words[rows] for name, words in named.items()},
        "state": scored.state[rows],
        "before": changed.before[rows],
        "after": scored.risk[rows],
        "points": changed.points[rows],
        **dict(zip(TOPIC_COLUMNS, changed.parts[rows, 1:].T, strict=True)),
    }
    return pd.DataFrame(columns)


def _named(history: History, context: Context, path: Path) -> Iterator[tuple[str, Texts]]:
    """(n,) what the order names first, by dimension; ``None`` for none."""
    known = Known(history, path.points, context)
    for dimension in ("item", "plant"):
        words = known.first_word(dimension)
        yield dimension, _only_where(words != "", words)
    known.close()


def _of_event(texts: Texts, event: Ints) -> Texts:
    """(n,) the text of each event, ``None`` where there is none."""
    return _only_where(event >= 0, texts[np.maximum(event, 0)]) if len(texts) else np.empty(0, dtype=object)


def _only_where(given: Mask, texts: Texts) -> Texts:
    """(n,) the texts, ``None`` elsewhere."""
    some = np.full(len(texts), None, dtype=object)
    some[given] = texts[given]
    return some
