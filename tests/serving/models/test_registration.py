"""A training of Python's becomes a version as one of the command line does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from serving.models.registration import register
from serving.settings import Settings
from training.promote.promotion import force, list_decisions
from training.registry.registry import Registry
from training.trainer import Trained


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("SHIPRISK_HOME", str(tmp_path / "home"))
    return Settings()


def test_a_training_is_logged_with_its_events_and_the_gate_decides(trained: Trained, settings: Settings) -> None:
    """The first is judged beside the rules, the next beside the champion of then."""
    registered = register(trained, "kiel", events="events.parquet")
    assert (registered.version.version, registered.version.aliases) == ("1", ("challenger",))
    assert registered.decision.decided == "refused"
    assert "kiel@1 is not promoted. What falls short: " in str(registered)
    assert "shiprisk promote kiel@1 --unproven" in str(registered)
    assert "shiprisk ui, then http" in str(registered)
    registry = Registry(settings.tracking_uri, settings.artifacts)
    assert list_decisions(registry, "kiel") == [registered.decision]
    (logged,) = registry.client.get_run(registered.version.run_id).inputs.dataset_inputs
    assert (logged.dataset.name, logged.dataset.digest) == ("events.parquet", trained.dataset.fingerprint)
    force(registry, "kiel", "1", "to have one")
    later = register(replace(trained, news=None), "kiel", hold=True)
    assert later.verdict.champion == "1"
    assert "shiprisk promote kiel@2 --force" in str(later)
    (logged,) = registry.client.get_run(later.version.run_id).inputs.dataset_inputs
    assert logged.dataset.name == "events of a DataFrame"
