"""How long a morning of many open and late orders takes with reasons and ship dates, beside the same without.

    python -m benchmarks.reasons.many_orders [--open 50000] [--plant default:2000:42]

The orders that are open or late on the last day of a simulated plant are repeated under other ids until there are as
many as asked for. All are scored in one process as ``shiprisk score`` scores them: with factors, reasons, dates.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from time import perf_counter

import numpy as np
import pandas as pd

from benchmarks.reasons.sentences import DAYS
from features.decision_points import standing_orders
from features.history import History
from features.times import isoformat
from serving.models.cache import LoadedModel
from serving.models.scorer import Scorer
from simulation import load_plant, simulate
from training.data.ship_points import points_to_learn
from training.data.snapshots import Snapshots
from training.model.fit import fit_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--open", type=int, default=50_000)
    parser.add_argument("--plant", default="default:2000:42")
    asked = parser.parse_args()
    name, orders, seed = asked.plant.split(":")
    events = simulate(load_plant(name), int(orders), DAYS, int(seed))
    snapshots = Snapshots.of(events)
    points, _ = snapshots.labelled(snapshots.until)
    about = {"trained_until": isoformat(snapshots.until), "zone": "UTC"}
    looks = points_to_learn(snapshots, snapshots.until, snapshots.names)
    model = fit_model(points, snapshots.context, about, looks=looks)
    with_dates, without = (
        Scorer(LoadedModel("many-orders", "1", each), snapshots.context)
        for each in (model, replace(model, ship_dates=None))
    )
    history = History.of(_repeated(events, _orders_to_ship(without, snapshots), asked.open))
    listed = standing_orders(history, snapshots.until)
    print(f"{len(listed):,} open and late orders, {history.n_events:,} events")
    with_dates.score(history, listed.take(np.arange(100)))
    for factors, reasons, dates in ((5, False, False), (0, True, False), (0, True, True), (5, True, True)):
        begin = perf_counter()
        (with_dates if dates else without).score(history, listed, factors, reasons)
        print(f"{factors} factors, {'with' if reasons else 'without'} reasons, {'with' if dates else 'without'} dates: "
              f"{perf_counter() - begin:.1f} s", flush=True)  # fmt: skip


def _orders_to_ship(scorer: Scorer, snapshots: Snapshots) -> list[str]:
    listed = standing_orders(snapshots.history, snapshots.until)
    scores = scorer.score(snapshots.history, listed, 0, reasons=False)
    return [score.order_id for score in scores if score.state in ("open", "late")]


def _repeated(events: pd.DataFrame, orders: list[str], count: int) -> pd.DataFrame:
    """The events of some orders again and again, under other ids, until there are so many orders."""
    own = events[events["order_id"].isin(orders)]
    copies = -(-count // len(orders))
    frames = [
        own.assign(order_id=own["order_id"] + f"-{copy}", event_id=own["event_id"] + f"-{copy}")
        for copy in range(copies)
    ]
    whole = pd.concat(frames, ignore_index=True)
    wanted = [f"{order}-{copy}" for copy in range(copies) for order in orders][:count]
    return whole[whole["order_id"].isin(wanted)].reset_index(drop=True)


if __name__ == "__main__":
    main()
