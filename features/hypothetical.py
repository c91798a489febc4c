"""Orders of which something is stated that nobody stated: copies of their records with a promise, truck or plan moved.

What a move would do to a signal is seen on the copy: the same records, and at a moment one statement more.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from features.arrays import Ints, Mask
from features.decision_points import DecisionPoints
from features.engine.ordering import known_until
from features.events.schema import TYPE_CODE
from features.events.selection import Select, event_codes
from features.events.text import Coded, Texts
from features.history import CODED, COLUMNS, PLANNED_END, History
from features.known.slack import plans_in_force, promises_in_force
from features.orders.line_state import line_events
from features.times import NEVER

PROMISED, TRUCK, PLAN = "commitment.changed", "delivery.planned", "production.rescheduled"
PLANNED_TRUCK = Select(TRUCK)


@dataclass(frozen=True)
class Moves:
    """What is moved of each of ``n`` orders, at a moment: whole microseconds, 0 for not at all.

    Attributes
    ----------
    stated_at : (n,) when it is stated, microseconds; not before what is known of the order then, nor after its point
    promise, truck, plan : (n,) by how much the promises of its lines to ship, its trucks to come and the planned ends
        of its work that lie ahead are moved later; a truck and a plan only if they still lie ahead then
    actor : (n,) who moves the promise, "" for nobody named
    """

    stated_at: Ints
    promise: Ints
    truck: Ints
    plan: Ints
    actor: Texts

    def take(self, rows: Ints) -> Moves:
        """The moves of some points."""
        return Moves(*(getattr(self, each.name)[rows] for each in fields(self)))


@dataclass(frozen=True)
class _Statements:
    """Events to be added; shapes (n_statements,). ``template`` is the event whose reference and route are named again,
    -1 for none."""

    copy: Ints
    kind: Ints
    line: Ints
    date: Ints
    template: Ints


def with_moves(history: History, points: DecisionPoints, moves: Moves) -> History:
    """One order a point: all that is recorded of its order, with the moves stated after what is known at the point.

    Order ``i`` of the result is the order of point ``i``. What was recorded later stays recorded later.

    Parameters
    ----------
    points : (n,) sorted by order and moment; each order is known then
    """
    stop = known_until(history.first, history.recorded, points.order, points.as_of)
    added = _join(
        _promises(history, points, stop, moves),
        _plans(history, points, stop, PLANNED_TRUCK, TRUCK, moves.truck),
        _plans(history, points, stop, PLANNED_END, PLAN, moves.plan),
    )
    more = np.bincount(added.copy, minlength=len(points))
    lengths = np.diff(history.first)[points.order] + more
    source, stated = _places(history.first[points.order], stop, lengths, more)
    columns: dict[str, Any] = {name: np.array(getattr(history, name)[source]) for name in COLUMNS}
    columns["order"] = np.repeat(np.arange(len(points)), lengths)
    actors = np.where(added.kind == TYPE_CODE[PROMISED], moves.actor[added.copy], "")
    coded = {name: _without(history.coded[name].take(source), stated) for name in CODED}
    for name in ("reference", "route"):
        again = history.coded[name].codes[added.template]
        coded[name].codes[stated] = np.where(added.template >= 0, again, -1)
    names = _line_names(history)[history.first_line[points.order[added.copy]] + added.line]
    coded["line_id"].codes[stated] = np.where(added.line >= 0, names, -1)
    coded["actor"] = _with_words(coded["actor"], stated, actors)
    for name in ("quantity", "value", "tolerance"):
        columns[name][stated] = NEVER
    columns["recorded"][stated] = columns["occurred"][stated] = moves.stated_at[added.copy]
    columns["date"][stated], columns["type"][stated], columns["line"][stated] = added.date, added.kind, added.line
    columns["event_code"][stated] = event_codes(added.kind, {name: coded[name].take(stated) for name in CODED})
    return History(
        order_ids=history.order_ids[points.order],
        first=np.append(0, np.cumsum(lengths)),
        lines=history.lines[points.order],
        line_of=_of_orders(history.line_of, history.first_line, points.order),
        ids=history.ids.take(source),
        coded=coded,
        policy=history.policy,
        **columns,
    )


def _promises(history: History, points: DecisionPoints, stop: Ints, moves: Moves) -> _Statements:
    """The promises in force of the lines to ship, moved."""
    lines = promises_in_force(line_events(history), points.order, stop)
    moved = (lines.promise != NEVER) & (moves.promise[lines.point] != 0)
    point, line, date = lines.point[moved], lines.line[moved], lines.promise[moved]
    kind = np.full(len(point), TYPE_CODE[PROMISED], dtype=np.int64)
    return _Statements(point, kind, line, date + moves.promise[point], np.full(len(point), -1))


def _plans(history: History, points: DecisionPoints, stop: Ints, what: Select, kind: str, by: Ints) -> _Statements:
    """The selected dates in force that lie ahead, moved by (n,) microseconds; none to a moment that has passed."""
    point, position, line = plans_in_force(points.order, stop, *history.plan_events(what))
    date, as_of = history.date[position], points.as_of[point]
    later = date + by[point]
    moved = (date >= as_of) & (later >= as_of) & (by[point] != 0)
    kinds = np.full(int(moved.sum()), TYPE_CODE[kind], dtype=np.int64)
    return _Statements(point[moved], kinds, line[moved], later[moved], position[moved])


def _join(*parts: _Statements) -> _Statements:
    """All of them, by copy, those of one part before those of the next."""
    columns = {each.name: np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(_Statements)}
    by = np.argsort(columns["copy"], kind="stable")
    return _Statements(**{name: column[by] for name, column in columns.items()})


def _places(begin: Ints, stop: Ints, lengths: Ints, added: Ints) -> tuple[Ints, Mask]:
    """(n_events,) where each event of the copies is taken from, and which of them are added: those after ``stop``.

    An added event is taken from the last that is known, until its own columns are written. The (n,) copies have
    ``lengths`` events, ``added`` among them.
    """
    copy, within = rows_of(lengths)
    known = (stop - begin)[copy]
    stated = (within >= known) & (within < known + added[copy])
    back = np.clip(within - known + 1, 0, added[copy])
    return begin[copy] + within - back, stated


def rows_of(lengths: Ints) -> tuple[Ints, Ints]:
    """Of (n,) runs of rows one after another: (n_rows,) the run of each row, and its place in it."""
    starts = np.cumsum(lengths) - lengths
    return np.repeat(np.arange(len(lengths)), lengths), np.arange(lengths.sum()) - np.repeat(starts, lengths)


def _line_names(history: History) -> Ints:
    """(n_lines,) the code of the id of each line of each order, -1 where it has none."""
    names = np.full(int(history.first_line[-1]) + 1, -1, dtype=np.int64)
    of_line = history.line >= 0
    at = history.first_line[history.order] + history.line
    names[at[of_line]] = history.coded["line_id"].codes[of_line]
    return names


def _without(texts: Coded, rows: Mask) -> Coded:
    """A column of texts of its own, with nothing in some rows."""
    return Coded(np.where(rows, -1, texts.codes), texts.lexicon)


def _with_words(texts: Coded, rows: Mask, words: Texts) -> Coded:
    """The column with words in some rows; "" is none."""
    known = [*texts.words, *sorted({word for word in words if word} - set(texts.words))]
    place = {word: code for code, word in enumerate(known)} | {"": -1}
    codes = texts.codes.copy()
    codes[rows] = [place[word] for word in words]
    return Coded(codes, np.array(known, dtype=object))


def _of_orders(values: Ints, starts: Ints, order: Ints) -> Ints:
    """The values of each order, one order after the other."""
    run, within = rows_of(np.diff(starts)[order])
    return np.asarray(values[starts[order][run] + within])
