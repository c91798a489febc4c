"""How much of the truth does the model capture? The model beside the oracle of the simulated plant.

    python benchmarks/oracle.py [--plant NAME] [--orders 5000] [--seed 7] [--moments 5] [--futures 200] [--folder DIR]

The plant is simulated, and at moments in the last fifth of its year its futures are played. The model learns from
what was known at the first of these moments, and scores the open orders of all of them. Both are judged on what became
of the orders, and the model, alone and with the levels of that morning, against the oracle's own probabilities. The
oracle's skill is the most that any model can have that sees the whole state of the plant; the events do not tell all of
it.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from features.catalogue.registry import catalogue
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.events import read_events, write_events
from features.history import History
from features.known.known import Known
from features.outcomes import MISSED, ON_TIME_IN_FULL, PARTIAL, UNSETTLED, outcomes
from features.pipeline.computation import compute
from features.times import isoformat, micros, plant_calendar
from simulation import load_plant
from simulation.oracle.oracle import SHIP_DATES_FILE, oracle_days, simulate_with_oracle
from simulation.oracle.tables import read_ship_dates
from training.data.dataset import build_dataset
from training.data.labelled import LabelledPoints
from training.metrics.bootstrap import metric_estimates
from training.metrics.scores import METRICS, brier
from training.model.baselines import BASELINES
from training.model.fit import describe_dataset, fit_model
from training.model.morning import add_levels, levels_of
from training.model.risk_model import RiskModel

DAYS = 365


@dataclass(frozen=True)
class Judged:
    """Open orders at the oracle's moments whose outcome is known.

    Attributes
    ----------
    points : (n,) their signals and outcomes
    order_id : (n,) their names
    truth, noise : (n,) the shares of futures in which they failed, and the variance of these shares
    """

    points: LabelledPoints
    order_id: np.ndarray
    truth: np.ndarray
    noise: np.ndarray

    def explained(self, risk: np.ndarray) -> float:
        """Share of the variance of the true probabilities that risks explain, the oracle's own noise taken off."""
        noise = float(np.mean(self.noise))
        distance = float(np.mean((risk - self.truth) ** 2)) - noise
        return 1 - distance / (float(np.var(self.truth)) - noise)

    def captured(self, risk: np.ndarray, base: float) -> float:
        """Share of the oracle's Brier skill over one risk for all that risks have."""
        ones = np.ones(len(self.points))
        scores = [float(brier(self.points.failed, by, ones)) for by in (base * ones, risk, self.truth)]
        return (scores[0] - scores[1]) / (scores[0] - scores[2])


def main() -> None:
    parser = parser_of_plant(__doc__ or "")
    parser.add_argument("--plant", help="a shipped plant or a TOML file")
    events, truth = plant(parser.parse_args())
    past = build_dataset(events, "daily", int(min(map(micros, truth["as_of"]))))
    model = fit_model(past.points, past.context, describe_dataset(past, "daily", "UTC"))
    print(f"trained on {past.points.n_orders:,} orders known at {isoformat(past.until)}")
    judged = judged_orders(events, truth)
    test = judged.points
    print(f"{len(truth):,} open orders at {truth['as_of'].nunique():,} moments, {len(test):,} of them settled by now")

    risks = {"oracle": judged.truth, "model": model.predict(test.signals).risk}
    risks["model as served"] = _risk_as_served(model, events, test)
    risks |= {name: baseline(past.points)(test) for name, baseline in BASELINES.items()}
    print(f"\n{len(test):,} rows, {test.failed.mean():.1%} failed; intervals: weeks redrawn")
    print(f"{'':22}" + "".join(f"{metric:24}" for metric in METRICS) + "share of the oracle's Brier skill")
    for name, risk in risks.items():
        found = metric_estimates(test.order, test.week, test.failed, risk, test.weight)
        captured = judged.captured(risk, float(risks["base rate"][0]))
        print(f"{name:22}" + "".join(f"{found[metric]!s:24}" for metric in METRICS) + f"{captured:.1%}")
    explained = " and ".join(f"{judged.explained(risks[name]):.1%}" for name in ("model", "model as served"))
    print(f"\nagainst the true probabilities, the noise of the oracle taken off: the model explains {explained} "
          f"(as served) of their variance")  # fmt: skip


def _risk_as_served(model: RiskModel, events: pd.DataFrame, points: LabelledPoints) -> np.ndarray:
    """(n,) risks with the levels by what had become of orders by each of the moments."""
    history = History.of(events)
    context, risk = Context.of(history, plant_calendar()), np.empty(len(points))
    for moment in np.unique(points.as_of):
        rows = points.as_of == moment
        levels = levels_of(model, add_levels(context, model, [history], int(moment)))
        risk[rows] = model.predict(points.signals[rows], levels.terms(points.plant[rows])).risk
    return risk


def judged_orders(events: pd.DataFrame, truth: pd.DataFrame) -> Judged:
    """The open orders of the oracle's table with their signals and what became of them."""
    history = History.of(events)
    place = {order: index for index, order in enumerate(history.order_ids)}
    moments = np.array([micros(moment) for moment in truth["as_of"]])
    points = DecisionPoints(np.array([place[order] for order in truth["order_id"]]), moments)
    outcome, _, ripe_at = outcomes(history, points.order, points.as_of)
    outcome[ripe_at > history.recorded.max()] = UNSETTLED  # else only early successes of late promises would count
    rows = np.flatnonzero(np.isin(outcome, (MISSED, PARTIAL, ON_TIME_IN_FULL)))
    points, outcome = points.take(rows), outcome[rows]
    context = Context.of(history, plant_calendar())
    signals = compute(history, points, context)
    kept = truth.iloc[rows]
    share = (kept["p_missed"] + kept["p_partial"]).to_numpy()
    labelled = LabelledPoints(
        list(catalogue()), signals, points.order, points.as_of, points.as_of, points.as_of, outcome,
        np.ones(len(rows)), Known(history, points, context).first_word("plant"), np.zeros(len(rows), dtype=bool),
    )  # fmt: skip
    return Judged(labelled, kept["order_id"].to_numpy(), share, share * (1 - share) / (kept["n"].to_numpy() - 1))


def parser_of_plant(about: str) -> argparse.ArgumentParser:
    """How large the plant is, which year of it, and how long its futures are played; the default plant."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.set_defaults(plant="default")
    parser.add_argument("--orders", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--moments", type=int, default=5)
    parser.add_argument("--futures", type=int, default=200)
    parser.add_argument(
        "--folder", type=Path, default=Path("out/oracle"), help="where the plant is kept for the next run"
    )
    return parser


def plant(options: argparse.Namespace) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Its events and the oracle's table, played or read from the folder."""
    folder = folder_of(options)
    if not (folder / SHIP_DATES_FILE).exists():
        folder.mkdir(parents=True, exist_ok=True)
        days = oracle_days(DAYS, options.moments)
        found = simulate_with_oracle(
            load_plant(options.plant), options.orders, DAYS, options.seed, days, options.futures, of_each=0
        )
        write_events(found.events, folder / "events.parquet")
        found.write(folder)
    return read_events(folder / "events.parquet"), pd.read_parquet(folder / "oracle.parquet")


def ship_dates(options: argparse.Namespace) -> pd.DataFrame:
    """The oracle's ship dates of the plant, once ``plant`` has been played."""
    return read_ship_dates(folder_of(options) / SHIP_DATES_FILE)


def folder_of(options: argparse.Namespace) -> Path:
    """Where the plant is kept."""
    played = (Path(options.plant).stem, options.orders, options.seed, options.moments, options.futures)
    folder: Path = options.folder / "-".join(map(str, played))
    return folder


if __name__ == "__main__":
    main()
