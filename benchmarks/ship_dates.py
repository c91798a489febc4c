"""How good are ship dates? On simulated plants beside baselines and the oracle, and on SCMS.

    python -m benchmarks.ship_dates [--plants default:5000:41 ...] [--events SCMS.parquet --scheme before=7]

A model learns what was known at the cut, where four fifths of the orders had their last look, and is judged on twelve
mornings after it, on orders that it had not learned of.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd

from features.events.files import read_events
from simulation import load_plant, simulate
from training.data.ship_points import points_to_learn
from training.data.snapshots import Snapshots
from training.data.split import split_by_time
from training.data.worklists import worklists_between
from training.evaluate.ship_dates import MODEL, ShipDateEvaluation, judge_on_mornings
from training.model.fit import fit_model

DAYS = 365


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plants", nargs="*", default=[f"default:5000:{seed}" for seed in (41, 42, 61)])
    parser.add_argument("--events", help="a file of events beside the plants")
    parser.add_argument("--scheme", default="daily", help="decision points of the events to learn the risk from")
    asked = parser.parse_args()
    for name, snapshots in _snapshots(asked):
        began = time.perf_counter()
        found = judge(snapshots)
        print(f"\n{name}: {time.perf_counter() - began:.0f} s", flush=True)
        if found is not None:
            _print(found)


def judge(snapshots: Snapshots) -> ShipDateEvaluation | None:
    """A model of four fifths of the records on the mornings after."""
    cut = split_by_time(snapshots.labelled(moves=False)[0]).at
    past, _ = snapshots.labelled(cut)
    looks = points_to_learn(snapshots, cut, snapshots.names)
    model = fit_model(past, snapshots.context, {"zone": snapshots.zone}, looks=looks)
    daily = worklists_between(snapshots.with_scheme("daily"), cut, snapshots.until, without=past.order)
    points = daily.points
    risks = pd.DataFrame({"order": points.order, "as_of": points.as_of, "risk": model.risk_as_served(points)})
    return judge_on_mornings(model, looks, snapshots, risks, past.order)


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


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main()
