"""How fast contributions are: ours beside LightGBM's, and shap's and woodelf's where installed, same trees and rows.

    python benchmarks/explaining.py --leaves 7 15 31 --trees 300 --signals 103

Of many rows the processor's time a row, on however many cores, and how many times ours it is; of one row, as a request
asks for it, the time by the clock. All programs take turns, and the best of the repeats counts. The last column is the
largest difference from ours; of LightGBM it must be at most 1e-9, else the program ends with status 1.
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
Explain = Callable[[Floats], Floats]
CLOSE = 1e-9
TRAINED_ON = 50_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--leaves", type=int, nargs="+", default=[7, 15, 31])
    options.add_argument("--trees", type=int, default=300)
    options.add_argument("--signals", type=int, default=103)
    options.add_argument("--rows", type=int, default=10_000, help="LightGBM and shap get a tenth of it")
    options.add_argument("--repeats", type=int, default=5)
    asked = options.parse_args()
    rows = _rows(TRAINED_ON, asked.signals)
    print(f"{'':8}{'':26}{'CPU, a row':>14}{'times ours':>12}{'one row':>12}{'apart':>10}")
    for leaves in asked.leaves:
        _compare(leaves, _grown(rows, leaves, asked.trees), rows[: asked.rows], asked.repeats)


def _compare(leaves: int, booster: Any, rows: Floats, repeats: int) -> None:
    trees = TreeShap(Forest.of(booster), rows.shape[1])
    few = rows[: max(1, len(rows) // 10)]
    programs: dict[str, Explain | None] = {
        "ours": lambda some: trees.explain(some)[1],
        "LightGBM, pred_contrib": lambda some: booster.predict(some, pred_contrib=True, num_threads=1),
        "shap": _shap(booster),
        "woodelf": _woodelf(booster, rows.shape[1]),
    }
    explained = trees.explain(few)[1]
    many, one, apart = (dict.fromkeys(programs, start) for start in (np.inf, np.inf, 0.0))
    for _ in range(repeats):
        for name, explain in programs.items():
            if explain is None:
                continue
            some = rows if name in {"ours", "woodelf"} else few
            took, found = _timed(explain, some, time.process_time)
            apart[name] = np.abs(found[: len(few), : rows.shape[1]] - explained).max()
            many[name] = min(many[name], took / len(some))
            for _ in range(100 if name != "woodelf" else 1):
                one[name] = min(one[name], _timed(explain, rows[:1], time.perf_counter)[0])
    for name, explain in programs.items():
        said = (
            f"{many[name] * 1e6:11.1f} us{many[name] / many['ours']:12.1f}{one[name] * 1e3:9.3f} ms{apart[name]:10.0e}"
        )
        print(f"{leaves:>2} leaves {name:25}{said if explain else 'not installed':>14}")
    if apart["LightGBM, pred_contrib"] > CLOSE:
        raise SystemExit(f"LightGBM must agree to {CLOSE}, got {apart['LightGBM, pred_contrib']} apart")


def _rows(n: int, signals: int) -> Floats:
    draw = np.random.default_rng(7)
    made = draw.normal(size=(n, signals))
    made[draw.random(made.shape) < 0.1] = np.nan
    made[draw.random(made.shape) < 0.1] = 0.0
    return made


def _grown(rows: Floats, leaves: int, trees: int) -> Any:
    draw = np.random.default_rng(8)
    odds = np.nan_to_num(rows) @ draw.normal(size=rows.shape[1]) / 5 + draw.normal(size=len(rows))
    known = {"objective": "binary", "num_leaves": leaves, "learning_rate": 0.03, "verbosity": -1}
    trained = lightgbm.train(known, lightgbm.Dataset(rows, odds > 0), trees)
    return lightgbm.Booster(model_str=trained.model_to_string())


def _shap(booster: Any) -> Explain | None:
    if importlib.util.find_spec("shap") is None:
        return None
    import shap

    explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
    # else it asks LightGBM
    explainer.model.model_type = "internal"
    return lambda some: explainer.shap_values(some, check_additivity=False)


def _woodelf(booster: Any, signals: int) -> Explain | None:
    if importlib.util.find_spec("woodelf") is None:
        return None
    import pandas as pd
    from woodelf import WoodelfExplainer

    names = [f"Column_{signal}" for signal in range(signals)]
    explainer = WoodelfExplainer(booster, feature_perturbation="tree_path_dependent")
    return lambda some: np.asarray(explainer.shap_values(pd.DataFrame(some, columns=names), verbose=False))


def _timed(explain: Explain, rows: Floats, clock: Callable[[], float]) -> tuple[float, Floats]:
    begun = clock()
    found = explain(rows)
    return clock() - begun, found


if __name__ == "__main__":
    main()
