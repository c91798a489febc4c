"""What MLflow's pages say first of a run and of a registered model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from training.evaluate.evaluation import Evaluation

MODEL_DESCRIPTION = "P(missed or partial) of an open order"
COLUMNS = {
    "brier_skill": "Brier skill",
    "brier": "Brier",
    "log_loss": "log loss",
    "average_precision": "average precision",
    "roc_auc": "ROC AUC",
    "calibration_error": "calibration error",
}
"""The metrics that matter, in their order, and how they are called."""


def describe_run(evaluation: Evaluation, about: dict[str, Any]) -> str:
    """Markdown: what was learned from, and the metrics of the model beside its baselines."""
    whole = evaluation.whole
    lines = [
        f"Learned from {about['orders']:,} orders, known until {about['trained_until'][:10]}. Judged on "
        f"{whole.orders:,} orders after {evaluation.tested_after[:10]}, {whole.failure_share:.1%} of which failed "
        "(95 % intervals).",
        "",
        f"| | {' | '.join(COLUMNS.values())} |",
        f"|---|{'---|' * len(COLUMNS)}",
    ]
    for model, estimates in whole.estimates.items():
        lines.append(f"| {model} | {' | '.join(str(estimates[name]) for name in COLUMNS)} |")
    return "\n".join([*lines, "", "The whole story is in `report.html` among the artifacts."])


def describe_model(versions: Iterable[tuple[str, str, str, str]]) -> str:
    """Markdown: what the model is, and for each alias the version, what was decided and why."""
    lines = [
        f"- **{alias}** is version {version}, {decided}: {because}" for alias, version, decided, because in versions
    ]
    return "\n".join([f"{MODEL_DESCRIPTION}.", "", *lines])
