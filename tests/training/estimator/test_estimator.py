"""A table, its folds and the estimator in the hands of pandas and scikit-learn: what ``train`` does, and no less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import brier_score_loss, log_loss, make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from features.catalogue.registry import catalogue
from features.errors import InvalidRequest
from features.times import isoformat, micros
from training import OrderTimeSeriesSplit, RiskEstimator, Snapshots, signals_of, train, train_on, training_table
from training.comparison.rows import ComparedModel
from training.comparison.versions import compare_models
from training.data.labelled import LabelledPoints
from training.data.split import folds_by_time, split_by_time
from training.estimator.table import LABELS, InvalidTable
from training.evaluate.evaluation import MODEL, WITHOUT_LEVELS
from training.metrics import scores
from training.model.fit import fit_model
from training.trainer import Trained

SCHEME = "before=5"
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": (
        "bagging draws rows and a leaf counts rows, so a row of weight two is not two rows; the weights of a table are "
        "looks, not copies"
    ),
}
"""Checks of scikit-learn that do not hold, and why."""


@pytest.mark.filterwarnings("ignore:rows do not say")
@parametrize_with_checks([RiskEstimator()], expected_failed_checks=lambda _: EXPECTED)
def test_scikit_learn_takes_it_for_one_of_its_own(estimator: RiskEstimator, check: object) -> None:
    check(estimator)  # type: ignore[operator]


@pytest.fixture(scope="module")
def table(plant: pd.DataFrame, compiled: None) -> pd.DataFrame:
    return training_table(plant, scheme=SCHEME)


@pytest.fixture(scope="module")
def without_moves(plant: pd.DataFrame, compiled: None) -> Trained:
    """A training that learns from no promise that was moved at random."""
    return train_on(replace(Snapshots.of(plant, SCHEME), moves_seed=None), plant, draws=20)


@pytest.fixture
def _routing() -> Iterator[None]:
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def rows_of(table: pd.DataFrame) -> list[tuple[str, int, int]]:
    """Order, moment and when its outcome was known, microseconds."""
    return [(order, micros(as_of), micros(known_at)) for order, as_of, known_at in table.index]


# -- the table -------------------------------------------------------------------------------------------------


def test_the_table_has_the_very_rows_that_train_learns_from(table: pd.DataFrame, trained: Trained) -> None:
    points, order_ids = trained.dataset.points, trained.snapshots.history.order_ids
    keys = zip(order_ids[points.order], points.as_of.tolist(), points.known_at.tolist(), strict=True)
    assert rows_of(table) == list(keys)
    assert list(signals_of(table).columns) == list(catalogue()) == points.names
    assert np.array_equal(signals_of(table).to_numpy(), points.signals, equal_nan=True)
    assert set(signals_of(table).dtypes) == {np.dtype(np.float64)}
    assert table["outcome"].tolist() == points.failed.tolist()
    assert table["weight"].tolist() == points.weight.tolist()
    assert table["due"].tolist() == [pd.Timestamp(isoformat(int(due))) for due in points.due]
    assert 0 < table["partial"].sum() < table["outcome"].sum()


def test_looks_far_from_the_promise_stand_for_several_and_what_is_not_known_by_then_is_not_there(
    plant: pd.DataFrame, compiled: None
) -> None:
    until = plant["recorded_at"].quantile(0.3)
    some = plant[plant["order_id"].isin(plant["order_id"].unique()[:40])]
    table = training_table(some, until=until)
    points, _ = Snapshots.of(some, until=micros(until)).labelled(moves=False)
    assert len(table) == len(points)
    assert table["weight"].tolist() == points.weight.tolist()
    assert table["weight"].max() > 1
    assert table.index.get_level_values("known_at").max() <= until


# -- the folds -------------------------------------------------------------------------------------------------


def test_folds_are_those_by_which_the_product_tunes_and_judges(table: pd.DataFrame, trained: Trained) -> None:
    points = trained.dataset.points
    own = [[rows.tolist() for rows in fold] for fold in OrderTimeSeriesSplit(3).split(table)]
    assert own == [[np.flatnonzero(rows).tolist() for rows in fold.rows] for fold in folds_by_time(points, 3)]
    cut = [[rows.tolist() for rows in fold] for fold in OrderTimeSeriesSplit(1, first=0.8).split(table)]
    assert cut == [[np.flatnonzero(rows).tolist() for rows in split_by_time(points).rows]]


def test_no_fold_learns_from_what_was_not_known_and_no_order_is_on_both_sides(table: pd.DataFrame) -> None:
    shuffled = table.sample(frac=1.0, random_state=0)
    for earlier, later in OrderTimeSeriesSplit(4).split(signals_of(shuffled)):
        teaches, judges = (shuffled.iloc[rows].reset_index() for rows in (earlier, later))
        assert teaches["known_at"].max() < judges["as_of"].min()
        assert not set(teaches["order_id"]) & set(judges["order_id"])


def test_what_a_row_is_may_stand_in_columns_or_in_groups(table: pd.DataFrame) -> None:
    expected = [rows.tolist() for fold in OrderTimeSeriesSplit(2).split(table) for rows in fold]
    flat = table.reset_index()
    for X, groups in ((flat, None), (signals_of(table).to_numpy(), flat), (flat.drop(columns="as_of"), table)):
        folds = OrderTimeSeriesSplit(2).split(X, groups=groups)
        assert [rows.tolist() for fold in folds for rows in fold] == expected


def test_rows_that_do_not_say_what_they_are_are_refused_in_words(table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="of groups: order_id, as_of, known_at; got ndarray"):
        next(OrderTimeSeriesSplit().split(table.to_numpy()))
    with pytest.raises(InvalidTable, match="as_of must hold timestamps, got"):
        next(OrderTimeSeriesSplit().split(table.reset_index().assign(as_of="2024-01-01")))
    with pytest.raises(InvalidTable, match="must be in the index of what is learned from, got order_id, as_of, known"):
        RiskEstimator().fit(table.reset_index().drop(columns=LABELS), table["outcome"])
    with pytest.raises(InvalidTable, match="3 folds need at least 50 orders, got 20"):
        next(OrderTimeSeriesSplit().split(table.iloc[:20]))


# -- the estimator ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_routing")
@pytest.mark.parametrize(("metric", "ours"), [(brier_score_loss, scores.brier), (log_loss, scores.log_loss)])
def test_cross_val_score_the_evaluation_of_train_and_compare_agree(
    table: pd.DataFrame, plant: pd.DataFrame, without_moves: Trained, metric: object, ours: scores.Metric
) -> None:
    """On the cut of ``train`` the estimator learns what the twin does, and all three judge it on the same rows.

    Training and ``compare`` add the level of each plant, which an estimator cannot know, and agree on that too.
    """
    scorer = make_scorer(metric, response_method="predict_proba").set_score_request(sample_weight=True)
    found = cross_val_score(
        RiskEstimator().set_fit_request(sample_weight=True),
        signals_of(table),
        table["outcome"],
        cv=OrderTimeSeriesSplit(1, first=0.8),
        scoring=scorer,
        params={"sample_weight": table["weight"]},
    )
    judged = without_moves.evaluation
    risk = judged.risks[WITHOUT_LEVELS]
    assert found == pytest.approx([float(ours(judged.test.failed, risk, judged.test.weight))], rel=0, abs=1e-12)
    twin = ComparedModel("twin", without_moves.twin.model)
    compared = compare_models(without_moves.snapshots, plant, twin, twin, draws=2)
    rows = compared.points
    trees_alone = twin.model.risk_of(rows)
    assert found == pytest.approx([float(ours(rows.failed, trees_alone, rows.weight))], rel=0, abs=1e-12)
    with_levels = float(ours(judged.test.failed, judged.risks[MODEL], judged.test.weight))
    by_name = {scores.brier: "brier", scores.log_loss: "log_loss"}
    figure = compared.whole.metrics[by_name[ours]].first.value
    assert figure == pytest.approx(with_levels, rel=0, abs=1e-12)


def test_a_fit_is_that_of_the_model_whatever_the_order_of_the_rows(table: pd.DataFrame, without_moves: Trained) -> None:
    points: LabelledPoints = without_moves.dataset.points
    model = fit_model(points, without_moves.dataset.context, {"trained_until": "2024-01-01"})
    shuffled = table.sample(frac=1.0, random_state=1)
    fitted = RiskEstimator().fit(signals_of(shuffled), shuffled["outcome"], sample_weight=shuffled["weight"])
    assert np.array_equal(fitted.predict_proba(signals_of(table))[:, 1], model.risk_of(points))


def test_what_signals_add_adds_up_to_the_log_odds(table: pd.DataFrame) -> None:
    X = signals_of(table)
    fitted = RiskEstimator().fit(X, table["outcome"])
    added = fitted.contributions(X)
    assert added.index.equals(X.index)
    assert list(added.columns) == ["base", *X.columns]
    assert added.sum(axis=1).to_numpy() == pytest.approx(fitted.decision_function(X), abs=1e-9)


def test_it_is_searched_in_a_pipeline_on_folds_in_time_and_its_calibration_is_shown(table: pd.DataFrame) -> None:
    pipeline = make_pipeline(FunctionTransformer(lambda X: X), RiskEstimator(most_rounds=60))
    search = GridSearchCV(
        pipeline, {"riskestimator__num_leaves": [3, 7]}, cv=OrderTimeSeriesSplit(2), scoring="neg_log_loss"
    )
    X, y = signals_of(table), table["outcome"]
    search.fit(X, y, riskestimator__sample_weight=table["weight"])
    best = search.best_estimator_[-1]
    assert best.trees.num_leaves == search.best_params_["riskestimator__num_leaves"]
    assert len(best.risk_.crossed.points) > 0, "rows reached it with their index: the folds are those in time"
    shown = CalibrationDisplay.from_estimator(search, X, y, n_bins=5)
    assert len(shown.prob_true) > 1


def test_rows_without_keys_and_with_names_lightgbm_does_not_take_are_learned_from(table: pd.DataFrame) -> None:
    X, y = signals_of(table)[["days_to_promise", "open_holds"]].reset_index(drop=True), table["outcome"]
    X.columns = ['days, "raw"', "holds: open"]
    with pytest.warns(UserWarning, match="folds are drawn at random"):
        fitted = RiskEstimator().fit(X, y.astype("str").where(y == 1, "fine").to_numpy())
    assert fitted.classes_.tolist() == ["1", "fine"]
    assert fitted.feature_names_in_.tolist() == X.columns.tolist()
    assert set(fitted.predict(X)) <= {"1", "fine"}


def test_behind_a_step_that_gives_an_array_a_warning_says_what_is_lost_and_how_to_keep_it(table: pd.DataFrame) -> None:
    X, y = signals_of(table)[["days_to_promise", "open_holds"]], table["outcome"]
    pipeline = make_pipeline(StandardScaler(), RiskEstimator(most_rounds=20))
    with pytest.warns(UserWarning, match=r'say which order.*as_of, known_at.*set_output\(transform="pandas"\)'):
        pipeline.fit(X, y)
    of_frame = pipeline.set_output(transform="pandas").fit(X, y)[-1]
    assert {*of_frame.risk_.crossed.points.known_at} <= {*map(micros, table.index.get_level_values("known_at"))}


def test_outcomes_are_not_learned_from(table: pd.DataFrame) -> None:
    y = table["outcome"]
    with pytest.raises(InvalidTable, match=r"got outcome, partial, weight, due, plant, rescued beside .*signals_of"):
        RiskEstimator().fit(table, y)
    with pytest.raises(InvalidTable, match="must be signals, got weight beside"):
        RiskEstimator().fit(signals_of(table).assign(weight=1.0), y)
    pd.testing.assert_frame_equal(signals_of(table.reset_index()), signals_of(table))


def test_settings_are_refused_in_words(table: pd.DataFrame, plant: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="num_leaves must be a whole number from 2 to 131072, got 0"):
        RiskEstimator(num_leaves=0).fit(signals_of(table), table["outcome"])
    with pytest.raises(InvalidRequest, match=r"settings of learning_rate, .*, got num_leafs \(did you mean num_leaves"):
        train(plant, trees={"num_leafs": 3})
    with pytest.raises(InvalidRequest, match="such as search.best_params_, or Trees, got list"):
        train(plant, trees=[3])  # type: ignore[arg-type]


def test_what_a_search_has_found_goes_into_train_as_it_is(plant: pd.DataFrame, compiled: None) -> None:
    trained = train(plant, scheme=SCHEME, trees={"riskestimator__num_leaves": 3, "most_rounds": 5}, draws=2)
    assert (trained.trees.num_leaves, trained.trees.most_rounds) == (3, 5)


def test_what_cannot_be_learned_from_is_refused_in_words(table: pd.DataFrame) -> None:
    X = signals_of(table)
    with pytest.raises(ValueError, match="must be of two classes, got one class"):
        RiskEstimator().fit(X, np.ones(len(X)))
    with pytest.raises(ValueError, match="must be of two classes, got one class, 0"):
        RiskEstimator().fit(X, table["outcome"], sample_weight=1 - table["outcome"])
