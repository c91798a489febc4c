"""When orders ship: the same alone and among many, at the promise what the risk leaves, and in a planner's words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.decision_points import standing_orders
from features.history import History
from serving.models.scorer import OrderScore
from serving.models.ship_date import ShipDate
from tests.support.models import scorer_of
from tests.support.stories import created, event, points, shipped, story
from training.trainer import Trained


def ship_date(score: OrderScore) -> ShipDate:
    assert score.ship_date is not None
    return score.ship_date


def score_of(trained: Trained, *events: object, day: float = 3) -> OrderScore:
    history = History.of(story(*events))  # type: ignore[arg-type]
    return scorer_of(trained.model).score(history, points(history, day, "A"))[0]


def test_open_and_late_orders_have_one_and_it_is_the_same_alone_and_among_many(
    trained: Trained, plant: pd.DataFrame
) -> None:
    scorer, history = scorer_of(trained.model), History.of(plant)
    listed = standing_orders(history, int(np.quantile(history.recorded, 0.8)))
    scores = scorer.score(history, listed)
    dated = [row for row, score in enumerate(scores) if score.ship_date is not None]
    assert {scores[row].state for row in dated} == {"open", "late"}
    assert len(dated) == sum(score.state in ("open", "late") for score in scores) > 20
    for row in dated:
        assert scorer.score(history, listed.take(np.array([row]))) == [scores[row]]


def test_the_curve_rises_and_is_at_the_promise_what_the_risk_leaves(trained: Trained, plant: pd.DataFrame) -> None:
    history = History.of(plant)
    listed = standing_orders(history, int(np.quantile(history.recorded, 0.8)))
    for score in scorer_of(trained.model).score(history, listed):
        if score.ship_date is None:
            continue
        days, shipped_by = zip(*score.ship_date.curve, strict=True)
        assert list(days) == sorted(set(days))
        assert list(shipped_by) == sorted(shipped_by)
        assert shipped_by[0] > 0
        assert shipped_by[-1] >= 0.995
        assert days[-1] >= score.ship_date.promised or score.state == "late"
        assert score.ship_date.expected == next(day for day, share in score.ship_date.curve if share >= 0.5)
        if score.state == "open":
            by_promise = [share for day, share in score.ship_date.curve if day <= score.ship_date.promised]
            assert score.risk is not None
            assert by_promise[-1] == pytest.approx(1 - score.risk, abs=1e-12)


def test_a_hold_in_the_last_week_moves_the_date_back(trained: Trained) -> None:
    """The plant's one cause: it ships a day before the promise, and three after it where it is held."""
    held = event("hold.placed", 2.5, kind="quality", reference="H")
    line = created(0, 9, plant="P1", customer="C1", item="I1")
    free, stopped = ship_date(score_of(trained, line)), ship_date(score_of(trained, line, held))
    assert (free.promised, stopped.promised) == ("2024-01-10", "2024-01-10")
    assert free.days_late is not None
    assert stopped.days_late is not None
    assert free.days_late <= 0 < stopped.days_late
    assert stopped.sentence.startswith(f"most likely Sat 13 Jan, {stopped.days_late} days late; by ")


def test_the_last_promise_counts_among_the_lines_to_ship(trained: Trained) -> None:
    lines = [created(0, 9, line="1"), created(0, 12, line="2"), created(0, 30, line="3")]
    assert ship_date(score_of(trained, *lines)).promised == "2024-01-31"
    assert ship_date(score_of(trained, *lines, shipped(2, 10, line="3"))).promised == "2024-01-13"


def test_a_late_order_is_late_by_its_date(trained: Trained) -> None:
    score = score_of(trained, created(0, 2, plant="P1", customer="C1", item="I1"), day=3)
    assert (score.state, score.risk, score.base_risk) == ("late", 1.0, None)
    late = ship_date(score)
    assert late.expected is not None
    assert late.expected >= "2024-01-04"
    assert f", {late.days_late} day" in late.sentence


def test_a_model_without_ship_dates_scores_as_before(trained: Trained, plant: pd.DataFrame) -> None:
    history = History.of(plant)
    listed = standing_orders(history, int(np.quantile(history.recorded, 0.8)))
    dated = scorer_of(trained.model).score(history, listed)
    undated = scorer_of(replace(trained.model, ship_dates=None)).score(history, listed)
    assert [replace(score, ship_date=None) for score in dated] == undated
