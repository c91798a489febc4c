"""What other orders contribute at each decision point, known at the start of its day: track record, load and pace."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.arrays import Floats, Ints
from features.context.context import ALL
from features.engine.arithmetic import highest, highest_share, only_where, share, shrunk
from features.known.scope import Scope
from features.known.tables import LineTable, OpenSpells
from features.times import DAY, NEVER

FEW = 5.0
"""Lines by which the usual figures of an item are shrunk towards those of all items; holds by kind the same."""
MANY = 20.0
"""For what happens seldom: lines by which failures of an item are shrunk, and arrivals of a component."""
N_JUDGED, N_FAILED, N_PARTIAL = 0, 1, 2


def _moment_of(scope: Scope) -> Ints:
    """(n,) the moments whose start of day is looked up, microseconds."""
    given = scope.points.looked_up_at
    return scope.as_of if given is None else given


class Lookups:
    """Lookups in the context of all orders."""

    def __init__(self, scope: Scope, lines: Callable[[], LineTable]) -> None:
        self.scope = scope
        self._make_lines = lines
        self.context = scope.context
        self.today: Ints = scope.context.lookup_day(_moment_of(scope))
        self._records: dict[tuple[str, bool], tuple[Ints, Ints]] = {}
        self._words_known: dict[str, tuple[Ints, Ints]] = {}
        self._of_lines: dict[str, tuple[Ints, Ints]] = {}
        self._usual: dict[tuple[str, object], Floats] = {}
        self._shares: dict[tuple[object, ...], Floats] = {}

    # -- the track record ----------------------------------------------------------------------------------

    def share_of_all(self, recent: bool = False, what: int = N_FAILED, of: int = N_JUDGED) -> Floats:
        """Missed or partial orders as a share of all judged ones; NaN if none was."""
        key = ("share", recent, what, of)
        if key not in self._shares:
            _, totals = self._record(ALL, recent)
            self._shares[key] = share(totals[:, what].astype(np.float64), totals[:, of].astype(np.float64))
        return self._shares[key]

    def worst_share(self, dimension: str, weight: float, recent: bool = False, what: int = N_FAILED) -> Floats:
        """The highest failure share among the order's words of a dimension, shrunk towards that of all orders.

        ``(failures + weight * prior) / (judged + weight)``: the posterior mean of a rate under a beta prior worth
        ``weight`` orders. The prior of a recent share is the order's whole one. NaN where the order names no word.
        """
        self.scope.note_words(dimension)
        key = ("worst share", dimension, weight, recent, what)
        if key not in self._shares:
            prior = self.worst_share(dimension, weight, what=what) if recent else self.share_of_all(what=what)
            self._shares[key] = self._highest_share(dimension, prior, weight, recent, what)
        return self._shares[key]

    def _highest_share(self, dimension: str, prior: Floats, weight: float, recent: bool, what: int) -> Floats:
        point, totals = self._record(dimension, recent)
        shares: Floats = highest_share(point, totals, what, prior, weight)
        return shares

    def worst_words(self, dimension: str, weight: float, recent: bool = False) -> list[tuple[int, str]]:
        """The decision points that name several words of a dimension, each with the one that has the highest share."""
        prior = self.share_of_all()
        if recent:
            prior = self._highest_share(dimension, prior, weight, recent=False, what=N_FAILED)
        point, totals = self._record(dimension, recent)
        named = np.bincount(point, minlength=len(self.scope))
        rows = np.flatnonzero(named[point] > 1)
        shares = (totals[rows, N_FAILED] + weight * prior[point[rows]]) / (totals[rows, N_JUDGED] + weight)
        rows = rows[np.lexsort((-shares, point[rows]))]
        firsts = rows[np.flatnonzero(np.diff(point[rows], prepend=-1))]
        words = self.scope.history.coded[dimension].words[self._words(dimension)[1][firsts]]
        return list(zip(point[firsts].tolist(), words.tolist(), strict=True))

    def fewest_judged(self, dimension: str) -> Floats:
        """The judged orders of the order's least known word of a dimension, NaN where it names none."""
        self.scope.note_words(dimension)
        point, totals = self._record(dimension, recent=False)
        fewest: Floats = -highest(point, -totals[:, N_JUDGED].astype(np.float64), len(self.scope))
        return fewest

    def _record(self, dimension: str, recent: bool) -> tuple[Ints, Ints]:
        """(decision point, totals) of each word of a dimension that was known."""
        if (dimension, recent) not in self._records:
            book = self.context.books[f"{'recent' if recent else 'record'} {dimension}"]
            if dimension == ALL:
                point = np.arange(len(self.scope))
                key = point * 0 if len(book.tally.keys) else point * 0 - 1
            else:
                point, code = self._words(dimension)
                key = book.codes(self.scope.history.coded[dimension].words)[code]
            self._records[dimension, recent] = point, book.at(key, self.today[point])
        return self._records[dimension, recent]

    def _words(self, dimension: str) -> tuple[Ints, Ints]:
        scope = self.scope
        if dimension not in self._words_known:
            self._words_known[dimension] = scope.history.words_known(dimension, scope.order, scope.stop)[:2]
        return self._words_known[dimension]

    # -- the load ------------------------------------------------------------------------------------------

    def due_same_week(self) -> Floats:
        """Open orders of the order's plant that are due in the week of its due date."""
        plant, due = self._latest_word("plant"), self.scope.due()
        week = self.context.calendar.week(self.scope.due_day())
        return self._open("due", "plant", np.where(due != NEVER, plant, -1), week)

    def open_orders(self, dimension: str) -> Floats:
        """Open orders of the order's plant or customer."""
        return self._open(f"open {dimension}", dimension, self._latest_word(dimension))

    def _open(self, name: str, dimension: str, code: Ints, sub: Ints | None = None) -> Floats:
        book = self.context.books[name]
        count = book.at(book.codes(self.scope.history.coded[dimension].words)[code], self.today, sub)[:, 0]
        return np.where(code >= 0, count, np.nan)

    def _latest_word(self, dimension: str) -> Ints:
        scope = self.scope
        given = scope.history.last_given(dimension)[scope.stop]
        names = given >= scope.start
        if scope.trace is not None and names[0]:
            scope.trace.add(given[0])
        return np.where(names, scope.history.coded[dimension].codes[given], -1)

    # -- lines: (n_rows,) one value a row of the line table ------------------------------------------------

    @cached_property
    def _lines(self) -> LineTable:
        return self._make_lines()

    @cached_property
    def _row_day(self) -> Ints:
        return self.today[self._lines.point]

    def usual_operations(self) -> Floats:
        """Operations that lines of the item had finished when they left."""
        return self._per_item("items", 1)

    def usual_lead(self) -> Floats:
        """Days from their creation in which lines of the item left."""
        return self._per_item("items", 2) / DAY

    def usual_days(self, begun: bool = False) -> Floats:
        """Days from this stage in which lines of the item left; from the begin of the work if ``begun``."""
        return self._per_item("begun stages" if begun else "stages", 1) / DAY

    def usual_work_days(self, begun: bool = False) -> Floats:
        """Days from this stage, or the begin of the work, until lines of the item had their last operation done."""
        return self._per_item("begun stages" if begun else "stages", 2) / DAY

    def usual_failures(self) -> Floats:
        """Inspections that lines of the item failed from this stage on."""
        return self._per_item("stages", 3, MANY)

    def open_lines_of_item(self) -> Floats:
        """Open lines of the item in all orders."""
        item, book = self._lines.item, self.context.books["open items"]
        count = book.at(book.codes(self._items)[item], self._row_day)[:, 0]
        return np.where(item >= 0, count, np.nan)

    def queue(self) -> Floats:
        """Lines in the queue of the line's next work centre; NaN where that is not known."""
        following = self.next_centres
        waiting = self.context.routing.queue_at(following, self._row_day)
        length: Floats = only_where(following >= 0, waiting.astype(np.float64))
        return length

    @cached_property
    def next_centres(self) -> Ints:
        """(n_rows,) the work centre that each line is at or needs next, an index into those of the routing, or -1."""
        lines, routing, history = self._lines, self.context.routing, self.scope.history
        centres = history.coded["work_center"].words
        following = np.full(len(lines.point), -1)
        after = lines.after & (lines.item >= 0)
        following[after] = routing.next_centre(
            self._items, centres, lines.item[after], lines.centre[after], self._row_day[after]
        )
        following[lines.at] = routing.places(centres)[lines.centre[lines.at]]
        return following

    @property
    def _items(self) -> NDArray[np.object_]:
        return self.scope.history.coded["item"].words

    def _per_item(self, name: str, total: int, few: float = FEW) -> Floats:
        """The mean over lines of the item that left, shrunk by ``few`` lines towards that over all items."""
        lines = self._lines
        key = name, total
        if key not in self._usual:
            if name not in self._of_lines:
                book = name.removeprefix("begun ")
                sub = {"stages": lines.stage, "begun stages": np.maximum(lines.stage, 1)}.get(name)
                self._of_lines[name] = self._totals(book, self._items, lines.item, self._row_day, sub)
            self._usual[key] = only_where(lines.item >= 0, shrunk(*self._of_lines[name], total, few))
        return self._usual[key]

    def _totals(
        self, name: str, words: NDArray[np.object_], code: Ints, day: Ints, sub: Ints | None = None
    ) -> tuple[Ints, Ints]:
        """Totals by word, and those of all words."""
        own, whole = self.context.books[name], self.context.books[f"all {name}"]
        of_word = own.at(own.codes(words)[code], day, sub)
        return of_word, whole.at(np.full(len(code), 0 if len(whole.tally.keys) else -1), day, sub)

    # -- spells: one value an open spell ---------------------------------------------------------------

    def usual_delay(self, shortages: OpenSpells) -> Floats:
        """(n_rows,) days after the date stated last that components like these came; 0 where none has come yet."""
        delay = self._per_spell("components", "reference", shortages, MANY)
        return np.where(np.isnan(delay), 0.0, delay)

    def usual_hold(self, holds: OpenSpells) -> Floats:
        """(n_rows,) days that holds of these kinds stood."""
        return self._per_spell("holds", "kind", holds, FEW)

    def _per_spell(self, name: str, by: str, spells: OpenSpells, few: float) -> Floats:
        key = name, spells
        if key not in self._usual:
            column = self.scope.history.coded[by]
            totals = self._totals(name, column.words, column.codes[spells.position], self.today[spells.point])
            self._usual[key] = shrunk(*totals, 1, few) / DAY
        return self._usual[key]
