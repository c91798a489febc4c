"""What keeps the model from the oracle? The gap on the simulated plant, taken apart by measured cause.

    python benchmarks/gap.py [--years 4] [the options of benchmarks/oracle.py]

The same trees learn from more and less: from parts of this year, from this year and other years of the same kind of
plant (other seeds; signals carry no names), from the signals, and from the signals and the state of the plant that a
witness reads who stands in it. Other forms of model learn from what the shipped one learns from. All are judged on the
oracle's open orders against its probabilities. Rounds are chosen on the latest orders of what is learned from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
from oracle import DAYS, Judged, judged_orders, parser_of_plant, plant
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, SplineTransformer
from witness import witnessed_year

from features.events import read_events, write_events
from features.times import isoformat, micros, timestamps
from simulation import load_plant
from training.data.labelled import LabelledPoints
from training.data.snapshots import Snapshots
from training.data.split import split_by_time
from training.model.baselines import fit_logistic_regression
from training.model.fit import fit_model
from training.model.trees import Trees

OTHER_SEEDS = 101
PER_ORDER, PATIENCE = 8, 50
"""Decision points an order, so that many years fit; the shipped model has twenty."""
MADE_WITHOUT = (
    "quantity_cover", "usual_component_delay", "usual_failures_left", "usual_hold_days", "usual_shortage_slack",
    "usual_work_days_left", "work_slack",
)  # fmt: skip
"""Signals that were found missing by this benchmark."""
WITHOUT = "... without the signals this benchmark found missing"
DEEP = Trees(learning_rate=0.06, num_leaves=15, most_rounds=400)
"""For several years: more orders bear larger trees."""


@dataclass(frozen=True)
class Year:
    """Labelled points of one year's orders, and the same with the state that the witness read."""

    told: LabelledPoints
    seen: LabelledPoints


@dataclass
class Bench:
    """The orders that all are judged on; prints a row a model."""

    judged: Judged
    seen: LabelledPoints
    base: float

    def row(self, name: str, risk: np.ndarray) -> float:
        explained = self.judged.explained(risk)
        print(f"{name:58}{explained:12.1%}{self.judged.captured(risk, self.base):12.1%}", flush=True)
        return explained

    def trees(self, name: str, points: Sequence[LabelledPoints], parameters: Trees | None = None) -> float:
        """What trees explain that learn from the points of some years."""
        test = self.seen if len(points[0].names) == len(self.seen.names) else self.judged.points
        return self.row(name, _trees(points, parameters or Trees())(test))


def main() -> None:
    parser = parser_of_plant(__doc__ or "")
    parser.add_argument("--years", type=int, default=4, help="other years of the plant to learn from")
    options = parser.parse_args()
    events, truth = plant(options)
    first = int(min(map(micros, truth["as_of"])))
    judged = judged_orders(events, truth)
    witness = options.folder / "years"
    state = _state(witness, options.orders, options.seed)
    keys = pd.DataFrame({"order_id": judged.order_id, "as_of": judged.points.as_of})

    past = Snapshots.of(events, "daily", first)
    points, _ = past.labelled()
    bench = Bench(judged, _with(state, keys, judged.points), float(np.average(points.failed, weights=points.weight)))
    print(f"{len(judged.points):,} open orders, learned from {points.n_orders:,} known at {isoformat(first)}")
    print(f"{'':58}{'explained':>12}{'captured':>12}")
    shipped = bench.row("the model as shipped", fit_model(points, past.context, {}).predict(judged.points.signals).risk)
    own = _year(past, points, state)
    here = bench.trees(f"its trees at {PER_ORDER} points an order, not calibrated", [own.told])
    without = bench.trees(WITHOUT, [_without(own.told)])
    for share in (0.5, 0.25):
        bench.trees(f"... from the latest {share:.0%} of the orders", [_latest(own.told, share)])
    bench.trees("signals and state", [own.seen])
    others = [_other(witness, options.orders, OTHER_SEEDS + number) for number in range(options.years)]
    bench.trees("signals, and another year", [own.told, others[0].told], DEEP)
    told, seen = [own.told, *(year.told for year in others)], [own.seen, *(year.seen for year in others)]
    many = bench.trees(f"signals, and {options.years} other years", told, DEEP)
    fewer = bench.trees(WITHOUT, [_without(year) for year in told], DEEP)
    standing = bench.trees(f"signals and state, and {options.years} other years", seen, DEEP)
    _causes(shipped, many, standing)
    print(f"the signals found missing here add {here - without:+.1%}, with other years {many - fewer:+.1%}\n")
    _forms(bench, own.told)


def _causes(shipped: float, many: float, standing: float) -> None:
    """Each row is what is gained on the one before; the reference trees have fewer points and no calibration."""
    print("\nof the variance of the true probabilities")
    for cause, share in (
        ("explained by the model as shipped", shipped),
        ("too few orders: other years add at least", many - shipped),
        ("state of the plant that the signals do not tell", standing - many),
        ("left even so: luck already drawn, and what no tree found", 1 - standing),
    ):
        print(f"{cause:58}{share:12.1%}")


# -- what is learned from --------------------------------------------------------------------------------------


def _state(folder: Path, orders: int, seed: int) -> pd.DataFrame:
    """What the witness read in a year, which is kept."""
    place = folder / f"{orders}-{seed}"
    if not (place / "state.parquet").exists():
        place.mkdir(parents=True, exist_ok=True)
        events, state = witnessed_year(load_plant("default"), orders, DAYS, seed)
        write_events(events, place / "events.parquet")
        state.to_parquet(place / "state.parquet", index=False)
    return pd.read_parquet(place / "state.parquet")


def _other(folder: Path, orders: int, seed: int) -> Year:
    state = _state(folder, orders, seed)
    snapshots = Snapshots.of(read_events(folder / f"{orders}-{seed}" / "events.parquet"), "daily")
    return _year(snapshots, snapshots.labelled()[0], state)


def _year(snapshots: Snapshots, points: LabelledPoints, state: pd.DataFrame) -> Year:
    kept = np.zeros(len(points), dtype=bool)
    kept[_spread(points.order)] = True
    told = points.take(kept)
    keys = pd.DataFrame({"order_id": snapshots.history.order_ids[told.order], "as_of": told.as_of})
    return Year(told, _with(state, keys, told))


def _spread(order: np.ndarray) -> np.ndarray:
    """Rows (sorted by order) such that no order keeps more than ``PER_ORDER``, evenly spread."""
    starts = np.flatnonzero(np.append(True, np.diff(order) != 0)[: len(order)])
    sizes = np.diff(np.append(starts, len(order)))
    rank, size = np.arange(len(order)) - np.repeat(starts, sizes), np.repeat(sizes, sizes)
    slot, before = (part * PER_ORDER // np.maximum(size, 1) for part in (rank, rank - 1))
    return np.flatnonzero((size <= PER_ORDER) | (slot != before))


def _with(state: pd.DataFrame, keys: pd.DataFrame, points: LabelledPoints) -> LabelledPoints:
    """The points with the state as further signals."""
    moments = keys.assign(as_of=timestamps(keys["as_of"].to_numpy()))
    columns = [name for name in state if name not in ("order_id", "as_of")]
    found = moments.merge(state, on=["order_id", "as_of"], how="left")[columns].to_numpy(dtype=np.float64)
    return replace(points, signals=np.hstack([points.signals, found]), names=[*points.names, *columns], moved=None)


def _without(points: LabelledPoints) -> LabelledPoints:
    """The points with the signals found missing blanked."""
    signals = points.signals.copy()
    signals[:, [points.names.index(name) for name in MADE_WITHOUT]] = np.nan
    return replace(points, signals=signals)


def _latest(points: LabelledPoints, share: float) -> LabelledPoints:
    last = np.sort(points.known_at[np.unique(points.order, return_index=True)[1]])
    return points.take(points.known_at >= last[int(len(last) * (1 - share))])


# -- what learns -----------------------------------------------------------------------------------------------


def _trees(points: Sequence[LabelledPoints], trees: Trees) -> Callable[[LabelledPoints], np.ndarray]:
    """Rounds are those that are best on the latest orders of each year, the trees those of all."""
    splits = [split_by_time(year) for year in points]
    early, late = _data([s.earlier for s in splits]), _data([s.later for s in splits])
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    parameters = trees.lightgbm(len(early.data), points[0].names)
    tried = lightgbm.train(parameters, early, trees.most_rounds, valid_sets=[late], callbacks=[stop])
    grown = lightgbm.train(parameters, _data(points), max(tried.best_iteration, 20))
    return lambda test: np.asarray(grown.predict(test.signals))


def _data(points: Sequence[LabelledPoints]) -> lightgbm.Dataset:
    columns = [np.concatenate([getattr(year, name) for year in points]) for name in ("signals", "failed", "weight")]
    return lightgbm.Dataset(columns[0], columns[1], weight=columns[2], free_raw_data=False)


def _forms(bench: Bench, points: LabelledPoints) -> None:
    """Other forms of model on the same points: is it the form?"""
    ranks = partial(QuantileTransformer, n_quantiles=200, random_state=0)
    filled = partial(SimpleImputer, strategy="median", add_indicator=True)
    forest = {"n_estimators": 200, "min_samples_leaf": 20, "max_features": 0.3, "random_state": 7, "n_jobs": 2}
    peers = {
        "logistic regression on splines": make_pipeline(
            filled(), ranks(), SplineTransformer(n_knots=4, degree=2), LogisticRegression(C=0.005, max_iter=500)
        ),
        "random forest": make_pipeline(filled(), RandomForestClassifier(**forest)),
        "extra trees": make_pipeline(filled(), ExtraTreesClassifier(**forest)),
        "HistGradientBoosting": HistGradientBoostingClassifier(random_state=7),
    }
    varied = np.nanmax(points.signals, axis=0) > np.nanmin(points.signals, axis=0)
    bench.row("logistic regression", fit_logistic_regression(points)(bench.judged.points))
    for name, peer in peers.items():
        last = {f"{peer.steps[-1][0]}__sample_weight" if hasattr(peer, "steps") else "sample_weight": points.weight}
        peer.fit(points.signals[:, varied], points.failed, **last)
        bench.row(name, peer.predict_proba(bench.judged.points.signals[:, varied])[:, 1])
    bench.trees("LightGBM, its defaults", [points], Trees(0.1, 31, 20, 1.0, 1.0, 0.0, 100, 100))
    bench.trees("twice the leaves", [points], Trees(num_leaves=15))
    five = [_trees([points], Trees(seed=seed))(bench.judged.points) for seed in range(5)]
    bench.row("the mean of five seeds", np.mean(five, axis=0))


if __name__ == "__main__":
    main()
