"""A simulated plant is simulated once, and what is read back is what was simulated."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from simulation import simulate, simulate_once
from simulation.description.description import Plant
from tests.support.plants import loaded, tiny


def days_simulated(plant: Plant, orders: int, seed: int, folder: Path | None = None) -> int:
    days: list[int] = []
    simulate_once(plant, orders, 20, seed, lambda _, day, __: days.append(day), folder)
    return len(days)


def test_the_second_time_it_is_read_and_is_the_same_to_the_last_bit(tmp_path: Path) -> None:
    assert days_simulated(tiny(), 20, 1, tmp_path) == 20
    assert days_simulated(tiny(), 20, 1, tmp_path) == 0
    again = simulate_once(tiny(), 20, 20, 1, folder=tmp_path)
    pd.testing.assert_frame_equal(again, simulate(tiny(), 20, 20, 1), check_exact=True)
    assert [path.suffix for path in tmp_path.iterdir()] == [".parquet"], "nothing unfinished is left behind"


def test_another_plant_size_or_seed_is_simulated_anew(tmp_path: Path) -> None:
    assert days_simulated(tiny(), 20, 1, tmp_path) == 20
    assert days_simulated(tiny(), 20, 2, tmp_path) == 20
    assert days_simulated(tiny(), 21, 1, tmp_path) == 20
    assert days_simulated(loaded(1.4), 20, 1, tmp_path) == 20


def test_it_is_found_under_the_home_of_everything_local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPRISK_HOME", str(tmp_path / "home"))
    assert days_simulated(tiny(), 20, 1) == 20
    assert days_simulated(tiny(), 20, 1) == 0
    assert len(list((tmp_path / "home" / "plants").iterdir())) == 1
