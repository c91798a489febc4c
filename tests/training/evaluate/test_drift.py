from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.times import micros
from training.data.snapshots import Snapshots
from training.evaluate.drift import LARGE_SHIFT, CalibrationInTheLarge, stability_index
from training.promote.comparison import Incumbent, challenge, compare
from training.promote.gate import Limits
from training.promote.retraining import NewOutcomes, what_is_new
from training.trainer import Trained

ONES = np.ones(100)


def test_the_index_of_what_moved_can_be_followed_by_hand() -> None:
    """Half below and half above; then a quarter below: 0.25 ln 0.5 less 0.25 ln 1.5, with the sign of the change."""
    before, now = np.repeat([0.0, 1.0], 50), np.repeat([0.0, 1.0], [25, 75])
    expected = (0.25 - 0.5) * np.log(0.25 / 0.5) + (0.75 - 0.5) * np.log(0.75 / 0.5)
    assert stability_index(before, now, ONES, ONES) == pytest.approx(expected, rel=0.01)


def test_a_value_on_an_edge_belongs_to_the_bin_below_it() -> None:
    """Half are 0 and half are 1, so 0 is an edge: a little less is the same bin, a little more is another."""
    before = np.repeat([0.0, 1.0], 50)
    less, more = (np.repeat([value, 1.0], 50) for value in (-0.25, 0.25))
    assert stability_index(before, less, ONES, ONES) == pytest.approx(0.0)
    assert stability_index(before, more, ONES, ONES) > LARGE_SHIFT


def test_an_empty_bin_counts_as_a_thousandth() -> None:
    """All have gone from one bin to another: 0.999 ln 1000, twice."""
    assert stability_index(np.zeros(100), np.ones(100), ONES, ONES) == pytest.approx(2 * 0.999 * np.log(1000))


def test_facts_that_go_missing_are_drift() -> None:
    now = np.where(np.arange(100) < 50, np.nan, np.arange(100.0))
    assert stability_index(np.arange(100.0), now, ONES, ONES) > LARGE_SHIFT
    assert stability_index(np.full(100, np.nan), np.full(100, np.nan), ONES, ONES) == pytest.approx(0.0)
    assert np.isnan(stability_index(np.zeros(0), ONES, np.zeros(0), ONES))


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=60), st.randoms())
def test_the_index_is_never_negative_and_nothing_for_the_same_values(values: list[float], random: object) -> None:
    some = np.array(values)
    shuffled = np.random.default_rng(1).permutation(some)
    weight = np.ones(len(some))
    assert stability_index(some, shuffled, weight, weight) == pytest.approx(0.0, abs=1e-12)
    assert stability_index(some, some * 2 + 1, weight, weight) >= -1e-12


def champion(trained: Trained, until: str) -> tuple[Incumbent, Snapshots]:
    """A champion of what was known at a moment, and the snapshots of today."""
    about = trained.twin.model.about | {"trained_until": until, "orders": trained.twin.learned.n_orders}
    return Incumbent("1", replace(trained.twin.model, about=about)), trained.snapshots


def test_news_counts_what_the_champion_has_not_seen(trained: Trained) -> None:
    until = "2024-08-01T00:00:00Z"
    present, snapshots = champion(trained, until)
    found = what_is_new(snapshots, present)
    first = snapshots.history.recorded[snapshots.history.first[:-1]]
    assert found.orders == int((first > micros(until)).sum())
    whole, _ = snapshots.labelled()
    learned, _ = snapshots.labelled(micros(until))
    assert found.matured == whole.n_orders - learned.n_orders
    assert found.matured > 100
    assert found.expected is not None
    assert found.expected.came.low < found.expected.came.value < found.expected.came.high
    assert any("outcomes are new" in reason for reason in found.reasons)
    assert "Since version 1 was trained (2024-08-01)" in str(found)


def test_nothing_new_is_not_worthwhile(trained: Trained) -> None:
    present, snapshots = champion(trained, str(trained.model.about["trained_until"]))
    found = what_is_new(snapshots, present)
    assert (found.matured, found.worthwhile) == (0, False)
    assert "Training again is not worthwhile yet" in str(found)
    assert isinstance(found, NewOutcomes)


def test_a_champion_that_reads_signals_that_are_gone_is_replaced(trained: Trained) -> None:
    present, snapshots = champion(trained, "2024-08-01T00:00:00Z")
    gone = replace(present, model=replace(present.model, names=[*present.model.names[:-1], "moon_phase"]))
    reason = what_is_new(snapshots, gone).reasons[0]
    assert reason.startswith("the champion reads signals that are no more: moon_phase (name the folder")
    assert "SHIPRISK_SIGNALS" in reason


def test_foretold_against_what_came(trained: Trained) -> None:
    points = trained.evaluation.test
    right = CalibrationInTheLarge.of(
        points, points.failed * 0.8 + 0.2 * float(np.average(points.failed, weights=points.weight))
    )
    assert right.foretold == pytest.approx(right.came.value)
    assert not right.is_off
    assert CalibrationInTheLarge.of(points, np.full(len(points), 0.9)).is_off


def test_a_champion_is_compared_only_on_what_came_after_it(trained: Trained) -> None:
    present, snapshots = champion(trained, "2024-08-01T00:00:00Z")
    verdict = challenge(snapshots, trained.twin, present, 1.0)
    assert verdict.after > "2024-08-01"
    same = compare(snapshots, present.model, replace(present, version="9"), 1.0)
    assert (same.champion, same.improvement.value, same.passed) == ("9", 0.0, False)
    assert same.after > "2024-08-01"
    nothing = compare(snapshots, trained.model, present, 1.0)
    assert "new to both, got none: no order is new to both" in nothing.falls_short[0]


def test_a_champion_trained_later_than_the_twin_gets_another_twin(trained: Trained) -> None:
    """The window begins when half of what is new to the champion had been looked at."""
    later = "2024-09-10T00:00:00Z"
    present, snapshots = champion(trained, later)
    assert present.trained_until > trained.twin.until
    verdict = challenge(snapshots, trained.twin, present, 1.0, limits=Limits(fewest_orders=50))
    assert verdict.after > later
    whole, _ = snapshots.labelled()
    assert 0 < verdict.orders < len(np.unique(whole.order[whole.as_of > present.trained_until]))
