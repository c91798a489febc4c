"""What other orders say: the load of a plant and the track record of each dimension, by day.

Built once from all events; a lookup sees only what was known at the last start of day, the same in a batch and in a
single call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.daybook import Daybook
from features.events.schema import DIMENSIONS
from features.history import History
from features.orders import OPEN, commitments
from features.outcomes import MISSED, ON_TIME_IN_FULL, PARTIAL, Beliefs, beliefs
from features.times import EARLIEST, Ints, PlantCalendar, isoformat, plant_calendar

ALL = "all"
RECENT_DAYS = 180
BETWEEN = "\x1f"
"""Separates the plant from the week in the key of what is due in a week."""


@dataclass(frozen=True)
class Context:
    """Daybooks of all orders.

    Attributes
    ----------
    calendar : the plant's days
    track_record : by dimension, and ``ALL``: totals (judged orders, missed or partial orders)
    recent_record : the same over the orders that were first judged in the last ``RECENT_DAYS`` days
    due : orders due in a week, key ``plant`` + BETWEEN + ``week``; ``open_orders`` the same over all weeks
    known_until : microseconds; the records end here. No lookup goes past that day: what is silent after it is not
        known, so it is no sign that an order was missed
    """

    calendar: PlantCalendar
    track_record: dict[str, Daybook]
    recent_record: dict[str, Daybook]
    due: Daybook
    open_orders: Daybook
    known_until: int

    @classmethod
    def of(cls, history: History, calendar: PlantCalendar, known_until: int | None = None) -> Context:
        """All orders of a history whose records are complete until ``known_until`` (default: the last record)."""
        due, open_orders = _load(history, calendar)
        if known_until is None:
            known_until = int(history.recorded.max(initial=EARLIEST))
        lasting, recent = _records(history, calendar)
        return cls(calendar, lasting, recent, due, open_orders, known_until)

    def lookup_day(self, as_of: Ints) -> Ints:
        """The day whose start each moment looks things up at."""
        end = self.calendar.day(np.array([self.known_until + 1]))
        return np.minimum(self.calendar.day(as_of), end)

    def to_json(self) -> dict[str, Any]:
        return {
            "zone": self.calendar.zone,
            "known_until": isoformat(self.known_until),
            "known_until_micros": self.known_until,
            "track_record": {name: book.to_json() for name, book in self.track_record.items()},
            "recent_record": {name: book.to_json() for name, book in self.recent_record.items()},
            "due": self.due.to_json(),
            "open_orders": self.open_orders.to_json(),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Context:
        return cls(
            plant_calendar(kept["zone"]),
            {name: Daybook.from_json(book) for name, book in kept["track_record"].items()},
            {name: Daybook.from_json(book) for name, book in kept["recent_record"].items()},
            Daybook.from_json(kept["due"]),
            Daybook.from_json(kept["open_orders"]),
            kept["known_until_micros"],
        )


def visible_from(calendar: PlantCalendar, moments: Ints) -> Ints:
    """The first day at whose start something recorded at each moment was known."""
    return calendar.day(moments - 1) + 1


Books = dict[str, Daybook]


def _records(history: History, calendar: PlantCalendar) -> tuple[Books, Books]:
    """The whole track record and the recent one, by dimension."""
    believed = beliefs(history)
    day = visible_from(calendar, believed.known_at)
    judged = np.isin(believed.outcome, (ON_TIME_IN_FULL, PARTIAL, MISSED)).astype(np.int64)
    failed = np.isin(believed.outcome, (PARTIAL, MISSED)).astype(np.int64)
    now = np.stack([judged, failed], axis=1)
    first = np.append(True, believed.order[1:] != believed.order[:-1])[: len(day)]
    before = np.append(np.zeros((1, 2), dtype=np.int64), now, axis=0)[:-1]
    before[first] = 0
    lasting = (np.arange(len(day)), day, now - before)
    return _books(history, believed, lasting), _books(history, believed, _while_recent(first, day, now - before))


def _while_recent(first: NDArray[np.bool_], day: Ints, change: Ints) -> tuple[Ints, Ints, Ints]:
    """An order counts for RECENT_DAYS from its first judgement, with what is believed of it until then."""
    owner = np.cumsum(first) - 1
    leaves = day[first][owner] + RECENT_DAYS
    row = np.flatnonzero(day < leaves)
    return (
        np.concatenate([row, row]),
        np.concatenate([day[row], leaves[row]]),
        np.concatenate([change[row], -change[row]]),
    )


def _books(history: History, believed: Beliefs, changes: tuple[Ints, Ints, Ints]) -> Books:
    """A daybook a dimension, of changes (row of the belief, day, change of the totals)."""
    belief, day, change = changes
    books = {ALL: Daybook.of(np.array([ALL], dtype=object), np.zeros_like(day), day, change)}
    for dimension in DIMENSIONS:
        order, code, position = history.words_of_orders(dimension)
        row, pair = _pairs(believed.order[belief], order)
        known = history.recorded[position[pair]] <= believed.judged_at[belief[row]]
        row, pair = row[known], pair[known]
        books[dimension] = Daybook.of(history.coded[dimension].words, code[pair], day[row], change[row])
    return books


def _pairs(wanted: Ints, order: Ints) -> tuple[Ints, Ints]:
    """For each row that names an order, each entry of the (sorted) list of entries of that order."""
    start = np.searchsorted(order, wanted)
    count = np.searchsorted(order, wanted, side="right") - start
    row = np.repeat(np.arange(len(wanted)), count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return row, start[row] + offset


def _load(history: History, calendar: PlantCalendar) -> tuple[Daybook, Daybook]:
    """An order counts at its latest plant, in the week of its due date, from the day after it is so recorded."""
    state = commitments(history)
    coded = history.coded["plant"]
    plant = _latest_word(history, coded.codes)
    counts = (state.state == OPEN) & (plant >= 0)
    week = week_of(calendar, np.where(counts, state.due, 0))
    place = np.where(counts, plant * (1 << 16) + week, -1)
    before = np.append(np.int64(-1), place[:-1])
    before[history.first[:-1]] = -1
    moved = np.flatnonzero(place != before)
    day = visible_from(calendar, history.recorded[moved])
    key = np.concatenate([place[moved], before[moved]])
    days = np.concatenate([day, day])
    sign = np.concatenate([np.ones_like(moved), -np.ones_like(moved)])
    real = key >= 0
    places, index = np.unique(key[real], return_inverse=True)
    names = [week_key(coded.words[p >> 16], p & 0xFFFF) for p in places]
    due = Daybook.of(np.array(names, dtype=object), index, days[real], sign[real][:, None])
    return due, Daybook.of(coded.words, key[real] >> 16, days[real], sign[real][:, None])


def _latest_word(history: History, codes: Ints) -> Ints:
    """After each event, the latest word its order has given, -1 for none."""
    given = np.where(codes >= 0, np.arange(len(codes)), -1)
    latest = np.maximum.accumulate(given) if len(given) else given
    return np.where(latest >= history.first[history.order], codes[latest], -1)


def week_of(calendar: PlantCalendar, moments: Ints) -> Ints:
    """Weeks since the Monday before 1970-01-01."""
    return (calendar.day(moments) + 3) // 7


def week_key(plant: str, week: int) -> str:
    """The key of what is due at a plant in a week."""
    return f"{plant}{BETWEEN}{week}"
