"""The model beside its baselines on orders it has not seen: with intervals, by slice, and as a planner would use it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from features.arrays import Floats, Mask
from features.times import isoformat
from training.data.labelled import LabelledPoints
from training.data.worklists import DailyWorklists
from training.evaluate.doubts import doubts_of
from training.evaluate.drift import CHANCES, CalibrationInTheLarge, failures_by_chance
from training.evaluate.foretold import BY_DAYS, Foretold, compare_foretold, days_to_promise_groups
from training.evaluate.ship_dates import ShipDateEvaluation
from training.evaluate.worklist_metrics import (
    LOOKS,
    Stability,
    WorklistMetrics,
    count_places,
    judge_worklist,
    measure_lead,
    measure_stability,
)
from training.metrics.bootstrap import Estimate, metric_estimates, percentiles
from training.metrics.scores import calibration_error
from training.model.baselines import Predict, fit_baselines, share_in_hindsight
from training.model.level import Levels, estimate_levels
from training.model.risk_model import RiskModel

MODEL = "model"
WITHOUT_LEVELS = "model without levels"
"""The trees alone; the model as it is served has the level of each plant, estimated anew each morning."""
BASE_RATE = "base rate"
WITHOUT_RESCUED = "nobody stepped in"
CANNOT_TELL, CAN_TELL = "the model cannot tell", "the model can tell"
PLANT, DAYS = "plant ", f" {BY_DAYS}"
FEWEST_ORDERS = 20
NEARLY_ALL = 0.95
"""A slice of so many of the rows says nothing the whole does not."""
EFFORT = 25
"""Places of the model's list whose effort other lists are held to."""


@dataclass(frozen=True)
class Slice:
    """Some of the test rows, judged by model and metric, see ``training.metrics.scores``; ``brier_skill`` beside them.

    ``expected`` holds the failures the model foretold and those that came, ``by_chance`` the calibration error that
    risks which are exactly right would show on so few orders: mean and interval.
    """

    name: str
    orders: int
    rows: int
    failure_share: float
    estimates: dict[str, dict[str, Estimate]]
    expected: CalibrationInTheLarge
    by_chance: Estimate

    @property
    def brier_skill(self) -> dict[str, float]:
        """By model: 1 - Brier score / Brier score of the base rate."""
        return {model: found["brier_skill"].value for model, found in self.estimates.items()}


@dataclass(frozen=True)
class RankedWorklists:
    """The mornings' lists by model: ``risks`` are (n_rows,)."""

    daily: DailyWorklists | None
    risks: dict[str, Floats]

    @classmethod
    def of(cls, daily: DailyWorklists | None, predict: dict[str, Predict]) -> RankedWorklists:
        """What each model says of every row; nothing where there is no morning."""
        if daily is None or not len(daily):
            return cls(None, {})
        return cls(daily, {name: risk_of(daily.points) for name, risk_of in predict.items()})

    @property
    def of_model(self) -> pd.DataFrame:
        """order, as_of, risk: what the model says of every row; empty where there is no morning."""
        points = None if self.daily is None else self.daily.points
        if points is None:
            return pd.DataFrame({"order": [], "as_of": [], "risk": []})
        return pd.DataFrame({"order": points.order, "as_of": points.as_of, "risk": self.risks[MODEL]})

    @property
    def n_mornings(self) -> int:
        return 0 if self.daily is None else len(np.unique(self.daily.points.as_of))

    def metrics(self, draws: int) -> dict[str, list[WorklistMetrics]]:
        if self.daily is None:
            return {}
        return {name: [judge_worklist(self.daily, risk, n, draws) for n in LOOKS] for name, risk in self.risks.items()}

    def leads(self, draws: int) -> dict[str, list[Estimate]]:
        if self.daily is None:
            return {}
        model, others = self.risks[MODEL], {name: risk for name, risk in self.risks.items() if name != MODEL}
        return {name: [measure_lead(self.daily, model, risk, n, draws) for n in LOOKS] for name, risk in others.items()}

    def same_effort(self, draws: int) -> dict[str, WorklistMetrics]:
        """Every list with so many places that as many orders are looked at as in the model's first ``EFFORT``."""
        if self.daily is None:
            return {}
        daily, orders = self.daily, judge_worklist(self.daily, self.risks[MODEL], EFFORT, 1).looked_at
        places = {name: count_places(daily, risk, orders) for name, risk in self.risks.items()}
        return {name: judge_worklist(daily, risk, places[name], draws) for name, risk in self.risks.items()}

    def stability(self) -> dict[str, Stability]:
        if self.daily is None:
            return {}
        return {name: measure_stability(self.daily, risk) for name, risk in self.risks.items()}


@dataclass(frozen=True)
class Evaluation:
    """What a model fitted on the earlier part does on the later one.

    Attributes
    ----------
    tested_after : ISO 8601; what was learned from was known by then
    slices : all test rows first, then by plant, by days to promise, and those on which nobody stepped in
    risks : (n_test,) by model
    test : the later rows
    worklists : the mornings after the cut as each model ranks them
    folds : models of so many pasts were judged, each on what came next; more than one where orders are few
    ship_dates : what the dates of these orders were worth; ``None`` where there are none, or too few to judge
    """

    tested_after: str
    slices: list[Slice]
    risks: dict[str, Floats]
    test: LabelledPoints
    worklists: RankedWorklists
    draws: int
    folds: int = 1
    ship_dates: ShipDateEvaluation | None = None

    @cached_property
    def worklist_metrics(self) -> dict[str, list[WorklistMetrics]]:
        """By model, what it caught with each of ``LOOKS``; empty where no morning is left."""
        return self.worklists.metrics(self.draws)

    @cached_property
    def ahead(self) -> dict[str, Estimate]:
        """By baseline: 1 - Brier score of the model / Brier score of the baseline, on the same draws."""
        test, risk = self.test, self.risks[MODEL]
        over = partial(metric_estimates, test.order, test.week, test.failed, risk, test.weight, draws=self.draws)
        return {
            name: over(reference=other, metrics={})["brier_skill"]
            for name, other in self.risks.items()
            if name not in (MODEL, WITHOUT_LEVELS)
        }

    @cached_property
    def leads(self) -> dict[str, list[Estimate]]:
        """By baseline, for each of ``LOOKS``: how much more of the failures the model's list shows in time."""
        return self.worklists.leads(self.draws)

    @cached_property
    def same_effort(self) -> dict[str, WorklistMetrics]:
        """By model, what it caught with as many orders looked at as the model's list with ``EFFORT`` places."""
        return self.worklists.same_effort(self.draws)

    @cached_property
    def stability(self) -> dict[str, Stability]:
        """By model, how much its list moves from one morning to the next."""
        return self.worklists.stability()

    @cached_property
    def level_gain(self) -> Estimate | None:
        """1 - Brier score with the level of each plant / Brier score without; ``None`` where it was not looked at."""
        test = self.test
        if WITHOUT_LEVELS not in self.risks:
            return None
        over = partial(metric_estimates, test.order, test.week, test.failed, weight=test.weight, draws=self.draws)
        return over(risk=self.risks[MODEL], reference=self.risks[WITHOUT_LEVELS], metrics={})["brier_skill"]

    @cached_property
    def foretold(self) -> list[Foretold]:
        """What the model foretold and what came: all rows, by days to promise, by plant, by week."""
        return compare_foretold(self.test, self.risks[MODEL])

    @cached_property
    def by_order(self) -> dict[str, dict[str, Estimate]]:
        """By model, every metric where each order counts once, however often it was looked at."""
        test, reference = self.test, self.risks[BASE_RATE]
        over = partial(metric_estimates, test.order, test.week, test.failed, draws=self.draws, reference=reference)
        return {name: over(risk=risk, weight=test.order_weight) for name, risk in self.risks.items()}

    @cached_property
    def hindsight(self) -> dict[str, Estimate]:
        """Every metric of each plant's failure share on these very rows, and by how much the model is ahead of it."""
        test, share = self.test, share_in_hindsight(self.test)
        over = partial(metric_estimates, test.order, test.week, test.failed, weight=test.weight, draws=self.draws)
        ahead = over(risk=self.risks[MODEL], reference=share, metrics={})["brier_skill"]
        return over(risk=share, reference=self.risks[BASE_RATE]) | {"model_ahead": ahead}

    @property
    def whole(self) -> Slice:
        return self.slices[0]

    @property
    def by_chance(self) -> Estimate:
        """The calibration error that risks which are exactly right would show on all test rows."""
        return self.whole.by_chance

    @property
    def by_plant(self) -> list[Slice]:
        return [each for each in self.slices if each.name.startswith(PLANT)]

    @property
    def by_days(self) -> list[Slice]:
        """By days to promise, the nearest first."""
        return [each for each in self.slices if each.name.endswith(DAYS) and each not in self.by_plant]

    def slice_named(self, name: str) -> Slice | None:
        """The slice of a name, if it has enough orders."""
        return next((each for each in self.slices if each.name == name), None)

    def summary(self) -> dict[str, Any]:
        """The model's figures on all test rows: value, low, high; what a model carries with it."""
        figures = {name: [e.value, e.low, e.high] for name, e in self.whole.estimates[MODEL].items()}
        return figures | {
            "brier_skill": self.whole.brier_skill[MODEL],
            "failure_share": self.whole.failure_share,
            "orders": self.whole.orders,
            "after": self.tested_after,
        }

    def to_json(self) -> dict[str, Any]:
        return {
            "tested_after": self.tested_after,
            "folds": self.folds,
            "ship_dates": None if self.ship_dates is None else self.ship_dates.to_json(),
            "parts": [asdict(each) | {"brier_skill": each.brier_skill} for each in self.slices],
            "calibration_error_by_chance": asdict(self.by_chance),
            "foretold": [asdict(entry) for entry in self.foretold],
            "by_order": {name: {key: asdict(e) for key, e in found.items()} for name, found in self.by_order.items()},
            "level_gain": None if self.level_gain is None else asdict(self.level_gain),
            "hindsight": {name: asdict(found) for name, found in self.hindsight.items()},
            "ahead": {name: asdict(found) for name, found in self.ahead.items()},
            "mornings": self.worklists.n_mornings,
            "watches": {model: [asdict(entry) for entry in found] for model, found in self.worklist_metrics.items()},
            "leads": {model: [asdict(entry) for entry in found] for model, found in self.leads.items()},
            "same_effort": {model: asdict(found) for model, found in self.same_effort.items()},
            "stability": {model: asdict(found) for model, found in self.stability.items()},
        }


def evaluate(
    model: RiskModel,
    earlier: LabelledPoints,
    test: LabelledPoints,
    tested_after: int,
    draws: int = 500,
    daily: DailyWorklists | None = None,
) -> Evaluation:
    """Judge a model fitted on ``earlier`` on ``test``, as it is served, beside every baseline fitted on the same.

    Parameters
    ----------
    tested_after : microseconds
    draws : bootstrap draws of the intervals
    daily : every open order on every morning after the cut, for what a planner gets
    """
    predict = {MODEL: model.risk_as_served} | fit_baselines(earlier)
    risks = {name: risk_of(test) for name, risk_of in predict.items()} | {WITHOUT_LEVELS: model.risk_of(test)}
    doubtful = _doubtful(model, test, tested_after)
    return evaluate_risks(tested_after, risks, test, RankedWorklists.of(daily, predict), draws, doubtful=doubtful)


def _doubtful(model: RiskModel, test: LabelledPoints, as_of: int) -> Mask:
    """(n,) True where the model says that it cannot tell, by what was known when the test began."""
    levels = Levels() if model.looks is None else estimate_levels(model.looks, as_of, model.base)
    return np.array([bool(found) for found in doubts_of(model, model.signals_of(test), test.plant, levels)], dtype=bool)


def evaluate_risks(
    tested_after: int,
    risks: dict[str, Floats],
    test: LabelledPoints,
    worklists: RankedWorklists,
    draws: int = 500,
    folds: int = 1,
    doubtful: Mask | None = None,
) -> Evaluation:
    """Judge risks by model (n_test,) that are there already, of so many ``folds``; rows in doubt (n_test,) apart."""
    slices = [
        judge_slice(name, test.take(rows), {model: risk[rows] for model, risk in risks.items()}, draws)
        for name, rows in slices_of(test, doubtful)
    ]
    return Evaluation(str(isoformat(tested_after)), slices, risks, test, worklists, draws, folds)


def slices_of(test: LabelledPoints, doubtful: Mask | None = None) -> Iterator[tuple[str, Mask]]:
    """All rows, then by plant and by days to promise, those nobody stepped in on, those of which the model cannot tell.

    Slices of too few orders are left out.
    """
    yield "all", np.ones(len(test), dtype=bool)
    days = test.days_to_promise
    some = [(f"{PLANT}{plant}", test.plant == plant) for plant in sorted(set(test.plant)) if plant]
    some += [(f"{name}{DAYS}", rows) for name, rows in days_to_promise_groups(days) if rows.any()]
    if test.rescued.any():
        some.append((WITHOUT_RESCUED, ~np.isin(test.order, test.order[test.rescued])))
    if doubtful is not None and doubtful.any():
        some += [(CANNOT_TELL, doubtful), (CAN_TELL, ~doubtful)]
    for name, rows in some:
        large = rows.mean() < NEARLY_ALL or name == WITHOUT_RESCUED
        if large and len(np.unique(test.order[rows])) >= FEWEST_ORDERS:
            yield name, rows


def judge_slice(name: str, points: LabelledPoints, risks: dict[str, Floats], draws: int) -> Slice:
    """Every metric of every model on some rows, with intervals; ``risks`` must hold the base rate."""
    failed, weight, reference = points.failed, points.weight, risks[BASE_RATE]
    order, week = points.order, points.week
    estimates = {
        model: metric_estimates(order, week, failed, risk, weight, draws=draws, reference=reference)
        for model, risk in risks.items()
    }
    share, risk = float(np.average(failed, weights=weight)), risks[MODEL]
    expected, by_chance = CalibrationInTheLarge.of(points, risk, draws), error_by_chance(points, risk)
    return Slice(name, points.n_orders, len(points), share, estimates, expected, by_chance)


def error_by_chance(test: LabelledPoints, risk: Floats, draws: int = CHANCES, seed: int = 7) -> Estimate:
    """The calibration error of risks that are exactly right, on as many orders: mean and 95 % interval.

    Outcomes are drawn from the risks, with one luck an order, and judged. Broecker & Smith (2007), Increasing the
    reliability of reliability diagrams.
    """
    errors = np.array(
        [calibration_error(failed, risk, test.weight) for failed in failures_by_chance(test, risk, draws, seed)]
    )
    return percentiles(float(errors.mean()), errors)
