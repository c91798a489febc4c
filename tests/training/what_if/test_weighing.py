"""Moves weighed in one batch answer as each does alone; what is added up is one move an order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.decision_points import DecisionPoints
from features.errors import InvalidRequest
from features.history import History
from features.known.known import Known
from features.pipeline.table import states
from features.times import DAY
from features.what_if.moves import Move
from training.trainer import Trained
from training.what_if.answer import Answer, ImpossibleEvents, what_if
from training.what_if.moves import WeighedMove, best_of_each, headlines, total, weigh_moves


@pytest.fixture(scope="module")
def history(plant: pd.DataFrame) -> History:
    return History.of(plant)


@pytest.fixture(scope="module")
def points(history: History, trained: Trained) -> DecisionPoints:
    """The open orders at a moment."""
    as_of = np.full(history.n_orders, int(history.recorded.max()) - 30 * DAY)
    every = DecisionPoints(np.arange(history.n_orders), as_of)
    return every.take(np.flatnonzero(states(Known(history, every, trained.model.context)) == "open"))


@pytest.fixture(scope="module")
def weighed(history: History, points: DecisionPoints, trained: Trained) -> list[WeighedMove]:
    return weigh_moves(trained.model, history, points, values=[100.0] * len(points))


def test_the_batch_answers_as_each_move_alone(
    weighed: list[WeighedMove], history: History, points: DecisionPoints, trained: Trained
) -> None:
    assert len({one.move.kind for one in weighed}) >= 3
    assert {one.order_id for one in weighed} <= set(history.order_ids[points.order])
    for one in weighed[:: max(len(weighed) // 12, 1)]:
        events = [{name: value for name, value in said.items() if value is not None} for said in one.move.statements]
        events = [
            said | ({"date": pd.Timestamp(said["date"], unit="us", tz="UTC")} if "date" in said else {})
            for said in events
        ]
        alone = what_if(trained.model, history, one.order_id, int(points.as_of[0]), events)
        assert alone == one.answer
        if alone.by_topic is not None and alone.points is not None:
            assert sum(alone.by_topic.values()) == pytest.approx(alone.points, abs=1e-12)


def test_they_are_ranked_and_ties_keep_their_order(weighed: list[WeighedMove]) -> None:
    removed = [one.removed for one in weighed]
    assert removed == sorted(removed, reverse=True)


def _move(order: str, removed: float, value: float | None = 100.0, helps: bool = True) -> WeighedMove:
    move = Move("release_hold", f"release {order}", (), helps=helps)
    return WeighedMove(order, move, Answer(("open", "open"), 0.5, 0.5 - removed, -removed, None), removed, value)


def test_only_the_best_move_of_each_order_adds_up() -> None:
    moves = [_move("A", 0.3), _move("A", 0.2), _move("B", 0.11, None), _move("C", 0.0009), _move("D", -0.2)]
    best = best_of_each(moves)
    assert [(one.order_id, one.removed) for one in best] == [("A", 0.3), ("B", 0.11)]
    assert total(best, "release_hold")["sentence"] == (
        "these two releases take 41 points and 30 of value at risk off the list"
    )
    assert [(one["kind"], one["moves"]) for one in headlines(moves)] == [("release_hold", 2)]


def test_a_move_that_can_only_help_and_is_answered_with_more_risk_is_a_defect() -> None:
    assert _move("A", -0.002).is_defect
    assert not _move("A", -0.0009).is_defect
    assert not _move("A", -0.002, helps=False).is_defect


def test_what_cannot_happen_and_who_is_not_known_is_refused(
    history: History, points: DecisionPoints, trained: Trained
) -> None:
    order, as_of = str(history.order_ids[points.order[0]]), int(points.as_of[0])
    with pytest.raises(ImpossibleEvents, match="event 0: reference must be one of the open holds"):
        what_if(trained.model, history, order, as_of, [{"type": "hold.released", "kind": "quality", "reference": "?"}])
    with pytest.raises(InvalidRequest, match="must be one of those that are known at as_of, got 'nobody'"):
        what_if(trained.model, history, "nobody", as_of, [])
    with pytest.raises(InvalidRequest, match="known at as_of"):
        what_if(trained.model, history, order, 0, [])
