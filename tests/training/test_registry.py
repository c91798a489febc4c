from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest

from features.policy import OutcomePolicy
from features.times import DAY, isoformat
from serving.models.cache import ModelMissing, load_champion
from serving.settings import Settings
from tests.conftest import FORCED_BECAUSE, Home, free_port, wait_for
from training.data.dataset import build_dataset
from training.model.pyfunc import OPTIONAL
from training.registry.registry import Registry, UnknownModel
from training.ship_date.forecast import iso_day
from training.ship_date.model import ShipQuestion


@pytest.fixture
def settings(home: Home, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Settings(home=home.folder / "home")


def test_a_run_holds_what_a_data_scientist_looks_for(settings: Settings, plant: pd.DataFrame) -> None:
    registry = Registry(settings.tracking_uri, settings.artifacts)
    champion = registry.resolve("order-risk")
    assert champion.aliases == ("champion",)
    run = registry.client.get_run(champion.run_id)
    assert {"roc_auc", "roc_auc.low", "brier", "brier_skill", "logistic_regression.brier"} <= set(run.data.metrics)
    assert run.data.params["num_leaves"] == "7"
    assert run.data.params["events_fingerprint"] == build_dataset(plant, "before=5").fingerprint
    artifacts = {file.path for file in registry.client.list_artifacts(champion.run_id, "plots")}
    assert artifacts >= {
        f"plots/{name}.png" for name in ("calibration", "comparison", "importance", "ranking", "warning")
    }
    files = {file.path for file in registry.client.list_artifacts(champion.run_id)}
    assert {"report.html", "evaluation.json", "decision_points.json"} <= files
    assert {"on_time_in_full.json", "outcome_policy.json"} <= files
    assert run.data.tags["shiprisk.outcome_policy"] == "the default"
    assert run.data.params["outcome_policy_hash"] == OutcomePolicy().digest
    registry.mlflow.set_tracking_uri(settings.tracking_uri)
    info = registry.mlflow.models.get_model_info("models:/order-risk@champion")
    columns = {column.name: column.required for column in info.signature.inputs.inputs}
    assert list(columns) == [*load_champion(settings).model.names, *OPTIONAL]
    assert not any(columns[name] for name in OPTIONAL)
    assert info.saved_input_example_info is not None


def test_a_run_names_the_events_it_learned_from_and_copies_none(home: Home, settings: Settings) -> None:
    """As MLflow's own code reads it: by digest, name, counts and where they lie."""
    registry = Registry(settings.tracking_uri, settings.artifacts)
    run = registry.client.get_run(registry.resolve("order-risk").run_id)
    (logged,) = run.inputs.dataset_inputs
    dataset, profile = logged.dataset, json.loads(logged.dataset.profile)
    assert (dataset.name, dataset.digest) == ("events.parquet", run.data.params["events_fingerprint"])
    assert {tag.key: tag.value for tag in logged.tags} == {"mlflow.data.context": "training"}
    source = registry.mlflow.data.get_source(dataset)
    read = pd.read_parquet(source.load())
    assert (len(read), read["order_id"].nunique()) == (profile["num_rows"], profile["orders"])
    columns = {entry["name"] for entry in json.loads(dataset.schema)["mlflow_colspec"]}
    assert set(read.columns) <= columns
    assert not list((home.folder / "home" / "artifacts").rglob("*.parquet"))


def test_mlflow_shows_first_what_matters_first(settings: Settings) -> None:
    """The metric that counts, a table of the model beside its baselines, what was decided, and of which version."""
    registry = Registry(settings.tracking_uri, settings.artifacts)
    champion = registry.resolve("order-risk")
    run = registry.client.get_run(champion.run_id)
    experiment = registry.client.get_experiment(run.info.experiment_id)
    assert experiment.tags["mlflow.experiment.primaryMetric.name"] in run.data.metrics
    note = run.data.tags["mlflow.note.content"]
    assert "| | Brier skill | Brier | log loss | average precision | ROC AUC | calibration error |" in note
    assert f"| model | {run.data.metrics['brier_skill']:.3f} (" in note
    assert "| logistic regression | " in note
    decided = {key: run.data.tags[f"shiprisk.{key}"] for key in ("decided", "version")}
    assert decided == {"decided": "forced", "version": "order-risk@1"}
    assert (
        f"- **champion** is version 1, forced: {FORCED_BECAUSE}"
        in registry.client.get_registered_model("order-risk").description
    )
    assert registry.run_path(champion.run_id) == f"#/experiments/{run.info.experiment_id}/runs/{champion.run_id}"


def test_a_view_of_all_trainings_shows_their_verdicts_and_figures(settings: Settings) -> None:
    """The share key of the address names a tag of the experiment, whose columns every run has."""
    registry = Registry(settings.tracking_uri, settings.artifacts)
    path = registry.figures_path()
    assert path is not None
    run = registry.client.get_run(registry.resolve("order-risk").run_id)
    place, _, key = path.partition("?viewStateShareKey=")
    assert place == f"#/experiments/{run.info.experiment_id}/runs"
    tags = registry.client.get_experiment(run.info.experiment_id).tags
    columns = [column.split(".", 1) for column in json.loads(tags[f"mlflow.sharedViewState.{key}"])["selectedColumns"]]
    there = {"metrics": run.data.metrics, "tags": run.data.tags}
    assert [name for kind, name in columns if name.strip("`") not in there[kind]] == []
    assert ["tags", "`shiprisk.decided`"] in columns


def test_an_experiment_of_before_gets_what_is_said_of_it_and_keeps_what_somebody_wrote(tmp_path: Path) -> None:
    registry = Registry(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "artifacts")
    assert registry.figures_path() is None
    registry.client.create_experiment("shiprisk", tags={"mlflow.note.content": "ours"})
    tags = registry.client.get_experiment(registry.experiment()).tags
    assert (tags["mlflow.note.content"], tags["mlflow.experimentKind"]) == ("ours", "custom_model_development")
    assert registry.figures_path() is not None


def test_experiments_open_on_their_runs_and_say_what_they_are(settings: Settings) -> None:
    """By the tag that MLflow's own pages look for."""
    registry = Registry(settings.tracking_uri, settings.artifacts)
    for name, says in (("shiprisk", "One run a training"), ("shiprisk promotions", "who is champion")):
        tags = registry.client.get_experiment_by_name(name).tags
        assert tags["mlflow.experimentKind"] == "custom_model_development"
        assert says in tags["mlflow.note.content"]
    pages = Path(registry.mlflow.__file__).parent / "server" / "js" / "build"
    assert any('"custom_model_development"' in page.read_text("utf-8") for page in pages.rglob("main.*.js"))


def test_names_of_runs_tell_them_apart_and_what_is_not_said_is_no_tag(settings: Settings) -> None:
    registry = Registry(settings.tracking_uri, settings.artifacts)
    champion = registry.resolve("order-risk")
    name = registry.client.get_run(champion.run_id).info.run_name
    assert re.fullmatch(r"order-risk@1 until 2024-\d\d-\d\d, before=5", name)
    assert "shiprisk.champion" not in registry.client.get_model_version("order-risk", "1").tags


def test_a_version_that_is_not_there_is_told_which_are(settings: Settings) -> None:
    registry = Registry(settings.tracking_uri, settings.artifacts)
    with pytest.raises(UnknownModel, match="must hold order-risk@99: the model has version 1, got 99"):
        registry.resolve("order-risk", "99")
    with pytest.raises(UnknownModel, match="it has no such model"):
        registry.resolve("other-risk", "99")


def test_a_description_that_somebody_wrote_stays(settings: Settings) -> None:
    registry = Registry(settings.tracking_uri, settings.artifacts)
    before = registry.client.get_registered_model("order-risk").description
    registry.client.update_registered_model("order-risk", "Ask Ms Huber before you touch this.")
    registry.describe("order-risk")
    assert registry.client.get_registered_model("order-risk").description == "Ask Ms Huber before you touch this."
    registry.client.update_registered_model("order-risk", before)
    registry.describe("order-risk")
    assert registry.client.get_registered_model("order-risk").description == before


def test_mlflow_loads_the_same_numbers(settings: Settings, plant: pd.DataFrame) -> None:
    registry = Registry(settings.tracking_uri, settings.artifacts)
    registry.mlflow.set_tracking_uri(settings.tracking_uri)
    theirs = registry.mlflow.pyfunc.load_model("models:/order-risk@champion")
    points = build_dataset(plant, "before=5").points
    expected = load_champion(settings).model.predict(points.signals)
    served = theirs.predict(points.frame())
    np.testing.assert_array_equal(served["risk"], expected.risk)
    np.testing.assert_array_equal(served["partial"], expected.partial)


def test_mlflow_answers_with_ship_dates_where_it_is_given_moments(settings: Settings, plant: pd.DataFrame) -> None:
    """Those of the model itself at the risk without a level; with signals alone it gives the risk alone."""
    registry = Registry(settings.tracking_uri, settings.artifacts)
    registry.mlflow.set_tracking_uri(settings.tracking_uri)
    theirs = registry.mlflow.pyfunc.load_model("models:/order-risk@champion")
    points = build_dataset(plant, "before=5").points.take(np.arange(40))
    as_of = points.as_of
    promised = as_of + (points.days_to_promise * DAY).astype(np.int64)
    moments = {"as_of": [isoformat(one) for one in as_of], "promised": [isoformat(one) for one in promised]}
    served = theirs.predict(points.frame().assign(**moments, plant=points.plant))
    model = load_champion(settings).model
    assert model.ship_dates is not None
    asked = ShipQuestion(
        points.signals, as_of, promised, np.zeros(40, dtype=bool), points.plant, np.full(40, "", dtype=object)
    )
    forecast = model.ship_dates.forecast(asked, 1 - model.predict(points.signals).risk, model.context.calendar)
    assert served["expected_ship"].tolist() == [iso_day(day) for day in forecast.expected.tolist()]
    assert served["ship_latest"].tolist() == [iso_day(day) for day in forecast.latest.tolist()]
    assert list(theirs.predict(points.frame()).columns) == ["risk", "missed", "partial"]


def test_no_pickle_is_kept(home: Home) -> None:
    kept = {path.suffix for path in (home.folder / "home").rglob("*") if path.is_file()}
    assert not kept & {".pkl", ".pickle", ".joblib", ".cloudpickle", ".skops"}


def test_the_service_starts_when_the_registry_is_away(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    present = load_champion(settings)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    away = load_champion(settings)
    assert (away.version, away.model.about) == (present.version, present.model.about)
    assert away.degraded_because == ("the model registry is away, the cached version 1 scores",)
    with pytest.raises(ModelMissing, match="must answer or the cache must hold order-risk@7"):
        load_champion(settings, "7")


def test_a_missing_model_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(ModelMissing, match="got no registry yet: run 'shiprisk train' first"):
        load_champion(Settings(home=tmp_path))


def test_an_alias_that_is_not_there_says_so(settings: Settings) -> None:
    with pytest.raises(ModelMissing, match="order-risk@rival must be registered, got none"):
        load_champion(settings, "rival")


@pytest.mark.nightly
def test_mlflow_serves_the_same_numbers(home: Home, settings: Settings, plant: pd.DataFrame) -> None:
    """The scoring server MLflow starts for ``mlflow models serve``, asked over its socket."""
    points = build_dataset(plant, "before=5").points
    rows = points.frame().head(20)
    url = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/order-risk@champion"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = home.environment | {
        "PATH": path,
        "MLFLOW_TRACKING_URI": settings.tracking_uri,
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    with (home.folder / "mlflow.log").open("w") as log:
        server = subprocess.Popen(
            [*command, "--env-manager", "local", "--port", url.rpartition(":")[2]],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        body = {"dataframe_split": json.loads(rows.to_json(orient="split", double_precision=15))}
        wait_for(f"{url}/ping", server, home.folder / "mlflow.log")
        reply = httpx.post(f"{url}/invocations", json=body, timeout=60)
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)
    expected = load_champion(settings).model.predict(points.signals[:20])
    np.testing.assert_allclose([row["risk"] for row in reply.json()["predictions"]], expected.risk, atol=1e-9)
