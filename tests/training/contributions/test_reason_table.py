"""The table of reasons says what the service says, and its points add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.context.context import Context
from features.errors import InvalidRequest
from features.history import History
from features.times import micros, plant_calendar
from serving.models.scorer import Scorer
from tests.support.models import scorer_of
from training.contributions.reason_table import COLUMNS, reason_table
from training.model.morning import add_levels
from training.trainer import Trained

AS_OF = "2024-05-20T09:00:00Z"


@pytest.fixture(scope="module")
def reasons(trained: Trained, plant: pd.DataFrame) -> pd.DataFrame:
    return reason_table(trained.model, plant, AS_OF)


def test_points_add_up_to_the_risk(reasons: pd.DataFrame) -> None:
    by_order = reasons.groupby("order_id", sort=False)
    added, first = by_order["points"].sum(), by_order.first()
    assert len(first) > 10
    np.testing.assert_allclose(first["base_risk"] + added, first["risk"], rtol=0, atol=1e-9)
    assert first["risk"].is_monotonic_decreasing
    assert reasons.columns.tolist() == list(COLUMNS)
    assert (by_order["changeable"].apply(lambda told: told.is_monotonic_decreasing)).all(), "what is fixed comes last"


def test_it_says_what_the_service_says(reasons: pd.DataFrame, trained: Trained, plant: pd.DataFrame) -> None:
    history, calendar = History.of(plant, trained.model.policy), plant_calendar("UTC")
    context = add_levels(Context.of(history, calendar), trained.model, [history], calendar.start_of_day(micros(AS_OF)))
    served = {
        score.order_id: score
        for score in Scorer(scorer_of(trained.model).loaded, context).score_all(history, micros(AS_OF))[0]
        if score.state == "open"
    }
    assert set(reasons["order_id"]) <= set(served)
    for order_id, told in reasons.groupby("order_id", sort=False):
        score = served[str(order_id)]
        assert set(told["risk"]) == {score.risk}
        assert told[["topic", "points", "text", "usual"]].to_numpy().tolist() == [
            [one.topic, one.points, one.text, one.usual] for one in score.reasons
        ]
        compared = [one.comparison for one in score.reasons]
        assert told["like_orders"].dropna().tolist() == [one.orders for one in compared if one]
        assert told["evidence"].tolist() == [
            tuple((key.source, key.id) for key in one.evidence) for one in score.reasons
        ]


def test_a_moment_without_open_orders_has_no_reasons(trained: Trained, plant: pd.DataFrame) -> None:
    table = reason_table(trained.model, plant, "2030-01-01")
    assert table.empty
    assert table.columns.tolist() == list(COLUMNS)


def test_a_moment_before_the_records_is_refused(trained: Trained, plant: pd.DataFrame) -> None:
    with pytest.raises(InvalidRequest, match="as_of must not be before the first record"):
        reason_table(trained.model, plant, "1999-01-01")
