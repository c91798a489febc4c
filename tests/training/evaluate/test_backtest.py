from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.errors import InvalidRequest
from features.times import DAY, isoformat, micros
from training.data.snapshots import Snapshots
from training.data.split import folds_by_time
from training.evaluate.backtest import Backtest, first_training, run_backtest
from training.evaluate.evaluation import MODEL
from training.metrics.bootstrap import Estimate
from training.model.fit import fit_model
from training.model.tuning import tune
from training.trainer import Trained

SINCE = micros("2024-07-01")


@pytest.fixture(scope="module")
def snapshots(trained: Trained) -> Snapshots:
    return trained.snapshots


@pytest.mark.nightly
def test_each_stretch_is_scored_by_a_model_of_what_was_known_then(snapshots: Snapshots) -> None:
    found = run_backtest(snapshots, 60 * DAY, SINCE, draws=20)
    assert [stretch.trained_at for stretch in found.stretches] == [
        isoformat(SINCE + n * 60 * DAY) for n in range(len(found.stretches))
    ]
    ends = [stretch.until for stretch in found.stretches]
    assert ends[:-1] == [stretch.trained_at for stretch in found.stretches[1:]]
    assert ends[-1] == isoformat(snapshots.until)
    learned, _ = snapshots.labelled(SINCE)
    model = fit_model(learned, snapshots.context, {})
    assert found.stretches[0].learned_from == learned.n_orders
    worklists = found.evaluation.worklists.daily
    assert worklists is not None
    first = worklists.points.as_of < SINCE + 60 * DAY
    risks = found.evaluation.worklists.risks[MODEL]
    np.testing.assert_array_equal(model.risk_as_served(worklists.points.take(first)), risks[first])


def test_every_morning_of_every_stretch_is_lived_once(snapshots: Snapshots) -> None:
    whole, slices = (run_backtest(snapshots, days * DAY, SINCE, draws=20) for days in (400, 45))
    one, many = (found.evaluation.worklists.daily for found in (whole, slices))
    assert one is not None
    assert many is not None
    assert len(np.unique(np.stack([many.points.order, many.points.as_of]), axis=1).T) == len(many)
    assert set(np.unique(many.points.as_of)) == set(np.unique(one.points.as_of))
    open_orders = sum(stretch.open_orders for stretch in slices.stretches)
    assert open_orders >= many.points.n_orders


def test_what_is_not_due_is_counted_and_not_judged(plant: pd.DataFrame) -> None:
    """The records end in the middle: orders promised after that are on the lists and not judged."""
    cut_off = Snapshots.of(plant, "before=5", until=micros("2024-09-01"))
    last = run_backtest(cut_off, 100 * DAY, SINCE, draws=20).stretches[-1]
    assert last.slice is not None
    assert last.not_due > 5
    assert last.slice.orders == last.open_orders - last.not_due


def test_a_backtest_ends_with_the_records_whatever_end_is_asked_for(plant: pd.DataFrame) -> None:
    """The records end on 1 September; a year later is asked for, and no order has failed by silence."""
    ends = pd.Timestamp("2024-09-01", tz="UTC")
    seen = plant[(plant["recorded_at"] <= ends).to_numpy()]
    last, year_later = micros(seen["recorded_at"].max()), micros("2025-09-01")
    asked, default = (
        run_backtest(Snapshots.of(seen, "before=5", until), 100 * DAY, SINCE, draws=20) for until in (year_later, None)
    )
    assert (asked.until, asked.asked_until) == (isoformat(last), isoformat(year_later))
    assert (default.until, default.asked_until) == (isoformat(last), None)
    assert asked.to_json()["asked_until"] == isoformat(year_later)
    assert [stretch.not_due for stretch in asked.stretches] == [stretch.not_due for stretch in default.stretches]
    assert asked.stretches[-1].not_due > 5


def test_a_backtest_begins_when_enough_is_known_and_says_what_must_hold(snapshots: Snapshots) -> None:
    begin = first_training(snapshots)
    assert snapshots.labelled(begin)[0].n_orders >= 200
    assert snapshots.labelled(begin - 2 * DAY)[0].n_orders < 200
    with pytest.raises(InvalidRequest, match="must train at most once a day, got every 0.5 days"):
        run_backtest(snapshots, DAY // 2)
    with pytest.raises(InvalidRequest, match="must begin before the records end"):
        run_backtest(snapshots, DAY, snapshots.until + DAY)


def test_folds_learn_from_what_was_known_and_judge_what_came_next(trained: Trained) -> None:
    folds = list(folds_by_time(trained.dataset.points, 3))
    assert len(folds) == 3
    for fold, following in zip(folds, [*folds[1:], None], strict=True):
        assert (fold.earlier.known_at <= fold.at).all()
        assert (fold.later.as_of > fold.at).all()
        assert not set(fold.earlier.order) & set(fold.later.order)
        if following is not None:
            assert fold.later.as_of.max() <= following.at


def test_tuning_is_repeatable_and_never_worse_than_the_standard_settings(trained: Trained) -> None:
    points = trained.dataset.points
    one, two = tune(points, 4), tune(points, 4)
    assert one.trees == two.trees
    assert one.trials == two.trials
    assert one.trials[0]["num_leaves"] == trained.trees.num_leaves
    complete = [trial for trial in one.trials if not np.isnan(trial["log_loss"])]
    best = min(complete, key=lambda trial: trial["log_loss"])
    assert all(getattr(one.trees, name) == value for name, value in best.items() if name != "log_loss")


def test_tuning_ends_in_time(trained: Trained) -> None:
    said: list[str] = []
    assert len(tune(trained.dataset.points, 50, seconds=1e-9, progress=lambda what, *_: said.append(what)).trials) == 1
    assert said[0].startswith("settings tried: 1 of 50")


def test_what_a_training_brings_is_told_beside_the_model_before_had_it_served_on(snapshots: Snapshots) -> None:
    """Two stretches: the second model on its mornings, the first on the same, with levels by all that came since."""
    every = (snapshots.until - SINCE) // 2 + 1
    found = run_backtest(snapshots, every, SINCE, draws=20)
    assert len(found.stretches) == 2
    moments = SINCE, SINCE + every
    learned = [snapshots.labelled(moment)[0] for moment in moments]
    older, newer = (
        fit_model(known, snapshots.context, {"trained_until": isoformat(moment)})
        for known, moment in zip(learned, moments, strict=True)
    )
    worklists = found.evaluation.worklists.daily
    assert worklists is not None
    points = worklists.points
    points = points.take(points.settled & (points.as_of >= moments[1]) & ~np.isin(points.order, learned[1].order))
    whole, _ = snapshots.labelled()
    since = whole.take((whole.as_of > SINCE) & ~np.isin(whole.order, learned[0].order))
    errors = [
        float(np.average((risk - points.failed) ** 2, weights=points.weight))
        for risk in (newer.risk_as_served(points), older.risk_as_served(points, since))
    ]
    assert found.retraining_gain is not None
    assert found.retraining_gain.value == pytest.approx(1 - errors[0] / errors[1])
    assert found.rhythm is not None
    assert f"{abs(found.retraining_gain.value):.1%}" in found.rhythm


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (0.01, 0.05, "Train every 30 days: "),
        (-0.05, -0.01, "it added 3.0% (1.0% to 5.0%) to"),
        (-0.01, 0.05, "no more than chance"),
    ],
)
def test_a_rhythm_is_recommended_where_it_is_more_than_chance(low: float, high: float, says: str) -> None:
    gain = Estimate((low + high) / 2, low, high)
    evaluation: Any = None
    assert says in str(Backtest([], evaluation, 30.0, "2025-01-01", retraining_gain=gain).rhythm)
    assert Backtest([], evaluation, 30.0, "2025-01-01").rhythm is None
