"""The level of plants on a few orders, whose residuals a reader can add up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, logit

from features.outcomes import MISSED, ON_TIME_IN_FULL
from features.times import DAY, plant_calendar
from training.data.labelled import LabelledPoints
from training.data.split import FEWEST_ORDERS, folds_by_time
from training.evaluate.evaluation import WITHOUT_LEVELS
from training.model.level import (
    Level,
    Levels,
    MaturedLooks,
    estimate_levels,
    first_within,
    levels_by_morning,
    notice_of,
)
from training.model.risk_model import RiskModel
from training.model_files.manifest import MANIFEST
from training.trainer import Trained

NOW, BASE = 400 * DAY, -1.0


def looks(plant: str, failed: int, of: int, foretold: float, known: int = 400) -> MaturedLooks:
    """So many orders of a plant whose outcome was known on a day; of each the same risk was foretold."""
    outcome = np.repeat([1.0, 0.0], [failed, of - failed])
    return MaturedLooks(
        np.full(of, known * DAY), np.full(of, plant, dtype=object), np.full(of, logit(foretold)), outcome
    )


def level_of(looks: MaturedLooks, now: int = NOW) -> float:
    """Of orders of all plants."""
    return estimate_levels(looks, now, BASE).overall.log_odds


def intercept(looks: MaturedLooks, weight: np.ndarray, prior: float, above: float = 0.0) -> float:
    """A level by its definition: the penalised likelihood at its top."""
    log_odds, failed = looks.log_odds + above, looks.failed

    def loss(x: float) -> float:
        likely = np.sum(weight * (np.logaddexp(0, log_odds + x) - failed * (log_odds + x)))
        return float(likely + prior / 2 * x * x)

    return float(minimize_scalar(loss).x)


def test_as_many_as_were_expected_move_nothing() -> None:
    found = estimate_levels(looks("A", 20, 100, 0.2), NOW, BASE)
    for level in (found.overall, found.plants["A"]):
        assert (level.log_odds, level.orders, level.observed, round(level.expected)) == (0.0, 100, 20, 20)


def test_many_orders_are_believed_and_few_hardly() -> None:
    """Where 20 % were expected twice as many failed: of 1,000 orders, of 100 and of 5."""
    many, some, few = (expit(logit(0.2) + level_of(looks("A", 2 * n // 5, n, 0.2))) for n in (1000, 100, 5))
    assert many == pytest.approx(0.4, abs=0.002)
    assert some == pytest.approx(0.4, abs=0.01)
    assert 0.21 < few < 0.37


def test_a_level_is_what_lasts_and_what_is_new_each_by_its_definition() -> None:
    """30 of 100 failed a month ago, 32 of 60 this week: weights of 2^(-30/60) and 2^(-3/60), then those of 7 days."""
    known = looks("A", 30, 100, 0.2, known=370).join(looks("A", 32, 60, 0.2, known=397))
    age = np.repeat([30.0, 3.0], [100, 60])
    lasts = intercept(known, np.exp2(-age / 60), 1.0)
    new = intercept(known, np.exp2(-age / 7), 8.0, above=lasts)
    assert lasts > 0.3
    assert new > 0.1
    assert level_of(known) == pytest.approx(lasts + new, abs=1e-4)


def test_what_is_new_is_forgotten_in_weeks_and_what_lasts_in_months() -> None:
    """A week in which 40 of 100 failed: the level it leaves after four weeks, and after four months."""
    wave = looks("A", 40, 100, 0.2, known=400)
    of = {days: level_of(wave, (400 + days) * DAY) for days in (0, 28, 120, 365)}
    assert of[0] > of[28] > of[120] > of[365] == 0.0
    calm = wave.join(looks("A", 20, 100, 0.2, known=430))
    assert level_of(calm, 430 * DAY) < 0.6 * of[28]


def test_an_outcome_moves_nothing_before_it_is_known() -> None:
    later = looks("A", 40, 100, 0.2, known=401)
    assert level_of(later) == 0.0
    assert level_of(later, 401 * DAY) > 0.5


def test_a_plant_is_drawn_to_the_level_of_all_the_more_the_fewer_its_orders() -> None:
    """A fails twice as often as expected, B as expected: A's level is above that of all, B's below."""
    found = estimate_levels(looks("A", 80, 200, 0.2).join(looks("B", 40, 200, 0.2)), NOW, BASE)
    assert found.plants["B"].log_odds < found.overall.log_odds < found.plants["A"].log_odds
    of_few = estimate_levels(looks("A", 80, 200, 0.2).join(looks("B", 1, 5, 0.2)), NOW, BASE)
    assert of_few.overall.log_odds / 2 < of_few.plants["B"].log_odds < of_few.overall.log_odds


def spread(plant: str, failed_low: int, failed_high: int, of: int = 200) -> MaturedLooks:
    """As many orders with a low risk (10 %) as with a high one (50 %), of each of which so many failed."""
    return looks(plant, failed_low, of, 0.1).join(looks(plant, failed_high, of, 0.5))


def test_risks_that_told_nothing_are_drawn_together_and_those_that_told_more_apart() -> None:
    """Where 10 and 50 % were foretold 30 % of either failed; 10 and 50 %; none and 80 %."""
    slopes = [
        estimate_levels(spread("A", *came), NOW, BASE).plants["A"].slope for came in ((60, 60), (20, 100), (1, 160))
    ]
    assert slopes[0] < 0.1
    assert slopes[1] == pytest.approx(1.0, abs=0.01)
    assert slopes[2] > 1.5


def test_a_slope_never_turns_the_order_of_risks_over() -> None:
    """Of the low risks more failed."""
    assert estimate_levels(spread("A", 100, 20), NOW, BASE).plants["A"].slope == 0.0


def test_few_orders_hardly_change_a_slope() -> None:
    """10 and 50 % were foretold of five orders each, two of either failed."""
    assert 0.6 < estimate_levels(spread("A", 2, 2, of=5), NOW, BASE).plants["A"].slope < 1.0


def test_a_slope_is_that_of_the_penalised_likelihood() -> None:
    """Beside an intercept of its own and what lasts in all; outcomes of 120 days ago count half."""
    known = spread("A", 50, 90).join(looks("A", 70, 100, 0.5, known=280))
    weight = np.repeat([1.0, 0.5], [400, 100])
    lasts = intercept(known, np.exp2(-np.repeat([0.0, 120.0], [400, 100]) / 60), 1.0)
    z = known.log_odds - np.average(known.log_odds, weights=weight)
    offset = known.log_odds - z + lasts

    def loss(x: np.ndarray) -> float:
        stretched = offset + x[0] + x[1] * z
        likely = np.sum(weight * (np.logaddexp(0, stretched) - known.failed * stretched))
        return float(likely + 4.0 / 2 * x[0] ** 2 + 4.0 / 2 * (x[1] - 1) ** 2)

    found = estimate_levels(known, NOW, BASE).plants["A"].slope
    assert found == pytest.approx(minimize(loss, [0.0, 1.0]).x[1], abs=1e-3)


def test_risks_drawn_together_stay_at_what_is_usual_in_the_plant_wherever_the_base_is() -> None:
    """30 % failed of those with either risk: all are at 30 %, whatever the model says before it looks at an order."""
    for base in (-3.0, 2.0):
        terms = estimate_levels(spread("A", 60, 60), NOW, base).terms(np.full(2, "A", dtype=object))
        assert expit(terms.apply(logit(np.array([0.1, 0.5])), base)) == pytest.approx([0.3, 0.3], abs=0.03)


def test_a_level_that_is_of_the_slope_says_so_and_counts_nobody() -> None:
    """The base is far below the plant: its orders are not worse lately, and risks set them apart too far."""
    levels = estimate_levels(spread("A", 60, 60), NOW, -3.0)
    assert levels.plants["A"].log_odds > 1.0
    told = "orders of plant A that looked as risky as this one have lately failed {} often than expected"
    apart = estimate_levels(spread("A", 1, 160), NOW, -3.0)
    for found in (levels, apart):
        assert found.sentence("A", rises=True) == told.format("more")
        assert found.sentence("A", rises=False) == told.format("less")


def test_an_order_of_another_plant_or_of_none_has_the_level_of_all() -> None:
    levels = Levels(Level(0.3), {"A": Level(0.5, slope=0.7, of_slope=0.2)})
    terms = levels.terms(np.array(["A", "C", ""], dtype=object))
    assert (terms.log_odds.tolist(), terms.slope.tolist()) == ([0.5, 0.3, 0.3], [0.7, 1.0, 1.0])
    assert Levels.from_json(levels.to_json()) == levels


def test_a_level_tells_the_outcomes_of_the_last_month() -> None:
    """Those of 40 days ago count, and are not told; where a month says the other way, no count is told."""
    found = estimate_levels(looks("A", 40, 100, 0.2, known=360).join(looks("A", 12, 30, 0.2, known=390)), NOW, BASE)
    expected = "orders of A have lately failed more often than expected: 12 of 30 in 30 days, where 6 were expected"
    assert found.sentence("A", rises=True) == expected
    assert found.sentence("B", rises=True) == expected.replace("of A", "of all plants")
    fewer = estimate_levels(looks("A", 60, 100, 0.2, known=360).join(looks("A", 5, 30, 0.2, known=390)), NOW, BASE)
    assert fewer.overall.log_odds > 0
    assert fewer.sentence("A", rises=True) == "orders of all plants have lately failed more often than expected"


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
    assert estimate_levels(whole, NOW, BASE) == estimate_levels(shuffled, NOW, BASE)
    assert estimate_levels(MaturedLooks.from_json(whole.to_json()), NOW, BASE) == estimate_levels(whole, NOW, BASE)


def test_each_morning_knows_what_was_known_when_it_began() -> None:
    """The outcomes come on day 400 at noon: the morning of day 401 is the first that knows them."""
    known = looks("A", 40, 100, 0.2)
    noon = MaturedLooks(known.known_at + DAY // 2, known.plant, known.log_odds, known.failed)
    as_of = np.array([400 * DAY + DAY - 1, 401 * DAY, 401 * DAY + DAY // 2])
    added = levels_by_morning(noon, as_of, np.full(3, "A", dtype=object), BASE).log_odds
    assert added[0] == 0.0
    assert added[1] == added[2] == level_of(noon, 401 * DAY) > 0.5


def test_the_morning_is_that_of_the_plants_zone() -> None:
    """In Auckland day 401 begins at 11:00 or 12:00 UTC of day 400."""
    known = looks("A", 40, 100, 0.2)
    as_of = np.array([400 * DAY + DAY // 4, 400 * DAY + 3 * DAY // 4])
    early = MaturedLooks(known.known_at + DAY // 3, known.plant, known.log_odds, known.failed)
    names = np.full(2, "A", dtype=object)
    assert levels_by_morning(early, as_of, names, BASE).log_odds.tolist() == [0.0, 0.0]
    before, after = levels_by_morning(early, as_of, names, BASE, plant_calendar("Pacific/Auckland")).log_odds
    assert before == 0.0 < after


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


def test_one_look_an_order_counts_the_first_within_so_many_days_of_the_promise() -> None:
    """Order 0 is looked at 9, 7 and 6 days before, order 1 first 3 days before, order 2 only 8 days before."""
    looked = points((0, 1, 9), (0, 3, 7), (0, 4, 6), (1, 5, 3), (1, 6, 2), (2, 1, 8))
    assert first_within(looked.order, looked.as_of, looked.days_to_promise, 7.0).tolist() == [1, 3]
    found = MaturedLooks.of(looked, np.arange(6.0), notice=7.0)
    assert (found.log_odds.tolist(), found.failed.tolist()) == ([1.0, 3.0], [0.0, 1.0])
    assert found.known_at.tolist() == [12 * DAY, 10 * DAY]


def test_looks_four_days_before_the_promise_count_or_those_as_late_as_there_are() -> None:
    """Order 1 failed; its last look was 6 days before, then on the day; what order 0 does tells nothing."""
    assert notice_of(points((0, 1, 9), (0, 4, 6), (1, 5, 8), (1, 6, 6))) == 6.0
    assert notice_of(points((0, 1, 9), (1, 5, 3), (1, 8, 0))) == 4.0
    assert notice_of(points((0, 1, 9))) == 4.0


def test_a_model_carries_what_was_foretold_of_orders_it_had_not_seen(trained: Trained, tmp_path: Path) -> None:
    """Those of its folds, of the last year, one look each; they are kept with it."""
    model, known = trained.model, trained.dataset.points
    assert model.looks is not None
    later = [fold.later for fold in folds_by_time(known, 3, FEWEST_ORDERS / 4)]
    near = np.concatenate([part.order[part.days_to_promise <= model.looks.notice] for part in later])
    assert len(model.looks) == len(np.unique(near)) > 50
    assert model.looks.notice == 5.0
    assert model.looks.known_at.max() <= known.known_at.max()
    model.save(tmp_path)
    loaded = RiskModel.load(tmp_path)
    assert loaded.looks is not None
    assert loaded.looks.to_json() == model.looks.to_json()
    for name in ("looks.json", MANIFEST):  # as one of before, which had neither
        (tmp_path / name).unlink()
    assert RiskModel.load(tmp_path).looks is None


def test_no_risk_knows_what_came_of_an_order_before_it_was_known(trained: Trained) -> None:
    """The outcomes that were known in the second half are turned around: the risks of the first stay, to the bit."""
    model, test = trained.twin.model, trained.evaluation.test
    half = int(np.median(test.known_at))
    turned = np.where(test.failed == 1, ON_TIME_IN_FULL, MISSED)
    other = replace(test, outcome=np.where(test.known_at > half, turned, test.outcome))
    one, two = model.risk_as_served(test), model.risk_as_served(other)
    before = test.as_of <= half
    assert before.sum() > 20
    np.testing.assert_array_equal(one[before], two[before])
    all_failed = replace(test, outcome=np.full(len(test), MISSED))
    assert model.risk_as_served(test, settled=all_failed)[-1] > one[-1]


def test_the_level_of_its_plant_makes_the_risk_of_what_the_model_says(trained: Trained) -> None:
    model, test = trained.twin.model, trained.evaluation.test
    since = MaturedLooks.of(test, logit(model.risk_of(test)))
    assert model.looks is not None
    log_odds, slope = levels_by_morning(model.looks.join(since), test.as_of, test.plant, model.base)
    by_hand = model.base + slope * (logit(model.risk_of(test)) - model.base) + log_odds
    np.testing.assert_allclose(logit(model.risk_as_served(test)), by_hand)
    assert len(np.unique(slope)) > 3
    np.testing.assert_array_equal(trained.evaluation.risks["model"], model.risk_as_served(test))
    np.testing.assert_array_equal(trained.evaluation.risks[WITHOUT_LEVELS], model.risk_of(test))
