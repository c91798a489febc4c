"""All events, sorted once, as columns of integers: what every signal is computed from.

Events stand in the order (order, ``recorded_at``, ``occurred_at``, ``source``, ``event_id``). What was known of an
order at a moment is therefore one contiguous range of positions, and a count or a sum over it is the
difference of two entries of a prefix sum. Quantities are integer millionths and moments are integer
microseconds, so sums are exact and do not depend on what stands before an order.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.engine import changes_by_key, latest_maximum
from features.events.columns import Columns, as_columns
from features.events.schema import DIMENSIONS, MICRO, TYPE_CODE
from features.times import NEVER, Ints

Texts = NDArray[np.object_]
T = TypeVar("T")
CODED = ("line_id", "kind", "state", "reference", "reason", "actor", *DIMENSIONS)


@dataclass(frozen=True)
class Select:
    """Which events: any of the types, and where given, any of these words in a column.

    >>> Select("hold.placed", kind="quality")
    Select('hold.placed', kind='quality')
    """

    types: tuple[str, ...]
    words: tuple[tuple[str, tuple[str, ...]], ...]

    def __init__(self, *types: str, **words: str | tuple[str, ...]) -> None:
        object.__setattr__(self, "types", types)
        sought = tuple((column, (word,) if isinstance(word, str) else word) for column, word in words.items())
        object.__setattr__(self, "words", sought)

    def __repr__(self) -> str:
        words = [f"{column}={' or '.join(word)!r}" for column, word in self.words]
        return f"Select({', '.join([*map(repr, self.types), *words])})"


@dataclass(frozen=True)
class Standing:
    """Things that stand or not, told apart by ``by``: the latest statement of each decides.

    ``Standing(when=Select("hold.placed"), until=Select("hold.released"))`` are the open holds.
    """

    when: Select
    until: Select
    by: str = "reference"


@dataclass(frozen=True)
class Coded:
    """A text column as codes into its distinct words; -1 is a missing text."""

    codes: Ints
    words: Texts

    @cached_property
    def index(self) -> dict[str, int]:
        return {word: code for code, word in enumerate(self.words)}


@dataclass(eq=False)
class History:
    """Sorted events of ``n_orders`` orders, ``n_events`` in all.

    Attributes
    ----------
    order_ids : (n_orders,) the orders in the order of their ids
    first : (n_orders + 1,) position of each order's first event
    order : (n_events,) index of the event's order
    recorded, occurred, date : (n_events,) microseconds, ``NEVER`` where missing
    quantity, value : (n_events,) millionths, ``NEVER`` where missing
    type : (n_events,) code of the type
    line : (n_events,) index of the line within its order by ``line_id``, -1 for the whole order; lines that become
        known later are counted too, so only the order of the indices means something
    """

    order_ids: Texts
    first: Ints
    order: Ints
    recorded: Ints
    occurred: Ints
    date: Ints
    quantity: Ints
    value: Ints
    type: Ints
    line: Ints
    event_id: Texts
    source: Texts
    coded: dict[str, Coded]
    _cache: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, events: pd.DataFrame) -> History:
        """Sort a validated event table; the order of its rows means nothing."""
        return cls.of_columns(as_columns(events))

    @classmethod
    def of_columns(cls, columns: Columns) -> History:
        """The same from its columns, as ``features.events.columns`` has them."""
        codes, order_ids = pd.factorize(columns["order_id"], sort=True)
        by = _sorted_positions(codes, columns)
        order = codes[by].astype(np.int64)
        coded = {}
        for column in CODED:
            word_codes, words = pd.factorize(columns[column][by], sort=column == "line_id")
            coded[column] = Coded(word_codes.astype(np.int64), np.asarray(words, dtype=object))
        types = columns["type"][by]
        return cls(
            order_ids=np.asarray(order_ids, dtype=object),
            first=np.searchsorted(order, np.arange(len(order_ids) + 1)).astype(np.int64),
            order=order,
            recorded=columns["recorded_at"][by],
            occurred=columns["occurred_at"][by],
            date=columns["date"][by],
            quantity=_millionths(columns["quantity"][by]),
            value=_millionths(columns["value"][by]),
            type=np.fromiter((TYPE_CODE[name] for name in types), dtype=np.int64, count=len(types)),
            line=_lines(order, coded["line_id"].codes, np.equal(types, "order_line.created").astype(bool)),
            event_id=columns["event_id"][by],
            source=columns["source"][by],
            coded=coded,
        )

    @property
    def n_orders(self) -> int:
        return len(self.order_ids)

    @property
    def n_events(self) -> int:
        return len(self.order)

    @cached_property
    def next_recorded(self) -> Ints:
        """When the order's next event was recorded; for its last event the end of time."""
        following = np.append(self.recorded[1:], np.iinfo(np.int64).max)
        following[self.first[1:] - 1] = np.iinfo(np.int64).max
        return following

    def mask(self, what: Select) -> NDArray[np.bool_]:
        """(n_events,) True where the event is one of those selected."""
        return self.once(("mask", what), lambda: self._mask(what))

    def _mask(self, what: Select) -> NDArray[np.bool_]:
        mask = np.zeros(self.n_events, dtype=bool)
        for name in what.types:
            mask |= self.type == TYPE_CODE[name]
        for column, words in what.words:
            coded = self.coded[column]
            codes = [coded.index[word] for word in words if word in coded.index]
            mask &= np.isin(coded.codes, codes)
        return mask

    def counted(self, what: Select) -> Ints:
        """(n_events + 1,) number of selected events before each position."""
        return self.once(("counted", what), lambda: _prefix(self.mask(what).astype(np.int64)))

    def summed(self, what: Select, column: str) -> Ints:
        """(n_events + 1,) sum of a column over the selected events before each position; missing adds nothing."""
        return self.once(("summed", what, column), lambda: self._summed(what, column))

    def _summed(self, what: Select, column: str) -> Ints:
        values = self.column(column)
        return _prefix(np.where(self.mask(what) & (values != NEVER), values, 0))

    def last(self, what: Select) -> Ints:
        """(n_events + 1,) position of the last selected event before each position, -1 for none."""
        return self.once(("last", what), lambda: self._last(what))

    def _last(self, what: Select) -> Ints:
        positions = np.where(self.mask(what), np.arange(self.n_events), -1)
        return np.append(np.int64(-1), np.maximum.accumulate(positions))

    def column(self, name: str) -> Ints:
        """An integer column: ``recorded``, ``occurred``, ``date``, ``quantity``, ``value``, ``lag``, ``moved``."""
        if name == "lag":
            return self.once(("lag",), lambda: self.recorded - self.occurred)
        if name == "sign":
            return self.once(("sign",), lambda: np.where((self.quantity < 0) & (self.quantity != NEVER), -1, 1))
        if name == "moved":
            return self.once(("moved",), lambda: self._moved(PLANNED_END, "reference"))
        if name == "moved_size":
            return self.once(("moved_size",), lambda: np.abs(self.column("moved")))
        values: Ints = getattr(self, name)
        return values

    def key(self, by: str) -> Ints:
        """(n_events,) a number for each (order, word in ``by``); events without a word share one an order and kind."""
        codes = self.coded[by].codes
        width = np.int64(len(self.coded[by].words) + len(self.coded["kind"].words) + 2)
        unnamed = len(self.coded[by].words) + 1 + self.coded["kind"].codes
        return self.order * width + np.where(codes >= 0, codes, unnamed)

    def standing(self, things: Standing) -> tuple[Ints, Ints, Ints]:
        """Prefix sums over things that stand: how many, and the moments since they do, weighted by sign.

        Returns (count, since, position of events that say so): the number of standing things before a position
        is ``count[stop] - count[start]``; the time they have stood at ``t``, ended ones included, is
        ``t * (count[stop] - count[start]) - (since[stop] - since[start])``.
        """
        return self.once(("standing", things), lambda: self._standing(things))

    def _standing(self, things: Standing) -> tuple[Ints, Ints, Ints]:
        on = self.mask(things.when)
        relevant = np.flatnonzero(on | self.mask(things.until))
        change = np.zeros(self.n_events, dtype=np.int64)
        change[relevant] = changes_by_key(self.key(things.by)[relevant], on[relevant].astype(np.int64))
        return _prefix(change), _prefix(change * np.minimum(self.occurred, self.recorded)), relevant

    def _moved(self, what: Select, by: str) -> Ints:
        """How far each statement of a date moved the one before it of the same thing, microseconds."""
        moved = np.zeros(self.n_events, dtype=np.int64)
        stated = np.flatnonzero(self.mask(what) & (self.date != NEVER))
        keys = self.key(by)[stated]
        change = changes_by_key(keys, self.date[stated])
        _, first_of_key = np.unique(keys, return_index=True)
        change[first_of_key] = 0
        moved[stated] = change
        return moved

    def latest_end(self, what: Select, by: str) -> Ints:
        """(n_events,) after each event, the latest among the dates in force of the order's things."""
        return self.once(("latest_end", what, by), lambda: self._latest_end(what, by))

    def _latest_end(self, what: Select, by: str) -> Ints:
        stated = self.mask(what) & (self.date != NEVER)
        things = np.full(self.n_events, -1, dtype=np.int64)
        things[stated] = _index_within_order(self.order[stated], self.key(by)[stated])
        latest: Ints = latest_maximum(self.first, things, self.date)
        return latest

    def words_of_orders(self, dimension: str) -> tuple[Ints, Ints, Ints]:
        """The distinct words of a dimension in each order: (order, code, position of the first event that says it)."""
        return self.once(("words", dimension), lambda: self._words_of_orders(dimension))

    def _words_of_orders(self, dimension: str) -> tuple[Ints, Ints, Ints]:
        codes = self.coded[dimension].codes
        given = np.flatnonzero(codes >= 0)
        width = np.int64(len(self.coded[dimension].words) + 1)
        keys, first = np.unique(self.order[given] * width + codes[given], return_index=True)
        return keys // width, keys % width, given[first]

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives, made on the first call with this key and kept."""
        if key not in self._cache:
            self._cache[key] = make()
        return cast(T, self._cache[key])


PLANNED_END = Select("production.released", "production.rescheduled")


def _prefix(values: Ints) -> Ints:
    """Running sums that start with 0. They may wrap around; differences of them are exact all the same."""
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return sums


def _millionths(values: NDArray[np.float64]) -> Ints:
    whole = np.full(len(values), NEVER, dtype=np.int64)
    given = np.isfinite(values)
    whole[given] = np.rint(values[given] * MICRO).astype(np.int64)
    return whole


def _sorted_positions(codes: NDArray[Any], columns: Columns) -> Ints:
    """Sort by order and both clocks; the texts are compared only where those are equal."""
    recorded, occurred = columns["recorded_at"], columns["occurred_at"]
    by = np.lexsort((occurred, recorded, codes))
    same = (np.diff(codes[by]) == 0) & (np.diff(recorded[by]) == 0) & (np.diff(occurred[by]) == 0)
    if same.any():
        tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
        run = np.cumsum(np.append(True, ~same))[tied]
        rows = by[tied]
        ids = pd.factorize(columns["event_id"][rows], sort=True)[0]
        sources = pd.factorize(columns["source"][rows], sort=True)[0]
        by[tied] = rows[np.lexsort((ids, sources, run))]
    return by


def _lines(order: Ints, codes: Ints, creates: NDArray[np.bool_]) -> Ints:
    """The line each event speaks of; one created without an id is a line of its own, before all others."""
    return _index_within_order(order, np.where(codes >= 0, codes + 1, np.where(creates, 0, -1)))


def _index_within_order(order: Ints, codes: Ints) -> Ints:
    """Number the distinct codes of each order from 0 in ascending order; -1 stays -1."""
    index = np.full(len(codes), -1, dtype=np.int64)
    given = np.flatnonzero(codes >= 0)
    if given.size == 0:
        return index
    width = codes.max() + 1
    keys, inverse = np.unique(order[given] * width + codes[given], return_inverse=True)
    orders = keys // width
    starts = np.flatnonzero(np.append(True, np.diff(orders) != 0))
    rank = np.arange(len(keys)) - np.repeat(starts, np.diff(np.append(starts, len(keys))))
    index[given] = rank[inverse]
    return index
