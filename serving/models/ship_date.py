"""When an order will ship, as replies and the store have it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints
from features.times import PlantCalendar
from training.ship_date.curve import BEYOND
from training.ship_date.forecast import day_number, days_won, iso_day
from training.ship_date.model import ShipForecast
from training.ship_date.wording import SURE, ShipWording

LEAST, MOST = 0.001, 0.995
"""A curve is shown from the day by which the one share has shipped to that of the other, at least to the promise."""


@dataclass(frozen=True)
class ShipDate:
    """When everything of an order will have shipped: days of the plant's calendar, as ISO 8601 has them.

    Attributes
    ----------
    expected : the day by which that is as likely as not; ``None`` where it is later than any day asked about
    earliest, latest : within them four of five such orders ship; ``None`` likewise
    promised : the day of the last promise among the lines to ship, of a late order of the first that is broken, if one
        of them is
    days_late : from that day to the expected one, negative where it ships sooner; ``None`` where that is not known
    curve : days, and the probability that everything has shipped by each; it does not change between two of them
    sentence : the same in a planner's words
    """

    expected: str | None
    earliest: str | None
    latest: str | None
    promised: str
    days_late: int | None
    curve: tuple[tuple[str, float], ...]
    sentence: str


def ship_dates_of(forecast: ShipForecast, as_of: Ints, calendar: PlantCalendar) -> Iterator[ShipDate]:
    """One an order of the forecast; ``as_of`` are (n,) microseconds, the moments it is made at."""
    sure = forecast.curves.quantile(np.full(len(as_of), SURE))
    columns = (forecast.expected, forecast.earliest, forecast.latest, forecast.promised, sure, as_of)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for row, (expected, earliest, latest, promised, sure_by, moment) in enumerate(rows):
        days, shipped_by = forecast.curves.of(row)
        left = 1.0 - float(shipped_by[-1])
        yield ShipDate(
            expected=iso_day(expected),
            earliest=iso_day(earliest),
            latest=iso_day(latest),
            promised=_date(promised),
            days_late=None if expected == BEYOND else expected - promised,
            curve=_shown(days, shipped_by, promised),
            sentence=ShipWording(moment, calendar).sentence(expected, sure_by, int(days[-1]), left, promised),
        )


def _shown(days: Ints, shipped_by: Floats, promised: int) -> tuple[tuple[str, float], ...]:
    """The part of a curve in which something happens."""
    first = int(np.searchsorted(shipped_by, LEAST))
    enough = max(int(np.searchsorted(shipped_by, MOST)), int(np.searchsorted(days, promised, side="right")) - 1)
    part = slice(min(first, len(days) - 1), enough + 1)
    return tuple(zip(map(_date, days[part].tolist()), shipped_by[part].tolist(), strict=True))


def won(before: ShipDate | None, after: ShipDate | None) -> int | None:
    """Days by which an order ships sooner, less than nothing for later; ``None`` unless both expect a day."""
    if before is None or after is None or before.expected is None or after.expected is None:
        return None
    return days_won(day_number(before.expected), day_number(after.expected))


def _date(day: int) -> str:
    return str(iso_day(day))
