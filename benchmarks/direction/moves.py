"""Moves that can only help and that the model answers with more risk: how many, by kind, and which signals did it.

    python -m benchmarks.direction.moves [--plants default:2000:42 ...] [--mornings 4] [--why release_hold]

A model is trained on four fifths of each plant's year. On mornings after that, every feasible move of every open order
is weighed (``training.what_if.moves``). A move that can only help and is answered with more risk is a defect of the
model; differences below a tenth of a point count as none. At most 5 % of each kind may be defects.
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np
import pandas as pd

from features.decision_points import DecisionPoints
from features.pipeline.computation import compute
from features.what_if.copies import stated, with_events
from features.what_if.words import KINDS
from simulation import load_plant, simulate
from training.data.snapshots import Snapshots
from training.data.split import split_by_time
from training.model.fit import fit_model
from training.model.morning import levels_of
from training.model.risk_model import RiskModel
from training.what_if.moves import NONE, WeighedMove, weigh_moves

DAYS, MOST_DEFECTS, SHOWN = 365, 0.05, 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plants", nargs="*", default=[f"default:2000:{seed}" for seed in (42, 43)])
    parser.add_argument("--mornings", type=int, default=4)
    parser.add_argument("--why", nargs="*", default=[], choices=list(KINDS), help="signals that raised the risk")
    asked = parser.parse_args()
    found: list[pd.DataFrame] = []
    for plant in asked.plants:
        name, orders, seed = plant.split(":")
        events = simulate(load_plant(name), int(orders), DAYS, int(seed))
        snapshots = Snapshots.of(events)
        cut = split_by_time(snapshots.labelled()[0]).at
        model = fit_model(snapshots.labelled(cut)[0], snapshots.context, {})
        mornings = np.unique(snapshots.points.as_of[snapshots.points.as_of > cut])
        for as_of in mornings[np.linspace(5, len(mornings) - 10, asked.mornings).astype(int)].tolist():
            points = snapshots.points.take(np.flatnonzero(snapshots.points.as_of == as_of))
            weighed = weigh_moves(model, snapshots.history, points, snapshots.context)
            found.append(_frame(weighed).assign(plant=plant))
            for kind in asked.why:
                _say_why(model, snapshots, weighed, as_of, kind)
        print(f"{plant}\n{_table(found[-asked.mornings :])}\n", flush=True)
    print(f"{len(asked.plants)} plants together\n{_table(found)}")


def _frame(weighed: list[WeighedMove]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": [one.move.kind for one in weighed],
            "order": [one.order_id for one in weighed],
            "helps": [one.move.helps for one in weighed],
            "removed": [one.removed for one in weighed],
        }
    )


def _table(frames: list[pd.DataFrame]) -> str:
    """By kind: moves, the share that takes risk away, that is answered with none and with more, the mean in points."""
    moves = pd.concat(frames)
    lines = [f"{'':20} {'moves':>7} {'helps':>8} {'nothing':>8} {'more risk':>10} {'mean':>8}"]
    only_help = 0
    wrong = 0
    for (kind, helps), rows in moves.groupby(["kind", "helps"]):
        removed = rows["removed"]
        more = float((removed <= -NONE).mean())
        only_help += len(rows) if helps else 0
        wrong += int((removed <= -NONE).sum()) if helps else 0
        mark = "" if not helps else "  <" if more > MOST_DEFECTS else ""
        lines.append(
            f"{kind:20} {len(rows):7,} {(removed >= NONE).mean():8.1%} {(removed.abs() < NONE).mean():8.1%} "
            f"{more:10.1%} {-100 * removed.mean():+8.1f}{mark}{'' if helps else '  (may do harm)'}"
        )
    lines.append(f"moves that can only help: {only_help:,}, answered with more risk {wrong / max(only_help, 1):.1%}")
    return "\n".join(lines)


def _say_why(model: RiskModel, snapshots: Snapshots, weighed: list[WeighedMove], as_of: int, kind: str) -> None:
    """Which signals raised the risk where a move of a kind is a defect, the points summed over all of them."""
    history = snapshots.history
    index = {name: place for place, name in enumerate(history.order_ids)}
    raised: Counter[str] = Counter()
    for one in (one for one in weighed if one.move.kind == kind and one.is_defect):
        twice = DecisionPoints(np.full(2, index[one.order_id]), np.full(2, as_of))
        added = stated(one.move.statements, np.full(len(one.move.statements), as_of))
        copies = with_events(history, twice, added, np.ones(len(one.move.statements), dtype=np.int64))
        looked = DecisionPoints(np.arange(2), twice.as_of)
        signals = compute(copies, looked, snapshots.context, model.names)
        plants = np.full(2, "", dtype=object)
        level = levels_of(model, snapshots.context).terms(plants)
        points = model.predict_and_explain(signals, level)[1].points().signals
        moved = points[1] - points[0]
        for place in np.argsort(-moved)[:SHOWN]:
            if moved[place] > NONE:
                raised[f"{model.names[place]}"] += float(100 * moved[place])
        first = int(np.argmax(moved))
        print(f"  {one.order_id}: {one.move.sentence}: {-100 * one.removed:+.1f} points, most by {model.names[first]} "
              f"({signals[0, first]:.3g} -> {signals[1, first]:.3g}, {100 * moved[first]:+.1f})")  # fmt: skip
    print(f"  {kind}: {', '.join(f'{name} {points:+.1f}' for name, points in raised.most_common(SHOWN))}", flush=True)


if __name__ == "__main__":
    main()
