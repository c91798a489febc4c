"""What a reason is made of: the facts of one order, its signals and their points."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import nan

from features.events.schema import EventKey
from features.history import PLANNED_END
from features.orders.spells import CONDITIONS_MET, HOLDS, SHORTAGES
from features.readiness.blockers import (
    Blocker,
    Facts,
    condition_blockers,
    hold_blockers,
    lot_blockers,
    shortage_blockers,
)
from features.readiness.inferred_blockers import missing_blockers, silent_blockers
from features.readiness.line_quantities import set_aside_shortages
from features.readiness.naming import MOST_NAMED, keys_of, list_lines, name_line
from features.readiness.statements import KnownEvent, KnownLine, KnownPlan, SpellState
from features.readiness.trucks import DELIVERIES, truck_blockers
from features.reasons.slowest_lines import NO_LINE, SlowestLines
from features.wording.language import short


class Usual:
    """What is usual of past orders, by a signal's name. This one knows none; a model's knows its training orders."""

    def agrees(self, _name: str) -> int:
        """1 where visibly more of the past orders with such a value failed, -1 where fewer did, else 0."""
        return 0

    def above_all(self, _name: str) -> float:
        """How much higher the share of the past orders with such a value that failed was than that of all."""
        return 0.0

    def scale(self, _name: str) -> tuple[float, float] | None:
        """Between which values the middle third of the past orders lie."""
        return None

    def overall(self) -> float | None:
        """The share of all past orders that failed."""
        return None


NOTHING_USUAL = Usual()
SAME = 0.02
"""Shares of failed orders that close are about the same."""
FEW_POINTS = 0.01
"""Points of risk, of one, that hardly count."""
FAIR_PART = 0.5
"""A difference of shares explains points of which it is so large a part."""


@dataclass(frozen=True)
class OrderFacts(Facts):
    """The facts of an open order, with its signals and what each of them adds to the risk.

    Attributes
    ----------
    signals : by name; NaN where a fact is missing
    points : by name, probability
    slowest : which of its lines decide, by the usual pace
    usual : what is usual of past orders
    """

    signals: Mapping[str, float] = field(default_factory=dict)
    points: Mapping[str, float] = field(default_factory=dict)
    slowest: SlowestLines = NO_LINE
    usual: Usual = NOTHING_USUAL

    def signal(self, name: str) -> float:
        """A signal's value, NaN where it is missing or the model does not read it."""
        return self.signals.get(name, nan)

    def named(self, dimension: str) -> list[str]:
        """The names that the order gives of a dimension, shortened."""
        return [short(word) for word in self.order.words(dimension)]

    def driver(self, names: Iterable[str], rises: bool) -> str | None:
        """The signal among some that moves the risk most, up or down; ``None`` where none moves it that way.

        One by whose size past orders failed that way too comes first, then one that tells nothing, a share of failed
        orders that is about that of all, and last what past orders speak against; a share that does is none.
        """
        sign = 1 if rises else -1
        moved = sorted(((sign * self.points.get(name, 0.0), name) for name in names), reverse=True)
        moving = [name for points, name in moved if points > 0]
        verdicts = {name: sign * self.usual.agrees(name) for name in moving}
        loads = [name for name in moving if "_share" not in name]
        agreeing = [name for name in moving if verdicts[name] > 0]
        neutral = [name for name in loads if not verdicts[name]]
        shares = [name for name in moving if "_share" in name and not verdicts[name]]
        return next(iter([*agreeing, *neutral, *shares, *loads]), None)

    def explains(self, name: str, points: float) -> bool:
        """Whether orders with such a value failed so much more often, or less, that it explains the points."""
        return explains(self.usual.above_all(name), points)

    def _above_all(self, name: str) -> float:
        """How far a share of failed orders is above that of all, 0 where nobody knows that."""
        overall = self.usual.overall()
        return 0.0 if overall is None else self.signal(name) - overall

    # -- lines and the promise -----------------------------------------------------------------------------

    @cached_property
    def due(self) -> int:
        """The earliest promise of a line to ship, microseconds; now where nothing is promised."""
        return min((line.promise for line in self.open_lines if line.promise is not None), default=self.as_of)

    @cached_property
    def due_day(self) -> str:
        """The day of that promise in words."""
        return self.dates.day(self.due)

    @property
    def time_left(self) -> str:
        """The time to the promise in words: "2 days are left"."""
        return self.left(self.as_of, self.due)

    def left(self, early: int, late: int) -> str:
        """The time between two moments, as what is left."""
        time = self.dates.between(early, late)
        return self.say("left", time=time, n=1 if time.startswith("1 ") else 2)

    def scale(self, name: str, say: Callable[[float], str], always: bool = False) -> str:
        """What is usual of a signal, each bound said so; nothing where nobody knows, or a value is usual unless asked.

        A unit that both bounds have is said once: "(usually 36 to 48 days)".
        """
        bounds, value = self.usual.scale(name), self.signal(name)
        if bounds is None or (bounds[0] <= value <= bounds[1] and not always):
            return ""
        return self.between(*map(say, bounds))

    def as_usual(self, name: str, say: Callable[[float], str], rises: bool) -> str:
        """What is usual of a signal that is usual itself: it lowers a risk as no more than that."""
        bounds = self.usual.scale(name)
        template = "scale" if rises else "no_more"
        return "" if bounds is None else self.between(say(bounds[0]), say(bounds[1]), template)

    def beside_usual(self, name: str, count: int) -> str:
        """What is usual of a count, said to be that where it is."""
        bounds = self.usual.scale(name)
        if bounds is None:
            return ""
        low, high = map(self.language.number, bounds)
        return self.between(low, high, "as_many" if bounds[0] <= count <= bounds[1] else "scale")

    def between(self, low: str, high: str, template: str = "scale") -> str:
        """What is usual, by its bounds in words."""
        if low == high:
            return self.say(f"{template}.one", low=low)
        amount, _, unit = low.partition(" ")
        same_unit = unit and high.partition(" ")[2].startswith(unit)  # one day, many days
        return self.say(template, low=amount if same_unit else low, high=high)

    def beside_all(self, name: str) -> str:
        """The share of all past orders that failed, behind one that failed by a signal; nothing where nobody knows."""
        share = self.usual.overall()
        template = "overall.same" if abs(self._above_all(name)) < SAME else "overall"
        return "" if share is None else self.say(template, all=self.language.share(share))

    def only(self, moment: int, deadline: int, truck: str = "") -> str:
        """How long before a deadline a moment lies, as little time: "only 2 days before the promise"."""
        slack = self.slack(moment, deadline, truck)
        return slack if moment > deadline or self.dates.same_day(moment, deadline) else self.say("only", slack=slack)

    def tense(self, moment: int) -> str:
        """Whether a moment "is" to come or "was"."""
        return self.say("was" if moment < self.as_of else "is")

    def line(self, place: int) -> KnownLine | None:
        """The line at a place among those that are not cancelled, ``None`` for -1."""
        counted = [line for line in self.lines if line.closed != "cancelled"]
        return counted[place] if 0 <= place < len(counted) else None

    def worst_word(self, signal: str) -> str:
        """The customer, item, route or work centre with the highest share of failed orders, "" where nothing says."""
        return short(self.slowest.worst.get(signal, ""))

    def line_name(self, line: KnownLine | None) -> str:
        """A line by its id; "the order" where it has one line alone or none is known."""
        if line is None or len(self.lines) == 1:
            return self.say("order.itself")
        return name_line(self.language, line.id)

    def named_line(self, line_id: str | None) -> str:
        """What a statement speaks of: a line by the id that it gives, "the order" for all or the only one."""
        if line_id is None or len(self.lines) == 1:
            return self.say("order.itself")
        return name_line(self.language, line_id)

    def lines_named(self, lines: list[KnownLine]) -> str:
        """Lines by their ids, many of them by their number; "the order" where it has one alone."""
        if len(self.lines) == 1:
            return self.say("order.itself")
        if len(lines) > MOST_NAMED:
            everyone = len(self.open_lines)
            return self.say("lines.all" if len(lines) == everyone else "lines.part", n=len(lines), all=everyone)
        return list_lines(self.language, [line.id for line in lines])

    # -- what is in the way ----------------------------------------------------------------------------------

    @cached_property
    def conditions(self) -> list[SpellState]:
        return self.order.spells(CONDITIONS_MET)

    @cached_property
    def holds(self) -> list[SpellState]:
        return self.order.spells(HOLDS)

    @cached_property
    def shortages(self) -> list[SpellState]:
        return self.order.spells(SHORTAGES)

    def blockers_of(self, rule: str) -> list[Blocker]:
        """The blockers by a rule, those first that still matter."""
        if rule not in self._blockers:
            found = [blocker for blocker in self._make_blockers(rule) if blocker.rule == rule]
            self._blockers[rule] = sorted(found, key=lambda blocker: blocker.moot)
        return self._blockers[rule]

    def _make_blockers(self, rule: str) -> list[Blocker]:
        if rule == "hold":
            return hold_blockers(self)
        if rule == "shortage":
            return set_aside_shortages(self, shortage_blockers(self))
        if rule == "failed_inspection":
            return lot_blockers(self)
        if rule == "missing_quantity":
            return missing_blockers(self)
        if rule == "condition":
            not_met = [spell for spell in self.conditions if not spell.open]
            return [*condition_blockers(self, not_met), *silent_blockers(self, self.conditions)]
        return truck_blockers(self)

    @cached_property
    def _blockers(self) -> dict[str, list[Blocker]]:
        return {}

    # -- plans ---------------------------------------------------------------------------------------------------

    @cached_property
    def planned_ends(self) -> list[KnownPlan]:
        """The planned ends in force of lines to ship, the latest first."""
        plans = [plan for plan in self.order.plans(PLANNED_END) if plan.dated_by and self.open_lines_of(plan.line_id)]
        return sorted(plans, key=lambda plan: -date_of(plan))

    @cached_property
    def trucks(self) -> list[KnownPlan]:
        """The trucks to come, the earliest first."""
        plans = [plan for plan in self.order.plans(DELIVERIES) if plan.dated_by and date_of(plan) >= self.as_of]
        return sorted(plans, key=date_of)

    def open_lines_of(self, line_id: str | None) -> list[KnownLine]:
        """The lines to ship that an id speaks of."""
        return [line for line in self.lines_of(line_id) if line.open]

    def promise_for(self, line_id: str | None) -> int:
        """The earliest promise of the lines that an id speaks of; that of all where it speaks of none."""
        promises = [line.promise for line in self.open_lines_of(line_id) if line.promise is not None]
        return min(promises, default=self.due)

    def number(self, signal: str, known: int) -> int:
        """A count by its signal; where the model does not read it, what is known of the order."""
        value = self.signal(signal)
        return known if value != value else round(value)

    @cached_property
    def news(self) -> list[KnownEvent]:
        """What was recorded of the order, decisions about it left out."""
        return [event for event in self.order.events if event.type != "decision.recorded"]

    def latest(self, *types: str) -> KnownEvent | None:
        """The last known event of some types, ``None`` for none."""
        return next((event for event in reversed(self.order.events) if event.type in types), None)


def explains(above: float, points: float) -> bool:
    """Whether a difference of shares, of like orders and of all, has the sign of points and is a fair part of them."""
    return above * points > 0 and abs(above) >= FAIR_PART * abs(points)


def dated_by(*plans: KnownPlan) -> tuple[EventKey, ...]:
    """The events that state the dates of plans in force."""
    return keys_of(plan.dated_by for plan in plans if plan.dated_by is not None)


def date_of(plan: KnownPlan) -> int:
    """The date of a plan in force, microseconds."""
    return 0 if plan.dated_by is None else plan.dated_by.date or 0
