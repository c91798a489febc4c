"""When an order ships, drawn: the share of such orders that has shipped by each day, the promise, the trucks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from features.times import micros
from serving.pages.drawing import polyline_of
from serving.pages.locale.texts import gettext
from serving.pages.wording import PlantClock, percent

WIDTH, HEIGHT, MARGIN = 760.0, 132.0, 4.0
MOST_TICKS, MOST_TRUCKS = 7, 3
LATER = 400
"""Days after today that a truck or a promise is drawn at most."""


class DayMark(NamedTuple):
    """A day on the drawing, and its words."""

    x: float
    text: str


@dataclass(frozen=True)
class ShipCurve:
    """The drawing: coordinates, and what stands beside them.

    Attributes
    ----------
    points : of a polyline, from today on
    left, width : the range that four of five such orders ship within, as a band; ``None`` where it has no end
    expected : the day by which it is as likely as not; ``None`` where that is later than any day asked about
    label : the same in words, for who does not see it
    """

    points: str
    promise: DayMark
    trucks: list[DayMark]
    ticks: list[DayMark]
    expected: DayMark | None
    left: float | None
    width: float
    label: str


def draw_ship_curve(
    ship_date: Mapping[str, Any] | None, events: Iterable[Mapping[str, Any]], clock: PlantClock
) -> ShipCurve | None:
    """The drawing of a ship date as replies have it, ``None`` where there is none. ``events`` are the latest first."""
    if ship_date is None or not ship_date["curve"]:
        return None
    steps = [(_number(day), share) for day, share in ship_date["curve"]]
    promise, trucks = _number(ship_date["promised"]), planned_trucks(events, clock)
    today = clock.today.toordinal()
    asked = [steps[-1][0], promise, *trucks]
    begin, end = min(today, promise), max(min(max(asked), today + LATER), today + 1)
    scale = DayScale(begin, end)
    early, late = ship_date["earliest"], ship_date["latest"]
    expected = ship_date["expected"]
    left = None if early is None or late is None else scale.x(_number(early))
    return ShipCurve(
        points=_path(steps, scale, today),
        promise=DayMark(scale.x(promise + 1), gettext("promise %(day)s", day=clock.day_of(ship_date["promised"]))),
        trucks=[_truck(day, scale, clock) for day in trucks if day <= end],
        ticks=_ticks(scale, clock),
        expected=None if expected is None else DayMark(scale.x(_number(expected) + 1), clock.day_of(expected)),
        left=left,
        width=0.0 if left is None else round(scale.x(_number(late) + 1) - left, 1),
        label=_label(_share_at(steps, promise), ship_date["sentence"]),
    )


def _truck(day: int, scale: DayScale, clock: PlantClock) -> DayMark:
    return DayMark(scale.x(day + 1), gettext("truck %(day)s", day=clock.day_of(_form(day))))


def _label(share: float, sentence: str) -> str:
    return gettext("Shipped by the promise with %(share)s; %(sentence)s", share=percent(share), sentence=sentence)


@dataclass(frozen=True)
class DayScale:
    """Days, ordinals of the calendar, and shares as coordinates: a day begins at its own place and ends at the next."""

    begin: int
    end: int

    def x(self, day: int) -> float:
        """Where a day begins, from the left."""
        return round(WIDTH * min(max((day - self.begin) / (self.end + 1 - self.begin), 0.0), 1.0), 1)

    @staticmethod
    def y(share: float) -> float:
        """From the top."""
        return round(MARGIN + (HEIGHT - 2 * MARGIN) * (1 - share), 1)


def planned_trucks(events: Iterable[Mapping[str, Any]], clock: PlantClock) -> list[int]:
    """Days, ordinals, of the trucks that are still to come, as they were planned last."""
    planned: dict[str | None, int] = {}
    left = set()
    for event in events:
        if event["type"] == "goods.issued":
            left.add(event["reference"])
        if event["type"] == "delivery.planned" and event["date"] is not None:
            planned.setdefault(event["reference"], clock.local(micros(event["date"])).date().toordinal())
    today = clock.today.toordinal()
    days = {day for reference, day in planned.items() if reference not in left and day >= today}
    return sorted(days)[:MOST_TRUCKS]


def _path(steps: Sequence[tuple[int, float]], scale: DayScale, today: int) -> str:
    """A day's share stands from the end of that day on."""
    path = [(scale.x(today), scale.y(0.0))]
    for day, share in steps:
        if day >= today:
            path += [(scale.x(day + 1), path[-1][1]), (scale.x(day + 1), scale.y(share))]
    path.append((WIDTH, path[-1][1]))
    return polyline_of(path)


def _share_at(steps: Sequence[tuple[int, float]], day: int) -> float:
    return next((share for known, share in reversed(steps) if known <= day), 0.0)


def _ticks(scale: DayScale, clock: PlantClock) -> list[DayMark]:
    every = -(-(scale.end + 1 - scale.begin) // MOST_TICKS)
    days = range(scale.begin, scale.end + 1, every)
    return [DayMark(scale.x(day), clock.tick_of(date.fromordinal(day))) for day in days]


def _number(form_day: str) -> int:
    return date.fromisoformat(form_day).toordinal()


def _form(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
