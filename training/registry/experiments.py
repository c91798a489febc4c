"""The experiments that runs are kept in, and what MLflow's pages say of each."""

from __future__ import annotations

import json

EXPERIMENT, BACKTESTS, PROMOTIONS = "shiprisk", "shiprisk backtests", "shiprisk promotions"
NOTE = "mlflow.note.content"
PRIMARY = "brier_skill"
VIEW = "figures"
"""The view of an experiment's runs that is shared under this name: ``?viewStateShareKey=figures`` in its address."""
COLUMNS = (
    "tags.`shiprisk.decided`",
    f"metrics.`{PRIMARY}`",
    "metrics.`brier`",
    "metrics.`logistic_regression.brier`",
    "metrics.`roc_auc`",
    "metrics.`calibration_error`",
)
"""What that view shows of a training; MLflow shows no metric unless somebody chooses it."""
TRAINING_TAGS = {
    NOTE: (
        "One run a training. The metric that counts is `brier_skill`, the share of the base rate's squared error that "
        "is gone; then `brier`, `log_loss`, `average_precision`, `roc_auc` and `calibration_error`, each with `.low` "
        "and `.high` (95 %, weeks redrawn). A name such as `logistic_regression.brier` is of a baseline on the same "
        "orders. "
        "The tag `shiprisk.decided` is what the gate said; open `report.html` of a run for the whole story."
    ),
    "mlflow.experiment.primaryMetric.name": PRIMARY,
    "mlflow.experiment.primaryMetric.greaterIsBetter": "True",
    f"mlflow.sharedViewState.{VIEW}": json.dumps({"selectedColumns": COLUMNS}),
}
"""Of the experiment that trainings are logged in."""
PROMOTION_TAGS = {
    NOTE: (
        "One run a decision of who is champion, the latest first: the tags `shiprisk.model`, `shiprisk.version`, "
        "`shiprisk.champion` (the version until then), `shiprisk.decided` and `shiprisk.because` say what and why; "
        "the metrics `improvement`, with `.low` and `.high`, by how much the Brier score is lower; `verdict.json` has "
        "every check of the gate. `shiprisk champions` prints the same."
    )
}
BACKTEST_TAGS = {
    NOTE: (
        "One run a backtest: history replayed with a model trained every so many days. Metrics have one step a "
        "stretch; open `backtest.html` for the whole story."
    )
}
KIND = {"mlflow.experimentKind": "custom_model_development"}
"""MLflow 3 opens such an experiment on its runs, where it otherwise may show pages of generative models."""


def experiment_tags(name: str) -> dict[str, str]:
    """What is said of an experiment when it is made."""
    own = {EXPERIMENT: TRAINING_TAGS, PROMOTIONS: PROMOTION_TAGS, BACKTESTS: BACKTEST_TAGS}
    return KIND | own.get(name, {})
