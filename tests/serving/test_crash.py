"""Killed under load: what was acknowledged is there, once, and scored as if nothing had happened."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from serving.settings import Settings
from tests.conftest import Home
from tests.support.crashes import check, kill_at_random
from tests.support.stores import empty_database

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
KILLS = 20 if NIGHTLY else 2
"""Of several workers all are killed first, then one."""


@pytest.mark.parametrize(("kind", "workers"), [pytest.param("sqlite", 1, marks=pytest.mark.nightly), ("postgresql", 2)])
def test_killed_again_and_again_under_load(kind: str, workers: int, home: Home, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as url:
        environment = home.environment | {
            "SHIPRISK_DATABASE_URL": url,
            "SHIPRISK_TICK": "2",
            "SHIPRISK_KEEPER": "process",
        }
        here = replace(home, folder=tmp_path, environment=environment)
        assert here.run("db", "upgrade").returncode == 0
        acknowledged = kill_at_random(here, KILLS, workers, tmp_path / "journal")
        found = check(Settings(home=home.folder / "home", database_url=url), acknowledged)
    assert found["acknowledged"] >= 30
