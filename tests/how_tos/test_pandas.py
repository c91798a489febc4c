"""How-tos are tests: every block of a page runs, in the order of the page, in a folder with the events of a plant."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.events import write_events
from serving.models.cache import open_registry
from serving.settings import Settings
from tests.features.conftest import FromOutside, from_outside  # noqa: F401
from tests.how_tos.conftest import ROOT, fences, run_python
from training.registry.registry import CHAMPION
from training.report.report import Report
from training.trainer import Trained


@pytest.fixture
def folder(tmp_path: Path, plant: pd.DataFrame, compiled: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a reader works: the examples, and a file of events."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    write_events(plant, tmp_path / "events.parquet")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHIPRISK_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def run_page(page: str, folder: Path, first: int = 0) -> dict[str, Any]:
    """Python in one namespace, commands in the folder; from one of its fences on."""
    names: dict[str, Any] = {}
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    for language, code in fences(page)[first:]:
        assert language in ("python", "bash", "toml")
        if language == "python":
            run_python(page, code, names)
        elif language == "bash":
            run_lines(code, folder, environment)
    return names


def run_lines(code: str, folder: Path, environment: dict[str, str]) -> None:
    for line in code.splitlines():
        first, *arguments = shlex.split(line)
        if first == "export":
            name, _, value = arguments[0].partition("=")
            environment[name] = value
            continue
        assert first == "shiprisk", line
        command = [sys.executable, "-m", "serving", *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def test_from_an_export_to_a_labelled_table(folder: Path) -> None:
    names = run_page("labelled_table", folder)
    assert len(names["table"]) > 0
    flat = pd.read_csv(folder / "table.csv")
    assert list(flat.columns[:3]) == ["order_id", "as_of", "known_at"]


def test_tuning_with_scikit_learn(folder: Path) -> None:
    names = run_page("tuning", folder)
    assert set(names["search"].best_params_) == {"num_leaves", "min_child_samples"}
    assert 0 < names["found"].mean() < 0.25


def test_a_signal_from_outside(folder: Path, from_outside: FromOutside) -> None:  # noqa: F811
    """The file of the page goes into the folder that the page names."""
    entered = from_outside(fences("own_signal")[0][1])
    assert (folder / "signals" / "ours.py").exists()
    assert entered["rework_last_14_days"].topic == "quality"
    names = run_page("own_signal", folder, first=1)
    assert "rework_last_14_days" in names["table"]


@pytest.mark.nightly
def test_a_model_of_ones_own(folder: Path, trained: Trained) -> None:
    """Beside a champion that has not seen the last orders."""
    registry = open_registry(Settings())
    version = registry.log(Report(replace(trained, model=trained.twin.model)), "order-risk")
    registry.client.set_registered_model_alias("order-risk", CHAMPION, version.version)
    names = run_page("own_model", folder)
    assert "ridge of Kiel is compared, and not served" in names["judged"].verdict.falls_short[-1]
    assert names["judged"].verdict.champion == "1"
    assert names["run_id"]
