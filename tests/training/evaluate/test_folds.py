"""A plant with too few orders to judge one model by."""

from __future__ import annotations

import numpy as np
import pytest

from features.errors import InvalidRequest
from tests.support.little_plant import little_plant
from training.data.split import FEWEST_ORDERS, folds_by_time
from training.evaluate.evaluation import MODEL
from training.model.fit import fit_model
from training.promote.comparison import challenge
from training.report.summary import summarise
from training.trainer import Trained, train


@pytest.fixture(scope="module")
def small() -> Trained:
    """Of 225 orders 45 came after the cut."""
    return train(little_plant(225, 3), scheme="before=5", draws=50)


def test_of_few_orders_the_later_half_is_judged_each_by_a_model_of_what_was_known_before(small: Trained) -> None:
    points, found = small.dataset.points, small.evaluation
    folds = list(folds_by_time(points, 3, FEWEST_ORDERS / 4))
    assert found.folds == len(folds) == 3
    assert found.test.n_orders == sum(fold.later.n_orders for fold in folds) > 100
    last = fit_model(folds[2].earlier, small.dataset.context, {})
    of_last = found.risks[MODEL][-len(folds[2].later) :]
    np.testing.assert_array_equal(of_last, last.risk_as_served(folds[2].later))
    assert any("3 models of growing pasts were judged" in sentence for sentence in summarise(found).short)


def test_a_model_of_few_orders_is_refused_for_want_of_evidence(small: Trained) -> None:
    verdict = challenge(small.snapshots, small.twin, None, 1.0, small.trees)
    assert not verdict.passed
    assert verdict.falls_short[0].endswith("got 45 orders, 16 of which failed")


def test_where_nobody_can_tell_how_good_a_model_is_there_is_a_clear_no() -> None:
    with pytest.raises(InvalidRequest, match="at least 50 later orders with an outcome, got 36 on 3 folds: wait for"):
        train(little_plant(110, 3), scheme="before=5", draws=50)


def test_where_enough_orders_came_last_one_model_is_judged(trained: Trained) -> None:
    assert trained.evaluation.folds == 1
    assert not any("growing pasts" in sentence for sentence in summarise(trained.evaluation).short)
