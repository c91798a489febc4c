from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from features.outcomes import MISSED, ON_TIME_IN_FULL
from training.data.labelled import WEEK, LabelledPoints
from training.metrics.bootstrap import Estimate
from training.promote.gate import Limits, Verdict, judge_candidate, paired_gain

SEEDS = range(20)
ORDERS, ROWS = 400, 5


def window(seed: int) -> tuple[LabelledPoints, np.ndarray, np.random.Generator]:
    """Orders with several rows each, one due a week, and their true risks."""
    draw = np.random.default_rng(seed)
    order = np.repeat(np.arange(ORDERS), ROWS)
    truth = expit(draw.normal(-1.3, 1.2, ORDERS))[order]
    failed = (draw.random(ORDERS)[order] < truth).astype(int)
    n = len(order)
    points = LabelledPoints(
        names=[],
        signals=np.zeros((n, 0)),
        order=order,
        as_of=np.arange(n),
        due=order * WEEK,
        known_at=np.arange(n),
        outcome=np.where(failed == 1, MISSED, ON_TIME_IN_FULL),
        weight=np.full(n, 1 / ROWS),
        plant=np.full(n, "", dtype=object),
        rescued=np.zeros(n, dtype=bool),
    )
    return points, truth, draw


def blurred(truth: np.ndarray, by: float, draw: np.random.Generator) -> np.ndarray:
    """What a model says that knows the true risks up to so much noise in log-odds, one for all rows of an order."""
    return expit(logit(truth) * 0.9 + np.repeat(draw.normal(0, by, ORDERS), ROWS))


def verdict(seed: int, theirs: float, ours: float, latency_ms: float = 1.0) -> Verdict:
    points, truth, draw = window(seed)
    base = np.full(len(points), np.average(points.failed, weights=points.weight))
    rules = dict.fromkeys(("base rate", "slack to promise", "ERP status", "logistic regression"), base)
    champion = ("3", blurred(truth, theirs, draw))
    return judge_candidate(points, blurred(truth, ours, draw), champion, rules, latency_ms)


def test_where_no_order_is_new_one_sentence_says_so_and_how_to_go_on() -> None:
    points, _, _ = window(0)
    none, risks = points.take(np.zeros(len(points), dtype=bool)), np.zeros(0)
    rules = dict.fromkeys(("base rate", "slack to promise", "ERP status", "logistic regression"), risks)
    for champion in (None, ("3", risks)):
        found = judge_candidate(none, risks, champion, rules, 1.0)
        (short,) = found.falls_short
        assert short.startswith("evidence: must have at least 100 orders")
        assert "no order is new to both" in short
        assert "'shiprisk promote NAME@VERSION --events' with the later events" in short
        assert "nan" not in json.dumps(found.to_json(), allow_nan=False)


def test_of_one_order_no_interval_is_made_up() -> None:
    points, truth, _ = window(0)
    one = points.take(points.order == 0)
    found = judge_candidate(one, truth[:ROWS], ("3", truth[:ROWS] / 2), {"base rate": truth[:ROWS]}, None)
    assert "on too few orders for an interval" in " ".join(found.falls_short)
    assert not re.search(r"\b(nan|inf)\b", " ".join(found.falls_short))


def test_a_worse_candidate_is_refused() -> None:
    assert sum(verdict(seed, theirs=0.1, ours=0.9).passed for seed in SEEDS) == 0


def test_an_equal_candidate_is_refused() -> None:
    """Two models as good as each other: one in forty may pass by luck, as the interval says."""
    passed = sum(verdict(seed, theirs=0.6, ours=0.6).passed for seed in SEEDS)
    assert passed <= 2


def test_a_better_candidate_passes() -> None:
    passed = sum(verdict(seed, theirs=1.2, ours=0.1).passed for seed in SEEDS)
    assert passed >= 19


def test_the_same_model_is_refused_and_the_verdict_says_why() -> None:
    points, truth, _ = window(0)
    found = judge_candidate(points, truth, ("3", truth), {"base rate": np.full(len(points), 0.5)}, 1.0)
    assert not found.passed
    assert found.falls_short == [
        "better than the champion, version 3: must lower the Brier score by more than chance, "
        "got a gain of +0.0000 (+0.0000 to +0.0000)"
    ]


def test_rows_of_an_order_are_one_piece_of_evidence() -> None:
    """The same row five times says no more than once."""
    failed, theirs, ours = np.array([1.0, 0.0, 1.0]), np.array([0.5, 0.5, 0.5]), np.array([0.8, 0.4, 0.6])
    order = np.arange(3)
    once = paired_gain(order, order, failed, np.ones(3), theirs, ours)
    often = paired_gain(*(np.repeat(v, 5) for v in (order, order, failed, np.full(3, 0.2), theirs, ours)))
    assert once.value == pytest.approx((0.25 - 0.04 + 0.25 - 0.16 + 0.25 - 0.16) / 3)
    assert (often.low, often.high) == (pytest.approx(once.low), pytest.approx(once.high))


def test_ranges_that_hold_too_few_or_too_many_are_refused_unless_chance_gives_them() -> None:
    points, truth, _ = window(1)

    def passed(*covered: float) -> bool:
        base = {"base rate": np.full(len(points), 0.5)}
        found = judge_candidate(points, truth, None, base | rules(points), 1.0, covered=Estimate(*covered))
        return all("ranges" not in entry for entry in found.falls_short)

    assert passed(0.8, 0.75, 0.85)
    assert passed(0.6, 0.5, 0.72)  # few orders
    assert not passed(0.6, 0.55, 0.65)
    assert not passed(0.95, 0.92, 0.97)


def test_a_slow_or_badly_calibrated_candidate_is_refused() -> None:
    slow = verdict(0, theirs=1.2, ours=0.1, latency_ms=50.0)
    assert slow.falls_short == ["latency: must score and explain an order in at most 20 ms, got 50.00 ms"]
    points, truth, _ = window(1)
    off = judge_candidate(points, truth**0.5, None, {"base rate": np.full(len(points), 0.5)} | rules(points), 1.0)
    assert any(
        entry.startswith("calibration: must have a calibration error of at most 0.100") for entry in off.falls_short
    )


def rules(points: LabelledPoints) -> dict[str, np.ndarray]:
    return dict.fromkeys(("slack to promise", "ERP status"), np.full(len(points), 0.5))


def test_a_candidate_behind_a_baseline_is_refused() -> None:
    points, truth, draw = window(2)
    champion, candidate = blurred(truth, 2.5, draw), blurred(truth, 1.2, draw)
    baselines = {"base rate": champion, "logistic regression": truth}
    found = judge_candidate(points, candidate, ("1", champion), baselines, 1.0, Limits(calibration_error=1.0))
    assert [entry.partition(":")[0] for entry in found.falls_short] == ["not behind logistic regression"]


def test_the_first_model_must_beat_the_rules() -> None:
    points, truth, _ = window(3)
    beaten = judge_candidate(points, truth, None, {"base rate": np.full(len(points), 0.3)} | rules(points), 1.0)
    assert beaten.passed
    assert beaten.champion is None
    as_good = judge_candidate(points, truth, None, {"base rate": truth} | rules(points), 1.0)
    assert [entry.partition(":")[0] for entry in as_good.falls_short] == ["better than base rate"]


def test_too_little_evidence_is_no_evidence() -> None:
    points, truth, draw = window(4)
    few = points.take(points.order < 30)
    theirs, ours = blurred(truth, 2.0, draw)[points.order < 30], truth[points.order < 30]
    found = judge_candidate(few, ours, ("1", theirs), {"base rate": np.full(len(few), 0.3)}, 1.0, Limits())
    assert found.falls_short[0].startswith("evidence: must have at least 100 orders and 20 failures")
    nothing = points.take(np.zeros(len(points), dtype=bool))
    empty = judge_candidate(nothing, np.zeros(0), ("1", np.zeros(0)), {"base rate": np.zeros(0)}, 1.0)
    assert not empty.passed


def test_a_verdict_is_plain_json() -> None:
    told = verdict(0, theirs=1.2, ours=0.1).to_json()
    assert told["passed"] is True
    assert told["champion"] == "3"
    assert {"name", "must", "got", "passed"} == set(told["checks"][0])
    assert replace(verdict(0, 1.2, 0.1), checks=[]).passed


# -- windows of a few orders, to be checked in the head ----------------------------------------------------------


def few(failed: list[int], rows: int = 1) -> LabelledPoints:
    """Orders with so many looks each."""
    order = np.repeat(np.arange(len(failed)), rows)
    points = window(0)[0].take(np.arange(len(order)))
    outcome = np.where(np.array(failed)[order] == 1, MISSED, ON_TIME_IN_FULL)
    return replace(points, order=order, due=order * WEEK, outcome=outcome, weight=np.full(len(order), 1 / rows))


OURS = np.array([0.9, 0.1, 0.9, 0.1])
EVEN, RIGHT = np.full(4, 0.5), np.array([1.0, 0.0, 1.0, 0.0])
FOUR = Limits(fewest_orders=4, fewest_failures=2)


def falls_short(
    risk: np.ndarray, champion: np.ndarray | None, baselines: dict[str, np.ndarray], latency_ms: float = 1.0
) -> list[str]:
    """The names of the checks that four orders, of which the first and the third failed, do not pass."""
    theirs = None if champion is None else ("1", champion)
    found = judge_candidate(few([1, 0, 1, 0]), risk, theirs, baselines, latency_ms, FOUR)
    return [entry.partition(":")[0] for entry in found.falls_short]


def test_as_many_orders_and_failures_as_asked_for_and_as_much_time_as_allowed_are_enough() -> None:
    assert falls_short(OURS, EVEN, {}, latency_ms=20.0) == []


def test_the_looks_at_an_order_are_one_order_and_one_failure() -> None:
    """Five looks at each of four orders: one failed, two are asked for; or four are there, five are asked for."""
    risk = np.repeat(OURS, 5)
    for failed, limits, got in (
        ([1, 0, 0, 0], FOUR, "4 orders, 1 of which failed"),
        ([1, 0, 1, 0], Limits(fewest_orders=5, fewest_failures=2), "4 orders, 2 of which failed"),
    ):
        found = judge_candidate(few(failed, 5), risk, ("1", np.full(20, 0.5)), {}, 1.0, limits)
        assert found.falls_short[0].endswith(f"got {got}")
        assert (found.orders, found.failures) == (4, sum(failed))


def test_a_candidate_behind_a_baseline_by_no_more_than_chance_passes() -> None:
    """Of four orders it is a little worse on two and a little better on two."""
    near = np.array([0.99, 0.01, 0.88, 0.12])
    assert falls_short(OURS, EVEN, {"logistic regression": near}) == []
    assert falls_short(OURS, EVEN, {"logistic regression": RIGHT}) == ["not behind logistic regression"]


def test_a_candidate_is_held_to_the_rules_beside_a_champion_too() -> None:
    assert falls_short(OURS, EVEN, {"base rate": EVEN, "slack to promise": RIGHT}) == ["not behind slack to promise"]


def test_the_first_model_must_beat_each_rule_and_not_be_behind_a_regression() -> None:
    rules = {"base rate": EVEN, "slack to promise": EVEN, "ERP status": EVEN}
    assert falls_short(OURS, None, rules | {"logistic regression": OURS}) == []
    assert falls_short(OURS, None, rules | {"ERP status": OURS}) == ["better than ERP status"]
    assert falls_short(OURS, None, rules | {"logistic regression": RIGHT}) == ["not behind logistic regression"]


def test_on_few_orders_the_calibration_may_be_off_by_chance() -> None:
    """Risks of 80 % and 20 % that all came true are off by 0.2, and four coins may well fall so."""
    assert falls_short(np.array([0.8, 0.2, 0.8, 0.2]), EVEN, {}) == []


def test_the_calibration_may_be_off_by_as_much_as_chance_gives_and_not_only_by_its_mean() -> None:
    """Risks of 60 % and 40 % that all came true are off by 0.4; chance gives 0.29 on average and up to 0.6."""
    assert "calibration" not in falls_short(np.array([0.6, 0.4, 0.6, 0.4]), EVEN, {})


@pytest.mark.parametrize(("limit", "passes"), [(0.5, True), (0.49, False)])
def test_the_calibration_may_be_off_by_as_much_as_the_limit_says_though_chance_gives_less(
    limit: float, passes: bool
) -> None:
    """Forty orders of 50 % each that all failed are off by 0.5, which is no chance."""
    risk = np.full(40, 0.5)
    limits = Limits(fewest_orders=40, fewest_failures=40, calibration_error=limit)
    found = judge_candidate(few([1] * 40), risk, ("1", np.full(40, 0.4)), {}, 1.0, limits)
    assert (found.passed, len(found.falls_short)) == (passes, 0 if passes else 1)


def test_a_hundred_orders_and_twenty_failures_are_evidence_and_one_less_of_either_is_not() -> None:
    for orders, failures, enough in ((100, 20, True), (99, 20, False), (100, 19, False)):
        failed = [1] * failures + [0] * (orders - failures)
        ours = np.where(np.array(failed) == 1, 0.9, 0.1)
        found = judge_candidate(few(failed), ours, ("1", np.full(orders, 0.5)), {}, 1.0)
        assert (found.passed, found.falls_short == []) == (enough, enough)


def test_one_order_is_no_evidence_however_clear() -> None:
    one = np.zeros(1, dtype=np.int64)
    found = paired_gain(one, one, np.ones(1), np.ones(1), np.zeros(1), np.ones(1))
    assert (found.value, found.low, found.high) == (1.0, -np.inf, np.inf)


def test_the_orders_of_one_week_are_no_evidence_however_many() -> None:
    order, ones = np.arange(50), np.ones(50)
    found = paired_gain(order, 0 * order, ones, ones, 0 * ones, ones)
    assert (found.value, found.low, found.high) == (1.0, -np.inf, np.inf)


GAINS = np.array([0.3, 0.3, -0.1, -0.1])
"""Of four orders that were on time, by how much a model's squared error is below 0.5."""


def gain_in(week: list[int], order: list[int] | None = None) -> tuple[float, float]:
    """The gain of the four and half the width of its interval."""
    theirs, ours = np.sqrt(np.full(4, 0.5)), np.sqrt(0.5 - GAINS)
    orders = np.array(order or [0, 1, 2, 3])
    found = paired_gain(orders, np.array(week), np.zeros(4), np.ones(4), theirs, ours)
    return found.value, (found.high - found.low) / 2


def test_what_gains_or_loses_together_in_a_week_is_one_piece_of_evidence() -> None:
    """Deviations of 0.2 from the mean of 0.1. Four orders: sqrt(4/3 * 4 * 0.05^2); two weeks: sqrt(2 * 2 * 0.1^2)."""
    by_order, by_week = 3.182446 * np.sqrt(4 / 3 * 4 * 0.05**2), 12.706205 * np.sqrt(2 * 2 * 0.1**2)
    assert gain_in([0, 1, 2, 3]) == (pytest.approx(0.1), pytest.approx(by_order, rel=1e-6))
    assert gain_in([0, 0, 1, 1]) == (pytest.approx(0.1), pytest.approx(by_week, rel=1e-6))


def test_weeks_that_even_out_do_not_make_orders_surer() -> None:
    """A winner and a loser in each of two weeks: the weeks do not differ, the orders do."""
    assert gain_in([0, 1, 0, 1])[1] == pytest.approx(gain_in([0, 1, 2, 3])[1])


def test_looks_that_stand_for_more_looks_weigh_more() -> None:
    order, weight = np.array([0, 1]), np.array([3.0, 1.0])
    found = paired_gain(order, order, np.zeros(2), weight, np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    assert found.value == pytest.approx((3 - 1) / 4)
