"""A missing value is not zero: it goes the way the trees have learned, or counts as the signal's median."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from features.outcomes import MISSED, ON_TIME_IN_FULL, PARTIAL
from training.data.labelled import LabelledPoints
from training.data.split import Split, folds_by_time
from training.model.baselines import fit_logistic_regression
from training.model.cross_fit import FOLDS, cross_fit
from training.model.fit import fit_model
from training.model.missing import fill_missing, fill_never_missing, neutral_values
from training.model.pyfunc import RiskPyfunc
from training.model.risk_model import ABOUT, RiskModel
from training.model.trees import Trees
from training.model_files.manifest import MANIFEST
from training.trainer import Trained

COMPLETE, GAPS, GAPS_ON_TIME = range(3)
"""Signals of the made-up orders: never missing, missing now and then, missing only where the order was on time."""
NAMES = ["days_to_promise", "planned_end_slack", "open_holds"]
MEDIAN = 6.0


def made_up_orders(orders: int = 1200) -> LabelledPoints:
    """One look an order: it fails the more often the further its first and third signal lie from 0, with median 6."""
    draw = np.random.default_rng(3)
    signals = np.stack([draw.integers(1, 12, orders), draw.integers(-5, 6, orders), draw.integers(1, 12, orders)], 1)
    signals = signals.astype(np.float64)
    failed = draw.random(orders) < np.clip((signals[:, 0] + signals[:, 2] - 4) / 16, 0.02, 0.98)
    short = draw.random(orders) < signals[:, 2] / 12
    signals[draw.random(orders) < 0.2, GAPS] = np.nan
    signals[~failed & (draw.random(orders) < 0.2), GAPS_ON_TIME] = np.nan
    moments = np.arange(orders, dtype=np.int64)
    return LabelledPoints(
        names=NAMES,
        signals=signals,
        order=np.arange(orders),
        as_of=moments,
        due=moments,
        known_at=moments,
        outcome=np.where(failed, np.where(short, PARTIAL, MISSED), ON_TIME_IN_FULL),
        weight=np.ones(orders),
        plant=np.full(orders, "", dtype=object),
        rescued=np.zeros(orders, dtype=bool),
    )


@pytest.fixture(scope="module")
def points() -> LabelledPoints:
    return made_up_orders()


@pytest.fixture(scope="module")
def model(points: LabelledPoints, trained: Trained) -> RiskModel:
    return fit_model(points, trained.dataset.context, {})


def with_value(signals: np.ndarray, column: int, value: float) -> np.ndarray:
    changed = signals.copy()
    changed[:, column] = value
    return changed


def test_the_neutral_value_is_the_weighted_median_of_what_is_there() -> None:
    """Of the first signal half of the weight (2.5 of 5) is reached at 9, of the second (2 of 4) at 2."""
    signals = np.array([[1.0, 1.0, np.nan], [2.0, 2.0, np.nan], [9.0, 4.0, np.nan], [np.nan, np.nan, np.nan]])
    assert neutral_values(signals[:, :1], np.array([1.0, 1.0, 3.0, 7.0])).tolist() == [9.0]
    assert neutral_values(signals, np.array([1.0, 1.0, 2.0, 7.0]))[:2].tolist() == [2.0, 2.0]
    assert np.isnan(neutral_values(signals, np.ones(4))[2])


def test_what_was_missing_among_those_learned_from_stays_missing() -> None:
    learned = np.array([[1.0, np.nan], [3.0, 4.0], [5.0, 4.0]])
    read = fill_never_missing(np.array([[np.nan, np.nan], [7.0, 8.0]]), learned, np.ones(3))
    np.testing.assert_array_equal(read, [[3.0, np.nan], [7.0, 8.0]])
    np.testing.assert_array_equal(fill_missing(np.array([[np.nan, 0.0]]), np.array([2.0, 2.0])), [[2.0, 0.0]])


def test_a_signal_that_was_never_missing_counts_as_its_median_and_not_as_zero(
    model: RiskModel, points: LabelledPoints
) -> None:
    assert model.neutral["days_to_promise"] == MEDIAN
    missing, median, zero = (
        model.predict(with_value(points.signals, COMPLETE, value)) for value in (np.nan, MEDIAN, 0.0)
    )
    np.testing.assert_array_equal(missing.risk, median.risk)
    np.testing.assert_array_equal(missing.partial, median.partial)
    assert (missing.risk > zero.risk + 0.05).mean() > 0.5


def test_a_signal_that_was_missing_goes_the_way_the_trees_have_learned(
    model: RiskModel, points: LabelledPoints
) -> None:
    signals = with_value(points.signals, GAPS, np.nan)
    learned = expit(model.calibration.apply(model.risk.predict(signals, raw_score=True)))
    np.testing.assert_allclose(model.predict(signals).risk, learned, atol=1e-12)


def test_trees_that_learned_from_failures_alone_have_a_neutral_value_of_their_own(
    model: RiskModel, points: LabelledPoints
) -> None:
    """Among failures the third signal was never missing: the share of partial takes its median, the risk does not."""
    missing, median, zero = (
        model.predict(with_value(points.signals, GAPS_ON_TIME, value))
        for value in (np.nan, model.neutral["open_holds"], 0.0)
    )
    np.testing.assert_allclose(missing.partial / missing.risk, median.partial / median.risk, atol=1e-12)
    assert (missing.partial / missing.risk > zero.partial / zero.risk + 0.05).all()
    assert not np.allclose(missing.risk, median.risk)


def test_no_signal_of_a_training_is_read_as_zero_where_it_is_missing(trained: Trained) -> None:
    """One signal after the other goes missing; risk, contributions and what MLflow serves agree."""
    model, signals = trained.model, trained.dataset.points.signals
    complete = ~np.isnan(signals).any(axis=0)
    rows = signals[:: max(len(signals) // 40, 1)]
    told_apart = 0
    for column, name in enumerate(model.names):
        gone = with_value(rows, column, np.nan)
        predicted, explained = model.predict_and_explain(gone)
        np.testing.assert_allclose(expit(explained.log_odds), predicted.risk, atol=1e-9)
        served = RiskPyfunc(model).predict(pd.DataFrame(gone, columns=model.names))
        np.testing.assert_array_equal(served["risk"], predicted.risk)
        if not complete[column]:
            continue
        neutral, zero = (model.predict(with_value(rows, column, v)) for v in (model.neutral[name], 0.0))
        np.testing.assert_array_equal(predicted.risk, neutral.risk)
        told_apart += not np.array_equal(neutral.risk, zero.risk)
    assert complete.sum() > 20
    assert told_apart >= 1


def test_neutral_values_are_saved_and_read_again(model: RiskModel, points: LabelledPoints, tmp_path: Path) -> None:
    model.save(tmp_path)
    loaded, gone = RiskModel.load(tmp_path), with_value(points.signals, COMPLETE, np.nan)
    assert loaded.neutral == model.neutral
    np.testing.assert_array_equal(loaded.predict(gone).partial, model.predict(gone).partial)


def test_a_model_of_before_loads_and_reads_missing_as_it_did(
    model: RiskModel, points: LabelledPoints, tmp_path: Path
) -> None:
    model.save(tmp_path)
    content = json.loads((tmp_path / ABOUT).read_text())
    del content["neutral"]
    (tmp_path / ABOUT).write_text(json.dumps(content))
    (tmp_path / MANIFEST).unlink()  # which models of before had not
    old, stated = RiskModel.load(tmp_path), points.signals[~np.isnan(points.signals[:, GAPS_ON_TIME])]
    gone, zero = (with_value(stated, COMPLETE, value) for value in (np.nan, 0.0))
    np.testing.assert_array_equal(old.predict(gone).risk, model.predict(zero).risk)
    np.testing.assert_array_equal(old.predict(gone).partial, model.predict(zero).partial)


def lately(points: LabelledPoints, value: float) -> LabelledPoints:
    """The same orders, of the last fold of which the first signal has one value."""
    signals = points.signals.copy()
    signals[last_fold(points).rows[1], COMPLETE] = value
    return replace(points, signals=signals)


def last_fold(points: LabelledPoints) -> Split:
    return list(folds_by_time(points, FOLDS))[-1]


def test_later_orders_without_a_signal_judge_as_if_they_had_its_median(
    points: LabelledPoints, trained: Trained
) -> None:
    """The first signal is no longer stated of the latest orders, which say how many trees and with which slope."""
    learned = last_fold(points).earlier
    median = neutral_values(learned.signals, learned.weight)[COMPLETE]
    of_values = [lately(points, value) for value in (np.nan, median, 0.0)]
    gone, neutral, zero = (fit_model(part, trained.dataset.context, {}).calibration.slope for part in of_values)
    assert gone == neutral != zero
    gone, neutral, zero = (cross_fit(part, part.failed, Trees()).rounds for part in of_values)
    assert gone == neutral != zero


def test_logistic_regression_takes_the_median_of_what_it_learned_from(points: LabelledPoints) -> None:
    predict = fit_logistic_regression(points)
    gone, median, zero = (
        predict(replace(points, signals=with_value(points.signals, COMPLETE, value))) for value in (np.nan, MEDIAN, 0.0)
    )
    np.testing.assert_array_equal(gone, median)
    assert not np.allclose(gone, zero)
