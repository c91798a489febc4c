"""Do other learners make more of the same signals? CatBoost, HistGradientBoosting, FLAML and simple rules beside ours.

    python benchmarks/model_peers.py [--source DIR] [--plants default:2000:71 ...] [--seconds 120]

Each learns from the same signals of the same orders with the same weights, and is asked about the same later orders:
on simulated plants (``NAME:ORDERS:SEED``, a year, the last fifth of the time), and on SCMS (``--source``) those due
after README's cut and those of 2012 to 2015, year by year. Ours is shown as it serves and without the level of each
plant, which no peer has. A gain is how much lower our Brier score is on the same rows, with its interval by orders
and weeks. A peer that is not installed is left out: ``pip install catboost flaml``.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from features.arrays import Floats
from features.importing.mapping import import_events
from features.times import isoformat, micros
from simulation import load_plant
from simulation.run import simulate
from training.data.labelled import LabelledPoints, join
from training.data.snapshots import Snapshots
from training.data.split import of_other_orders, split_by_time
from training.metrics.scores import brier
from training.model.baselines import fit_baselines
from training.model.fit import model_of_risk
from training.model.trees import Trees
from training.promote.gate import paired_gain

MAPPING = Path(__file__).parents[1] / "examples" / "scms" / "mapping.sql"
DAYS, SEED = 365, 7
README_CUT, LAST_PROMISE = micros("2013-11-22T23:59:59.999999Z"), micros("2015-06-30T23:59:59.999999Z")
YEARS = range(2012, 2016)
AS_SERVED = "ours, as it serves"

Case = tuple[str, list[tuple[LabelledPoints, LabelledPoints, Snapshots]]]
"""A name, and what is learned from and asked about; several pairs are judged together."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--source", help="the folder that holds SCMS_Delivery_History_Dataset.csv")
    options.add_argument("--plants", nargs="*", default=[f"default:2000:{seed}" for seed in range(71, 76)])
    options.add_argument("--seconds", type=int, default=120, help="what FLAML may take for each training")
    chosen = options.parse_args()
    peers = _peers(chosen.seconds)
    for name, pairs in _cases(chosen.plants, chosen.source):
        _compare(name, pairs, peers)


def _cases(plants: list[str], source: str | None) -> Iterator[Case]:
    for plant in plants:
        name, orders, seed = plant.split(":")
        snapshots = Snapshots.of(simulate(load_plant(name), int(orders), DAYS, int(seed)), "daily")
        whole, _ = snapshots.labelled()
        cut = split_by_time(whole).at
        past, _ = snapshots.labelled(cut)
        yield plant, [(past, of_other_orders(whole, past, cut), snapshots)]
    if source is None:
        return
    snapshots = Snapshots.of(import_events(MAPPING, source).events, "before=7")
    yield "SCMS, due after README's cut", [_between(snapshots, README_CUT, LAST_PROMISE)]
    ends = [min(micros(f"{year + 1}-01-01"), LAST_PROMISE) for year in YEARS]
    yield (
        "SCMS, 2012 to 2015",
        [_between(snapshots, micros(f"{y}-01-01"), end) for y, end in zip(YEARS, ends, strict=True)],
    )


def _between(snapshots: Snapshots, begin: int, end: int) -> tuple[LabelledPoints, LabelledPoints, Snapshots]:
    """What was known when a time began, and the looks in it at orders that were not among them."""
    past, _ = snapshots.labelled(begin)
    whole, _ = snapshots.labelled()
    rows = (
        (whole.as_of > begin) & (whole.as_of <= end) & (whole.due <= LAST_PROMISE) & ~np.isin(whole.order, past.order)
    )
    return past, whole.take(rows), snapshots


def _peers(seconds: int) -> dict[str, Callable[[LabelledPoints, LabelledPoints], Floats]]:
    """By name: risks of the later orders by what was learned from the earlier ones."""
    found = {"HistGradientBoosting": _hist_gradient_boosting}
    if importlib.util.find_spec("catboost"):
        found["CatBoost"] = _catboost
    if importlib.util.find_spec("flaml"):
        found["FLAML"] = lambda past, asked: _flaml(past, asked, seconds)
    return found


def _varied(past: LabelledPoints) -> Callable[[LabelledPoints], LabelledPoints]:
    """Points with those signals alone that have two values among the earlier ones: not every peer reads others."""
    names = [
        name
        for name, column in zip(past.names, past.signals.T, strict=True)
        if len(np.unique(column[column == column])) > 1
    ]
    return lambda points: points.with_signals(names)


def _hist_gradient_boosting(past: LabelledPoints, asked: LabelledPoints) -> Floats:
    model = HistGradientBoostingClassifier(
        learning_rate=0.05, max_leaf_nodes=15, early_stopping=True, random_state=SEED
    )
    model.fit(past.signals, past.failed, sample_weight=past.evidence * len(past) / past.evidence.sum())
    return np.asarray(model.predict_proba(asked.signals)[:, 1])


def _catboost(past: LabelledPoints, asked: LabelledPoints) -> Floats:
    from catboost import CatBoostClassifier

    model = CatBoostClassifier(
        iterations=300, learning_rate=0.05, depth=5, random_seed=SEED, verbose=False, allow_writing_files=False
    )
    model.fit(past.signals, past.failed, sample_weight=past.evidence)
    return np.asarray(model.predict_proba(asked.signals)[:, 1])


def _flaml(past: LabelledPoints, asked: LabelledPoints, seconds: int) -> Floats:
    """Its own search over learners and settings, on time-ordered folds."""
    from flaml import AutoML

    by_time = np.argsort(past.as_of, kind="stable")
    search = AutoML()
    search.fit(
        past.signals[by_time], past.failed[by_time], task="classification", metric="log_loss", time_budget=seconds,
        estimator_list=["lgbm", "rf", "extra_tree", "histgb"], split_type="time", eval_method="cv", n_splits=3,
        sample_weight=past.evidence[by_time], seed=SEED, verbose=0,
    )  # fmt: skip
    return np.asarray(search.predict_proba(asked.signals)[:, 1])


def _compare(
    name: str,
    pairs: list[tuple[LabelledPoints, LabelledPoints, Snapshots]],
    peers: dict[str, Callable[[LabelledPoints, LabelledPoints], Floats]],
) -> None:
    """Print a row for each learner and rule: its Brier score, what it foretold, and our gain on it."""
    parts: dict[str, list[Floats]] = {}
    for past, asked, snapshots in pairs:
        ours = model_of_risk(past, snapshots.context, {"trained_until": isoformat(int(past.known_at.max()))}, Trees())
        risks = {AS_SERVED: ours.risk_as_served(asked), "ours, without levels": ours.risk_of(asked)}
        varied = _varied(past)
        risks |= {peer: risk_of(varied(past), varied(asked)) for peer, risk_of in peers.items()}
        risks |= {rule: risk_of(asked) for rule, risk_of in fit_baselines(past).items()}
        for each, risk in risks.items():
            parts.setdefault(each, []).append(risk)
    asked = join([pair[1] for pair in pairs])
    failed, weight = asked.failed, asked.weight
    ours_as_served = np.concatenate(parts[AS_SERVED])
    came = np.average(failed, weights=weight)
    print(f"\n{name}: {asked.n_orders:,} orders, {came:.1%} failed", flush=True)
    for each, risk in ((each, np.concatenate(of)) for each, of in parts.items()):
        gain = paired_gain(asked.order, asked.week, failed, weight, risk, ours_as_served)
        print(
            f"  {each:26}Brier {brier(failed, risk, weight):.4f}  foretold {np.average(risk, weights=weight):6.1%}"
            f"  our gain {gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
