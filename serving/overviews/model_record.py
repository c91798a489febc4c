"""How the model that scores came to serve and how it did on orders whose outcome is known, as the registry has it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from serving.models.cache import LoadedModel, existing_registry
from serving.settings import Settings
from training.promote.promotion import Decision, list_decisions
from training.registry.registry import ModelVersion

BY_DAYS = "days to promise"
"""``training.evaluate.foretold.BY_DAYS``."""
REPORT = "report.html"


@dataclass(frozen=True)
class ModelRecord:
    """What the registry knows of the version that scores.

    Attributes
    ----------
    foretold, whole : rows by days to promise, and that of all, as ``training.evaluate.foretold.Foretold`` has them
    decision : by which it became champion, ``None`` where none is entered
    latest : the latest decision about any version, where that is another one
    """

    foretold: list[dict[str, Any]]
    whole: dict[str, Any] | None
    decision: Decision | None
    latest: Decision | None
    has_report: bool


def read_record(settings: Settings, loaded: LoadedModel) -> ModelRecord:
    """What the registry knows. Raises ``RegistryUnavailable`` while it is away."""
    registry = existing_registry(settings)
    version = ModelVersion(loaded.name, loaded.version, loaded.run_id)
    decisions = list_decisions(registry, loaded.name)
    evaluation = registry.read_text(version, "evaluation.json")
    rows = json.loads(evaluation)["foretold"] if evaluation else []
    own = [one for one in decisions if one.version == loaded.version]
    latest = decisions[0] if decisions and decisions[0].version != loaded.version else None
    return ModelRecord(
        foretold=[row for row in rows if row["by"] == BY_DAYS],
        whole=next((row for row in rows if row["by"] == "all"), None),
        decision=next((one for one in own if one.takes_over), next(iter(own), None)),
        latest=latest,
        has_report=registry.has_file(version, REPORT),
    )


def read_report(settings: Settings, loaded: LoadedModel) -> str | None:
    """The page of the training's report, ``None`` where there is none."""
    return existing_registry(settings).read_text(ModelVersion(loaded.name, loaded.version, loaded.run_id), REPORT)
