"""The oracle: the true risk of open orders, by playing the plant's futures from a moment many times over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import InvalidRequest
from features.outcomes import CANCELLED, MISSED, PARTIAL
from features.progress import Progress, no_progress
from features.times import timestamps
from simulation.description.description import Plant
from simulation.oracle.forks import Codes, play_futures, require_fork
from simulation.oracle.interventions import Intervention, carry_out, choose
from simulation.oracle.ledger import Commitment, is_open, judge_commitment
from simulation.plant.shop import Shop
from simulation.run import run_until, start

FUTURES = 200
OF_EACH = 2
"""Decisions of each kind tried at a moment."""
LATER_PART = 0.2
PLAYING = "playing futures"
RISKS = {"as_of": "moment", "order_id": "str", "p_missed": "float64", "p_partial": "float64", "n": "int64"}
EFFECTS = {
    "as_of": "moment", "order_id": "str", "decision": "str", "reference": "str", "p_failed_without": "float64",
    "p_failed_with": "float64", "effect": "float64", "standard_error": "float64", "n": "int64",
}  # fmt: skip


@dataclass(frozen=True)
class Oracle:
    """The events of the plant, which asking has not changed, and the truth about its open orders.

    Attributes
    ----------
    risks : as_of, order_id, p_missed, p_partial, n (the futures in which the order was not cancelled)
    interventions : as_of, order_id, decision, reference, p_failed_without, p_failed_with, effect (with minus
        without, negative where the decision helps), standard_error, n (the futures counted on both sides)
    """

    events: pd.DataFrame
    risks: pd.DataFrame
    interventions: pd.DataFrame


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
    risks, effects = [], []
    at_most = futures * (1 + 3 * of_each)
    for number, day in enumerate(at_days):
        run_until(shop, day)
        moment = Moment(shop, seed, day, futures, _FutureCount(progress, number, len(at_days), at_most))
        risks.extend(moment.risks())
        effects.extend(moment.effects(of_each))
    run_until(shop, days)
    progress(PLAYING, 1, 1)
    return Oracle(shop.records.frame(days), _as_table(risks, RISKS), _as_table(effects, EFFECTS))


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
        self.without = self._outcomes([Commitment.of(order, shop.now) for order in self.orders])

    def risks(self) -> list[tuple[object, ...]]:
        """One row an open order, see ``Oracle.risks``; an order cancelled in every future has none."""
        rows: list[tuple[object, ...]] = []
        for order, outcomes in zip(self.orders, self.without.T, strict=True):
            n = int((outcomes != CANCELLED).sum())
            if n:
                missed, partial = (float((outcomes == code).sum()) / n for code in (MISSED, PARTIAL))
                rows.append((self.as_of, order.order_id, missed, partial, n))
        return rows

    def effects(self, of_each: int) -> list[tuple[object, ...]]:
        """One row a decision, see ``Oracle.interventions``."""
        stream = self.shop.chance.stream("choices", self.day)
        chosen = choose(self.shop, self.orders, of_each, stream)
        return [row for intervention in chosen if (row := self.effect(intervention)) is not None]

    def effect(self, intervention: Intervention) -> tuple[object, ...] | None:
        """What a decision changes over futures played with and without it; None where all of them cancel the order."""
        index = [order.order_id for order in self.orders].index(intervention.order_id)
        without = self.without[:, index]
        with_it = self._outcomes([Commitment.of(self.orders[index], self.shop.now)], intervention)[:, 0]
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

    def _outcomes(self, committed: list[Commitment], intervention: Intervention | None = None) -> Codes:
        """(futures, n_orders) outcomes of orders held to their promises of this moment, or to those just decided."""
        last = max((entry.last_promise for entry in committed), default=self.shop.now)

        def future(number: int) -> Codes:
            shop = self.shop
            shop.records.on = False
            shop.reseed(self.seed, self.day, number + 1)
            held_to, until = committed, last
            if intervention is not None:
                carry_out(shop, intervention)
                held_to = [Commitment.of(entry.order, shop.now) for entry in committed]
                until = max(entry.last_promise for entry in held_to)
            shop.env.run(until=until + 1 / 60)
            return np.array([judge_commitment(entry) for entry in held_to], dtype=np.int8)

        return play_futures(future, self.futures, len(committed), self.after_each)


def _failed(outcomes: Codes) -> NDArray[np.float64]:
    return np.isin(outcomes, (MISSED, PARTIAL)).astype(np.float64)


def _as_table(rows: list[tuple[object, ...]], columns: dict[str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(columns))
    for name, kind in columns.items():
        if kind == "moment":
            table[name] = timestamps(table[name].to_numpy(dtype=np.int64))
        else:
            table[name] = table[name].astype(kind)  # type: ignore[call-overload]
    return table
