"""How good are ship dates? On simulated plants beside baselines and the oracle, and on SCMS.

    python -m benchmarks.ship_dates [--plants default:5000:41 ...] [--events SCMS.parquet --scheme before=7]
    python -m benchmarks.ship_dates --plants default:2000:42 --oracle 4 --futures 60

A model learns what was known at the cut, where four fifths of the orders had their last look, and is judged on twelve
mornings after it, on orders that it had not learned of. With ``--oracle`` the plant's futures are played from some
mornings, and the distribution of ship dates in them is judged by the same score: nobody can foretell better.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from features.events.files import read_events
from features.times import PlantCalendar, micros
from simulation import load_plant, simulate
from simulation.oracle.oracle import simulate_with_oracle
from training.data.ship_points import points_on_mornings, points_to_learn
from training.data.snapshots import Snapshots
from training.data.split import split_by_time
from training.data.worklists import worklists_between
from training.evaluate.ship_dates import MODEL, CameOn, ShipDateEvaluation, judge_on_mornings
from training.model.fit import fit_model
from training.ship_date.curve import ShipCurves
from training.ship_date.days import Days
from training.ship_date.fit import question_of

DAYS = 365


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plants", nargs="*", default=[f"default:5000:{seed}" for seed in (41, 42, 61)])
    parser.add_argument("--events", help="a file of events beside the plants")
    parser.add_argument("--scheme", default="daily", help="decision points of the events to learn the risk from")
    parser.add_argument("--oracle", type=int, default=0, help="mornings from which futures are played")
    parser.add_argument("--futures", type=int, default=60)
    asked = parser.parse_args()
    for name, snapshots in _snapshots(asked):
        began = time.perf_counter()
        bench = Bench(snapshots)
        found = judge_on_mornings(bench.model, bench.looks, snapshots, bench.risks, bench.past.order)
        print(f"\n{name}: {time.perf_counter() - began:.0f} s", flush=True)
        if found is not None:
            _print(found)
        if asked.oracle and name in asked.plants:
            _print_oracle(bench, name, asked.oracle, asked.futures)


class Bench:
    """A model of what was known at the cut, and its risks on the mornings after."""

    def __init__(self, snapshots: Snapshots) -> None:
        self.snapshots = snapshots
        self.cut = split_by_time(snapshots.labelled(moves=False)[0]).at
        self.past, _ = snapshots.labelled(self.cut)
        self.looks = points_to_learn(snapshots, self.cut, snapshots.names)
        self.model = fit_model(self.past, snapshots.context, {"zone": snapshots.zone}, looks=self.looks)
        daily = snapshots.with_scheme("daily")
        points = worklists_between(daily, self.cut, snapshots.until, without=self.past.order).points
        risk = self.model.risk_as_served(points)
        self.risks = pd.DataFrame({"order": points.order, "as_of": points.as_of, "risk": risk})


def _snapshots(asked: argparse.Namespace) -> Iterator[tuple[str, Snapshots]]:
    for plant in asked.plants:
        name, orders, seed = plant.split(":")
        yield plant, Snapshots.of(simulate(load_plant(name), int(orders), DAYS, int(seed)))
    if asked.events:
        yield asked.events, Snapshots.of(read_events(asked.events), asked.scheme)


def _print(found: ShipDateEvaluation) -> None:
    print(f"{found.mornings} mornings, {found.looks:,} looks at {found.orders:,} orders, {found.late:,} of them late")
    for name, crps in found.crps.items():
        low, middle, high = found.pinball[name]
        gain = "" if name == MODEL else f"  the model is {found.ahead[name]} better"
        print(
            f"  {name:32} CRPS {crps} days  Brier over 30 days {found.integrated_brier[name].value:.3f}  "
            f"pinball {low:.2f} {middle:.2f} {high:.2f}  off by {found.error[name]:.2f} days{gain}"
        )
    for part in found.coverage:
        print(f"  range, {part.name:16} {part.covered} of {part.looks:,} looks, {part.width:.0f} days wide")


def _print_oracle(bench: Bench, plant: str, mornings: int, futures: int) -> None:
    """The score of the model and of the futures themselves, on the orders of some mornings."""
    name, orders, seed = plant.split(":")
    calendar = bench.snapshots.calendar
    begin = calendar.day(np.array([int(bench.snapshots.history.recorded.min())]))[0]
    first, last = (int(calendar.day(np.array([at]))[0] - begin) for at in (bench.cut, bench.snapshots.until))
    days = np.unique(np.linspace(first + 3, last - 30, mornings).astype(int)).tolist()
    played = simulate_with_oracle(load_plant(name), int(orders), DAYS, int(seed), days, futures, of_each=0).ship_dates
    moments = np.unique([micros(moment) for moment in played["as_of"].unique()])
    test = points_on_mornings(bench.snapshots, moments, bench.model.names, bench.past.order)
    asked = pd.DataFrame({"order": test.order, "as_of": test.as_of})
    risk = asked.merge(bench.risks, how="left", on=["order", "as_of"])["risk"].to_numpy()
    ids = bench.snapshots.history.order_ids[test.order]
    keys = zip(played["order_id"], map(micros, played["as_of"]), strict=True)
    truth: dict[Any, Any] = dict(zip(keys, played["shipped_at"], strict=True))
    shared = [i for i in range(len(test)) if (ids[i], test.as_of[i]) in truth and (test.late[i] or risk[i] == risk[i])]
    test, risk, ids = test.take(np.array(shared)), risk[shared], ids[shared]
    came = CameOn.of(test, calendar)
    assert bench.model.ship_dates is not None
    ours = came.crps(bench.model.ship_dates.curves(question_of(test), 1 - risk, calendar))
    futures_of = [truth[ids[i], test.as_of[i]] for i in range(len(test))]
    best = came.crps(_curves_of(futures_of, calendar))
    for what, rows in (("all", np.ones(len(test), bool)), ("open", ~test.late), ("late", test.late)):
        model, oracle = ours[rows].mean(), best[rows].mean()
        print(f"  oracle, {what}: CRPS {oracle:.3f} of {rows.sum():,} looks, the model's {model:.3f}: "
              f"{model / oracle:.2f} times", flush=True)  # fmt: skip


def _curves_of(futures: list[Any], calendar: PlantCalendar) -> ShipCurves:
    """The distribution over days of some moments each; what never came is left open."""
    first, day, by = [0], [], []
    for moments in futures:
        come = moments[~np.isnat(moments)].astype("datetime64[us]").astype(np.int64)
        days, counts = np.unique(calendar.day(come), return_counts=True)
        day.append(days)
        by.append(np.cumsum(counts) / max(len(moments), 1))
        first.append(first[-1] + len(days))
    row = np.repeat(np.arange(len(futures)), np.diff(first))
    return ShipCurves(Days(np.array(first), row, np.concatenate(day)), np.concatenate(by))


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main()
