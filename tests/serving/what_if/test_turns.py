"""What-if and moves are answered one at a time, and leave nothing behind."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pandas as pd
import pytest

from features.decision_points import DecisionPoints
from features.history import History
from features.known import Known
from serving.problems import Busy
from serving.what_if.turns import Turns
from tests.support.stories import created, event, moment, story
from training.trainer import Trained
from training.what_if.moves import weigh_moves


def test_who_waits_too_long_or_behind_too_many_is_to_come_again() -> None:
    turns = Turns(waiting=1, patience=0.05)
    with turns.turn():
        with pytest.raises(Busy, match="those before took"), turns.turn():
            pass
        with pytest.raises(Busy, match="those before took 0 s"), turns.turn(patience=0):
            pass
        waiting = Turns(waiting=0)
        with waiting.turn(), pytest.raises(Busy, match="enough of them wait"), waiting.turn():
            pass
    with turns.turn():
        pass


def test_the_next_one_has_its_turn_when_the_one_before_is_done() -> None:
    turns, order = Turns(patience=30), []
    inside = threading.Event()

    def second() -> None:
        inside.set()
        with turns.turn():
            order.append("second")

    with turns.turn():
        thread = threading.Thread(target=second)
        thread.start()
        assert inside.wait(30)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


@pytest.fixture
def held() -> pd.DataFrame:
    return story(
        created(0, 20, line="10"),
        event("hold.placed", 1, kind="quality", reference="H1", line="10"),
        event("material.stated", 1, state="short", reference="steel", line="10", quantity=60, date=10),
    )


def test_nothing_of_a_question_stays_until_cycles_are_looked_for(trained: Trained, held: pd.DataFrame) -> None:
    """The service looks for them seldom, so what refers back to itself would fill its memory."""
    history = History.of(held)
    points = DecisionPoints(np.array([0]), np.array([moment(3)]))

    def known_things() -> int:
        return sum(isinstance(thing, Known) for thing in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = known_things()
        assert weigh_moves(trained.model, history, points)
        assert known_things() == before
    finally:
        gc.enable()
