"""What the model has to beat: rules and simple models, fitted on the same earlier orders."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.special import expit
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from features.arrays import Floats
from features.times import DAY
from training.data.labelled import LabelledPoints

Predict = Callable[[LabelledPoints], Floats]
ALARMS = ("open_holds", "open_shortages", "failed_inspections")
SLACKS = ("planned_end_slack", "delivery_slack")


def fit_base_rate(train: LabelledPoints) -> Predict:
    """The failure share of the earlier orders, for every order."""
    share = float(np.average(train.failed, weights=train.weight))
    return lambda points: np.full(len(points), share)


def fit_plant_share(train: LabelledPoints, days: int) -> Predict:
    """The failure share of each plant over the last so many days before the cut, drawn to that of all by one order.

    The cut is the moment the last outcome of the earlier orders was known. A plant of which none was known in these
    days, and an order of no plant, get the share of all in them.
    """
    recent = train.take(train.known_at > train.known_at.max(initial=0) - days * DAY)
    return _share_by_plant(recent)


def _share_by_plant(points: LabelledPoints) -> Predict:
    overall = float(np.average(points.failed, weights=points.weight))
    of = {
        plant: (float(points.evidence[rows] @ points.failed[rows]) + overall) / (float(points.evidence[rows].sum()) + 1)
        for plant in set(points.plant)
        if (rows := points.plant == plant).any()
    }
    return lambda asked: np.array([of.get(plant, overall) for plant in asked.plant], dtype=np.float64)


def share_in_hindsight(points: LabelledPoints) -> Floats:
    """(n,) the failure share of each row's plant among these very rows: the best constant, which nobody could know."""
    share = np.zeros(len(points))
    for plant in set(points.plant):
        rows = points.plant == plant
        share[rows] = np.average(points.failed[rows], weights=points.weight[rows])
    return share


def fit_slack(train: LabelledPoints) -> Predict:
    """Logistic regression on the days to the promise and the slack the plan leaves, nothing else."""
    return _fit_logistic(train, ["days_to_promise", "planned_end_slack"])


def fit_erp_status(train: LabelledPoints) -> Predict:
    """Red or green as an ERP shows it: red if a hold, a shortage or a failed lot is open or a planned date is late.

    Red and green get the failure share each had among the earlier orders.
    """
    red = _red(train)
    overall = float(np.average(train.failed, weights=train.weight))
    shares = [
        (np.sum((train.failed * train.evidence)[red == colour]) + overall) / (train.evidence[red == colour].sum() + 1)
        for colour in (False, True)
    ]
    return lambda points: np.where(_red(points), shares[1], shares[0])


def fit_logistic_regression(train: LabelledPoints) -> Predict:
    """Ridge logistic regression on every signal: ranks, medians for what is missing, and flags for it."""
    return _fit_logistic(train, train.names)


def _red(points: LabelledPoints) -> np.ndarray:
    signals = points.frame()
    with np.errstate(invalid="ignore"):
        alarms = (signals[list(ALARMS)] > 0).any(axis=1)
        late = (signals[list(SLACKS)] < 0).any(axis=1)
    return (alarms | late).to_numpy()


def _fit_logistic(train: LabelledPoints, names: list[str]) -> Predict:
    columns = [train.names.index(name) for name in names]
    varied = [c for c in columns if np.nanmax(_finite(train, c)) > np.nanmin(_finite(train, c))]
    if not varied:
        return fit_base_rate(train)
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        QuantileTransformer(n_quantiles=min(200, len(train)), output_distribution="uniform", random_state=0),
        StandardScaler(),
        LogisticRegression(C=0.1, max_iter=2000),
    )
    model.fit(train.signals[:, varied], train.failed, logisticregression__sample_weight=train.evidence)
    return lambda points: expit(model.decision_function(points.signals[:, varied]))


def _finite(train: LabelledPoints, column: int) -> Floats:
    values = train.signals[:, column]
    return values if np.isfinite(values).any() else np.zeros(1)


BASELINES: dict[str, Callable[[LabelledPoints], Predict]] = {
    "base rate": fit_base_rate,
    "plant share of 180 days": partial(fit_plant_share, days=180),
    "plant share of 365 days": partial(fit_plant_share, days=365),
    "slack to promise": fit_slack,
    "ERP status": fit_erp_status,
    "logistic regression": fit_logistic_regression,
}


def fit_baselines(train: LabelledPoints) -> dict[str, Predict]:
    """Every baseline, fitted on the same orders."""
    return {name: _of_any(baseline(train)) for name, baseline in BASELINES.items()}


def _of_any(predict: Predict) -> Predict:
    """scikit-learn wants at least one row."""
    return lambda points: predict(points) if len(points) else np.zeros(0)
