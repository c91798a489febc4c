"""Models for tests: one that scores, and one that scores higher."""

from __future__ import annotations

from dataclasses import replace

from features.policy import OutcomePolicy, OutcomeRules, Promise
from serving.models.cache import LoadedModel
from serving.models.scorer import Scorer
from training.model.calibration import Affine
from training.model.risk_model import RiskModel


def scorer_of(model: RiskModel) -> Scorer:
    return Scorer(LoadedModel("order-risk", "1", model))


def steeper(model: RiskModel) -> RiskModel:
    return replace(model, calibration=Affine(model.calibration.slope, model.calibration.intercept + 1))


def trained_under(model: RiskModel, promise: Promise) -> RiskModel:
    """The model as if it had learned outcomes by another promise."""
    policy = OutcomePolicy(OutcomeRules(promise))
    return replace(
        model, about=model.about | {"outcome_policy": policy.to_json(), "outcome_policy_hash": policy.digest}
    )
