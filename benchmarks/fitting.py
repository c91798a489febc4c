"""What training costs beside LightGBM itself: a million rows by 70 signals.

    python benchmarks/fitting.py [--rows 1000000] [--signals 70] [--rounds 100]

The rows are made up: orders of ten decision points, a fifth of the values missing, a risk that depends on some
signals. ``fit_model`` splits them by time, finds the number of rounds, fits, calibrates, and does the same for partial
orders. The time inside LightGBM (building its data sets, boosting, predicting) is taken where the calls are made; the
rest is ours. LightGBM alone, on the same rows for as many rounds, is run beside it; then its trees with
histograms by row and by column, side by side.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from features.context.context import Context
from features.history import History
from features.outcomes import MISSED, ON_TIME_IN_FULL, PARTIAL
from features.times import DAY, plant_calendar
from training.data.labelled import LabelledPoints
from training.model.fit import fit_model
from training.model.trees import Trees

PER_ORDER = 10
BEGIN = 19_700 * DAY


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--signals", type=int, default=70)
    parser.add_argument("--rounds", type=int, default=100, help="the most rounds a model may have")
    options = parser.parse_args()
    points = made_up(options.rows, options.signals)
    trees = replace(Trees(), most_rounds=options.rounds)

    inside = Inside()
    begin = perf_counter()
    model = fit_model(points, empty_context(), {}, trees)
    whole = perf_counter() - begin
    inside.restore()
    print(
        f"fit_model, {len(points):,} rows by {options.signals} signals, {model.about['rounds']} rounds: {whole:.1f} s"
    )
    print(f"  of that inside LightGBM: {inside.seconds:.1f} s in {inside.calls} calls")
    print(
        f"  ours on top: {whole - inside.seconds:.1f} s, {(whole - inside.seconds) / inside.seconds:.1%} of LightGBM's"
    )

    begin = perf_counter()
    data = lightgbm.Dataset(points.signals, points.failed, weight=points.weight)
    lightgbm.train(trees.lightgbm(len(points), points.names), data, model.about["rounds"])
    alone = perf_counter() - begin
    print(f"LightGBM alone, once, as many rounds on all rows: {alone:.1f} s; fit_model: {whole / alone:.2f} times that")

    (by_row, row_trees), (by_column, column_trees) = (grown_by(way, points, trees) for way in ("row", "col"))
    same = "the same trees" if row_trees == column_trees else "other trees"
    print(f"histograms by row: {by_row:.1f} s; by column: {by_column:.1f} s, {by_column / by_row:.2f} of that, {same}")


def grown_by(way: str, points: LabelledPoints, trees: Trees) -> tuple[float, str]:
    """Seconds to grow the most rounds with histograms by row or by column, and the text of the trees."""
    forced = {"force_row_wise": way == "row", "force_col_wise": way == "col"}
    data = lightgbm.Dataset(points.signals, points.failed, weight=points.weight).construct()
    begin = perf_counter()
    booster = lightgbm.train(trees.lightgbm(len(points), points.names) | forced, data, trees.most_rounds)
    seconds = perf_counter() - begin
    return seconds, booster.model_to_string().partition("\nparameters")[0]


class Inside:
    """Adds up the time spent in LightGBM's own calls, the outermost ones only."""

    def __init__(self) -> None:
        self.seconds, self.calls, self.depth = 0.0, 0, 0
        self.kept = (
            (lightgbm, "train", lightgbm.train),
            (lightgbm.Dataset, "construct", lightgbm.Dataset.construct),
            (lightgbm.Booster, "predict", lightgbm.Booster.predict),
        )
        for owner, name, call in self.kept:
            setattr(owner, name, self.timed(call))

    def timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            begin, self.depth = perf_counter(), self.depth + 1
            try:
                return call(*arguments, **named)
            finally:
                self.depth -= 1
                if not self.depth:
                    self.seconds, self.calls = self.seconds + perf_counter() - begin, self.calls + 1

        return run

    def restore(self) -> None:
        for owner, name, call in self.kept:
            setattr(owner, name, call)


def made_up(rows: int, signals: int) -> LabelledPoints:
    draw = np.random.default_rng(7)
    order = np.repeat(np.arange(rows // PER_ORDER), PER_ORDER)
    n = len(order)
    values = draw.normal(size=(n, signals))
    values[draw.random((n, signals)) < 0.2] = np.nan
    log_odds = np.nan_to_num(values[:, :8]) @ np.array([0.6, -0.5, 0.4, 0.4, -0.3, 0.2, 0.2, 0.1]) - 1.2
    failed = draw.random(n) < 1 / (1 + np.exp(-log_odds))
    as_of = BEGIN + order * (DAY // 50) + np.tile(np.arange(PER_ORDER), n // PER_ORDER) * DAY
    return LabelledPoints(
        names=[f"signal_{number}" for number in range(signals)],
        signals=values,
        order=order,
        as_of=as_of,
        due=as_of + 20 * DAY,
        known_at=as_of + 22 * DAY,
        outcome=np.where(failed, np.where(draw.random(n) < 0.4, PARTIAL, MISSED), ON_TIME_IN_FULL),
        weight=np.full(n, 1 / PER_ORDER),
        plant=np.full(n, "", dtype=object),
        rescued=np.zeros(n, dtype=bool),
    )


def empty_context() -> Context:
    one = {"event_id": ["1"], "source": ["s"], "type": ["order_line.created"], "order_id": ["A"]}
    moments = dict.fromkeys(("occurred_at", "recorded_at", "date"), pd.to_datetime(["2024-01-01"], utc=True))
    from features.events import checked_events

    return Context.of(History.of(checked_events(pd.DataFrame(one | moments | {"quantity": [1.0]}))), plant_calendar())


if __name__ == "__main__":
    main()
