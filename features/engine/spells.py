"""Spells: states of an order's things with a begin and an end, such as open holds.

A spell has a place within its order: the number of its word, and with ``per_line`` of the word of its line. A statement
of the whole order takes the place of those of the lines. What happened before the latest known statement about a place
changes nothing there: it is history that was booked late.

The loops are handed the fields of ``SpellEvents`` one by one, last: numba tells the type of an array at once, that of a
named tuple slowly, which a single order would feel.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from features.arrays import Ints
from features.events.selection import Masks, is_selected
from features.jit import compiled, compiled_inline
from features.times import NEVER


class SpellEvents(NamedTuple):
    """What the loops over spells read. Shapes (n_events,) but for ``first`` (n_orders + 1,), ``words`` and ``lines``
    (n_orders,), and the masks.

    ``begins`` and ``ends`` select the statements; ``word`` is the number of the event's word within its order,
    ``words`` how many there are.
    """

    first: Ints
    code: Ints
    begins: Masks
    ends: Masks
    word: Ints
    words: Ints
    line: Ints
    lines: Ints
    occurred: Ints
    recorded: Ints
    per_line: bool


@compiled_inline
def _places(events: SpellEvents, order: int) -> int:
    """How many places the spells of an order have."""
    places: int = (events.lines[order] + 1 if events.per_line else 1) * events.words[order]
    return places


@compiled_inline
def _place(events: SpellEvents, order: int, i: int) -> int:
    """The place of the spell that a statement is about."""
    place: int = events.word[i] + (events.words[order] * (events.line[i] + 1) if events.per_line else 0)
    return place


@compiled_inline
def _states(events: SpellEvents, i: int) -> int:
    """1 where an event says that a spell is open, -1 where it says that none is, 0 where it says nothing of it."""
    return 1 if is_selected(events.code[i], events.begins) else -1 if is_selected(events.code[i], events.ends) else 0


@compiled_inline
def _replaces_lines(events: SpellEvents, i: int) -> bool:
    """Whether a statement is of the whole order, where lines have spells of their own."""
    replaces: bool = events.per_line and events.line[i] < 0
    return replaces


@compiled_inline
def _effective(events: SpellEvents, i: int) -> int:
    """When a statement holds: as it happened, and where it was announced before, as it was recorded."""
    moment: int = min(events.occurred[i], events.recorded[i])
    return moment


@compiled
def _end_lines(since: Ints, stated: Ints, width: int, word: int, moment: int) -> int:
    """End the spells of the lines, whose place a statement of the whole order takes; how many were open.

    ``since`` (n_places,) is since when each is open, ``stated`` when the latest statement about it happened.
    """
    ended = 0
    for place in range(width + word, len(since), width):
        if stated[place] > moment:
            continue
        stated[place] = moment
        if since[place] != NEVER:
            since[place] = NEVER
            ended += 1
    return ended


@compiled
def running_spells(*columns: Any) -> tuple[Ints, Ints]:
    """How many spells are open, and the sum of the moments at which they began less those at which they ended.

    Both before each position. At a moment ``t`` the spells of an order have been open for ``t * count - moments`` in
    total, ended ones included.
    """
    events = SpellEvents(*columns)
    n = len(events.code)
    counts, moments = np.empty(n + 1, dtype=np.int64), np.empty(n + 1, dtype=np.int64)
    count, moment = 0, 0
    for order in range(len(events.first) - 1):
        since = np.full(_places(events, order), NEVER, dtype=np.int64)
        stated = since.copy()
        for i in range(events.first[order], events.first[order + 1]):
            counts[i], moments[i] = count, moment
            states = _states(events, i)
            if states == 0:
                continue
            at = _effective(events, i)
            if _replaces_lines(events, i):
                ended = _end_lines(since, stated, events.words[order], events.word[i], at)
                count -= ended
                moment -= ended * at
            place = _place(events, order, i)
            if at < stated[place]:
                continue
            stated[place] = at
            if states == 1 and since[place] == NEVER:
                since[place] = at
                count += 1
                moment += at
            elif states == -1 and since[place] != NEVER:
                since[place] = NEVER
                count -= 1
                moment -= at
    counts[n], moments[n] = count, moment
    return counts, moments


@compiled
def open_spells(order: Ints, stop: Ints, total: int, *columns: Any) -> tuple[Ints, Ints, Ints]:
    """What is open at each point (sorted by order and position): (point, since, position of the last statement)."""
    events = SpellEvents(*columns)
    owner, began, latest = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.int64)
    row, p = 0, 0
    while p < len(order):
        k = order[p]
        since = np.full(_places(events, k), NEVER, dtype=np.int64)
        stated = since.copy()
        position = np.empty(len(since), dtype=np.int64)
        i = events.first[k]
        while p < len(order) and order[p] == k:
            while i < stop[p]:
                states = _states(events, i)
                if states != 0:
                    at = _effective(events, i)
                    if _replaces_lines(events, i):
                        _end_lines(since, stated, events.words[k], events.word[i], at)
                    place = _place(events, k, i)
                    if at >= stated[place]:
                        stated[place] = at
                        if states == -1:
                            since[place] = NEVER
                        else:
                            position[place] = i
                            if since[place] == NEVER:
                                since[place] = at
                i += 1
            for place in range(len(since)):
                if since[place] != NEVER:
                    owner[row], began[row], latest[row] = p, since[place], position[place]
                    row += 1
            p += 1
    return owner[:row], began[:row], latest[:row]


@compiled
def running_turns(begins: bool, *columns: Any) -> Ints:
    """Statements before each position that begin a spell that was not open, or else end one that was.

    What began before the latest statement about it, and is booked late, has begun all the same.
    """
    events = SpellEvents(*columns)
    out = np.empty(len(events.code) + 1, dtype=np.int64)
    total = 0
    for order in range(len(events.first) - 1):
        since = np.full(_places(events, order), NEVER, dtype=np.int64)
        stated = since.copy()
        for i in range(events.first[order], events.first[order + 1]):
            out[i] = total
            states = _states(events, i)
            if states == 0:
                continue
            at = _effective(events, i)
            if _replaces_lines(events, i):
                _end_lines(since, stated, events.words[order], events.word[i], at)
            place = _place(events, order, i)
            was_open = since[place] != NEVER
            if at < stated[place]:
                total += begins and states == 1 and not was_open
                continue
            stated[place] = at
            total += (states == 1 and not was_open) if begins else (states == -1 and was_open)
            since[place] = at if states == 1 else NEVER
    out[len(events.code)] = total
    return out


@compiled
def spell_statements(order: int, stop: int, *columns: Any) -> tuple[Ints, Ints, Ints]:
    """The statements of one order that hold, by the spell they are about.

    Returns, for each event of the order before the position ``stop``, the place of the spell whose latest state it
    states, together with those right before it that state the same, and -1 for every other event; (n_places,)
    1 where the latest state is open, -1 where it is ended, 0 where nothing holds; and (n_places,) the position of the
    first statement of the spell, whatever it stated.
    """
    events = SpellEvents(*columns)
    begin = events.first[order]
    latest = np.zeros(_places(events, order), dtype=np.int64)
    run = np.full(len(latest), NEVER, dtype=np.int64)
    stated = run.copy()
    first_stated = np.full(len(latest), NEVER, dtype=np.int64)
    place_of = np.full(stop - begin, -1, dtype=np.int64)
    for i in range(begin, stop):
        states = _states(events, i)
        if states == 0:
            continue
        at = _effective(events, i)
        if _replaces_lines(events, i):
            _end_lines(run, stated, events.words[order], events.word[i], at)
        place = _place(events, order, i)
        if at < stated[place]:
            continue
        stated[place] = at
        if run[place] == NEVER:
            first_stated[place] = i
        if run[place] == NEVER or latest[place] != states:
            run[place] = i
        latest[place] = states
        place_of[i - begin] = place
    for place in range(len(latest)):
        if run[place] == NEVER:
            latest[place] = 0
    for i in range(stop - begin):
        if place_of[i] >= 0 and (run[place_of[i]] == NEVER or begin + i < run[place_of[i]]):
            place_of[i] = -1
    return place_of, latest, first_stated
