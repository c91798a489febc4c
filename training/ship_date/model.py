"""The model of ship dates, beside the model of the risk: its trees as LightGBM text, the rest as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from features.arrays import Floats, Ints, Mask
from features.errors import ShipriskError
from features.events.text import Texts
from features.times import NEVER, PlantCalendar
from training.data.shipping_days import ShippingDays
from training.explanation.forest import Forest
from training.model_files.tree_text import ReadBooster, read_booster
from training.ship_date.curve import ShipCurves, bend
from training.ship_date.days import (
    MOST_DAYS,
    OF_DAY,
    PLANS,
    PROMISE,
    SLACKS,
    Asked,
    columns_of_days,
    days_asked,
    places,
)
from training.ship_date.hazards import Hazards
from training.ship_date.ranges import Ranges, buckets
from training.ship_date.usual import UsualHazards

TREES, ABOUT = "ship_date.txt", "ship_date.json"
NEEDED = frozenset((*PLANS, *SLACKS, PROMISE))
"""Signals without which no ship date is foretold."""


class InvalidShipDates(ShipriskError):
    """Files that hold no model of ship dates."""


@dataclass(frozen=True)
class ShipQuestion:
    """Orders whose ship dates are asked for.

    Attributes
    ----------
    signals : (n, n_signals)
    as_of : (n,) microseconds
    promised : (n,) the last promise among the lines to ship, of late orders the first that was broken; microseconds,
        NEVER where none is promised
    late : (n,) True where a promise has passed
    plant, route : (n,) the first known of the order, "" where none is named
    """

    signals: Floats
    as_of: Ints
    promised: Ints
    late: Mask
    plant: Texts
    route: Texts

    def on_calendar(self, calendar: PlantCalendar, shipping_days: ShippingDays) -> Asked:
        """The days of the moments, and those on which each order can leave."""
        today, promised = calendar.day(self.as_of), self.promised_day(calendar)
        broken = (self.promised != NEVER) & (self.promised < self.as_of)
        return Asked(
            signals=np.ascontiguousarray(self.signals, dtype=np.float64),
            today=today,
            promised=promised,
            leaves=shipping_days.of_orders(self.plant, self.route),
            begin=np.where(broken, np.maximum(today, promised + 1), today),
        )

    def promised_day(self, calendar: PlantCalendar) -> Ints:
        """(n,) the day of the promise, today where none is known."""
        return calendar.day(np.where(self.promised == NEVER, self.as_of, self.promised))


@dataclass(frozen=True)
class ShipForecast:
    """When ``n`` orders will ship, days since 1970-01-01 on the plant's calendar, ``BEYOND`` those asked about.

    Attributes
    ----------
    curves : the distributions
    expected : (n,) the day by which it is as likely as not that everything has shipped
    earliest, latest : (n,) the range within which four of five orders ship
    promised : (n,) the day of the promise from which days late count: the one that was asked about, unless that is said
        otherwise
    """

    curves: ShipCurves
    expected: Ints
    earliest: Ints
    latest: Ints
    promised: Ints


@dataclass(frozen=True)
class ShipDateModel:
    """P(everything has shipped by a day), from signals, the calendar and the risk.

    Attributes
    ----------
    names : the signals, in the order of the columns
    booster : LightGBM booster of what the hazard of a day adds to what is usual
    usual : the hazards that it begins with
    shipping_days : on which weekdays goods leave
    ranges : what the range leaves out on either side
    bends : whether an order fails by its policy exactly where not all of it has left by its promise, so that the curve
        can be bent through the risk
    """

    names: list[str]
    booster: Any
    usual: UsualHazards
    shipping_days: ShippingDays = field(default_factory=ShippingDays)
    ranges: Ranges = field(default_factory=Ranges)
    bends: bool = True

    def curves(self, asked: ShipQuestion, on_time: Floats, calendar: PlantCalendar) -> ShipCurves:
        """The distributions; ``on_time`` is (n,) one minus the risk, NaN where an order is late."""
        question = asked.on_calendar(calendar, self.shipping_days)
        days = days_asked(question)
        every = np.arange(len(days.day))
        begin = self.usual.at(*places(question, days, every))
        of_day = columns_of_days(question, days, self.names, every)
        hazards = self._hazards.of(question.signals, days.first, of_day, begin)
        bent = self.bends & ~asked.late & (asked.promised != NEVER)
        return bend(days, hazards, question.promised, np.where(bent, on_time, np.nan), question.today + MOST_DAYS)

    def forecast(self, asked: ShipQuestion, on_time: Floats, calendar: PlantCalendar) -> ShipForecast:
        """The distributions with their median and range; parameters as of ``curves``."""
        curves = self.curves(asked, on_time, calendar)
        promised = asked.promised_day(calendar)
        bucket = buckets(asked.late, promised - calendar.day(asked.as_of))
        earliest, latest = self.ranges.of(curves, bucket)
        return ShipForecast(curves, curves.quantile(np.full(len(curves), 0.5)), earliest, latest, promised)

    @cached_property
    def _hazards(self) -> Hazards:
        return Hazards(Forest.of(self.booster))

    def save(self, folder: Path) -> None:
        """Write the trees as LightGBM writes them, the rest as JSON."""
        (folder / TREES).write_text(self.booster.model_to_string(), encoding="utf-8")
        content = {
            "signals": self.names,
            "shipping_days": self.shipping_days.to_json(),
            "tails": self.ranges.to_json(),
            "bends": self.bends,
            "usual_log_odds": self.usual.to_json(),
        }
        (folder / ABOUT).write_text(json.dumps(content, sort_keys=True) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, read: ReadBooster = read_booster) -> ShipDateModel | None:
        """Read what ``save`` wrote; ``None`` where nothing was. Raises ``InvalidShipDates`` where it cannot be read."""
        if not (folder / ABOUT).exists():
            return None
        try:
            content = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            names = [str(name) for name in content["signals"]]
            return cls(
                names,
                read(folder / TREES, len(OF_DAY) + len(names)),
                UsualHazards.from_json(content["usual_log_odds"]),
                ShippingDays.from_json(content["shipping_days"]),
                Ranges.from_json(content["tails"]),
                bool(content["bends"]),
            )
        except (OSError, LookupError, ValueError, TypeError, AttributeError) as error:
            must, kind = f"ship dates are {TREES} and {ABOUT}, got", type(error).__name__
            raise InvalidShipDates(
                f"{must} from {folder}: {kind}: {str(error)[:200]}", public=f"{must} {kind}"
            ) from error
