"""Why scores are made, when, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from features.catalogue.fingerprint import features_hash
from serving.models.scorer import Scorer
from serving.settings import Settings


@dataclass(frozen=True)
class Standing:
    """What scores now.

    Attributes
    ----------
    scorer : ``None`` while there is no model
    context_id : of the load and track record that the scorer reads
    """

    scorer: Scorer | None
    context_id: str

    @property
    def scored_by(self) -> str:
        """The model, so that one can tell when it has changed."""
        champion = self.scorer.champion if self.scorer else None
        return f"{champion.name}@{champion.version} of {champion.run_id}" if champion else ""

    @cached_property
    def features_hash(self) -> str:
        """Of the code that computes the signals now, which may not be the code the model was trained with."""
        return features_hash(self.scorer.model.names) if self.scorer else ""


@dataclass(frozen=True)
class Occasion:
    """Why scores are made, when, and by what.

    Attributes
    ----------
    now : microseconds; what was scored as of a later moment before is scored as of that one again
    """

    cause: str
    now: int
    standing: Standing
    settings: Settings
