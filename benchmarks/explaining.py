"""How fast contributions are: ours beside LightGBM's, and shap's where it is installed, on the same trees and rows.

    python benchmarks/explaining.py --leaves 7 --trees 600 --signals 103

One row as a request asks for it, and 50,000 rows as a morning does. Times are the best of the repeats; for many rows
every program has all cores, for one row a single one. The contributions must be the same: the program ends with status
1 where they are not.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np

from training.explanation.forest import Forest
from training.explanation.treeshap import TreeShap

Floats = np.ndarray
CLOSE = 1e-9


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--leaves", type=int, default=7)
    options.add_argument("--trees", type=int, default=600)
    options.add_argument("--signals", type=int, default=103)
    options.add_argument("--rows", type=int, default=50_000)
    options.add_argument("--repeats", type=int, default=3)
    asked = options.parse_args()
    rows = _rows(asked.rows, asked.signals)
    booster = _grown(rows, asked)
    trees = TreeShap(Forest.of(booster), asked.signals)
    peers = {
        "ours": lambda some, _: trees.explain(some)[1],
        "LightGBM, pred_contrib": lambda some, threads: booster.predict(some, pred_contrib=True, num_threads=threads),
    } | _shap(booster)
    print(f"{'':26}{'one row':>12}{f'{len(rows):,} rows':>16}")
    expected = peers["ours"](rows[:1000], 1)
    for name, explain in peers.items():
        found = explain(rows[:1000], 1)[:, : asked.signals]
        if np.abs(found - expected).max() > CLOSE:
            raise SystemExit(f"{name} must agree to {CLOSE}, got {np.abs(found - expected).max()} apart")
        one = _best(lambda explain=explain: explain(rows[:1], 1), 100 * asked.repeats)
        many = _best(lambda explain=explain: explain(rows, 0), asked.repeats)
        print(f"{name:26}{one * 1e3:9.3f} ms{many:14.2f} s")


def _rows(n: int, signals: int) -> Floats:
    draw = np.random.default_rng(7)
    made = draw.normal(size=(n, signals))
    made[draw.random(made.shape) < 0.1] = np.nan
    made[draw.random(made.shape) < 0.1] = 0.0
    return made


def _grown(rows: Floats, asked: argparse.Namespace) -> Any:
    draw = np.random.default_rng(8)
    odds = np.nan_to_num(rows) @ draw.normal(size=rows.shape[1]) / 5 + draw.normal(size=len(rows))
    known = {"objective": "binary", "num_leaves": asked.leaves, "learning_rate": 0.03, "verbosity": -1}
    trained = lightgbm.train(known, lightgbm.Dataset(rows, odds > 0), asked.trees)
    return lightgbm.Booster(model_str=trained.model_to_string())


def _shap(booster: Any) -> dict[str, Callable[[Floats, int], Floats]]:
    if importlib.util.find_spec("shap") is None:
        return {}
    import shap

    explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
    return {"shap.TreeExplainer": lambda some, _: explainer.shap_values(some)}


def _best(call: Callable[[], object], times: int) -> float:
    call()
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        took.append(time.perf_counter() - begun)
    return min(took)


if __name__ == "__main__":
    main()
