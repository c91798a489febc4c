"""What really delayed an order that failed: the hours that each cause kept its lines from the truck of their promise.

The truck of a line is the last one that keeps its promise. Counted back from it by what the plan allows for work and
for shipping there is a moment at which the line has to begin. From then until it could go in full, every hour that
something stood in its way is written to that: a component that is not there, a hold, a failed inspection, a repair,
pieces made again, a paper. Work is charged with what it took beyond its allowance. A line that stands ready and does
not leave in time is the truck's, or waits for the rest of its order, whose causes are its own then.

An order's hours are those of its lines that failed, added up. A cause is true where it alone was as long as the
lateness of each of these lines, so that without it the order would have gone in time, or where it has at least a
quarter of all hours of delay; the one with the most hours always is. Hours are those of the shift; causes may overlap.

It is an account, not a second run of the plant without the cause: what else would have been different is not played.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import NamedTuple

from simulation.oracle.spans import Span, Spans, beyond, union, within, without, working_hours
from simulation.plant.calendar import DAY
from simulation.plant.shop import Shop
from simulation.plant.state import BLOCKS_RELEASE, BLOCKS_SHIPPING, BLOCKS_WORK, REQUESTED, Line, Order
from simulation.plant.stays import FAILED, FOREVER, HOLD, MACHINE, MENDING, QUEUE, SHORTAGE, Stay
from simulation.processes.planner import end_in_time, planned_hours
from simulation.processes.shelf import PICK_DAYS
from simulation.processes.trucks import departure_by, next_departure, route_of

SHARE = 0.25
"""Of all hours of delay: from so much on a cause is a true one, though without it the line would have been late."""
LEAST = 0.5
"""Hours below which nothing counts as a delay."""


@dataclass(frozen=True)
class Delay:
    """What kept a line, or an order, from its truck.

    Attributes
    ----------
    lateness : working hours from the truck to the moment at which it could go in full; of an order its latest line's
    hours : by cause, working hours
    when : by cause, when its first hour began and its last one ended
    enough : the causes that alone were as long as the lateness
    """

    lateness: float
    hours: dict[str, float]
    when: dict[str, Span]
    enough: frozenset[str]

    @classmethod
    def of(cls, lateness: float, hours: dict[str, float], when: dict[str, Span]) -> Delay:
        """The delay of one line."""
        return cls(lateness, hours, when, frozenset(cause for cause in hours if hours[cause] >= lateness))

    @property
    def ranked(self) -> list[str]:
        """All causes, the one with the most hours first."""
        return sorted(self.hours, key=lambda cause: (-self.hours[cause], cause))

    @property
    def causes(self) -> list[str]:
        """The true ones."""
        share = SHARE * sum(self.hours.values())
        ranked = self.ranked
        return [cause for cause in ranked if cause in self.enough or self.hours[cause] >= share or cause == ranked[0]]

    def with_line(self, other: Delay) -> Delay:
        """Of this and one more line that failed."""
        causes = {**self.hours, **other.hours}
        hours = {cause: self.hours.get(cause, 0.0) + other.hours.get(cause, 0.0) for cause in causes}
        spans = {cause: [delay.when[cause] for delay in (self, other) if cause in delay.when] for cause in causes}
        when = {cause: (min(of)[0], max(end for _, end in of)) for cause, of in spans.items()}
        return Delay(max(self.lateness, other.lateness), hours, when, self.enough & other.enough)


def order_delay(shop: Shop, order: Order, moment: float) -> Delay | None:
    """What kept an order from the promises of its lines as they stood at a moment; None where nothing did."""
    held = [
        (line, promise)
        for line in order.lines
        if (promise := promise_at(line, moment)) is not None and not cancelled_by(line, max(promise, moment))
    ]
    whole: Delay | None = None
    for line, promise in held:
        if shipped_by(line, promise) >= ordered_by(line, max(promise, moment)):
            continue
        delay = LineHistory(shop, line, promise).delay([other for other in held if other[0] is not line])
        whole = delay if whole is None else whole.with_line(delay)
    return whole


def promise_at(line: Line, moment: float) -> float | None:
    """The promise of a line as it stood at a moment."""
    dates = [date for stated, date, by in line.promise_log if stated <= moment and by != REQUESTED]
    return dates[-1] if dates else None


def cancelled_by(line: Line, moment: float) -> bool:
    """Whether a line counted as cancelled at a moment; one that is given up after its promise has failed it."""
    return ([reason for stated, reason in line.closed_log if stated <= moment] or [""])[-1] == "cancelled"


def ordered_by(line: Line, moment: float) -> int:
    """What was ordered of a line at a moment."""
    return ([quantity for stated, quantity in line.ordered_log if stated <= moment] or [line.ordered])[-1]


def shipped_by(line: Line, moment: float) -> int:
    """What had left of a line by a moment."""
    return sum(quantity for left, quantity in line.shipped_log if left <= moment)


class Lot(NamedTuple):
    """A batch or a picking: when it began, when its work ended and when it came to the dock."""

    number: int
    begun: float
    work_ended: float
    came: float


class LineHistory:
    """One line held to one promise: when it had to begin, when it could go, and what it stood in between."""

    def __init__(self, shop: Shop, line: Line, promise: float) -> None:
        self.shop, self.line, self.promise = shop, line, promise
        self.calendar = shop.calendar
        self.truck = departure_by(shop, route_of(shop, line.order), promise)
        self.needed = ordered_by(line, promise)
        self.allowed = 0.0 if line.item.stocked else planned_hours(shop, line)
        self.shipping = (
            PICK_DAYS if line.item.stocked else shop.plant.planning.shipping_days
        ) * self.calendar.hours_per_day
        if line.item.stocked:
            self.begin = self.calendar.before(self.truck, self.shipping)
        else:
            self.begin = self.calendar.before(end_in_time(shop, self.truck), self.allowed)

    @cached_property
    def in_full(self) -> tuple[float, int]:
        """When all that was ordered was at the dock, and the lot that came last; the end where it never was."""
        come = 0
        for moment, quantity, lot in self.line.arrivals:
            come += quantity
            if come >= self.needed:
                return moment, lot
        return self.end, 0

    @property
    def end(self) -> float:
        """When nothing more happens to the line."""
        return min(self.shop.now, self.line.closed_at if self.line.closed else FOREVER)

    @cached_property
    def ready(self) -> float:
        """When the line could go in full, as seen from its own truck."""
        return self.ready_for(self.truck)

    def ready_for(self, truck: float) -> float:
        """When all was at the dock and no hold on the line stopped a truck that came then, or this one."""
        moment = self.in_full[0]
        for stay in sorted(self._stays(HOLD, BLOCKS_SHIPPING), key=lambda stay: stay.begins):
            if stay.begins <= max(moment, truck) < stay.ends:
                moment = min(stay.ends, self.end)
        return moment

    def delay(self, rest: list[tuple[Line, float]]) -> Delay:
        """What kept the line from its truck; ``rest`` are the other lines of the order with their promises."""
        never = self.in_full[1] == 0
        if self.ready > self.truck or never:
            found = self.spans(self.ready)
            late = max(self.calendar.between(self.truck, self.ready), LEAST)
            if never and self.line.settled_short:
                late = self.allowed + self.shipping
            if self.ready <= self.promise and not never:
                found["truck"] = [
                    (self.ready, next_departure(self.shop, route_of(self.shop, self.line.order), self.ready))
                ]
            delay = self._measured(late, found)
            return self._settled(delay) if never and self.line.settled_short else delay
        return self._kept_at_dock(rest)

    def _measured(self, late: float, found: dict[str, Spans]) -> Delay:
        hours = {cause: working_hours(self.calendar, spans) for cause, spans in found.items()}
        counted = {cause: amount for cause, amount in hours.items() if amount >= LEAST}
        if not counted:
            return Delay.of(late, {"work": late}, {"work": (self.truck, self.ready)})
        return Delay.of(late, counted, {cause: (found[cause][0][0], found[cause][-1][1]) for cause in counted})

    def _settled(self, delay: Delay) -> Delay:
        """What is lost and settled short takes as long as it would have taken to make again."""
        lost = max(delay.lateness, delay.hours.get("loss", 0.0))
        arrived = [moment for moment, _, _ in self.line.arrivals]
        since = min([delay.when.get("loss", (FOREVER, FOREVER))[0], *arrived, self.end])
        return Delay.of(delay.lateness, delay.hours | {"loss": lost}, delay.when | {"loss": (since, self.end)})

    def _kept_at_dock(self, rest: list[tuple[Line, float]]) -> Delay:
        """Ready for its truck, and yet it did not go with it: what kept the rest of the order, or the truck."""
        delays = [delay for line, promise in rest if (delay := self._kept_by(line, promise)) is not None]
        left_behind = [moment for moment, _ in self.line.left_behind if moment <= self.promise]
        if left_behind and (not delays or left_behind[-1] >= self.truck):
            until = self.line.shipped_log[-1][0] if self.line.shipped_log else self.end
            hours = max(LEAST, self.calendar.between(left_behind[-1], until))
            delays.append(Delay.of(hours, {"truck": hours}, {"truck": (left_behind[-1], until)}))
        if delays:
            return reduce(Delay.with_line, delays)
        late = max(LEAST, self.calendar.between(self.ready, self.promise))
        cause = "postponed" if self._promised_later() else "together" if rest else "truck"
        return Delay.of(late, {cause: late}, {cause: (self.truck, self.promise)})

    def _kept_by(self, line: Line, promise: float) -> Delay | None:
        """What kept another line of the order, which was to go with this one's truck; None where it was ready."""
        other = LineHistory(self.shop, line, promise)
        ready = other.ready_for(self.truck)
        horizon = self.truck + self.shop.plant.planning.early_days * DAY
        if ready <= self.truck or promise > horizon or shipped_by(line, self.truck) >= other.needed:
            return None
        found = other.spans(ready)
        if other.truck > self.truck:
            found["together"] = [(self.truck, min(other.truck, ready))]
        return self._measured(max(LEAST, self.calendar.between(self.truck, ready)), found)

    def spans(self, ready: float) -> dict[str, Spans]:
        """By cause, when it stood in the way between the moment to begin and that at which the line could go."""
        lots = self._lots()
        found = self._before_work(lots[0].begun if lots else self.end)

        def add(more: dict[str, Spans]) -> None:
            for cause, spans in more.items():
                found.setdefault(cause, []).extend(spans)

        last = next((lot for lot in lots if lot.number == self.in_full[1]), lots[-1] if lots else None)
        if last is not None and self.line.item.stocked:
            add(self._in_lot(last, self.begin, ready))
        elif last is not None:
            first = lots[0]
            add(self._in_lot(first, self.begin, min(first.came, ready)))
            if last is not first:
                since = first.came if first.came < self.in_full[0] else min(last.begun, self.in_full[0])
                add({cause: [(since, self.in_full[0])] for cause in self._why_again(first)})
                add({cause: spans for cause, spans in self._in_lot(last, since, ready).items() if cause != "work"})
        for stay in self._stays(HOLD, BLOCKS_SHIPPING):
            if self.in_full[1] and self.in_full[0] < ready:
                add({f"{stay.detail} hold": within([(stay.begins, stay.ends)], [(self.in_full[0], ready)])})
        return {cause: cut for cause, spans in found.items() if (cut := union(spans))}

    def _lots(self) -> list[Lot]:
        """The batches of the line, or what was picked for it, in the order in which they began."""
        came = {lot: moment for moment, _, lot in reversed(self.line.arrivals)}
        if not self.line.item.stocked:
            return [
                Lot(batch.lot, batch.released, min(batch.work_ended, self.end), came.get(batch.lot, FOREVER))
                for batch in self.line.batches
            ]
        begun = {stay.lot: stay.begins for stay in reversed(self.line.stays) if stay.lot and stay.what == QUEUE}
        return [Lot(lot, begin, begin, came.get(lot, FOREVER)) for lot, begin in sorted(begun.items())]

    def _before_work(self, released: float) -> dict[str, Spans]:
        """What stood in the way of beginning, from the moment at which the line had to begin."""
        left: Spans = union([(self.begin, released)])
        found: dict[str, Spans] = {}

        def take(cause: str, spans: Iterable[Span], exclusive: bool = True) -> None:
            nonlocal left
            spans = within(spans, left)
            if spans:
                found[cause] = spans
            left = without(left, spans) if exclusive else left

        take("short notice", [(0.0, self._stated_at(first=True))])
        if self._pulled_in():
            take("pulled in", [(0.0, self._stated_at())])
        shortages = _spans(self._stays(SHORTAGE))
        take("component", shortages, exclusive=False)
        for kind in BLOCKS_RELEASE:
            take(f"{kind} hold", _spans(self._stays(HOLD, (kind,))), exclusive=False)
        left = without(left, shortages + _spans(self._stays(HOLD, BLOCKS_RELEASE)))
        take("postponed", self._promised_later())
        take("late start", left)
        return found

    def _in_lot(self, lot: Lot, begin: float, end: float) -> dict[str, Spans]:
        """What a lot stood in on its way through work and to the dock, between two moments."""
        failed = {kind: _spans(self._stays(FAILED, (kind,), lot.number)) for kind in ("in_process", "final")}
        found = {"failed inspection": failed["in_process"], "failed final inspection": failed["final"]}
        done = [stay for stay in self._stays(MACHINE, lot=lot.number) if stay.ends < FOREVER]
        found["breakdown"] = [(self.calendar.before(stay.ends, stay.repair), stay.ends) for stay in done if stay.repair]
        found["rework"] = [(self.calendar.before(stay.ends, stay.again), stay.ends) for stay in done if stay.again]
        stopped = _spans(self._stays(QUEUE, lot=lot.number)) + failed["in_process"] + failed["final"]
        for kind in BLOCKS_WORK:
            found[f"{kind} hold"] = within(_spans(self._stays(HOLD, (kind,))), stopped)
        papers = _spans(self._stays(HOLD, ("documents",)))
        found["documents hold"] = within(papers, [(lot.work_ended, lot.came)])
        for kind in ("labels", "documents", "quantities"):
            found[kind] = _spans(self._stays(MENDING, (kind,), lot.number))
        known = [span for spans in found.values() for span in spans]
        found["work"] = beyond(self.calendar, without([(lot.begun, min(lot.work_ended, end))], known), self.allowed)
        found["packing"] = beyond(self.calendar, without([(lot.work_ended, end)], known), self.shipping)
        return {cause: cut for cause, spans in found.items() if (cut := within(spans, [(begin, end)]))}

    def _why_again(self, first: Lot) -> list[str]:
        """Why a second lot had to be made: the customer wanted more, or what the first one made was not enough."""
        before = ordered_by(self.line, first.begun)
        raised = any(stated > first.begun and quantity > before for stated, quantity in self.line.ordered_log)
        enough = sum(quantity for _, quantity, of in self.line.arrivals if of == first.number) >= before
        return ["quantity raised"] * raised + ["loss"] * (not raised or not enough)

    def _stays(self, what: str, details: tuple[str, ...] = (), lot: int | None = None) -> list[Stay]:
        return [
            stay
            for stay in self.line.stays
            if stay.what == what and (not details or stay.detail in details) and (lot is None or stay.lot == lot)
        ]

    def _stated_at(self, first: bool = False) -> float:
        """When the line was first promised anything, or what it is held to."""
        stated = [(moment, date) for moment, date, by in self.line.promise_log if by != REQUESTED]
        return stated[0][0] if first else next(moment for moment, date in stated if date == self.promise)

    def _pulled_in(self) -> bool:
        stated = self._stated_at()
        before = [date for moment, date, by in self.line.promise_log if by != REQUESTED and moment < stated]
        return bool(before) and before[-1] > self.promise

    def _promised_later(self) -> Spans:
        """When a later promise stood than the one that the line is held to, stated after it."""
        dates = [(moment, date) for moment, date, by in self.line.promise_log if by != REQUESTED]
        ends = [moment for moment, _ in dates[1:]] + [FOREVER]
        since = self._stated_at()
        return [
            (begin, end)
            for (begin, date), end in zip(dates, ends, strict=True)
            if date > self.promise and begin > since
        ]


def _spans(stays: list[Stay]) -> Spans:
    return [(stay.begins, stay.ends) for stay in stays]
