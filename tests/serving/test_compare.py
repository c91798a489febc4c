"""Comparing models, measuring signals and opening MLflow from the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from serving.commands.models.pages import how_to_open
from serving.models.mlflow_pages import how_to_see
from serving.settings import Settings
from tests.conftest import Home, free_port, wait_for
from tests.support import commands
from training.model.calibration import Affine
from training.registry.registry import Registry
from training.trainer import Trained


@pytest.fixture
def folders(tmp_path: Path, trained: Trained) -> tuple[str, str]:
    """The twin of a training, and one that hardly dares to say anything, as folders."""
    twin = trained.twin.model
    timid = replace(twin, calibration=Affine(twin.calibration.slope / 5, twin.calibration.intercept))
    for name, model in (("twin", twin), ("timid", timid)):
        model.save(tmp_path / name)
    return str(tmp_path / "twin"), str(tmp_path / "timid")


@pytest.mark.nightly
def test_two_models_are_compared_and_the_better_one_is_named(home: Home, folders: tuple[str, str]) -> None:
    command = ("compare", *folders, str(home.events), "--snapshots", "before=5")
    shown = home.run(*command)
    assert shown.returncode == 0, shown.stderr
    assert "Where they differ most" in shown.stdout
    assert f"{folders[0]} is better, on" in " ".join(shown.stdout.split())
    result = json.loads(home.run(*command, "--json").stdout.splitlines()[-1])
    assert result["verdict"]["better"] == folders[0]
    brier = result["slices"][0]["metrics"]["brier"]
    assert brier["gain"]["value"] == pytest.approx(brier["first"]["value"] - brier["second"]["value"])
    assert {one["outcome"] for one in result["orders"]} <= {"missed", "partial", "on time in full"}


def test_what_cannot_be_compared_is_said(home: Home, folders: tuple[str, str]) -> None:
    events = str(home.events)
    seen = home.run("compare", "order-risk@1", folders[0], events, "--snapshots", "before=5")
    assert (seen.returncode, "neither has learned from, got none" in seen.stderr) == (2, True), seen.stderr
    assert "order-risk@1" in seen.stderr
    for one, other, said in (
        ("order-risk", folders[0], "must be NAME@VERSION such as order-risk@3"),
        (folders[0], folders[0], "must be two"),
        ("order-risk@7", folders[0], "must hold order-risk@7: the model has version 1, got 7"),
        ("other-risk@7", folders[0], "it has no such model"),
    ):
        refused = home.run("compare", one, other, events)
        assert refused.returncode != 0
        assert said in refused.stderr, refused.stderr


@pytest.mark.nightly
def test_what_a_signal_brings_is_measured_with_an_interval(home: Home) -> None:
    command = ("ablate", str(home.events), "--snapshots", "before=5", "--signal", "hold_frequency", "--group", "size")
    shown = home.run(*command, "--json")
    assert shown.returncode == 0, shown.stderr
    assert "2 refits of about" in shown.stderr
    result = json.loads(shown.stdout.splitlines()[-1])
    assert {one["name"] for one in result["effects"]} == {"signal hold_frequency", "group size"}
    gains = [one["metrics"]["brier"]["gain"] for one in result["effects"]]
    assert [gain["value"] for gain in gains] == sorted((gain["value"] for gain in gains), reverse=True)
    assert all(gain["low"] <= gain["value"] <= gain["high"] for gain in gains)
    wrong = home.run("ablate", str(home.events), "--group", "hold")
    assert (wrong.returncode, "a group must be one of" in wrong.stderr) == (2, True)


@pytest.mark.nightly
def test_mlflow_opens_on_the_runs_that_were_trained(home: Home) -> None:
    """Its pages and its API, on this machine alone."""
    port = free_port()
    log = home.folder / "ui.log"
    process = commands.start(("ui", "--port", str(port)), home.environment, home.folder, log)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/health", process, log)
        assert url in log.read_text()
        found = httpx.get(f"{url}/api/2.0/mlflow/registered-models/get", params={"name": "order-risk"}, timeout=30)
        assert found.json()["registered_model"]["name"] == "order-risk"
    finally:
        process.terminate()
        process.wait(30)


def test_a_store_on_a_server_is_not_opened_but_named(home: Home) -> None:
    there = replace(home, environment=home.environment | {"MLFLOW_TRACKING_URI": "http://mlflow.plant:5000"})
    refused = there.run("ui")
    assert (refused.returncode, "its pages are at http://mlflow.plant:5000" in refused.stderr) == (2, True)


def test_addresses_of_runs_have_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    address = "http://anna:geheim@mlflow.plant:5000"
    local = Registry(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "artifacts")
    run_id = local.client.create_run(local.experiment()).info.run_id
    local.uri = address
    assert how_to_see(local, run_id).startswith("http://anna:***@mlflow.plant:5000/#/experiments/")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    assert how_to_open(Settings()) == "http://anna:***@mlflow.plant:5000"
    refused = replace(home, environment=home.environment | {"MLFLOW_TRACKING_URI": address}).run("ui")
    assert (refused.returncode, "geheim" in refused.stderr) == (2, False)
