"""A model proves itself on made-up orders before it serves."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from serving.models.smoke_test import SmokeTestFailed, verify
from tests.support.models import scorer_of
from training.model.calibration import Affine
from training.model.risk_model import RiskModel
from training.trainer import Trained


def test_a_model_that_holds_passes_the_probe(trained: Trained) -> None:
    verify(scorer_of(trained.model))


def test_trees_that_lightgbm_reads_differently_do_not_pass(trained: Trained) -> None:
    other = replace(trained.model)
    assert other.predict(trained.dataset.points.signals[:1]).risk.size
    object.__setattr__(other, "calibration", Affine(2.0, trained.model.calibration.intercept))
    verify(scorer_of(other))
    other.__dict__["_risk_trees"].base += 1e-3
    with pytest.raises(SmokeTestFailed, match="must add up to the risk|must give the risk to 1e-09"):
        verify(scorer_of(other))


def test_ship_dates_that_are_no_distribution_do_not_pass(trained: Trained, tmp_path: Path) -> None:
    trained.model.save(tmp_path)
    own = RiskModel.load(tmp_path)
    verify(scorer_of(own))
    assert own.ship_dates is not None
    own.ship_dates._hazards._trees.value[:] = np.nan
    with pytest.raises(SmokeTestFailed, match=r"must rise within \[0, 1\], got \[nan"):
        verify(scorer_of(own))


def test_a_slow_model_does_not_pass(trained: Trained) -> None:
    ticks = count(step=0.3)
    with pytest.raises(SmokeTestFailed, match=r"must be scored within 0.25 s, got 0.30 s"):
        verify(scorer_of(trained.model), seconds=lambda: next(ticks))
