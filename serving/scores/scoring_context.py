"""Why scores are made, when, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from features.catalogue.fingerprint import features_hash
from features.policy import OutcomePolicy
from features.readiness.pack_time import UNKNOWN_PAST, PackTimes
from serving.models.scorer import Scorer
from serving.settings import Settings

NO_MODEL = "no model was there to score the order with"


@dataclass(frozen=True)
class ActiveModel:
    """What scores now: a scorer and the context it reads.

    Attributes
    ----------
    scorer : ``None`` while there is no model
    context_id : of the load and track record that the scorer reads
    pack_times : from when silence about an order is in its way
    """

    scorer: Scorer | None
    context_id: str
    pack_times: PackTimes = UNKNOWN_PAST

    @property
    def scored_by(self) -> str:
        """The model, so that one can tell when it has changed."""
        return self.scorer.loaded.identity if self.scorer else ""

    @cached_property
    def features_hash(self) -> str:
        """Of the code that computes the signals now, which may not be the code the model was trained with."""
        return features_hash(self.scorer.model.names) if self.scorer else ""

    def degradation(self, now: int) -> dict[str, Any]:
        """Whether scores are not as good as they could be at a moment, and why, as replies have it."""
        return self.scorer.degradation(now) if self.scorer else {"degraded": True, "degraded_because": [NO_MODEL]}


@dataclass(frozen=True)
class ScoringContext:
    """Why scores are made, when, and by what.

    Attributes
    ----------
    now : microseconds; what was scored as of a later moment before is scored as of that one again
    """

    cause: str
    now: int
    active: ActiveModel
    settings: Settings

    @property
    def policy(self) -> OutcomePolicy:
        """That of the model, which for a score made again may not be that of the service any more."""
        scorer = self.active.scorer
        return scorer.model.policy if scorer else self.settings.policy
