"""Which model a command means: a registered version, or a folder that holds one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import InvalidRequest
from serving.settings import Settings

if TYPE_CHECKING:
    from training.comparison.rows import ComparedModel


def read_model(reference: str, settings: Settings) -> ComparedModel:
    """The model of ``NAME@VERSION``, ``NAME@ALIAS`` or a folder. Raises ``InvalidRequest`` where it is neither."""
    from serving.models.cache import open_registry
    from training.comparison.rows import ComparedModel
    from training.model.risk_model import RiskModel

    if Path(reference).is_dir():
        return ComparedModel(reference, RiskModel.load(Path(reference)))
    name, _, version = reference.rpartition("@")
    if not name or not version:
        raise InvalidRequest(
            f"a model must be NAME@VERSION such as order-risk@3, NAME@champion, or a folder, got {reference!r}"
        )
    registry = open_registry(settings)
    found = registry.resolve(name, version)
    return ComparedModel(f"{name}@{found.version}", registry.load(found))
