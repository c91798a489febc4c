"""Any classifier of scikit-learn on labelled points: fitted as it wants to be, read as a risk."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from features.arrays import Floats
from training.data.labelled import LabelledPoints
from training.estimator.estimator import RiskEstimator
from training.estimator.table import InvalidTable, signals_of, table_of
from training.model.baselines import Predict


@runtime_checkable
class RiskClassifier(Protocol):
    """What a classifier must be able to do: learn 0 and 1 from a frame of signals, and give probabilities."""

    def fit(self, X: Any, y: Any) -> Any: ...

    def predict_proba(self, X: Any) -> Any: ...

    def get_params(self, deep: bool = True) -> Any: ...


def fit_classifier(classifier: RiskClassifier, points: LabelledPoints) -> Predict:
    """A copy of a classifier, fitted on points, as a function from points to their risks (n,) in [0, 1].

    It is given a frame of signals whose index says which order each row is and when, outcomes in {0, 1}, and, where it
    takes them, weights by which looks at one order are not taken for many. What it was fitted on before is forgotten.

    Raises ``InvalidTable`` where it is no classifier that gives probabilities, or where it cannot be fitted.
    """
    if not isinstance(classifier, RiskClassifier):
        raise InvalidTable(
            "a model must have fit(X, y), predict_proba(X) and get_params(), as classifiers of scikit-learn do, got "
            f"{type(classifier).__name__}: give probabilities to one that only decides, by CalibratedClassifierCV"
        )
    named = weight_argument(classifier)
    weights = {} if named is None else {named: points.evidence}
    fitted: Any = clone(classifier)
    try:
        fitted.fit(frame_of(points), points.failed.astype(np.int64), **weights)
    except ValueError as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise InvalidTable(
            f"a model must learn from signals, some of which are missing (NaN), got {type(error).__name__}: {reason}. "
            "Put SimpleImputer before one that takes none"
        ) from error
    return lambda asked: _risks(fitted, asked) if len(asked) else np.zeros(0)


def frame_of(points: LabelledPoints) -> pd.DataFrame:
    """(n, n_signals) the signals of points, whose index says which order, by its number, each row is of, and when."""
    numbers = np.arange(int(points.order.max(initial=-1)) + 1).astype(object)
    return signals_of(table_of(points, numbers))


def _risks(fitted: Any, points: LabelledPoints) -> Floats:
    probabilities = np.asarray(fitted.predict_proba(frame_of(points)), dtype=np.float64)
    return probabilities[:, list(fitted.classes_).index(1)]


def weight_argument(classifier: Any) -> str | None:
    """The name by which the ``fit`` of a classifier takes weights, through pipelines and searches; ``None`` for none.

    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> weight_argument(make_pipeline(LogisticRegression())), weight_argument(KNeighborsClassifier())
    ('logisticregression__sample_weight', None)
    """
    if isinstance(classifier, Pipeline):
        name, last = classifier.steps[-1]
        inner = weight_argument(last)
        return None if inner is None else f"{name}__{inner}"
    if isinstance(classifier, GridSearchCV | RandomizedSearchCV):
        return weight_argument(classifier.estimator)
    return "sample_weight" if has_fit_parameter(classifier, "sample_weight") else None


def adds_exactly(classifier: Any) -> bool:
    """Whether what each signal adds to a risk of it is known exactly, as every reason that is served must be."""
    return isinstance(classifier, RiskEstimator)
