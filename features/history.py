"""All events, sorted once, as columns of integers: what every signal is computed from.

Events stand in the order (order, ``recorded_at``, ``occurred_at``, ``sequence``, precedence, ``source``, natural order
of ``event_id``), see ``features.engine.ordering``. What was known of an order at a moment is therefore one contiguous
range of positions, and a count or a sum over it is the difference of two entries of a running sum. Quantities are
integer millionths and moments are integer microseconds, so sums are exact and do not depend on what stands before an
order.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.arrays import Ints
from features.engine import in_force, masks, ordering, prefix_sums, spells, words
from features.engine.in_force import InForce
from features.engine.plans import PlanEvents
from features.engine.spells import SpellEvents
from features.events.columns import Columns, as_columns
from features.events.schema import DIMENSIONS, INSTALMENT_MARK, MICRO, TYPE_CODE
from features.events.selection import Select, Spell, event_codes
from features.events.text import Coded, Distinct, Texts, code_objects
from features.jit import compiled
from features.parallel import side_by_side
from features.policy import DEFAULT_POLICY, OutcomePolicy
from features.times import NEVER

__all__ = ["PLANNED_END", "History", "Select", "Spell", "Texts"]
T = TypeVar("T")
CODED = ("source", "line_id", "kind", "state", "reference", "reason", "actor", *DIMENSIONS)
PLANNED_END = Select("production.released", "production.rescheduled")
SORTED_COLUMNS = (*CODED, "instalment", "event_id", "type", "recorded_at", "occurred_at", "date", "quantity", "value")
COLUMNS = ("order", "recorded", "occurred", "date", "quantity", "value", "type", "line", "tolerance", "event_code")


@dataclass(eq=False)
class History:
    """Sorted events of ``n_orders`` orders, ``n_events`` in all.

    Attributes
    ----------
    order_ids : (n_orders,) the orders in the order of their ids
    first : (n_orders + 1,) position of each order's first event
    lines : (n_orders,) how many lines each order speaks of
    line_of : (n_lines,) the line of which each line of each order is an instalment, as its index within the order; -1
        for none
    order : (n_events,) index of the event's order
    recorded, occurred, date : (n_events,) microseconds, ``NEVER`` where missing
    quantity, value : (n_events,) millionths, ``NEVER`` where missing
    type : (n_events,) code of the type
    line : (n_events,) index of the line within its order by ``line_id``, -1 for the whole order; lines that become
        known later are counted too, so only the order of the indices means something
    tolerance : (n_events,) millionths of the ordered quantity that may lack, ``NEVER`` where the event states none
    event_code : (n_events,) the type and the words that signals look for, see ``features.events.selection``
    coded : the text columns but for the ids
    policy : what counts as on time and in full
    """

    order_ids: Texts
    first: Ints
    lines: Ints
    line_of: Ints
    order: Ints
    recorded: Ints
    occurred: Ints
    date: Ints
    quantity: Ints
    value: Ints
    type: Ints
    line: Ints
    tolerance: Ints
    event_code: Ints
    ids: Coded
    coded: dict[str, Coded]
    policy: OutcomePolicy = DEFAULT_POLICY
    _cache: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, events: pd.DataFrame, policy: OutcomePolicy = DEFAULT_POLICY) -> History:
        """Sort a validated event table; the order of its rows means nothing."""
        return cls.of_columns(as_columns(events), policy)

    @classmethod
    def of_columns(cls, columns: Columns, policy: OutcomePolicy = DEFAULT_POLICY) -> History:
        """Sort a validated event table that is there as columns, as ``features.events.columns`` has them."""
        orders = columns["order_id"].ranked()
        by, first = ordering.sort_events(orders, columns)
        tolerance = _tolerances(columns["tolerance"], by)
        in_order = side_by_side(lambda name: _take(columns[name], by), SORTED_COLUMNS, len(by))
        columns = dict(zip(SORTED_COLUMNS, in_order, strict=True))
        coded = {name: columns[name] for name in CODED}
        coded["line_id"] = _with_instalments(columns["line_id"], columns["instalment"]).ranked()
        types = _type_codes(columns["type"])
        line, lines = _lines(first, coded["line_id"], types == TYPE_CODE["order_line.created"])
        return cls(
            order_ids=orders.words,
            first=first,
            lines=lines,
            line_of=_line_of(first, lines, line, coded["line_id"]),
            order=orders.codes[by],
            recorded=columns["recorded_at"],
            occurred=columns["occurred_at"],
            date=columns["date"],
            quantity=_millionths(columns["quantity"]),
            value=_millionths(columns["value"]),
            type=types,
            line=line,
            tolerance=tolerance,
            event_code=event_codes(types, coded),
            ids=columns["event_id"],
            coded=coded,
            policy=policy,
        )

    def under(self, policy: OutcomePolicy) -> History:
        """These events under another policy; nothing is sorted anew."""
        return self if policy == self.policy else replace(self, policy=policy, _cache={})

    def part(self, begin: int, end: int) -> History:
        """The orders from ``begin`` to before ``end``: views of the same columns."""
        start, stop = self.first[begin], self.first[end]
        rows = slice(start, stop)
        columns = {name: getattr(self, name)[rows] for name in COLUMNS}
        columns["order"] = columns["order"] - begin
        return History(
            order_ids=self.order_ids[begin:end],
            first=self.first[begin : end + 1] - start,
            lines=self.lines[begin:end],
            line_of=self.line_of[self.first_line[begin] : self.first_line[end]],
            ids=self.ids.take(rows),
            coded={name: column.take(rows) for name, column in self.coded.items()},
            policy=self.policy,
            **columns,
        )

    def parts(self, most_events: int) -> Iterator[tuple[int, int]]:
        """Ranges of orders of about so many events each, at least one order."""
        begin = 0
        while begin < self.n_orders:
            end = int(np.searchsorted(self.first, self.first[begin] + most_events, side="right")) - 1
            end = min(max(end, begin + 1), self.n_orders)
            yield begin, end
            begin = end

    @property
    def n_orders(self) -> int:
        return len(self.order_ids)

    @property
    def n_events(self) -> int:
        return len(self.order)

    @cached_property
    def event_id(self) -> Texts:
        """(n_events,) the id of each event, unique within its source."""
        return self.ids.texts()

    @cached_property
    def source(self) -> Texts:
        """(n_events,) the system that each event comes from."""
        return self.coded["source"].texts()

    @cached_property
    def first_line(self) -> Ints:
        """(n_orders + 1,) where the lines of each order begin in ``line_of``."""
        return np.append(0, np.cumsum(self.lines))

    @cached_property
    def next_recorded(self) -> Ints:
        """When the order's next event was recorded; for its last event the end of time."""
        following = np.append(self.recorded[1:], np.iinfo(np.int64).max)
        following[self.first[1:] - 1] = np.iinfo(np.int64).max
        return following

    def column(self, name: str) -> Ints:
        """An integer column: one of the attributes, or ``lag`` (recorded - occurred), ``sign`` (of the quantity)."""
        if name == "lag":
            return self.once(("lag",), lambda: self.recorded - self.occurred)
        if name == "sign":
            return self.once(("sign",), lambda: np.where((self.quantity < 0) & (self.quantity != NEVER), -1, 1))
        values: Ints = getattr(self, name)
        return values

    # -- what is selected ----------------------------------------------------------------------------------

    def mask(self, what: Select) -> NDArray[np.bool_]:
        """(n_events,) True where the event is one of those selected."""
        return self.once(("mask", what), lambda: masks.matches(self.event_code, what.masks))

    def counted(self, what: Select) -> Ints:
        """(n_events + 1,) number of selected events before each position."""
        return self.once(("counted", what), lambda: prefix_sums.running_count(self.event_code, what.masks))

    def summed(self, what: Select, column: str) -> Ints:
        """(n_events + 1,) sum of a column over the selected events before each position; missing adds nothing."""
        return self.once(
            ("summed", what, column), lambda: prefix_sums.running_sum(self.event_code, what.masks, self.column(column))
        )

    def last(self, what: Select) -> Ints:
        """(n_events + 1,) position of the last selected event before each position, -1 for none."""
        return self.once(("last", what), lambda: prefix_sums.running_last(self.event_code, what.masks))

    def last_given(self, dimension: str) -> Ints:
        """(n_events + 1,) position of the last event before each position that names a word of a dimension."""
        return self.once(("last given", dimension), lambda: prefix_sums.last_given(self.coded[dimension].codes))

    # -- spells --------------------------------------------------------------------------------------------

    def numbered(self, by: str) -> tuple[Ints, Ints]:
        """(n_events,) the number of the event's word of ``by`` within its order; (n_orders,) how many there are.

        Events without a word share a number an order and kind.
        """
        return self.once(("numbered", by), lambda: self._numbered(by))

    def _numbered(self, by: str) -> tuple[Ints, Ints]:
        column, kind = self.coded[by], self.coded["kind"]
        codes = np.where(column.codes >= 0, column.codes, column.n_words + 1 + kind.codes)
        numbers: tuple[Ints, Ints] = words.numbered(self.first, codes, column.n_words + 1 + kind.n_words)
        return numbers

    def running_spells(self, spell: Spell) -> tuple[Ints, Ints]:
        """(n_events + 1,) running counts and moments of what is open, see ``features.engine.spells``."""
        return self.once(("spells", spell), lambda: spells.running_spells(*self.spell_events(spell)))

    def open_spells(self, spell: Spell, order: Ints, start: Ints, stop: Ints) -> tuple[Ints, Ints, Ints]:
        """What is open at each point: (point, since in microseconds, position of the statement)."""
        count = self.running_spells(spell)[0]
        total = int((count[stop] - count[start]).sum())
        return spells.open_spells(order, stop, total, *self.spell_events(spell))

    def running_ends(self, spell: Spell) -> Ints:
        """(n_events + 1,) statements before each position that end what was open."""
        return self.once(("ends", spell), lambda: spells.running_turns(False, *self.spell_events(spell)))

    def running_begins(self, spell: Spell) -> Ints:
        """(n_events + 1,) statements before each position that begin what was not open: no restatement of it."""
        return self.once(("begins", spell), lambda: spells.running_turns(True, *self.spell_events(spell)))

    def spell_events(self, spell: Spell) -> SpellEvents:
        """What the loops over spells read."""
        return SpellEvents(
            self.first, self.event_code, spell.begins.masks, spell.ends.masks, *self.numbered(spell.by), self.line,
            self.lines, self.occurred, self.recorded, spell.per_line,
        )  # fmt: skip

    def distinct(self, what: Select, by: str) -> Ints:
        """(n_events + 1,) distinct things among the selected events before each position."""
        make = lambda: words.running_distinct(self.first, self.event_code, what.masks, *self.numbered(by))  # noqa: E731
        return self.once(("distinct", what, by), make)

    # -- plans ---------------------------------------------------------------------------------------------

    def plan_events(self, what: Select) -> PlanEvents:
        """What the loops over plans read of selected statements."""
        return PlanEvents(
            self.first, self.event_code, what.masks, self.numbered("reference")[0], self.line, self.occurred,
            self.recorded, self.date, self.quantity,
        )  # fmt: skip

    def in_force(self, what: Select) -> InForce:
        """What each event changes of the plans that are selected, and how they stand after it."""
        return self.once(("in force", what), lambda: InForce(*in_force.fold_plans(*self.plan_events(what))))

    # -- words ---------------------------------------------------------------------------------------------

    def words_known(self, dimension: str, order: Ints, stop: Ints) -> tuple[Ints, Ints, Ints]:
        """The words of a dimension known at points sorted by order and position: (point, code, first position)."""
        column = self.coded[dimension]
        return words.words_known(self.first, column.codes, column.n_words, order, stop)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives, made on the first call with this key."""
        value = self._cache.get(key, _MISSING)
        if value is _MISSING:
            value = self._cache[key] = make()
        return value  # type: ignore[no-any-return]


_MISSING = object()


def _take(values: Any, by: Ints) -> Any:
    return values.take(by) if isinstance(values, Coded | Distinct) else values[by]


@compiled
def _millionths(values: NDArray[np.float64]) -> Ints:
    """(n,) whole millionths, NEVER for what is no number."""
    out = np.empty(len(values), dtype=np.int64)
    for i in range(len(values)):
        out[i] = int(np.rint(values[i] * MICRO)) if np.isfinite(values[i]) else NEVER
    return out


def _tolerances(shares: NDArray[np.float64], by: Ints) -> Ints:
    """(n,) whole millionths in the order of the events; few files state any, and then nothing is sorted."""
    if np.isnan(shares).all():
        return np.broadcast_to(np.int64(NEVER), len(shares))
    millionths: Ints = _millionths(shares[by])
    return millionths


def _type_codes(types: Coded) -> Ints:
    codes = np.array([TYPE_CODE[name] for name in types.words], dtype=np.int64)
    encoded: Ints = codes[types.codes]
    return encoded


def _with_instalments(line_id: Coded, instalment: Coded) -> Coded:
    """The line each event speaks of, an instalment of it by its own name."""
    if not instalment.n_words:
        return line_id
    named = ~instalment.missing & ~line_id.missing
    if not named.any():
        return line_id
    texts = line_id.texts()
    texts[named] = texts[named] + INSTALMENT_MARK + instalment.texts()[named]
    return code_objects(texts.tolist(), len(texts))


def _line_of(first: Ints, lines: Ints, line: Ints, line_id: Coded) -> Ints:
    """(n_lines,) the line of which each line of each order is an instalment, -1 for none; in the order of their ids."""
    if not any(INSTALMENT_MARK in word for word in line_id.words):
        return np.full(lines.sum(), -1, dtype=np.int64)
    whole = {word: code for code, word in enumerate(line_id.words)}
    of_word = np.array([whole.get(word.rpartition(INSTALMENT_MARK)[0], -1) for word in line_id.words] + [-1])
    first_line = np.append(0, np.cumsum(lines))
    order = np.repeat(np.arange(len(lines)), np.diff(first))
    word = np.full(lines.sum(), -1, dtype=np.int64)
    word[(first_line[order] + line)[line >= 0]] = line_id.codes[line >= 0]
    owner = np.repeat(np.arange(len(lines)), lines)
    keys, sought = owner * (len(of_word) + 1) + word, owner * (len(of_word) + 1) + of_word[word]
    at = np.minimum(np.searchsorted(keys, sought), len(keys) - 1)
    found = (of_word[word] >= 0) & (keys[at] == sought)
    return np.where(found, at - first_line[owner], -1)


def _lines(first: Ints, line_id: Coded, creates: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """The line each event speaks of; one created without an id is a line of its own, before all others."""
    codes = np.where(line_id.codes >= 0, line_id.codes + 1, np.where(creates, 0, -1))
    return words.ranked(first, codes, line_id.n_words + 1)
