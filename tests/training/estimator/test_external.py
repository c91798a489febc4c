"""A model that is not ours: through the same gate, report and registry, and not into service."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from features.errors import InvalidRequest
from training import (
    Incumbent,
    JudgedClassifier,
    Registry,
    RiskEstimator,
    Trained,
    judge_classifier,
    render_classifier,
    train_on,
)
from training.estimator.classifiers import fit_classifier
from training.estimator.table import InvalidTable
from training.metrics.scores import brier


@pytest.fixture(scope="module")
def judged(trained: Trained) -> JudgedClassifier:
    champion = Incumbent("1", trained.twin.model)
    return judge_classifier(logistic(), trained.snapshots, champion, name="our regression", draws=20)


def logistic() -> object:
    return make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), LogisticRegression(C=0.01))


def test_it_is_judged_on_the_rows_a_model_of_ours_is_judged_on(judged: JudgedClassifier, trained: Trained) -> None:
    ours, theirs = trained.evaluation, judged.evaluation
    assert np.array_equal(theirs.test.order, ours.test.order)
    assert np.array_equal(theirs.risks["ERP status"], ours.risks["ERP status"])
    shown = judged.predictions
    assert shown.index.names == ["order_id", "as_of", "known_at"]
    figure = brier(shown["outcome"].to_numpy(float), shown["risk"].to_numpy(), shown["weight"].to_numpy())
    assert figure == pytest.approx(theirs.whole.estimates["model"]["brier"].value, abs=1e-12)


def test_it_is_compared_with_the_champion_and_refused_for_want_of_contributions(judged: JudgedClassifier) -> None:
    verdict = judged.verdict
    assert verdict.champion == "1"
    assert "better than the champion, version 1" in Counter(check.name for check in verdict.checks)
    assert not verdict.passed
    assert verdict.falls_short[-1] == (
        "contributions: must say exactly what each signal adds to a risk, as every reason that is served does, "
        "got probabilities alone: our regression is compared, and not served"
    )


def test_the_estimator_of_the_package_is_told_how_it_becomes_a_version(trained: Trained) -> None:
    found = judge_classifier(RiskEstimator(most_rounds=40), trained.snapshots, draws=10).verdict.checks[-1]
    assert (found.name, found.passed) == ("contributions", True)
    assert "train(events, trees=estimator.trees)" in found.got


def test_its_run_holds_figures_verdict_page_and_predictions_and_no_version(
    judged: JudgedClassifier, tmp_path: Path
) -> None:
    registry = Registry(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "artifacts")
    run_id = registry.log_classifier(judged, "order-risk", render_classifier(judged))
    run = registry.client.get_run(run_id)
    assert run.data.tags["shiprisk.classifier"] == "our regression"
    assert (run.data.tags["shiprisk.decided"], "probabilities alone" in run.data.tags["shiprisk.because"]) == (
        "refused",
        True,
    )
    assert run.info.run_name.startswith("our regression until 2024-")
    assert run.info.run_name.endswith(", before=5")
    assert run.data.metrics["brier"] == pytest.approx(judged.evaluation.whole.estimates["model"]["brier"].value)
    files = {file.path for file in registry.client.list_artifacts(run_id)}
    assert files == {"evaluation.json", "predictions.parquet", "report.html", "verdict.json"}
    stored = pd.read_parquet(registry.client.download_artifacts(run_id, "predictions.parquet", str(tmp_path)))
    pd.testing.assert_frame_equal(stored, judged.predictions)
    assert registry.champion("order-risk") is None
    assert registry.client.search_registered_models() == []


def test_its_page_says_what_it_is(judged: JudgedClassifier) -> None:
    page = render_classifier(judged)
    assert "<h1>How good is our regression?</h1>" in page
    assert "It may not become champion." in page
    assert "probabilities alone" in page


def test_events_in_the_place_of_snapshots_are_refused_in_words(plant: pd.DataFrame) -> None:
    for call in (lambda: judge_classifier(logistic(), plant), lambda: train_on(plant, plant)):  # type: ignore[arg-type]
        with pytest.raises(InvalidRequest, match=r"snapshots must be Snapshots.of\(events\), got DataFrame"):
            call()


def test_what_gives_no_probabilities_is_refused_in_words(trained: Trained) -> None:
    with pytest.raises(InvalidTable, match="must have fit.* got LinearSVC: give probabilities"):
        fit_classifier(LinearSVC(), trained.dataset.points)


def test_what_cannot_be_copied_and_what_takes_no_missing_signals_are_refused_in_words(trained: Trained) -> None:
    class Handmade:
        def fit(self, X: object, y: object) -> None: ...

        def predict_proba(self, X: object) -> None: ...

    with pytest.raises(InvalidTable, match=r"get_params\(\).* got Handmade"):
        fit_classifier(Handmade(), trained.dataset.points)  # type: ignore[arg-type]
    with pytest.raises(InvalidTable, match="some of which are missing .* Put SimpleImputer before"):
        fit_classifier(LogisticRegression(), trained.dataset.points)
