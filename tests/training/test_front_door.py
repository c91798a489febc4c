from __future__ import annotations

import subprocess
import sys

import pytest

import training


def test_every_name_of_the_front_door_is_there() -> None:
    for name in training.__all__:
        assert getattr(training, name).__name__ == name
    with pytest.raises(AttributeError, match="module 'training' has no attribute 'oracle'"):
        training.oracle  # noqa: B018


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    heavy = "{'lightgbm', 'mlflow', 'sklearn', 'matplotlib', 'numba'} & set(sys.modules)"
    code = f"import sys, training; raise SystemExit(len({heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
