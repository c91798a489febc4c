"""Two versions beside each other: on which rows, with which figures, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.errors import InvalidRequest
from features.times import DAY, isoformat
from tests.support.models import steeper, trained_under
from tests.support.stories import created, event, moment, shipped, story
from training.comparison.rows import ComparedModel, SharedRows
from training.comparison.versions import ModelComparison, compare_models
from training.comparison.wording import judge
from training.data.dataset import fingerprint
from training.data.snapshots import Snapshots
from training.evaluate.evaluation import MODEL
from training.metrics.bootstrap import Estimate
from training.metrics.paired import PairedEstimate
from training.model.calibration import Affine
from training.model.risk_model import RiskModel
from training.promote.gate import paired_gain
from training.trainer import Trained

ONE = Estimate(0.5, 0.4, 0.6)


def said(model: RiskModel, **about: object) -> RiskModel:
    """The same model with another account of itself."""
    return replace(model, about=model.about | about)


def beside(trained: Trained, plant: pd.DataFrame, first: RiskModel, second: RiskModel) -> ModelComparison:
    models = ComparedModel("risk@1", first), ComparedModel("risk@2", second)
    return compare_models(trained.snapshots, plant, *models, draws=50)


@pytest.fixture(scope="module")
def found(trained: Trained, plant: pd.DataFrame) -> ModelComparison:
    """The twin of the training, and one that hardly dares to say anything."""
    twin = trained.twin.model
    timid = replace(twin, calibration=Affine(twin.calibration.slope / 5, twin.calibration.intercept))
    return beside(trained, plant, twin, timid)


def test_a_comparison_judges_as_a_training_does_on_the_same_rows(trained: Trained, found: ModelComparison) -> None:
    judged = trained.evaluation
    assert np.array_equal(found.points.order, judged.test.order)
    assert np.array_equal(found.points.as_of, judged.test.as_of)
    np.testing.assert_allclose(found.risks[0], judged.risks[MODEL], rtol=0, atol=1e-12)
    for name, metric in found.whole.metrics.items():
        own = judged.whole.estimates[MODEL][name]
        for figure, theirs in ((metric.first.value, own.value), (metric.first.low, own.low)):
            assert figure == pytest.approx(theirs, abs=1e-12), name


def test_the_better_one_is_named_with_the_figures_that_say_so(found: ModelComparison) -> None:
    brier = found.whole.metrics["brier"]
    assert (brier.standing, found.judgement.better) == ("worse", "risk@1")
    assert found.judgement.sentence.startswith(f"risk@1 is better, on {found.counts.orders} orders new to both")
    assert f"{brier.second.value:.4f} against {brier.first.value:.4f}" in found.judgement.sentence
    assert "is better calibrated" in found.judgement.sentence


def test_a_model_beside_its_like_is_neither_better_nor_worse(trained: Trained, plant: pd.DataFrame) -> None:
    twin = trained.twin.model
    same = beside(trained, plant, twin, twin)
    assert same.judgement.better is None
    assert same.judgement.sentence.startswith("Neither is better by more than chance gives")
    assert all(metric.gain.value == 0 for part in same.slices for metric in part.metrics.values())


def test_every_order_is_accounted_for(trained: Trained, found: ModelComparison) -> None:
    counts = found.counts
    whole, _ = trained.snapshots.labelled(moves=False)
    assert counts.matured == whole.n_orders == counts.seen + counts.too_early + counts.orders
    assert counts.seen_by == dict.fromkeys(("risk@1", "risk@2"), trained.twin.learned.n_orders)
    assert f"{counts.seen:,} are left out because a model learned from them" in str(counts)


def test_what_only_one_has_seen_is_left_out_and_said(trained: Trained, plant: pd.DataFrame) -> None:
    """The second learned for a fortnight more: its orders judge neither."""
    twin, later = trained.twin.model, trained.twin.until + 14 * DAY
    found = beside(trained, plant, twin, said(twin, trained_until=isoformat(later)))
    assert found.counts.seen_by["risk@2"] > found.counts.seen_by["risk@1"]
    assert found.points.as_of.min() > later
    assert not np.isin(found.points.order, trained.snapshots.settled_orders(later)).any()


def test_what_was_seen_is_told_by_the_decision_points_of_the_training(trained: Trained) -> None:
    """A, promised anew, missed its first promise: mornings tell; the one look a week before the new one does not."""
    told = [
        created(0, 20, order="A"),
        event("commitment.changed", 10, "A", date=60),
        shipped(55, 10, "A"),
        created(26, 50, order="B"),
        shipped(45, 10, "B"),
        event("hold.placed", 70, "B", kind="credit"),
    ]
    snapshots = Snapshots.of(story(*told), "before=7")
    counts = {}
    for scheme in ("daily", "before=7"):
        model = said(trained.model, trained_until=isoformat(moment(25)), decision_points=scheme)
        models = ComparedModel("risk@1", model), ComparedModel("risk@2", model)
        counts[scheme] = SharedRows.of(snapshots, models).counts.orders
    assert counts == {"daily": 1, "before=7": 2}


def test_where_no_order_is_new_to_both_it_says_which_were_seen(trained: Trained, plant: pd.DataFrame) -> None:
    with pytest.raises(InvalidRequest, match=r"neither has learned from, got none.*risk@2 \d+.*shiprisk train --until"):
        beside(trained, plant, trained.twin.model, trained.model)


def test_other_code_of_the_signals_is_a_note_and_a_signal_that_is_gone_a_refusal(
    trained: Trained, plant: pd.DataFrame
) -> None:
    twin = trained.twin.model
    notes = beside(trained, plant, twin, said(twin, features_hash="0" * 16)).notes
    assert [note for note in notes if "code of signals has changed since risk@2 was trained" in note]
    gone = replace(twin, names=[*twin.names[:-1], "moon_phase"])
    with pytest.raises(InvalidRequest, match="risk@2 that reads moon_phase, which are not here: .*SHIPRISK_SIGNALS"):
        beside(trained, plant, twin, gone)


def test_other_zones_are_noted(trained: Trained, plant: pd.DataFrame) -> None:
    twin = trained.twin.model
    notes = beside(trained, plant, twin, said(twin, zone="Asia/Kolkata")).notes
    assert any("risk@1 was trained in the zone UTC and risk@2 in Asia/Kolkata" in note for note in notes)


def test_a_log_loss_that_is_better_beyond_chance_is_in_the_sentence(found: ModelComparison) -> None:
    better, alike = (PairedEstimate(ONE, ONE, gain) for gain in (Estimate(0.1, 0.05, 0.2), Estimate(0.1, -0.1, 0.2)))
    metrics = dict.fromkeys(found.whole.metrics, alike)
    names = "risk@1", "risk@2"
    apart = judge(names, metrics | {"log_loss": better, "roc_auc": better}, 200, 50, {}).sentence
    assert "risk@2 has the lower log loss and ranks orders better (ROC AUC)." in apart
    assert "Log loss, ranking and calibration are no more apart" in judge(names, metrics, 200, 50, {}).sentence


def test_too_few_orders_are_said_in_whole_sentences(found: ModelComparison) -> None:
    sentence = judge(("risk@1", "risk@2"), found.whole.metrics, 5, 1, {}).sentence
    assert sentence.startswith("Nothing can be told on 5 orders")
    assert "are needed. The Brier score of risk@2 is" in sentence


def test_the_gain_of_the_brier_score_is_that_of_the_gate(found: ModelComparison) -> None:
    points = found.points
    gain = paired_gain(points.order, points.week, points.failed, points.weight, *found.risks)
    assert found.whole.metrics["brier"].gain == gain


def test_only_under_one_outcome_policy(trained: Trained, plant: pd.DataFrame) -> None:
    twin = trained.twin.model
    with pytest.raises(InvalidRequest, match="under one outcome policy to be compared"):
        beside(trained, plant, twin, trained_under(twin, "first"))


def test_a_model_of_other_events_is_noted(trained: Trained, plant: pd.DataFrame, found: ModelComparison) -> None:
    told = [note for note in found.notes if "trained on other events" in note]
    assert len(told) == 2, "a twin says the events of the whole training"
    cut = trained.twin.until
    known = plant[(plant["recorded_at"] <= pd.Timestamp(cut, unit="us", tz="UTC")).to_numpy()]
    same = said(trained.twin.model, events_fingerprint=fingerprint(known))
    assert beside(trained, plant, same, steeper(same)).notes == []


def test_the_orders_that_differ_most_come_first_each_once_with_what_came(
    trained: Trained, found: ModelComparison
) -> None:
    apart = [abs(one.second - one.first) for one in found.orders]
    assert apart == sorted(apart, reverse=True)
    assert apart[0] == pytest.approx(np.abs(found.risks[1] - found.risks[0]).max())
    assert len({one.order_id for one in found.orders}) == len(found.orders) == 10
    ids = trained.snapshots.history.order_ids[found.points.order]
    for one in found.orders:
        row = np.flatnonzero((ids == one.order_id) & (np.abs(found.risks[0] - one.first) < 1e-15))[0]
        assert one.outcome == found.points.outcome_words[row]
        strongest = [abs(added) for added in one.because.values()]
        assert len(strongest) == 3
        assert strongest == sorted(strongest, reverse=True)
        assert set(one.because) <= set(trained.twin.model.names)
