"""The level of plants on a few orders, whose residuals a reader can add up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from features.outcomes import MISSED, ON_TIME_IN_FULL
from features.times import DAY
from training.data.labelled import LabelledPoints
from training.data.split import FEWEST_ORDERS, folds_by_time
from training.evaluate.evaluation import LEVELLED
from training.model.level import (
    Levels,
    MaturedLooks,
    estimate_levels,
    first_within_notice,
    levels_by_morning,
)
from training.model.risk_model import RiskModel
from training.trainer import Trained

NOW = 400 * DAY


def looks(plant: str, failed: int, of: int, foretold: float, known: int = 400) -> MaturedLooks:
    """So many orders of a plant whose outcome was known on a day; of each the same risk was foretold."""
    outcome = np.repeat([1.0, 0.0], [failed, of - failed])
    return MaturedLooks(
        np.full(of, known * DAY), np.full(of, plant, dtype=object), np.full(of, logit(foretold)), outcome
    )


def test_as_many_as_were_foretold_move_nothing() -> None:
    assert estimate_levels(looks("A", 20, 100, 0.2), NOW) == Levels(0.0, {"A": 0.0})


def test_within_chance_nothing_moves_and_beyond_it_does() -> None:
    """Of 100 orders at 20 % the standard error is 4 orders: 27 are within 1.96 of them (27.84), 28 are not."""
    assert estimate_levels(looks("A", 27, 100, 0.2), NOW).overall == 0.0
    assert estimate_levels(looks("A", 28, 100, 0.2), NOW).overall > 0.3
    assert estimate_levels(looks("A", 13, 100, 0.2), NOW).overall == 0.0
    assert estimate_levels(looks("A", 12, 100, 0.2), NOW).overall < -0.3


def test_the_level_makes_as_many_fail_as_came_but_for_what_the_prior_takes() -> None:
    """At the maximum what is still missing, in orders, is the level times the prior's strength of 1."""
    level = estimate_levels(looks("A", 40, 100, 0.2), NOW).overall
    assert 40 - 100 * expit(logit(0.2) + level) == pytest.approx(level)
    assert expit(logit(0.2) + level) == pytest.approx(0.39, abs=0.005)


def test_an_outcome_counts_half_after_45_days_and_is_not_known_before_it_is() -> None:
    """100 orders known 45 days ago weigh 50: the residual of 20 becomes 10, the prior stays."""
    level = estimate_levels(looks("A", 40, 100, 0.2, known=355), NOW).overall
    assert 0.5 * (40 - 100 * expit(logit(0.2) + level)) == pytest.approx(level)
    assert estimate_levels(looks("A", 28, 100, 0.2, known=355), NOW).overall > 0.2  # 4 of a standard error of 2
    later = looks("A", 40, 100, 0.2, known=401)
    assert estimate_levels(later, NOW).overall == 0.0
    assert estimate_levels(later, 401 * DAY).overall > 0.5
    assert estimate_levels(looks("A", 40, 100, 0.2, known=35), NOW).overall == 0.0


def test_a_plant_is_drawn_to_the_level_of_all_and_keeps_it_within_chance() -> None:
    """A fails twice as often as foretold, B as foretold: A's level is above that of all, B's below."""
    found = estimate_levels(looks("A", 80, 200, 0.2).join(looks("B", 40, 200, 0.2)), NOW)
    assert found.plants["B"] < found.overall < found.plants["A"]
    even = estimate_levels(looks("A", 80, 200, 0.2).join(looks("B", 4, 10, 0.2)), NOW)
    assert even.plants["B"] == even.overall > 0.5


def test_an_order_of_another_plant_or_of_none_has_the_level_of_all() -> None:
    assert Levels(0.3, {"A": 0.5}).of(np.array(["A", "C", ""], dtype=object)).tolist() == [0.5, 0.3, 0.3]


def test_the_order_of_rows_means_nothing() -> None:
    """To the last bit, in any order."""
    draw = np.random.default_rng(3)
    whole = MaturedLooks(
        draw.integers(300, 400, 500) * DAY,
        np.array(["A", "B", "C"], dtype=object)[draw.integers(0, 3, 500)],
        draw.normal(-1, 1, 500),
        (draw.random(500) < 0.5).astype(float),
    )
    shuffled = whole.take(draw.permutation(500))
    assert estimate_levels(whole, NOW) == estimate_levels(shuffled, NOW)
    assert estimate_levels(MaturedLooks.from_json(whole.to_json()), NOW) == estimate_levels(whole, NOW)


def test_each_morning_knows_what_was_known_when_it_began() -> None:
    """The outcomes come on day 400 at noon: the morning of day 401 is the first that knows them."""
    known = looks("A", 40, 100, 0.2)
    noon = MaturedLooks(known.known_at + DAY // 2, known.plant, known.log_odds, known.failed)
    as_of = np.array([400 * DAY + DAY - 1, 401 * DAY, 401 * DAY + DAY // 2])
    added = levels_by_morning(noon, as_of, np.full(3, "A", dtype=object))
    assert added[0] == 0.0
    assert added[1] == added[2] == estimate_levels(noon, 401 * DAY).overall > 0.5


def points(*rows: tuple[int, int, int]) -> LabelledPoints:
    """Looks (order, day, days to the promise); order 1 failed."""
    order, day, left = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    n = len(order)
    return LabelledPoints(
        names=[],
        signals=np.zeros((n, 0)),
        order=order,
        as_of=day * DAY,
        due=(day + left) * DAY,
        known_at=(day + left + 2) * DAY,
        outcome=np.where(order == 1, MISSED, ON_TIME_IN_FULL),
        weight=np.ones(n),
        plant=np.full(n, "A", dtype=object),
        rescued=np.zeros(n, dtype=bool),
    )


def test_one_look_an_order_counts_the_first_within_a_week_of_the_promise() -> None:
    """Order 0 is looked at 9, 7 and 6 days before, order 1 first 3 days before, order 2 only 8 days before."""
    looked = points((0, 1, 9), (0, 3, 7), (0, 4, 6), (1, 5, 3), (1, 6, 2), (2, 1, 8))
    assert first_within_notice(looked).tolist() == [1, 3]
    found = MaturedLooks.of(looked, np.arange(6.0))
    assert (found.log_odds.tolist(), found.failed.tolist()) == ([1.0, 3.0], [0.0, 1.0])
    assert found.known_at.tolist() == [12 * DAY, 10 * DAY]


def test_a_model_carries_what_was_foretold_of_orders_it_had_not_seen(trained: Trained, tmp_path: Path) -> None:
    """Those of its folds, of the last year, one look each; they are kept with it."""
    model, known = trained.model, trained.dataset.points
    assert model.looks is not None
    later = np.concatenate([fold.later.order for fold in folds_by_time(known, 3, FEWEST_ORDERS / 4)])
    assert len(model.looks) == len(np.unique(later))
    assert model.looks.known_at.max() <= known.known_at.max()
    model.save(tmp_path)
    loaded = RiskModel.load(tmp_path)
    assert loaded.looks is not None
    assert loaded.looks.to_json() == model.looks.to_json()
    (tmp_path / "looks.json").unlink()
    assert RiskModel.load(tmp_path).looks is None


def test_no_risk_knows_what_came_of_an_order_before_it_was_known(trained: Trained) -> None:
    """The outcomes that were known in the second half are turned around: the risks of the first stay, to the bit."""
    model, test = trained.twin.model, trained.evaluation.test
    half = int(np.median(test.known_at))
    turned = np.where(test.failed == 1, ON_TIME_IN_FULL, MISSED)
    other = replace(test, outcome=np.where(test.known_at > half, turned, test.outcome))
    one, two = model.risk_with_level(test), model.risk_with_level(other)
    before = test.as_of <= half
    assert before.sum() > 20
    np.testing.assert_array_equal(one[before], two[before])
    all_failed = replace(test, outcome=np.full(len(test), MISSED))
    assert model.risk_with_level(test, settled=all_failed)[-1] > one[-1]


def test_the_level_is_added_to_the_log_odds_of_the_model(trained: Trained) -> None:
    model, test = trained.twin.model, trained.evaluation.test
    since = MaturedLooks.of(test, logit(model.risk_of(test)))
    assert model.looks is not None
    levels = levels_by_morning(model.looks.join(since), test.as_of, test.plant)
    np.testing.assert_allclose(logit(model.risk_with_level(test)), logit(model.risk_of(test)) + levels)
    np.testing.assert_array_equal(trained.evaluation.risks[LEVELLED], model.risk_with_level(test))
