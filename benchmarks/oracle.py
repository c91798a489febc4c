"""How much of the truth does the model capture? The model beside the oracle of the simulated plant.

    python benchmarks/oracle.py [--orders 5000] [--seed 7] [--moments 5] [--futures 200] [--folder DIR]

The plant is simulated, and at moments in the last fifth of its year its futures are played. The model learns from
what was known at the first of these moments, and scores the open orders of all of them. Both are judged on what became
of the orders, and the model against the oracle's own probabilities. The oracle's skill is the most that any model can
have that sees the whole state of the plant; the events do not tell all of it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from features.catalogue import compute
from features.context import Context
from features.decision_points import DecisionPoints
from features.events import read_events, write_events
from features.history import History
from features.outcomes import MISSED, PARTIAL, UNSETTLED, outcomes
from features.times import isoformat, micros, plant_calendar
from simulation import load_plant
from simulation.oracle import oracle_days, simulate_with_oracle
from training.baselines import BASELINES
from training.dataset import build_dataset
from training.fit import about_dataset, fit_model
from training.intervals import metric_estimates
from training.metrics import METRICS, brier

DAYS = 365


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--moments", type=int, default=5)
    parser.add_argument("--futures", type=int, default=200)
    parser.add_argument(
        "--folder", type=Path, default=Path("out/oracle"), help="where the plant is kept for the next run"
    )
    options = parser.parse_args()
    events, truth = _plant(options)

    moments = np.array([micros(moment) for moment in truth["as_of"]])
    first = int(moments.min())
    past = build_dataset(events, "daily", first)
    model = fit_model(past.points, past.context, about_dataset(past, "daily", "UTC"))
    print(f"trained on {past.points.n_orders:,} orders known at {isoformat(first)}")

    history = History.of(events)
    place = {order: index for index, order in enumerate(history.order_ids)}
    points = DecisionPoints(np.array([place[order] for order in truth["order_id"]]), moments)
    outcome, _, ripe_at = outcomes(history, points.order, points.as_of)
    outcome[ripe_at > history.recorded.max()] = UNSETTLED  # else only early successes of late promises would count
    judged = (outcome == MISSED) | (outcome == PARTIAL) | (outcome == 1)
    unsettled = (outcome == UNSETTLED).sum()
    print(f"{len(points):,} open orders at {len(set(moments)):,} moments, {unsettled:,} not settled yet")

    points, failed = points.take(np.flatnonzero(judged)), np.isin(outcome, (MISSED, PARTIAL))[judged].astype(float)
    signals = compute(history, points, Context.of(history, plant_calendar()), model.names)
    p_oracle = (truth["p_missed"] + truth["p_partial"]).to_numpy()[judged]
    test = past.points.__class__(
        model.names, signals, points.order, points.as_of, points.as_of, points.as_of, outcome[judged],
        np.ones(len(points)), np.full(len(points), "", dtype=object),
    )  # fmt: skip
    risks = {"oracle": p_oracle, "model": model.predict(signals).risk}
    risks |= {name: baseline(past.points)(test) for name, baseline in BASELINES.items()}

    print(f"\n{len(points):,} rows, {failed.mean():.1%} failed; intervals: whole orders redrawn")
    print(f"{'':22}" + "".join(f"{metric:24}" for metric in METRICS) + "share of the oracle's Brier skill")
    ones = np.ones(len(points))
    base = float(brier(failed, risks["base rate"], ones))
    best = base - float(brier(failed, p_oracle, ones))
    for name, risk in risks.items():
        found = metric_estimates(points.order, failed, risk, ones)
        captured = (base - float(brier(failed, risk, ones))) / best
        print(f"{name:22}" + "".join(f"{found[metric]!s:24}" for metric in METRICS) + f"{captured:.1%}")
    noise = float(np.mean(p_oracle * (1 - p_oracle) / (truth["n"].to_numpy()[judged] - 1)))
    distance = float(np.mean((risks["model"] - p_oracle) ** 2)) - noise
    constant = float(np.mean((p_oracle.mean() - p_oracle) ** 2)) - noise
    print(f"\nagainst the true probabilities, the noise of the oracle taken off: the model explains "
          f"{1 - distance / constant:.1%} of their variance")  # fmt: skip


def _plant(options: argparse.Namespace) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = options.folder / f"{options.orders}-{options.seed}-{options.moments}-{options.futures}"
    if not (folder / "oracle.parquet").exists():
        folder.mkdir(parents=True, exist_ok=True)
        days = oracle_days(DAYS, options.moments)
        found = simulate_with_oracle(
            load_plant("default"), options.orders, DAYS, options.seed, days, options.futures, of_each=0
        )
        write_events(found.events, folder / "events.parquet")
        found.risks.to_parquet(folder / "oracle.parquet", index=False)
    return read_events(folder / "events.parquet"), pd.read_parquet(folder / "oracle.parquet")


if __name__ == "__main__":
    main()
