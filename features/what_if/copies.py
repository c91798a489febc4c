"""Copies of orders on which more is stated: what was known of them at a moment, and then events that nobody sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from features.arrays import Ints
from features.decision_points import DecisionPoints
from features.engine.ordering import known_until
from features.errors import InvalidEvents
from features.events.columns import Columns
from features.events.schema import COLUMNS, MICRO, MOMENT, NUMBER, STRING, TYPES, WHOLE
from features.events.text import Coded, code_objects
from features.events.validation import validate_columns
from features.history import CODED, History
from features.hypothetical import rows_of
from features.times import NEVER, isoformat

SOURCE = "what-if"
MOST_COPIED = 100_000
"""Events that are copied at once: more are looked at in turns, so that memory does not grow with them."""
Statement = dict[str, Any]
"""One event that nobody sent: its ``type`` and columns of the event table; ``date`` in microseconds."""
TYPE_NAMES = np.array(list(TYPES), dtype=object)


def with_events(history: History, points: DecisionPoints, added: Columns, copy: Ints) -> History:
    """One order a point: all that was known of its order at its moment, and then what is added to it.

    Order ``i`` of the result, named by its number, is that of point ``i``. What was recorded later is left out.

    Parameters
    ----------
    points : (n,) in any order; an order may be there many times
    added : validated columns of (n_added,) events, as ``features.events.columns`` has them; those of one moment are
        taken in their order
    copy : (n_added,) the point that each is added to
    """
    stop = known_until(history.first, history.recorded, points.order, points.as_of)
    begin = history.first[points.order]
    lengths = stop - begin
    of_known, within = rows_of(lengths)
    by = np.argsort(copy, kind="stable")
    more = np.bincount(copy, minlength=len(points))
    of_added, place = rows_of(more)
    known = _columns_of(history, begin[of_known] + within)
    columns: Columns = {name: _join(known[name], _take(added[name], by)) for name in COLUMNS if name != "sequence"}
    names = np.array([f"{number:09}" for number in range(len(points))], dtype=object)
    columns["order_id"] = Coded(np.append(of_known, of_added), names)
    columns["sequence"] = np.append(within, lengths[of_added] + place)
    return History.of_columns(columns, history.policy)


def stated(statements: Sequence[Statement], as_of: Ints) -> Columns:
    """Statements of our own as (n,) columns of the event table, each made and recorded at its moment."""
    ids = [f"{SOURCE} {number + 1}" for number in range(len(statements))]
    given = {"event_id": ids, "source": [SOURCE] * len(ids), "order_id": [""] * len(ids)}
    columns: Columns = {}
    for name, kind in COLUMNS.items():
        values = given.get(name, [one.get(name) for one in statements])
        if name in ("occurred_at", "recorded_at"):
            columns[name] = as_of
        elif kind == STRING:
            columns[name] = code_objects(values, len(values))
        elif kind in (MOMENT, WHOLE):
            columns[name] = np.array([NEVER if value is None else value for value in values], dtype=np.int64)
        else:
            columns[name] = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return columns


def checked_events(events: Sequence[Mapping[str, Any]], order_id: str, as_of: int, zone: str = "UTC") -> Columns:
    """Events as somebody writes them, checked by the rules of the event table; each happens at ``as_of`` by default.

    Raises ``InvalidEvents`` with every fault.
    """
    now = isoformat(as_of)
    usual = {"source": SOURCE, "occurred_at": now}
    rows = [
        usual | {"event_id": f"{SOURCE} {number + 1}"} | dict(event) | {"order_id": order_id, "recorded_at": now}
        for number, event in enumerate(events)
    ]
    unknown = sorted({name for row in rows for name in row} - set(COLUMNS))
    if unknown:
        raise InvalidEvents(f"an event must have columns of the event table, got {', '.join(unknown)}")
    validated = validate_columns({name: [row.get(name) for row in rows] for name in COLUMNS}, len(rows), zone)
    if validated.faults:
        raise InvalidEvents("; ".join(str(fault) for fault in validated.faults))
    return validated.columns


def _columns_of(history: History, rows: Ints) -> Columns:
    """Some events of a history as columns of the event table; an instalment stays part of its line's name."""
    columns: Columns = {name: history.coded[name].take(rows).used() for name in CODED}
    columns["event_id"] = history.ids.take(rows).used()
    columns["type"] = Coded(history.type[rows], TYPE_NAMES)
    columns["instalment"] = Coded(np.full(len(rows), -1), np.array([], dtype=object))
    for name, column in (("occurred_at", "occurred"), ("recorded_at", "recorded"), ("date", "date")):
        columns[name] = getattr(history, column)[rows]
    for name in (name for name, kind in COLUMNS.items() if kind == NUMBER):
        millionths = getattr(history, name)[rows]
        columns[name] = np.where(millionths == NEVER, np.nan, millionths / MICRO)
    columns["order_id"] = columns["instalment"]
    return columns


def _take(values: Any, rows: Ints) -> Any:
    return values.take(rows) if hasattr(values, "texts") else values[rows]


def _join(known: Any, added: Any) -> Any:
    """One column after the other."""
    if not hasattr(known, "texts"):
        return np.append(known, added)
    if not isinstance(known, Coded):
        return code_objects([*known.texts(), *added.texts()], len(known) + len(added))
    texts = added.texts()
    words = [*known.words, *sorted({text for text in texts if text is not None} - set(known.words))]
    code = {word: place for place, word in enumerate(words)} | {None: -1}
    codes = np.array([code[text] for text in texts], dtype=np.int64)
    return Coded(np.append(known.codes, codes), np.array(words, dtype=object))
