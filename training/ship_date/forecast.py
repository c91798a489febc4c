"""When orders will ship, asked with what is known of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache

import numpy as np

from features.arrays import Floats, Ints, Mask
from features.known.known import Known
from features.times import NEVER
from training.ship_date.curve import BEYOND
from training.ship_date.model import ShipDateModel, ShipForecast, ShipQuestion

NO_DATE = -2
"""Stands for the day of an order for which no ship date is foretold."""
FIRST_DAY = date(1970, 1, 1).toordinal()


def forecast_known(
    model: ShipDateModel, names: list[str], signals: Floats, known: Known, rows: Ints, late: Mask, risk: Floats
) -> ShipForecast:
    """The ship dates of some of the orders known; bit for bit the same for one order alone and among many.

    Parameters
    ----------
    signals : (n, n_signals) of these orders, columns ``names``, which may be more than the model reads
    rows : (n,) their places in ``known``
    late : (n,) True where a promise has passed
    risk : (n,) probability, as it is shown; of late orders it is not looked at
    """
    last, due = known.last_due()[rows], known.due()[rows]
    asked = ShipQuestion(
        signals=signals if names == model.names else signals[:, [names.index(name) for name in model.names]],
        as_of=known.as_of[rows],
        promised=np.where(late, due, last),
        late=late,
        plant=known.first_word("plant")[rows],
        route=known.first_word("route")[rows],
    )
    forecast = model.forecast(asked, 1.0 - risk, known.context.calendar)
    return replace(forecast, promised=_counted_from(forecast.promised, known, rows, late))


def _counted_from(promised: Ints, known: Known, rows: Ints, late: Mask) -> Ints:
    """(n,) the day from which days late count: of a late order the first broken promise of what is left.

    Where nothing that is left is late it is the last promise of it, as in an order that is in time.
    """
    first, last = known.open_due()[rows], known.last_due()[rows]
    left = np.where(first < known.as_of[rows], first, last)
    return np.where(late & (first != NEVER), known.context.calendar.day(np.where(first == NEVER, 0, left)), promised)


def days_won(before: int, after: int) -> int | None:
    """Days by which an order ships sooner, less than nothing for later; ``None`` unless both days are known.

    >>> days_won(20_000, 19_997), days_won(20_000, NO_DATE)
    (3, None)
    """
    return before - after if is_day(before) and is_day(after) else None


def is_day(day: int) -> bool:
    """Whether it is a day, and not ``BEYOND`` or ``NO_DATE``."""
    return day not in (BEYOND, NO_DATE)


def iso_day(day: int) -> str | None:
    """A day since 1970-01-01 as ISO 8601, ``None`` where it is none.

    >>> iso_day(20_000), iso_day(BEYOND)
    ('2024-10-04', None)
    """
    return _iso(day) if is_day(day) else None


def day_number(text: str) -> int:
    """Days since 1970-01-01 of a date as ISO 8601.

    >>> day_number("2024-10-04")
    20000
    """
    return date.fromisoformat(text).toordinal() - FIRST_DAY


@lru_cache(maxsize=4096)
def _iso(day: int) -> str:
    return date.fromordinal(FIRST_DAY + day).isoformat()
