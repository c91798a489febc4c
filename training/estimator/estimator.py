"""The model of ``train`` as a classifier of scikit-learn: the same trees, rounds and calibration, on a table."""

from __future__ import annotations

import re
import warnings
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedKFold
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from features.arrays import Floats
from features.outcomes import MISSED, ON_TIME_IN_FULL
from features.times import LATEST
from training.data.labelled import LabelledPoints
from training.data.split import Split
from training.estimator.table import KEYS, LABELS, InvalidTable, carries_keys, points_of
from training.model.cross_fit import FOLDS, cross_fit_on
from training.model.fit import fit_risk, risk_of_folds
from training.model.trees import Trees

PLAIN_NAME = re.compile(r"[\w ]+")
"""LightGBM takes no other names of columns."""
INDEPENDENT = (
    "rows do not say which order each is of and when it was looked at, so they count as independent and folds are "
    "drawn at random; looks at one order are not, and such a fit flatters itself. Keep the index of training_table "
    '(order_id, as_of, known_at): behind a step that gives an array, pipeline.set_output(transform="pandas")'
)
LEAVES_OF_FEW = 20
"""A leaf needs at most so small a part of rows that do not say what they are: a twentieth."""


class RiskEstimator(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """P(missed or partial) from signals: gradient boosted trees, calibrated on orders that they have not seen.

    On rows of ``training_table`` it does what ``train`` does: as many trees as are best on folds in time, of whole
    orders, and the calibration of the scores there. It reads what each row is from the index, which pandas hands
    through ``Pipeline``, ``GridSearchCV`` and ``cross_val_score`` without routing of metadata; give
    ``sample_weight=table["weight"]``. Behind steps that give arrays, say ``pipeline.set_output(transform="pandas")``.

    Rows that do not say what they are, such as plain arrays, count as independent: the folds are stratified and drawn
    at random, and a leaf needs no more than a twentieth of the rows; a warning says so. Missing values are NaN, and
    read as such.

    ``train`` also learns from copies of orders with a promise that was moved at random; this does not.

    Parameters
    ----------
    learning_rate, num_leaves, min_child_samples, feature_fraction, bagging_fraction, lambda_l2, seed : as LightGBM
        names them, with the values of ``train``
    most_rounds : so many trees are tried

    Attributes
    ----------
    classes_ : (2,) the second is the one whose probability is the risk
    risk_ : the trees and their calibration
    n_features_in_, feature_names_in_ : the signals

    >>> import warnings
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(400, random_state=0)
    >>> warnings.filterwarnings("ignore", "rows do not say")  # as these are independent
    >>> RiskEstimator().fit(X, y).predict_proba(X).shape
    (400, 2)
    """

    def __init__(
        self,
        *,
        learning_rate: float = Trees.learning_rate,
        num_leaves: int = Trees.num_leaves,
        min_child_samples: int = Trees.min_child_samples,
        feature_fraction: float = Trees.feature_fraction,
        bagging_fraction: float = Trees.bagging_fraction,
        lambda_l2: float = Trees.lambda_l2,
        most_rounds: int = Trees.most_rounds,
        seed: int = Trees.seed,
    ) -> None:
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.feature_fraction = feature_fraction
        self.bagging_fraction = bagging_fraction
        self.lambda_l2 = lambda_l2
        self.most_rounds = most_rounds
        self.seed = seed

    @property
    def trees(self) -> Trees:
        """The settings, as ``train(events, trees=...)`` takes them."""
        return Trees(**{setting.name: getattr(self, setting.name) for setting in fields(Trees)})

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> RiskEstimator:
        """Learn from (n, n_signals) rows with outcomes (n,) of two kinds, and weights (n,) of at least 0.

        Raises ``ValueError`` where the rows are not such.
        """
        rows = X
        _require_signals_alone(rows)
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        check_classification_targets(y)
        self.classes_, code = np.unique(y, return_inverse=True)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        counted = weight > 0
        self._require_two_classes(code[counted])
        failed = code.astype(np.float64)[counted]
        if carries_keys(rows):
            given = rows.loc[counted]
            points = points_of(given, failed, weight[counted], self._names, np.ascontiguousarray(X[counted]))
            self.risk_ = fit_risk(points, self.trees)
        else:
            warnings.warn(INDEPENDENT, UserWarning, stacklevel=2)
            points = _independent(failed, weight[counted], self._names, X[counted])
            trees = self._trees_for(len(points))
            crossed = cross_fit_on(_drawn_folds(points, self.seed), points.failed, trees)
            self.risk_ = risk_of_folds(points, trees, crossed)
        return self

    def decision_function(self, X: Any) -> Floats:
        """(n,) log-odds of the second class."""
        check_is_fitted(self)
        return self.risk_.log_odds(self._read(X))

    def predict_proba(self, X: Any) -> Floats:
        """(n, 2) probabilities in [0, 1] of both classes; the second is the risk."""
        log_odds = self.decision_function(X)
        return np.column_stack([expit(-log_odds), expit(log_odds)])

    def predict(self, X: Any) -> Any:
        """(n,) the class that is the more likely."""
        second = self.decision_function(X) > 0
        return self.classes_[second.astype(np.int64)]

    def contributions(self, X: Any) -> pd.DataFrame:
        """(n, 1 + n_signals) what adds up to the log-odds: ``base``, and what each signal adds (exact TreeSHAP)."""
        check_is_fitted(self)
        added = pd.DataFrame(self.risk_.contributions(self._read(X)), columns=self._columns)
        added.insert(0, "base", self.risk_.base)
        return added.set_axis(X.index) if isinstance(X, pd.DataFrame) else added

    def _read(self, X: Any) -> Floats:
        read: Floats = validate_data(self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan")
        return read

    @property
    def _columns(self) -> list[str]:
        named = getattr(self, "feature_names_in_", None)
        return [f"x{place}" for place in range(self.n_features_in_)] if named is None else [str(name) for name in named]

    @property
    def _names(self) -> list[str]:
        """Those of the columns, where LightGBM takes them all."""
        plain = all(PLAIN_NAME.fullmatch(name) for name in self._columns)
        return self._columns if plain else [f"x{place}" for place in range(self.n_features_in_)]

    def _require_two_classes(self, code: Any) -> None:
        if len(self.classes_) > 2:
            raise InvalidTable(
                f"Only binary classification is supported: outcomes must be of two classes, got {len(self.classes_)}"
            )
        if len(np.unique(code)) < 2:
            raise InvalidTable(f"outcomes that weigh must be of two classes, got one class, {self.classes_[code[0]]}")

    def _trees_for(self, rows: int) -> Trees:
        return replace(self.trees, min_child_samples=max(1, min(self.min_child_samples, rows // LEAVES_OF_FEW)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags


def _require_signals_alone(rows: Any) -> None:
    """Raise ``InvalidTable`` where outcomes, or moments and names of orders would be learned from."""
    labels = [name for name in LABELS if name in getattr(rows, "columns", ())]
    if labels and (carries_keys(rows) or len(labels) > 1):  # a frame of somebody's own may have a column of such a name
        raise InvalidTable(
            f"what is learned from must be signals, got {', '.join(labels)} beside them, which say what became of the "
            "orders or what they are: signals_of(table) leaves them out"
        )
    columns = [name for name in KEYS if name in getattr(rows, "columns", ())]
    if columns:
        raise InvalidTable(
            f"{', '.join(KEYS)} must be in the index of what is learned from, got {', '.join(columns)} as columns: "
            f"table.set_index({KEYS})"
        )


def _independent(failed: Floats, weight: Floats, names: list[str], signals: Floats) -> LabelledPoints:
    """Rows that are each an order of its own, looked at and known at no moment."""
    n = len(failed)
    never = np.zeros(n, dtype=np.int64)
    return LabelledPoints(
        names=names,
        signals=np.ascontiguousarray(signals),
        order=np.arange(n, dtype=np.int64),
        as_of=never,
        due=np.full(n, LATEST, dtype=np.int64),
        known_at=never,
        outcome=np.where(failed == 1, MISSED, ON_TIME_IN_FULL),
        weight=weight,
        plant=np.full(n, "", dtype=object),
        rescued=np.zeros(n, dtype=bool),
    )


def _drawn_folds(points: LabelledPoints, seed: int) -> list[Split]:
    """Stratified folds at random; none where one of both outcomes is too rare to be in each."""
    failed = points.failed
    if min(failed.sum(), len(failed) - failed.sum()) < FOLDS:
        return []
    folds = []
    for _, later in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(failed, failed):
        judges = np.isin(np.arange(len(failed)), later)
        folds.append(Split(points.take(~judges), points.take(judges), 0, (~judges, judges)))
    return folds
