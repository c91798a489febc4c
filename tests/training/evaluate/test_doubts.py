"""Where the model says that it cannot tell: counts and distances that a reader can check."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.times import DAY
from training.evaluate.doubts import doubts_of
from training.evaluate.evaluation import CAN_TELL, CANNOT_TELL, slices_of
from training.model.level import Level, Levels, MaturedLooks, estimate_levels
from training.trainer import Trained

NOW = 400 * DAY


def looks(failed_at: float, fine_at: float, of: int) -> MaturedLooks:
    """So many orders of RDC, half of which failed, with the log-odds of both halves."""
    failed = np.repeat([1.0, 0.0], of // 2)
    log_odds = np.where(failed == 1, failed_at, fine_at) + np.tile([-1.0, 1.0], of // 2)
    return MaturedLooks(np.full(of, NOW), np.full(of, "RDC", dtype=object), log_odds, failed)


def test_a_plant_in_which_risks_tell_nothing_is_known_by_its_roc_curve() -> None:
    """Of 200 the same two risks among failures and others: an area of a half, its error 0.041; of 80 too few say so."""
    level = estimate_levels(looks(0.0, 0.0, 200), NOW, 0.0).plants["RDC"]
    assert (level.judged, level.auc, level.auc_error) == (200, 0.5, pytest.approx(0.041, abs=0.001))
    assert level.tells_nothing
    assert not estimate_levels(looks(0.0, 0.0, 80), NOW, 0.0).plants["RDC"].tells_nothing
    told = estimate_levels(looks(1.5, 0.0, 200), NOW, 0.0).plants["RDC"]
    assert (told.auc, told.tells_nothing) == (0.75, False)
    weak = replace(told, auc=0.6)
    assert weak.tells_nothing, "0.6 less 1.96 errors of 0.034 is 0.53"
    assert not replace(weak, auc_error=0.02).tells_nothing


def test_a_plant_without_failures_says_nothing_either_way() -> None:
    fine = replace(looks(0.0, 0.0, 200), failed=np.zeros(200))
    level = estimate_levels(fine, NOW, 0.0).plants["RDC"]
    assert (level.auc, level.tells_nothing) == (None, False)


def test_orders_unlike_those_learned_from_say_why(trained: Trained) -> None:
    """Of a plant that tells nothing; of a customer and an item never seen; promised farther ahead than any before."""
    model, signals = trained.model, trained.dataset.points.signals[:4].copy()
    farthest = model.about["farthest_promise"]
    names = model.names
    signals[:, names.index("customer_orders_judged")] = [5, 0, 0, 5]
    signals[:, names.index("item_orders_judged")] = [5, 0, 7, np.nan]
    signals[:, names.index("days_to_promise")] = [1, 1, 1, 2 * farthest]
    bad = Level(0.0, judged=312, auc=0.49, auc_error=0.03)
    plants = np.array(["RDC", "P0", "P0", "P0"], dtype=object)
    first, second, third, fourth = doubts_of(model, signals, plants, Levels(plants={"RDC": bad}))
    assert first == ("among the last 312 orders of RDC the risk hardly told those that failed from the others",)
    assert second == ("no order of this customer and none with its items is known to have ended yet",)
    assert third == ()
    ahead = f"the promise is {2 * farthest:,.0f} days ahead, the farthest that was learned from {farthest:,.0f}"
    assert fourth == (ahead,)


def test_what_it_cannot_tell_is_judged_apart(trained: Trained) -> None:
    test = trained.evaluation.test
    doubtful = test.plant == "P1"
    named = dict(slices_of(test, doubtful))
    assert (named[CANNOT_TELL] == doubtful).all()
    assert (named[CAN_TELL] == ~doubtful).all()
    assert CANNOT_TELL not in dict(slices_of(test, np.zeros(len(test), dtype=bool)))
