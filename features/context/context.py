"""What other orders say: the load of plants and work centres, the pace of items, the track record of each dimension.

Built once from all events, in parts that add up; a lookup sees only what was known at the last start of day, the same
in a batch and in a single call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.arrays import Ints
from features.context.daybook import Daybook, Tally
from features.context.routing import Routing, transition_tallies
from features.engine.ordering import known_until as known_until_moment
from features.events.schema import DIMENSIONS
from features.events.selection import Select
from features.events.text import Texts
from features.history import History
from features.orders.commitments import commitments, is_to_ship
from features.orders.spells import AVAILABLE, HOLD_PLACED, HOLD_RELEASED, SHORT
from features.orders.transitions import FAILURES, LEFT, OPENED, STAGE, WORK, line_transitions
from features.outcomes import MISSED, ON_TIME_IN_FULL, PARTIAL, LabelRevisions, label_revisions
from features.parallel import side_by_side
from features.policy import DEFAULT_POLICY, OutcomePolicy
from features.times import EARLIEST, LATEST, NEVER, PlantCalendar, isoformat, plant_calendar

ALL = "all"
ALL_WORDS = np.array([ALL], dtype=object)
RECENT_DAYS = 180
Tallies = dict[str, Tally]


@dataclass(frozen=True)
class PartialContext:
    """What some of the orders add to a context; parts of different orders add up.

    Attributes
    ----------
    tallies : by name, see ``_records``, ``_load``, ``_work`` and ``_waits``
    known_from, known_until : microseconds, the first and the last record
    """

    tallies: Tallies
    known_from: int
    known_until: int
    firsts: Ints

    @classmethod
    def of(cls, history: History, calendar: PlantCalendar) -> PartialContext:
        """What the orders of a history add."""
        tallies: Tallies = {}
        commitments(history)
        jobs = (_work, _records, _load, _waits)
        for of_kind in side_by_side(lambda job: job(history, calendar), jobs, history.n_events):
            tallies |= of_kind
        recorded = history.recorded
        ends = int(recorded.min(initial=LATEST)), int(recorded.max(initial=EARLIEST))
        return cls(tallies, *ends, _earliest(np.stack([calendar.day(recorded), recorded])))

    @classmethod
    def sum(cls, parts: Sequence[PartialContext]) -> PartialContext:
        """What the orders of all parts add, in any order of the parts."""
        tallies = {name: Tally.sum([part.tallies[name] for part in parts]) for name in parts[0].tallies}
        firsts = _earliest(np.concatenate([part.firsts for part in parts], axis=1))
        ends = min(part.known_from for part in parts), max(part.known_until for part in parts)
        return cls(tallies, *ends, firsts)

    def to_arrow(self) -> pa.Table:
        """A row a tally; ``from_arrow`` gives the same part."""
        tallies = self.tallies.values()
        columns = {
            "name": pa.array(self.tallies, type=pa.string()),
            "totals": pa.array([tally.changes.shape[1] for tally in tallies], type=pa.int64()),
            "keys": pa.array([list(tally.keys) for tally in tallies], type=pa.large_list(pa.string())),
            "place": pa.array([tally.place for tally in tallies], type=pa.large_list(pa.int64())),
            "changes": pa.array([tally.changes.reshape(-1) for tally in tallies], type=pa.large_list(pa.int64())),
        }
        ends = {"known_from": str(self.known_from), "known_until": str(self.known_until)}
        ends["firsts"] = json.dumps(self.firsts.tolist())
        return pa.table(columns).replace_schema_metadata(ends)

    @classmethod
    def from_arrow(cls, stored: pa.Table) -> PartialContext:
        tallies = {}
        for row in range(len(stored)):
            name, totals = stored["name"][row].as_py(), stored["totals"][row].as_py()
            place, changes = (stored[column][row].values.to_numpy() for column in ("place", "changes"))
            keys = np.empty(len(stored["keys"][row]), dtype=object)
            keys[:] = stored["keys"][row].as_py()
            tallies[name] = Tally(keys, place, changes.reshape(-1, totals))
        ends = stored.schema.metadata
        firsts = np.array(json.loads(ends[b"firsts"]), dtype=np.int64).reshape(2, -1)
        return cls(tallies, int(ends[b"known_from"]), int(ends[b"known_until"]), firsts)


@dataclass(frozen=True)
class Context:
    """Daybooks of all orders.

    Attributes
    ----------
    calendar : the plant's days
    books : by name, see ``_records``, ``_load``, ``_work`` and ``_waits``
    routing : which work centre follows which, by item, and the queues before them
    known_until : microseconds; the records end here
    firsts : (n_days,) the first record of each day on which something was recorded, ascending; ``None`` where somebody
        vouches that the records are complete until ``known_until``
    outcome_policy : the digest of the policy by which the track record counts, empty for the default one
    levels : by the digest of a model, the level of each plant beside it, as ``training.model.level.Levels`` writes it

    No lookup goes past the morning after the latest record by then: what is silent after it is not known, so it is no
    sign that an order was missed.
    """

    calendar: PlantCalendar
    books: dict[str, Daybook]
    routing: Routing
    known_until: int
    firsts: Ints | None = None
    outcome_policy: str = ""
    levels: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, history: History, calendar: PlantCalendar, known_until: int | None = None) -> Context:
        """All orders of a history whose records are complete until ``known_until`` (default: the last record)."""
        return cls.sum([PartialContext.of(history, calendar)], calendar, known_until, history.policy)

    @classmethod
    def sum(
        cls,
        parts: Sequence[PartialContext],
        calendar: PlantCalendar,
        known_until: int | None = None,
        policy: OutcomePolicy = DEFAULT_POLICY,
    ) -> Context:
        """All orders of the parts of disjoint sets of orders, in any order; ``policy`` is the one of all parts."""
        whole = PartialContext.sum(parts)
        tallies = dict(whole.tallies)
        routing = Routing.of(*(tallies.pop(name) for name in ("moved", "waiting", "at work")))
        books = {name: Daybook.of(tally) for name, tally in tallies.items()}
        if known_until is None:
            return cls(calendar, books, routing, whole.known_until, whole.firsts[1], policy_id(policy))
        return cls(calendar, books, routing, known_until, outcome_policy=policy_id(policy))

    def lookup_day(self, as_of: Ints) -> Ints:
        """The day whose start each moment looks things up at. What is recorded later does not change it."""
        day = self.calendar.day(as_of)
        if self.firsts is None:
            return np.minimum(day, self.calendar.day(np.array([self.known_until + 1])))
        if not len(self.firsts):
            return day
        latest = self.firsts.searchsorted(as_of, side="right") - 1
        return np.where(latest >= 0, np.minimum(day, self._mornings_after[np.maximum(latest, 0)]), day)

    @cached_property
    def _mornings_after(self) -> Ints:
        """(n_days,) the day after each of ``firsts``."""
        return np.empty(0, dtype=np.int64) if self.firsts is None else self.calendar.day(self.firsts) + 1

    def to_json(self) -> dict[str, Any]:
        optional = {"outcome_policy": self.outcome_policy, "levels": dict(self.levels)}
        return {
            "zone": self.calendar.zone,
            "known_until": isoformat(self.known_until),
            "known_until_micros": self.known_until,
            "firsts": None if self.firsts is None else self.firsts.tolist(),
            "books": {name: book.to_json() for name, book in self.books.items()},
            "routing": self.routing.to_json(),
        } | {name: content for name, content in optional.items() if content}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Context:
        books = {name: Daybook.from_json(book) for name, book in stored["books"].items()}
        routing = Routing.from_json(stored["routing"])
        firsts = None if stored["firsts"] is None else np.array(stored["firsts"], dtype=np.int64)
        known_until, policy = stored["known_until_micros"], stored.get("outcome_policy", "")
        levels = stored.get("levels", {})
        return cls(plant_calendar(stored["zone"]), books, routing, known_until, firsts, policy, levels)


def policy_id(policy: OutcomePolicy) -> str:
    """How a context names the policy by which its track record counts: nothing for the default one."""
    return "" if policy.is_default else policy.digest


def _earliest(firsts: Ints) -> Ints:
    """(2, n_days) the earliest moment of each day, from (2, n) days and moments in any order."""
    by = np.lexsort((firsts[1], firsts[0]))
    _, first = np.unique(firsts[0][by], return_index=True)
    return firsts[:, by[first]]


def visible_from(calendar: PlantCalendar, moments: Ints) -> Ints:
    """The first day at whose start something recorded at each moment was known."""
    return calendar.day(moments - 1) + 1


# -- the track record: totals (judged, missed or partial, partial) ---------------------------------------------


def _records(history: History, calendar: PlantCalendar) -> Tallies:
    """The whole record and the recent one, by dimension: ``record customer``, ``recent customer``, ..."""
    revisions = label_revisions(history)
    day = visible_from(calendar, revisions.known_at)
    sets = ((ON_TIME_IN_FULL, PARTIAL, MISSED), (PARTIAL, MISSED), (PARTIAL,))
    now = np.stack([np.isin(revisions.outcome, chosen) for chosen in sets], axis=1).astype(np.int64)
    first = np.append(True, revisions.order[1:] != revisions.order[:-1])[: len(day)]
    before = np.append(np.zeros((1, 3), dtype=np.int64), now, axis=0)[:-1]
    before[first] = 0
    lasting = (np.arange(len(day)), day, now - before)
    recent = _while_recent(first, day, now - before)
    return _by_dimension("record", history, revisions, lasting) | _by_dimension("recent", history, revisions, recent)


def _while_recent(first: NDArray[np.bool_], day: Ints, change: Ints) -> tuple[Ints, Ints, Ints]:
    """An order counts for RECENT_DAYS from its first judgement, with what is known of it until then."""
    owner = np.cumsum(first) - 1
    leaves = day[first][owner] + RECENT_DAYS
    row = np.flatnonzero(day < leaves)
    return (
        np.concatenate([row, row]),
        np.concatenate([day[row], leaves[row]]),
        np.concatenate([change[row], -change[row]]),
    )


def _by_dimension(name: str, history: History, revisions: LabelRevisions, changes: tuple[Ints, Ints, Ints]) -> Tallies:
    """A tally a dimension, of changes (row of the revision, day, change of the totals).

    A word counts where it was known when the order was judged.
    """
    revision, day, change = changes
    tallies = {f"{name} {ALL}": Tally.of(ALL_WORDS, np.zeros_like(day), 0, day, change)}
    order, first = np.unique(revisions.order, return_index=True)
    stop = known_until_moment(history.first, history.recorded, order, revisions.labelled_at[first])
    for dimension in DIMENSIONS:
        owner, code, _ = history.words_known(dimension, order, stop)
        row, pair = _pairs(np.searchsorted(order, revisions.order[revision]), owner)
        tallies[f"{name} {dimension}"] = Tally.of(history.coded[dimension].words, code[pair], 0, day[row], change[row])
    return tallies


def _pairs(wanted: Ints, owner: Ints) -> tuple[Ints, Ints]:
    """For each row that names an owner, each entry of the (sorted) list of entries of that owner."""
    start = np.searchsorted(owner, wanted)
    count = np.searchsorted(owner, wanted, side="right") - start
    row = np.repeat(np.arange(len(wanted)), count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return row, start[row] + offset


# -- the load: totals (orders) ---------------------------------------------------------------------------------


def _load(history: History, calendar: PlantCalendar) -> Tallies:
    """Open orders: ``due`` by plant and week of the due date, ``open plant`` and ``open customer`` over all weeks."""
    state = commitments(history)
    plant, customer = (_latest_word(history, dimension) for dimension in ("plant", "customer"))
    open_ = is_to_ship(state.state)
    week = calendar.week(calendar.day(np.where(open_, state.due, 0)))
    return {
        "due": _standing_by(history, calendar, "plant", np.where(open_, plant, -1), week),
        "open plant": _standing_by(history, calendar, "plant", np.where(open_, plant, -1), np.zeros_like(week)),
        "open customer": _standing_by(
            history, calendar, "customer", np.where(open_, customer, -1), np.zeros_like(week)
        ),
    }


def _standing_by(history: History, calendar: PlantCalendar, dimension: str, code: Ints, sub: Ints) -> Tally:
    """An order counts at the code and subdivision it has after its latest event, from the day after it is recorded."""
    before_code, before_sub = np.append(np.int64(-1), code[:-1]), np.append(np.int64(0), sub[:-1])
    before_code[history.first[:-1]] = -1
    moved = np.flatnonzero((code != before_code) | ((code >= 0) & (sub != before_sub)))
    day = visible_from(calendar, history.recorded[moved])
    codes = np.concatenate([code[moved], before_code[moved]])
    subs = np.concatenate([sub[moved], before_sub[moved]])
    sign = np.concatenate([np.ones_like(moved), -np.ones_like(moved)])
    real = codes >= 0
    days = np.concatenate([day, day])[real]
    return Tally.of(history.coded[dimension].words, codes[real], subs[real], days, sign[real][:, None])


def _latest_word(history: History, dimension: str) -> Ints:
    """After each event, the latest word its order has given, -1 for none."""
    given = history.last_given(dimension)[1:]
    codes = history.coded[dimension].codes
    return np.where(given >= history.first[history.order], codes[given], -1)


# -- the work: what lines that left have needed, and where lines are -------------------------------------------


def _work(history: History, calendar: PlantCalendar) -> Tallies:
    """What lines of an item have needed, both by item and over all, and how many are open.

    ``items``: totals (lines that left, their finished operations, microseconds from their creation); ``stages``, by
    stage: totals (lines, microseconds from the stage until they left, microseconds from it until their last operation
    was finished, inspections that failed from it on); ``open items``: totals (open lines).
    """
    moves = line_transitions(history)
    what, recorded, item, a, _, amount = moves
    day = visible_from(calendar, recorded)
    words = history.coded["item"].words
    one = np.ones(len(what), dtype=np.int64)
    left, stage, opened, work, failures = (
        np.flatnonzero(what == kind) for kind in (LEFT, STAGE, OPENED, WORK, FAILURES)
    )
    items = np.stack([one[left], a[left], amount[left]], axis=1)
    stages = np.stack([one[stage], amount[stage], amount[work], amount[failures]], axis=1)
    return {
        "items": Tally.of(words, item[left], 0, day[left], items),
        "all items": Tally.of(ALL_WORDS, 0 * item[left], 0, day[left], items),
        "stages": Tally.of(words, item[stage], a[stage], day[stage], stages),
        "all stages": Tally.of(ALL_WORDS, 0 * item[stage], a[stage], day[stage], stages),
        "open items": Tally.of(words, item[opened], 0, day[opened], amount[opened][:, None]),
    } | transition_tallies(moves, day, words, history.coded["work_center"].words)


# -- the waits: how long what stood has stood ------------------------------------------------------------------


def _waits(history: History, calendar: PlantCalendar) -> Tallies:
    """What ended: ``components`` that came, totals (components, microseconds after the date stated last), and ``holds``
    that were released, totals (holds, microseconds they stood), by kind; both by word and over all.
    """
    short, came = _ended(history, SHORT, AVAILABLE, history.line)
    dated = (history.date[short] != NEVER) & (history.coded["reference"].codes[short] >= 0)
    short, came = short[dated], came[dated]
    placed, released = _ended(history, HOLD_PLACED, HOLD_RELEASED, 0 * history.line)
    recorded, reference, kind = history.recorded, history.coded["reference"], history.coded["kind"]
    came_at, released_at = visible_from(calendar, recorded[came]), visible_from(calendar, recorded[released])
    late, stood = recorded[came] - history.date[short], recorded[released] - recorded[placed]
    return _tally_waits("components", reference.words, reference.codes[short], came_at, late) | _tally_waits(
        "holds", kind.words, kind.codes[placed], released_at, stood
    )


def _tally_waits(name: str, words: Texts, code: Ints, day: Ints, took: Ints) -> Tallies:
    changes = np.stack([np.ones_like(took), took], axis=1)
    return {
        name: Tally.of(words, code, 0, day, changes),
        f"all {name}": Tally.of(ALL_WORDS, np.zeros_like(code), 0, day, changes),
    }


def _ended(history: History, begins: Select, ends: Select, line: Ints) -> tuple[Ints, Ints]:
    """Positions of the statements with which a spell began and those that ended it, one right after the other."""
    begun, ended = history.mask(begins), history.mask(ends)
    statements = np.flatnonzero(begun | ended)
    spell = np.stack([history.numbered("reference")[0], line, history.order])[:, statements]
    by = np.lexsort((statements, *spell))
    statements, same = statements[by], np.all(spell[:, by][:, 1:] == spell[:, by][:, :-1], axis=0)
    pair = np.flatnonzero(same & begun[statements[:-1]] & ended[statements[1:]])
    return statements[pair], statements[pair + 1]
