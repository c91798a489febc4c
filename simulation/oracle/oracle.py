"""The oracle: the true risks and ship dates of orders, by playing the plant's futures from a moment many times over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.arrays import Floats, Ints
from features.errors import InvalidRequest
from features.outcomes import CANCELLED, MISSED, PARTIAL
from features.progress import Progress, no_progress
from features.times import NEVER
from simulation.description.description import Plant
from simulation.oracle.forks import play_futures, require_fork
from simulation.oracle.interventions import Intervention, carry_out, choose
from simulation.oracle.ledger import Commitment, is_late, is_open, judge_commitment, lines_to_ship, shipped_at
from simulation.oracle.tables import EFFECTS, RISKS, SHIP_DATES, as_table, write_ship_dates
from simulation.plant.calendar import DAY
from simulation.plant.shop import Shop
from simulation.plant.state import Order
from simulation.run import run_until, start

FUTURES = 200
OF_EACH = 2
"""Decisions of each kind tried at a moment."""
LATER_PART = 0.2
PLAYING = "playing futures"
SHIP_DATES_FILE = "oracle_ship_dates.parquet"
SHIP_DAYS = 45
"""Futures go on for so many days beyond the last promise of the moment, until its orders have shipped."""
FATE = np.dtype([("outcome", np.int8), ("shipped_at", np.float64)])
"""What becomes of an order in one future: its outcome, and when the last of it leaves as ``shipped_at`` has it."""
Codes = NDArray[np.int8]


@dataclass(frozen=True)
class Oracle:
    """The events of the plant, which asking has not changed, and the truth about its open and late orders.

    Attributes
    ----------
    risks : as_of, order_id, p_missed, p_partial, n (the futures in which the order was not cancelled)
    ship_dates : as_of, order_id, due (the earliest promise of what is left to ship), late (whether a promise has
        passed or was kept too late), n (the futures in which the order was not cancelled), shipped_at ((n,) rising,
        datetime64 in UTC: when the last of all that the order is owed left; NaT, at the end, where it did not)
    interventions : as_of, order_id, decision, reference, p_failed_without, p_failed_with, effect (with minus
        without, negative where the decision helps), standard_error, n (the futures counted on both sides)
    """

    events: pd.DataFrame
    risks: pd.DataFrame
    ship_dates: pd.DataFrame
    interventions: pd.DataFrame

    def write(self, folder: Path) -> dict[str, int]:
        """Write the tables of the truth to a folder: oracle, oracle_ship_dates and interventions, as Parquet.

        Returns the rows of each file.
        """
        for name, table in (("oracle", self.risks), ("interventions", self.interventions)):
            table.to_parquet(folder / f"{name}.parquet", index=False, compression="zstd")
        write_ship_dates(self.ship_dates, folder / SHIP_DATES_FILE)
        return {
            "oracle.parquet": len(self.risks),
            SHIP_DATES_FILE: len(self.ship_dates),
            "interventions.parquet": len(self.interventions),
        }


def oracle_days(days: int, moments: int) -> list[int]:
    """Days, counted from the plant's first, spread over the last fifth of the period."""
    first = int(days * (1 - LATER_PART))
    if not 1 <= moments <= days - first:
        raise InvalidRequest(f"the oracle moments must lie between 1 and {days - first}, got {moments}")
    return [first + (days - first) * number // moments for number in range(moments)]


def simulate_with_oracle(
    plant: Plant,
    orders: int,
    days: int,
    seed: int,
    at_days: Sequence[int],
    futures: int = FUTURES,
    of_each: int = OF_EACH,
    progress: Progress = no_progress,
) -> Oracle:
    """Simulate, and stop at the start of each day of ``at_days`` to play its futures.

    Parameters
    ----------
    plant, orders, days, seed : see ``simulation.simulate``; the events are the same
    at_days : rising days counted from the plant's first
    futures : how often each future is played
    of_each : decisions of each kind that are tried at each moment
    progress : called after each future with the futures played and those in all, at most

    Raises ``ForkingFailed`` where processes cannot be forked.
    """
    require_fork()
    if futures < 2:
        raise InvalidRequest(f"a future must be played at least 2 times, got {futures}")
    if list(at_days) != sorted(set(at_days)) or not all(0 < day <= days for day in at_days):
        raise InvalidRequest(f"oracle days must rise and lie between 1 and {days}, got {list(at_days)}")
    shop = start(plant, orders, days, seed)
    risks, ship_dates, effects = [], [], []
    at_most = futures * (1 + 3 * of_each)
    for number, day in enumerate(at_days):
        run_until(shop, day)
        moment = Moment(shop, seed, day, futures, _FutureCount(progress, number, len(at_days), at_most))
        risks.extend(moment.risks())
        ship_dates.extend(moment.ship_dates())
        effects.extend(moment.effects(of_each))
    run_until(shop, days)
    progress(PLAYING, 1, 1)
    return Oracle(
        shop.records.frame(days), as_table(risks, RISKS), as_table(ship_dates, SHIP_DATES), as_table(effects, EFFECTS)
    )


class _FutureCount:
    """Counts the futures of one moment; a moment may need fewer of them than ``at_most``."""

    def __init__(self, progress: Progress, moment: int, moments: int, at_most: int) -> None:
        self.progress, self.before, self.total = progress, moment * at_most, moments * at_most
        self.at_most, self.futures = at_most, 0

    def __call__(self) -> None:
        self.futures += 1
        self.progress(PLAYING, self.before + min(self.at_most, self.futures), self.total)


class Moment:
    """A plant that stands still at the start of a day, with the futures that begin there."""

    def __init__(
        self, shop: Shop, seed: int, day: int, futures: int, after_each: Callable[[], None] = lambda: None
    ) -> None:
        self.shop, self.seed, self.day = shop, seed, day
        self.futures, self.after_each = futures, after_each
        self.as_of = shop.records.micros(shop.now)
        self.orders = [order for order in shop.open_orders() if is_open(order, shop.now)]
        self.late = [order for order in shop.open_orders() if is_late(order, shop.now)]
        fates = self._fates()
        self.without, self.shipped = fates["outcome"][:, : len(self.orders)], fates["shipped_at"]

    def risks(self) -> list[tuple[object, ...]]:
        """One row an open order, see ``Oracle.risks``; an order cancelled in every future has none."""
        rows: list[tuple[object, ...]] = []
        for order, outcomes in zip(self.orders, self.without.T, strict=True):
            n = int((outcomes != CANCELLED).sum())
            if n:
                missed, partial = (float((outcomes == code).sum()) / n for code in (MISSED, PARTIAL))
                rows.append((self.as_of, order.order_id, missed, partial, n))
        return rows

    def ship_dates(self) -> list[tuple[object, ...]]:
        """One row an open or late order, see ``Oracle.ship_dates``; one cancelled in every future has none."""
        rows: list[tuple[object, ...]] = []
        for number, order in enumerate(self.orders + self.late):
            dates = np.sort(self.shipped[:, number])
            dates = dates[~np.isnan(dates)]
            if len(dates):
                due = self.shop.records.micros(min(line.promise for line in lines_to_ship(order)))
                late = number >= len(self.orders)
                rows.append((self.as_of, order.order_id, due, late, len(dates), self._micros(dates)))
        return rows

    def _micros(self, hours: Floats) -> Ints:
        """(n,) microseconds, NEVER where something never happens."""
        micros = self.shop.records.micros
        return np.array([NEVER if np.isinf(each) else micros(each) for each in hours], dtype=np.int64)

    def effects(self, of_each: int) -> list[tuple[object, ...]]:
        """One row a decision, see ``Oracle.interventions``."""
        stream = self.shop.chance.stream("choices", self.day)
        chosen = choose(self.shop, self.orders, of_each, stream)
        return [row for intervention in chosen if (row := self.effect(intervention)) is not None]

    def effect(self, intervention: Intervention) -> tuple[object, ...] | None:
        """What a decision changes over futures played with and without it; None where all of them cancel the order."""
        index = [order.order_id for order in self.orders].index(intervention.order_id)
        without = self.without[:, index]
        with_it = self._outcomes_with(intervention, self.orders[index])
        both = (without != CANCELLED) & (with_it != CANCELLED)
        n = int(both.sum())
        if n < 2:
            return None
        failed, failed_with = _failed(without[both]), _failed(with_it[both])
        difference = failed_with - failed
        # The futures are paired by their seed, so the error is that of the paired differences.
        error = float(difference.std(ddof=1) / np.sqrt(n))
        means = float(failed.mean()), float(failed_with.mean()), float(difference.mean())
        return self.as_of, intervention.order_id, intervention.decision, intervention.reference, *means, error, n

    def _fates(self) -> NDArray[np.void]:
        """(futures, n_open + n_late) of ``FATE``, of orders held to their promises of this moment.

        Outcomes are those of the open orders, judged at their last promise; for ship dates the same futures go on.
        """
        shop = self.shop
        open_, late = ([Commitment.of(order, shop.now) for order in orders] for orders in (self.orders, self.late))
        judged_at = max((entry.last_promise for entry in open_), default=shop.now) + 1 / 60
        ends = max([shop.now, *(entry.last_promise for entry in open_ + late)]) + SHIP_DAYS * DAY

        def future(number: int) -> NDArray[np.void]:
            self._begin_future(number)
            fates = np.zeros(len(open_) + len(late), dtype=FATE)
            shop.env.run(until=judged_at)
            fates["outcome"][: len(open_)] = [judge_commitment(entry) for entry in open_]
            _run_until_shipped(shop, open_ + late, ends)
            fates["shipped_at"] = [shipped_at(entry, judged_at=judged_at) for entry in open_ + late]
            return fates

        return play_futures(future, self.futures, len(open_) + len(late), FATE, self.after_each)

    def _outcomes_with(self, intervention: Intervention, order: Order) -> Codes:
        """(futures,) outcomes of an order held to its promises just after a decision on it."""
        shop = self.shop

        def future(number: int) -> Codes:
            self._begin_future(number)
            carry_out(shop, intervention)
            held_to = Commitment.of(order, shop.now)
            shop.env.run(until=held_to.last_promise + 1 / 60)
            return np.array([judge_commitment(held_to)], dtype=np.int8)

        return play_futures(future, self.futures, 1, np.dtype(np.int8), self.after_each)[:, 0]

    def _begin_future(self, number: int) -> None:
        self.shop.records.on = False
        self.shop.reseed(self.seed, self.day, number + 1)


def _run_until_shipped(shop: Shop, entries: list[Commitment], ends: float) -> None:
    """Run until nothing of these orders is left to ship, looked at day by day, and not beyond the end."""
    while shop.now < ends and any(entry.order.order_id in shop.orders for entry in entries):
        shop.env.run(until=min(ends, shop.now + DAY))


def _failed(outcomes: Codes) -> NDArray[np.float64]:
    return np.isin(outcomes, (MISSED, PARTIAL)).astype(np.float64)
