"""Contributions of a whole table: they add up, keep the index, and say which column is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from features.catalogue.topics import TOPICS
from features.errors import InvalidRequest
from features.pipeline.table import signal_table
from training.contributions.contributions import explain
from training.model.level import Level, Levels, PlantTerms
from training.trainer import Trained


@pytest.fixture(scope="module")
def table(plant: pd.DataFrame, compiled: None) -> pd.DataFrame:
    found = signal_table(plant, scheme="before=5")
    return found.set_index(found["order_id"] + "/" + found["as_of"].astype(str)).iloc[::7]


def test_contributions_add_up_to_the_log_odds_and_points_to_the_risk(trained: Trained, table: pd.DataFrame) -> None:
    level = np.linspace(-0.5, 0.5, len(table))
    found = explain(trained.model, table, level)
    assert len(found) == len(table) > 50
    log_odds = found.base + found.log_odds.sum(axis=1) + found.level
    np.testing.assert_allclose(expit(log_odds), found.risk, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_odds, logit(found.risk), rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.base_risk + found.points.sum(axis=1) + found.level_points, found.risk, atol=1e-12)
    np.testing.assert_allclose(found.base_risk + found.topics.sum(axis=1), found.risk, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.topics.sum(axis=1), found.points.sum(axis=1) + found.level_points, atol=1e-12)
    assert found.risk.nunique() > 5


def test_the_risk_is_the_one_the_model_predicts(trained: Trained, table: pd.DataFrame) -> None:
    found = explain(trained.model, table)
    signals = table[trained.model.names].to_numpy()
    assert found.risk.tolist() == trained.model.predict(signals).risk.tolist()
    assert found.base_risk == expit(found.base)
    assert found.log_odds.to_numpy().tolist() == trained.model.explain(signals).contributions.tolist()


def test_the_index_is_kept_and_columns_may_stand_in_any_order(trained: Trained, table: pd.DataFrame) -> None:
    found, turned = explain(trained.model, table), explain(trained.model, table[table.columns[::-1]])
    for each in (found.signals, found.log_odds, found.points, found.topics, found.risk, found.level):
        assert each.index.equals(table.index)
    for each in (found.signals, found.log_odds, found.points):
        assert each.columns.tolist() == trained.model.names
    assert found.topics.columns.tolist() == list(TOPICS)
    pd.testing.assert_frame_equal(found.points, turned.points)
    pd.testing.assert_frame_equal(found.signals, table[trained.model.names], check_dtype=False)


def test_labelled_points_are_explained_too(trained: Trained) -> None:
    points = trained.evaluation.test
    found = explain(trained.model, points, level=0.25)
    assert (
        found.risk.tolist()
        == trained.model.predict(points.signals, PlantTerms.adding(np.full(len(points), 0.25))).risk.tolist()
    )
    assert found.risk.index.equals(pd.RangeIndex(len(points)))


def test_the_level_of_a_morning_multiplies_what_signals_add(trained: Trained) -> None:
    """By 0.4 in plants where what is known told little; everything still adds up to the risk."""
    points, model = trained.evaluation.test, trained.model
    levels = Levels(Level(0.1), {str(name): Level(0.3, slope=0.4, of_slope=0.1) for name in set(points.plant)})
    alone, found = explain(model, points), explain(model, points, level=levels.terms(points.plant))
    np.testing.assert_allclose(found.log_odds, 0.4 * alone.log_odds)
    np.testing.assert_allclose(found.base_risk + found.points.sum(axis=1) + found.level_points, found.risk, atol=1e-12)
    np.testing.assert_allclose(logit(found.risk), model.base + 0.4 * (logit(alone.risk) - model.base) + 0.3, atol=1e-9)


def test_a_table_without_rows_has_none(trained: Trained, table: pd.DataFrame) -> None:
    found = explain(trained.model, table.iloc[:0])
    assert found.points.shape == (0, len(trained.model.names))
    assert found.topics.shape == (0, len(TOPICS))


def test_a_missing_column_is_named(trained: Trained, table: pd.DataFrame) -> None:
    with pytest.raises(InvalidRequest, match="got none of open_holds, days_to_promise|days_to_promise, open_holds"):
        explain(trained.model, table.drop(columns=["open_holds", "days_to_promise"]))
    with pytest.raises(InvalidRequest, match=r"and \d+ more$"):
        explain(trained.model, table[["order_id"]])


def test_what_is_no_signal_is_refused(trained: Trained, table: pd.DataFrame) -> None:
    with pytest.raises(InvalidRequest, match="column open_holds must hold numbers"):
        explain(trained.model, table.assign(open_holds="two"))
    with pytest.raises(InvalidRequest, match="must be one column, got more of open_holds"):
        explain(trained.model, pd.concat([table, table[["open_holds"]]], axis=1))
    with pytest.raises(InvalidRequest, match="must be a DataFrame or LabelledPoints, got ndarray"):
        explain(trained.model, table.to_numpy())  # type: ignore[arg-type]


def test_a_level_is_one_number_or_one_a_row(trained: Trained, table: pd.DataFrame) -> None:
    with pytest.raises(InvalidRequest, match="must be one number or"):
        explain(trained.model, table, [0.1, 0.2])
    with pytest.raises(InvalidRequest, match="must have the index of the signals"):
        explain(trained.model, table, pd.Series(np.zeros(len(table))))
    given = pd.Series(np.linspace(0, 1, len(table)), table.index)
    assert explain(trained.model, table, given).level.tolist() == given.tolist()
