"""Moves weighed in one batch answer as each does alone; what is added up is one move an order."""

from __future__ import annotations

from collections import Counter
from datetime import date
from math import inf, nan
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.decision_points import DecisionPoints
from features.errors import InvalidRequest
from features.history import History
from features.known.known import Known
from features.pipeline.table import states
from features.times import DAY
from features.what_if.copies import with_events
from features.what_if.moves import MOST_STATEMENTS, Move, feasible_moves
from tests.support.stories import created, event, moment, story
from tests.support.stories import points as points_on
from training.trainer import Trained
from training.what_if.answer import Answer, ImpossibleEvents, what_if
from training.what_if.moves import MOST_MOVES, WeighedMove, best_of_each, headlines, total, weigh, weigh_moves


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


def _of_late(sooner: float, sentence: str = "", day: str | None = "2024-01-08") -> WeighedMove:
    move = Move("release_hold", sentence, ())
    return WeighedMove("L", move, Answer(("late", "late"), 1.0, 1.0, 0.0, None, (day, day)), 0.0, None, sooner)


def test_a_move_of_a_late_order_is_worth_the_days_it_wins_and_takes_no_risk() -> None:
    assert [_of_late(days).worth_trying for days in (2.0, 1.0, 0.0, -3.0, inf, nan)] == [True] * 2 + [False] * 2 + [
        True,
        False,
    ]
    assert [_of_late(days).days_won for days in (2.0, inf, nan)] == [2, None, None]
    assert best_of_each([_of_late(9.0)]) == []


def test_moves_of_a_late_order_are_ranked_by_the_days_they_win(trained: Trained) -> None:
    """What leaves now wins the days until it would have; a truck is feasible too, and wins none here."""
    packed = event("readiness.stated", 3, kind="packaging", state="met", line="10")
    history = History.of(story(created(0, 2, line="10"), packed))
    ships, truck = weigh(trained.model, history, points_on(history, 4)).moves
    assert (ships.move.kind, ships.answer.state) == ("ship_done", ("late", "shipped"))
    expected = ships.answer.expected_ship[0]
    assert expected is not None
    assert ships.days_won == (date.fromisoformat(expected) - date(2024, 1, 5)).days > 0
    assert (truck.move.kind, truck.days_won, truck.answer.days_won) == ("plan_truck", 0, 0)
    assert (ships.removed, truck.removed, ships.worth_trying, truck.worth_trying) == (0.0, 0.0, True, False)


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


# -- an order of many moves ----------------------------------------------------------------------------------


def _many(lines: int, order: str = "A") -> list[dict[str, Any]]:
    """Lines with a hold and a component short each: three moves a line."""
    return [
        row
        for number in range(lines)
        for row in (
            created(0, 20, order=order, line=f"{number}"),
            event("hold.placed", 1, order, kind="quality", reference=f"H{number}", line=f"{number}"),
            event("material.stated", 2, order, state="short", reference="steel", line=f"{number}", date=19),
        )
    ]


def test_of_an_order_with_many_moves_the_first_are_weighed_and_the_others_counted(trained: Trained) -> None:
    history = History.of(story(*_many(30)))
    weighing = weigh(trained.model, history, points_on(history, 4))
    kinds = Counter(one.move.kind for one in weighing.moves)
    assert kinds == {"release_hold": 30, "component_here": 5, "component_sooner": 5}
    assert len(weighing.moves) + weighing.not_tried == len(feasible_moves(history, 0, moment(4))) > MOST_MOVES
    assert {one.move.line_id for one in weighing.moves if one.move.kind == "component_here"} == set("01234")
    promises = weigh(trained.model, history, points_on(history, 4), wanted=lambda move: move.consent)
    assert {one.move.kind for one in promises.moves} == {"move_promise_3", "move_promise_7"}
    assert promises.not_tried == 0


def test_no_move_has_more_events_than_a_what_if_takes(trained: Trained) -> None:
    history = History.of(story(*_many(MOST_STATEMENTS + 1)))
    promises = weigh(trained.model, history, points_on(history, 4), wanted=lambda move: move.consent)
    assert (promises.moves, promises.not_tried) == ([], 2)


def test_many_moves_are_weighed_in_turns_and_answer_the_same(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History.of(story(*_many(4), *_many(3, "B")))
    at_once = weigh(trained.model, history, points_on(history, 4))
    copied: list[int] = []

    def counted(*args: Any) -> History:
        variants = with_events(*args)
        copied.append(variants.n_events)
        return variants

    monkeypatch.setattr("training.what_if.moves.with_events", counted)
    monkeypatch.setattr("training.what_if.moves.MOST_COPIED", 60)
    assert weigh(trained.model, history, points_on(history, 4)) == at_once
    assert len(copied) > 3
    assert max(copied) <= 60


def test_orders_beyond_what_may_be_copied_are_skipped_and_counted(trained: Trained) -> None:
    history = History.of(story(*_many(10), *_many(1, "B"), *_many(10, "C"), *_many(1, "D")))
    weighing = weigh(trained.model, history, points_on(history, 4), most_copied=30 * (1 + MOST_MOVES) + 200)
    assert {one.order_id for one in weighing.moves} == {"A", "B", "D"}
    assert weighing.skipped == 1
