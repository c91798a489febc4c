"""Every command and every line of Python of the how-tos, run in their order in one home."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.conftest import Home, new_home
from tests.how_tos.conftest import fences, run_python

PAGES = ("comparing", "promoting", "retraining_monthly")
REFUSED = "may be refused"
HERE = {
    "2025-09-01 --tune 20": "2024-08-01",
    "2025-09-01": "2024-08-15",
    "--store default --if-worthwhile": "events.parquet --dry-run",
}
"""What differs in a plant of these tests: it is of another year and has no service; the second learns from less."""
SCHEME = ("--snapshots", "before=5")


@pytest.fixture(scope="module")
def own_home(trained_folder: Path, plant: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A copy with one version, in which others come and go: the pages number them."""
    folder = tmp_path_factory.mktemp("how-tos") / "own"
    shutil.copytree(trained_folder, folder)
    return new_home(folder, plant)


def arguments_of(line: str) -> list[str]:
    for there, here in HERE.items():
        line = line.replace(there, here)
    words = [part.strip('"') for part in re.findall(r'"[^"]*"|\S+', line.partition("shiprisk ")[2].partition(" >>")[0])]
    return [*words, *(SCHEME if words[0] in ("train", "compare", "ablate") or "--events" in words else ())]


@pytest.mark.nightly
def test_every_command_of_the_how_tos_does_what_it_says(own_home: Home) -> None:
    for page in PAGES:
        for kind, content in fences(page):
            if kind == "python":
                continue
            for line in content.splitlines():
                done = own_home.run(*arguments_of(line))
                refused = REFUSED in kind and "must pass the gate" in done.stderr + done.stdout
                assert done.returncode == 0 or refused, (page, line, done.stderr)


@pytest.mark.nightly
def test_the_python_of_the_how_tos_runs(
    own_home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After their commands: it reads the versions that these have trained."""
    monkeypatch.chdir(own_home.folder)
    monkeypatch.setenv("SHIPRISK_HOME", own_home.environment["SHIPRISK_HOME"])
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    names: dict[str, Any] = {}
    for page in PAGES:
        for kind, content in fences(page):
            if kind == "python":
                run_python(page, content, names)
    assert names["found"].whole.metrics["brier"].gain.value != 0
    assert "order-risk@3" in capsys.readouterr().out
