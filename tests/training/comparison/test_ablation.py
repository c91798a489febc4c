"""What signals bring: in a plant where holds are the cause, holds do."""

from __future__ import annotations

import numpy as np
import pytest

from features.catalogue.registry import catalogue
from features.errors import InvalidRequest
from training.comparison.ablation import HELPS, UNCLEAR, AblationBench, SignalEffect, SignalSet, signal_sets
from training.evaluate.evaluation import MODEL
from training.model.risk_trees import DAYS_TO_PROMISE
from training.trainer import Trained


@pytest.fixture(scope="module")
def bench(trained: Trained) -> AblationBench:
    return AblationBench.of(trained.snapshots, draws=50)


def test_the_model_with_all_signals_is_the_one_that_a_training_judges(trained: Trained, bench: AblationBench) -> None:
    assert bench.rounds == trained.twin.model.about["rounds"]
    np.testing.assert_allclose(bench.risks[0], trained.evaluation.risks[MODEL], rtol=0, atol=1e-12)


TELLS_NOTHING = ("calendar", "size")
"""Groups that say nothing of holds, which are the cause in this plant."""


def test_the_cause_helps_and_what_stands_in_for_it_hides_it(trained: Trained, bench: AblationBench) -> None:
    """A hold is told by the silence after it as well: without the holds alone nothing is lost, without both much is."""
    cause = SignalSet("all but", tuple(n for n, one in catalogue().items() if one.group not in TELLS_NOTHING))
    found = bench.measure([*signal_sets(groups=["holds"]), cause])
    assert [one.name for one in found.effects] == ["all but", "group holds"], "what brings most comes first"
    assert [one.verdict for one in found.effects] == [HELPS, UNCLEAR]
    assert found.effects[0].metrics["brier"].gain.value > 3 * abs(found.chance.metrics["brier"].gain.value)
    assert (found.orders, found.rounds) == (trained.evaluation.whole.orders, trained.twin.model.about["rounds"])
    assert found.left_out == []


def test_when_time_is_up_what_was_not_measured_is_named(bench: AblationBench) -> None:
    """One is measured however short the time is: the one that moves risks most."""
    found = bench.measure(signal_sets(groups=["calendar", "holds"]), goes_on=lambda: False)
    assert ([one.name for one in found.effects], found.left_out) == (["group holds"], ["group calendar"])


def test_leaving_nothing_out_changes_nothing(bench: AblationBench) -> None:
    nothing = bench.effect_of(SignalSet("nothing", ()))
    assert all(one.gain.value == 0 for one in nothing.metrics.values())


def test_where_nothing_was_left_out_no_seed_helps(bench: AblationBench) -> None:
    """However far apart two models are that differ by their seeds alone, and however narrow the interval."""
    assert bench.chance.verdict == UNCLEAR
    assert bench.chance.chance > 0
    others = bench.risks_of(bench.past, range(10, 14))
    for left_out in range(len(others)):
        gains = bench.gains_over(np.delete(others, left_out, axis=0).mean(axis=0))
        assert SignalEffect("nothing", (), gains, 0.0, bench.chance.chance).verdict == UNCLEAR


def test_without_the_days_to_the_promise_there_is_no_term_of_the_last_days(bench: AblationBench) -> None:
    effect = bench.effect_of(signal_sets(signals=[DAYS_TO_PROMISE])[0])
    assert np.isfinite(effect.metrics["log_loss"].first.value)
    assert effect.signals == (DAYS_TO_PROMISE,)


def test_every_group_is_left_out_where_none_is_named_and_unknown_ones_are_refused() -> None:
    groups = {one.group for one in catalogue().values()}
    assert {one.name for one in signal_sets()} == {f"group {name}" for name in groups}
    assert sum(len(one.signals) for one in signal_sets()) == len(catalogue())
    assert [one.name for one in signal_sets(signals=["hold_frequency"])] == ["signal hold_frequency"]
    with pytest.raises(InvalidRequest, match=r"a group must be one of .*holds.*, got hold \(did you mean holds\?\)"):
        signal_sets(groups=["hold"])
    with pytest.raises(InvalidRequest, match=r"got hold_frequence \(did you mean hold_frequency\?\)"):
        signal_sets(signals=["hold_frequence"])
    with pytest.raises(InvalidRequest, match=r"a signal must be one of the catalogue .*, got moon_phase"):
        signal_sets(signals=["moon_phase"])
