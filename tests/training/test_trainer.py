from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from features.catalogue.registry import catalogue
from features.errors import InvalidRequest
from features.policy import OutcomePolicy, OutcomeRules
from features.times import DAY, micros
from tests.support.little_plant import little_plant
from tests.support.stories import UTC, created, event, shipped, story
from training.data.dataset import build_dataset, fingerprint
from training.data.labelled import LabelledPoints, join
from training.data.snapshots import Snapshots
from training.data.split import FEWEST_ORDERS, folds_by_time, of_other_orders, split_by_time
from training.lightgbm import load_lightgbm
from training.model.calibration import Affine, fit_affine, fit_intercept
from training.model.fit import describe_dataset, fit_model
from training.model.level import PlantTerms
from training.model.risk_model import Explanation, RiskModel
from training.model.trees import Trees, boost
from training.model_files.manifest import InvalidModel
from training.trainer import Trained, train, train_on


def test_the_model_finds_the_cause_and_beats_the_baselines(trained: Trained) -> None:
    whole = trained.evaluation.whole
    assert whole.estimates["model"]["roc_auc"].low > 0.65
    assert whole.brier_skill["model"] > whole.brier_skill["slack to promise"] + 0.1
    mean = np.abs(trained.model.explain(trained.evaluation.test.signals).contributions).mean(axis=0)
    strongest = {trained.model.names[i] for i in np.argsort(mean)[-3:]}
    assert strongest & {"open_holds", "hold_frequency", "hold_days", "holds_last_7_days"}


def test_risk_is_coherent(trained: Trained) -> None:
    predicted = trained.model.predict(trained.dataset.points.signals)
    np.testing.assert_allclose(predicted.missed + predicted.partial, predicted.risk, atol=1e-15)
    for share in (predicted.risk, predicted.missed, predicted.partial):
        assert ((share >= 0) & (share <= 1)).all()


def test_contributions_are_lightgbms_scaled_and_add_up_to_the_risk(trained: Trained) -> None:
    model, signals = trained.model, trained.dataset.points.signals
    explained = model.explain(signals)
    risk = model.predict(signals).risk
    np.testing.assert_allclose(1 / (1 + np.exp(-explained.log_odds)), risk, atol=1e-9)
    theirs = model.risk.predict(signals, pred_contrib=True)
    theirs = theirs[:, :-1] * model.calibration.slope
    days = model.names.index("days_to_promise")
    theirs[:, days] += model.near.of(signals[:, days])
    np.testing.assert_allclose(explained.contributions, theirs, atol=1e-9)
    base, points, of_level = explained.points()
    np.testing.assert_allclose(base + points.sum(axis=1), risk, atol=1e-9)
    assert not of_level.any()


def test_a_level_is_a_term_of_its_own_and_adds_up_with_the_others(trained: Trained) -> None:
    """In log-odds it is what was given, in probability its share; what signals add in log-odds stays to the bit."""
    model, signals = trained.model, trained.dataset.points.signals[:50]
    level = np.linspace(-2.0, 2.0, 50)
    predicted, explained = model.predict_and_explain(signals, PlantTerms.adding(level))
    np.testing.assert_array_equal(explained.contributions, model.explain(signals).contributions)
    np.testing.assert_allclose(logit(predicted.risk) - logit(model.predict(signals).risk), level, atol=1e-9)
    base, points, of_level = explained.points()
    np.testing.assert_allclose(base + points.sum(axis=1) + of_level, predicted.risk, atol=1e-9)
    assert (np.sign(of_level) == np.sign(level)).all()
    np.testing.assert_allclose(predicted.missed + predicted.partial, predicted.risk, atol=1e-15)


def test_points_of_nothing_are_nothing() -> None:
    base, points, _ = Explanation(-1.0, np.array([[0.0, 0.0], [1.0, -1.0]]), np.zeros(2)).points()
    assert points[0].tolist() == [0.0, 0.0]
    assert points[1].sum() == pytest.approx(0.0)
    assert points[1, 0] == pytest.approx(base * (1 - base))


def test_a_saved_model_is_the_same_model(trained: Trained, tmp_path: Path) -> None:
    trained.model.save(tmp_path)
    loaded = RiskModel.load(tmp_path)
    signals = trained.dataset.points.signals
    np.testing.assert_array_equal(loaded.predict(signals).partial, trained.model.predict(signals).partial)
    np.testing.assert_array_equal(loaded.explain(signals).contributions, trained.model.explain(signals).contributions)
    assert {path.suffix for path in tmp_path.iterdir()} == {".txt", ".json"}


def test_the_outcome_policy_is_learned_by_and_kept_with_the_model(plant: pd.DataFrame, tmp_path: Path) -> None:
    """Points are due a day and a half later, and the model that is read again says by which policy it has learned."""
    policy = OutcomePolicy(OutcomeRules(late=1.5, excused=("b", "a")))
    snapshots = Snapshots.of(plant, "before=5", policy=policy)
    assert snapshots.history.policy == policy
    late, usual = snapshots.labelled()[0], Snapshots.of(plant, "before=5").labelled()[0]
    assert (late.due.max() - usual.due.max()) == 1.5 * DAY
    data = build_dataset(plant, "before=5", policy=policy)
    model = fit_model(data.points, data.context, describe_dataset(data, "before=5", "UTC"), Trees(most_rounds=5))
    model.save(tmp_path)
    loaded = RiskModel.load(tmp_path)
    assert loaded.policy == OutcomePolicy(OutcomeRules(late=1.5, excused=("b", "a")))
    assert loaded.about["outcome_policy_hash"] == policy.digest


def test_a_model_without_a_policy_has_learned_by_the_default(trained: Trained) -> None:
    assert trained.model.policy == OutcomePolicy()
    before = replace(trained.model, about={"trained_until": "2024-01-01T00:00:00Z"})
    assert before.policy == OutcomePolicy()


def test_the_same_events_and_seed_give_the_same_bytes(trained: Trained, plant: pd.DataFrame, tmp_path: Path) -> None:
    shuffled = plant.sample(frac=1, random_state=5)
    again = train(shuffled, scheme="before=5", draws=50)
    for name, model in (("one", trained.model), ("two", again.model)):
        model.save(tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


@pytest.mark.parametrize("spoilt", ["model.json", "risk.txt", "context.json"])
def test_a_spoilt_model_says_which_folder(trained: Trained, tmp_path: Path, spoilt: str) -> None:
    trained.model.save(tmp_path)
    (tmp_path / spoilt).write_text("nonsense")
    with pytest.raises(InvalidModel, match=str(tmp_path)):
        RiskModel.load(tmp_path)


def test_an_order_is_on_one_side_of_a_split_only(plant: pd.DataFrame) -> None:
    points = build_dataset(plant, "daily").points
    split = split_by_time(points)
    assert not set(split.earlier.order) & set(split.later.order)
    assert (split.earlier.known_at <= split.at).all()
    assert (split.later.as_of > split.at).all()


def test_training_until_a_moment_does_not_look_past_it(plant: pd.DataFrame) -> None:
    until = micros("2024-06-01")
    seen = plant[(plant["recorded_at"] <= pd.Timestamp("2024-06-01", tz="UTC")).to_numpy()]
    whole, past = build_dataset(plant, "daily", until), build_dataset(seen, "daily", until)
    assert whole.fingerprint == past.fingerprint
    np.testing.assert_array_equal(whole.points.signals, past.points.signals)
    assert (whole.points.known_at <= until).all()
    assert whole.counts.unsettled > 0
    assert whole.counts.points == whole.counts.labelled + whole.counts.unsettled + whole.counts.cancelled


def test_decision_points_are_thinned_by_the_days_to_the_promise_alone(plant: pd.DataFrame) -> None:
    points = build_dataset(plant, "daily").points
    days = points.days_to_promise
    assert (points.weight[days <= 10] == 1).all()
    assert (points.weight[(days > 10) & (days <= 20)] == 2).all()
    assert points.weight.max() == 2
    assert points.evidence.sum() == pytest.approx(points.n_orders)
    first = points.order == points.order[0]
    assert np.ptp(points.as_of[first]) > 5 * DAY  # spread over the order's life, not its first days


def test_successes_are_not_learned_from_before_failures_can_be(plant: pd.DataFrame) -> None:
    """Near the end of the records an early delivery is settled, a miss is not: neither is taken."""
    until = micros("2024-06-01")
    points = build_dataset(plant, "daily", until).points
    assert (points.due + 2 * DAY <= until).all()
    assert (points.known_at >= points.due + 2 * DAY).all()


def test_the_context_of_a_model_ends_with_its_training(plant: pd.DataFrame) -> None:
    until = micros("2024-06-01")
    context = build_dataset(plant, "daily", until).context
    last_day = UTC.day(np.array([until]))[0]
    assert context.known_until == until
    customers = context.books["record customer"]
    seen = plant[(plant["recorded_at"] <= pd.Timestamp("2024-06-01", tz="UTC")).to_numpy()]
    assert customers.totals[-1, 0] <= seen["order_id"].nunique() * 2
    later = np.array([until + 400 * DAY])
    assert context.lookup_day(later)[0] <= last_day + 1


def test_the_calibration_is_of_orders_its_trees_have_not_seen(trained: Trained) -> None:
    """On each fold as many trees of the earlier orders alone are calibrated; the model's own know all orders."""
    model, points = trained.model, trained.dataset.points
    rounds = model.about["rounds"]
    folds = list(folds_by_time(points, 3, FEWEST_ORDERS / 4))
    assert folds[-1].later.as_of.max() == points.as_of.max()
    raw = [
        boost(fold.earlier, fold.earlier.failed, Trees(), rounds).predict(fold.later.signals, raw_score=True)
        for fold in folds
    ]
    later = join([fold.later for fold in folds])
    assert fit_affine(np.concatenate(raw), later.failed, later.evidence) == model.calibration
    assert model.about["calibrated_on_orders"] == later.n_orders
    whole = boost(points, points.failed, Trees(), rounds)
    np.testing.assert_array_equal(
        model.risk.predict(points.signals, raw_score=True), whole.predict(points.signals, raw_score=True)
    )
    assert model.calibration != Affine()


def test_an_intercept_makes_as_many_fail_as_came() -> None:
    log_odds, failed = np.array([-2.0, 0.0, 1.0, 2.0]).repeat(500), np.array([1.0, 0.0]).repeat([600, 1400])
    added = fit_intercept(log_odds, failed, np.ones(2000))
    assert expit(log_odds + added).mean() == pytest.approx(0.3, abs=0.005)
    assert fit_intercept(log_odds, failed, np.ones(2000), prior_strength=1e9) == pytest.approx(0.0, abs=1e-5)


def test_both_kinds_of_outcome_must_have_been_known_early() -> None:
    late = [row for n in range(300) for row in (created(n, n + 10, order=f"{n:03}"),
            shipped(n + (12 if n > 280 else 9), 10, f"{n:03}"))]  # fmt: skip
    points = build_dataset(story(*late), "before=5").points
    with pytest.raises(InvalidRequest, match=r"whose outcome was known by .*, but every order was on time in full"):
        fit_model(points, build_dataset(story(*late), "before=5").context, {})


@pytest.mark.nightly
def test_settings_are_tuned_on_what_no_judge_sees(trained: Trained, plant: pd.DataFrame) -> None:
    given: list[LabelledPoints] = []

    def tune(points: LabelledPoints) -> Trees:
        given.append(points)
        return Trees(num_leaves=5)

    again = train_on(trained.snapshots, plant, tune=tune, draws=10)
    assert again.model.about["parameters"]["num_leaves"] == 5
    assert (given[0].known_at <= again.twin.until).all()
    assert not set(given[0].order) & set(again.evaluation.test.order)


def test_the_test_part_has_no_order_that_was_learned_from(plant: pd.DataFrame) -> None:
    """A promise moved far back opens an order again that was missed and learned from."""
    moved = [event("commitment.changed", n / 2 + 30, f"O{n:04}", date=n / 2 + 300) for n in range(0, 400, 3)]
    reopened = pd.concat([plant, story(*moved).assign(source="planner")], ignore_index=True)
    reopened = reopened[
        ~((reopened["type"] == "goods.issued") & reopened["order_id"].isin([m["order_id"] for m in moved]))
    ]
    snapshots = Snapshots.of(reopened)
    whole, _ = snapshots.labelled()
    cut = split_by_time(whole).at
    past, _ = snapshots.labelled(cut)
    test = of_other_orders(whole, past, cut)
    assert not set(past.order) & set(test.order)
    assert set(past.order) & set(whole.order[whole.as_of > cut])


@pytest.mark.parametrize("scheme", ["daily", "events", "before=5"])
def test_what_was_known_at_a_moment_is_what_a_training_then_would_have_built(plant: pd.DataFrame, scheme: str) -> None:
    until = micros("2024-06-01")
    then, seen_later = build_dataset(plant, scheme, until), Snapshots.of(plant, scheme).labelled(until)
    assert then.counts == seen_later[1]
    for name in ("signals", "as_of", "due", "known_at", "outcome", "weight", "plant", "rescued"):
        np.testing.assert_array_equal(getattr(then.points, name), getattr(seen_later[0], name), name)


def test_the_fingerprint_is_of_the_content(plant: pd.DataFrame) -> None:
    assert fingerprint(plant) == fingerprint(plant.sample(frac=1, random_state=1))
    changed = plant.copy()
    changed.loc[0, "quantity"] = 11.0
    assert fingerprint(plant) != fingerprint(changed)


def test_shuffled_outcomes_teach_nothing(trained: Trained) -> None:
    points = trained.dataset.points
    shuffled = replace(points, outcome=np.random.default_rng(0).permutation(points.outcome))
    split = split_by_time(shuffled)
    model = fit_model(split.earlier, trained.dataset.context, {})
    from training.metrics.bootstrap import metric_estimates

    later = split.later
    risk = model.predict(later.signals).risk
    auc = metric_estimates(later.order, later.week, later.failed, risk, later.weight)["roc_auc"]
    assert auc.low < 0.5 < auc.high


def test_too_few_orders_and_one_kind_of_outcome_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="at least 50 orders with a settled outcome, got 1"):
        train(story(created(0, 10), shipped(9, 10), created(30, 60, order="B")), scheme="before=5")
    fine = [row for n in range(300) for row in (created(n, n + 10, order=f"{n}"), shipped(n + 9, 10, f"{n}"))]
    with pytest.raises(InvalidRequest, match="but every order was on time in full"):
        train(story(*fine), scheme="before=5")


def test_signals_of_the_wrong_shape_are_refused(trained: Trained) -> None:
    with pytest.raises(InvalidRequest, match=rf"must have shape \(n, {len(catalogue())}\), got \(1, 2\)"):
        trained.model.predict(np.zeros((1, 2)))


def test_another_seed_is_another_plant() -> None:
    assert fingerprint(little_plant(20, 1)) != fingerprint(little_plant(20, 2))


def test_a_machine_without_openmp_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    from features.errors import LibraryMissing

    found = builtins.__import__

    def without(name: str, *arguments: object, **named: object) -> object:
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return found(name, *arguments, **named)  # type: ignore[arg-type]

    load_lightgbm.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LibraryMissing, match="needs the OpenMP runtime libgomp .* libgomp1 on Debian"):
        load_lightgbm()
    monkeypatch.undo()
    load_lightgbm.cache_clear()
