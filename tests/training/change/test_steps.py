"""Steps of change: an order's risk, told as a sum."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from features.context.context import Context
from features.decision_points import DecisionPoints
from features.errors import InvalidRequest
from features.history import History
from features.times import micros
from serving.models.scorer import Scorer
from tests.support.histories import histories_and_moments
from tests.support.models import scorer_of
from tests.support.stories import UTC, at, created, event, moment, shipped, story
from training.change import states
from training.change.states import OF_TIME, PARTS
from training.change.steps import TOPIC_COLUMNS, change_steps
from training.trainer import Trained

HELD = [
    created(0, 12, plant="P0", value=100),
    event("hold.placed", 3, kind="quality", reference="H1", reason="surface"),
    event("hold.released", 5, kind="quality", reference="H1"),
    event("hold.placed", 5, kind="quality", reference="H2"),
]


def steps_of(trained: Trained, *rows: dict[str, Any], since: float = -1, until: float = 9) -> pd.DataFrame:
    history = History.of(story(*rows))
    return change_steps(trained.model, history, Context.of(history, UTC), moment(since), moment(until))


def score_cut(scorer: Scorer, events: pd.DataFrame, order: str, as_of: int, ids: set[str]) -> float:
    """The order scored alone, as if these events of it had been all: what knows nothing of steps."""
    kept = events[(events["order_id"] == order) & events["event_id"].isin(ids)].reset_index(drop=True)
    risk = scorer.score(History.of(kept), DecisionPoints(np.array([0]), np.array([as_of])))[0].risk
    return np.nan if risk is None else risk


def test_an_event_is_told_by_the_risk_just_before_it_and_just_after_it(trained: Trained) -> None:
    history = History.of(story(*HELD))
    context = Context.of(history, UTC)
    scorer = Scorer(scorer_of(trained.model).loaded, context)
    steps = change_steps(trained.model, history, context, moment(-1), moment(9))
    placed = steps[steps["event_id"] == "e001"].iloc[0]
    before, after = (score_cut(scorer, story(*HELD), "A", moment(3), set(ids)) for ids in (["e000"], ["e000", "e001"]))
    assert (placed["before"], placed["after"]) == (before, after)
    assert placed["points"] == after - before
    assert placed[["type", "kind", "reason", "reference", "plant", "state"]].tolist() == [
        "hold.placed", "quality", "surface", "H1", "P0", "open",
    ]  # fmt: skip


def test_events_of_one_moment_follow_each_other(trained: Trained) -> None:
    steps = steps_of(trained, *HELD)
    told = steps[steps["at"] == at(5)]
    assert told["event_id"].tolist()[-2:] == ["e003", "e002"], "a hold is placed before another one is released"
    assert told["before"].tolist()[1:] == told["after"].tolist()[:-1]


def test_time_that_passes_and_the_morning_are_steps_of_their_own(trained: Trained) -> None:
    steps = steps_of(trained, HELD[0], created(1, 8, order="B", plant="P0"), since=0.5, until=4)
    own = steps[steps["order_id"] == "A"]
    assert own["step"].iloc[0] == "begin"
    assert set(own["step"]) <= {"begin", "time", "context"}
    assert own["step"].is_unique, "what passes between two events is one step"


def test_a_passed_promise_is_a_certain_risk_that_time_has_brought(trained: Trained) -> None:
    steps = steps_of(trained, created(0, 3), until=9)
    last = steps.iloc[-1]
    assert (last["step"], last["state"], last["after"]) == ("time", "late", 1.0)
    assert last[f"topic_{PARTS[OF_TIME]}"] == pytest.approx(last["points"], abs=1e-15)
    assert steps["points"].sum() == pytest.approx(1 - steps["after"].iloc[0], abs=1e-12)


def test_an_order_that_is_promised_anew_after_it_was_late_is_told_by_topic_too(trained: Trained) -> None:
    moved = event("commitment.changed", 6, date=20)
    steps = steps_of(trained, created(0, 3), moved, created(0, 9, order="B"), since=5, until=6)
    own = steps[(steps["order_id"] == "A") & (steps["step"] == "event")].iloc[0]
    assert own["before"] == 1.0
    assert own["points"] < 0
    assert own[list(TOPIC_COLUMNS)].sum() == pytest.approx(own["points"], abs=1e-12)


def test_an_order_that_has_shipped_keeps_its_last_risk(trained: Trained) -> None:
    steps = steps_of(trained, *HELD, shipped(6, 10), until=20)
    last = steps.iloc[-1]
    assert (last["type"], last["state"], last["points"]) == ("goods.issued", "shipped", 0)
    assert last["before"] > 0
    assert np.isnan(last["after"])


def test_an_order_has_no_risk_before_it_is_promised(trained: Trained) -> None:
    steps = steps_of(trained, created(0, None), event("commitment.changed", 2, date=12), until=2)
    assert steps["state"].tolist() == ["unpromised", "open"]
    assert steps["before"].isna().all()
    assert steps["points"].tolist() == [0, 0], "its first risk is where it begins, no change"


def test_the_lines_of_a_new_order_are_its_beginning_together(trained: Trained) -> None:
    steps = steps_of(trained, *(created(0, 12, line=line) for line in "123"), event("hold.placed", 1, kind="credit"))
    events = steps[steps["step"] == "event"]
    assert events["before"].isna().tolist() == [True, True, True, False]
    assert events["points"].tolist()[:3] == [0, 0, 0]


def test_an_order_of_many_lines_is_computed_piece_by_piece_and_alike(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """600 states of 60 lines are 36,000 lines of states: in one piece here, and then in forty."""
    lines = [created(0, 12, line=str(n), plant="P0") for n in range(60)]
    work = [event("operation.confirmed", 1 + n / 100, line=str(n % 60), quantity=1, reference="10") for n in range(300)]
    whole = steps_of(trained, *lines, *work)
    monkeypatch.setattr(states, "LINES_AT_ONCE", 1_000)
    pd.testing.assert_frame_equal(whole, steps_of(trained, *lines, *work), check_exact=True)
    history = History.of(story(*lines, *work))
    points = DecisionPoints(np.zeros(90, dtype=np.int64), np.arange(90) + moment(2))
    assert [len(rows) for rows in states.batches(history, points)] == [16, 17, 16, 17, 17, 7]


def test_the_end_lies_after_the_beginning(trained: Trained) -> None:
    with pytest.raises(InvalidRequest, match="a change must end after it begins"):
        steps_of(trained, *HELD, since=3, until=3)


EXAMPLES = 700 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 40
"""Histories of some three orders each: at night more than two thousand orders."""


@settings(max_examples=EXAMPLES)
@given(histories_and_moments())
def test_steps_add_up_on_any_history(trained: Trained, told: tuple[list[dict[str, Any]], list[int]]) -> None:
    """In points and by topic; both ends are what the scorer says of the history cut there."""
    rows, moments = told
    events, since, until = story(*rows), moments[0], moments[-1]
    history = History.of(events)
    context = Context.of(history, UTC)
    steps = change_steps(trained.model, history, context, since, until)
    scorer = Scorer(scorer_of(trained.model).loaded, context)
    recorded = events["recorded_at"].map(micros)
    for order, own in steps.groupby("order_id"):
        risks = [
            score_cut(scorer, events, str(order), moment, set(events["event_id"][recorded <= moment]))
            for moment in (since, until)
            if ((recorded <= moment) & (events["order_id"] == order)).any()
        ]
        after = own["after"].dropna()
        if len(risks) == 2 and not np.isnan(risks).any():
            assert own["points"].sum() == pytest.approx(risks[1] - risks[0], abs=1e-12)
        if len(after):
            assert own["points"].sum() == pytest.approx(after.iloc[-1] - after.iloc[0], abs=1e-12)
    by_topic = steps[list(TOPIC_COLUMNS)].to_numpy(dtype=np.float64).sum(axis=1)
    np.testing.assert_allclose(by_topic, steps["points"].to_numpy(dtype=np.float64), rtol=0, atol=1e-12)
