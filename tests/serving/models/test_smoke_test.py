"""A model proves itself on made-up orders before it serves."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from serving.models.smoke_test import SmokeTestFailed, verify
from tests.support.models import scorer_of
from training.model.calibration import Affine
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


def test_a_slow_model_does_not_pass(trained: Trained) -> None:
    ticks = count(step=0.3)
    with pytest.raises(SmokeTestFailed, match=r"must be scored within 0.25 s, got 0.30 s"):
        verify(scorer_of(trained.model), seconds=lambda: next(ticks))
