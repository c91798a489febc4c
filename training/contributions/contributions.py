"""What each signal adds to the risk of every row of a table, in one call."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from features.arrays import Floats
from features.catalogue.topics import TOPICS
from features.errors import InvalidRequest
from training.data.labelled import LabelledPoints
from training.explanation.topics import points_by_topic
from training.model.level import PlantTerms
from training.model.risk_model import RiskModel

MOST_NAMED = 8
"""So many missing columns are named in an error; the others are counted."""


@dataclass(frozen=True)
class Contributions:
    """What makes up the risks of ``n`` rows. All tables have the index of what was explained.

    ``base + log_odds.sum(axis=1) + level`` is the log-odds of ``risk``; ``base_risk + points.sum(axis=1) +
    level_points`` and ``base_risk + topics.sum(axis=1)`` are ``risk`` itself.

    Attributes
    ----------
    signals : (n, n_signals) the values that were explained, in the order of the model; NaN where a fact is missing
    log_odds : (n, n_signals) what each signal adds, in log-odds: exact TreeSHAP, scaled with the calibration
    points : (n, n_signals) what each signal adds to the risk, in probability
    topics : (n, 10) what each topic of ``features.catalogue.topics`` adds, in probability; the level in ``plant``
    level, level_points : (n,) what the level of its plant adds to a row, in log-odds and in probability
    risk : (n,) probability in [0, 1]
    base, base_risk : the model before it looks at an order, in log-odds and as a probability
    """

    signals: pd.DataFrame
    log_odds: pd.DataFrame
    points: pd.DataFrame
    topics: pd.DataFrame
    level: pd.Series[float]
    level_points: pd.Series[float]
    risk: pd.Series[float]
    base: float
    base_risk: float

    def __len__(self) -> int:
        return len(self.risk)


def explain(
    model: RiskModel,
    signals: pd.DataFrame | LabelledPoints,
    level: ArrayLike | pd.Series[float] | PlantTerms | None = None,
) -> Contributions:
    """What each signal and each topic adds to the risk of every row.

    Parameters
    ----------
    signals : (n, ...) a table with a column a signal, as ``signal_table`` has it, or labelled points. Columns may stand
        in any order; those that the model does not read are ignored. The index of the table is kept
    level : the level of the plant of each row, as ``levels_of(model, context).terms(plants)`` has it of a morning; or
        log-odds to add: one number or (n,), a ``Series`` by its index; none by default

    Returns
    -------
    The contributions in log-odds, the points in probability, by signal and by topic; they add up to the risks.

    Raises
    ------
    InvalidRequest : where a signal of the model is missing, twice there or no number; the error names it
    """
    values, index = _values_of(model, signals)
    predicted, explanation = model.predict_and_explain(values, _level_of(level, index))
    shares = explanation.points()
    topics = points_by_topic(model.names, shares.signals, shares.level)
    names = pd.Index(model.names)
    return Contributions(
        signals=pd.DataFrame(values, index, names),
        log_odds=pd.DataFrame(explanation.contributions, index, names),
        points=pd.DataFrame(shares.signals, index, names),
        topics=pd.DataFrame(topics, index, pd.Index(TOPICS)),
        level=pd.Series(explanation.level, index, name="level"),
        level_points=pd.Series(shares.level, index, name="level_points"),
        risk=pd.Series(predicted.risk, index, name="risk"),
        base=explanation.base,
        base_risk=shares.base_risk,
    )


def _values_of(model: RiskModel, signals: pd.DataFrame | LabelledPoints) -> tuple[Floats, pd.Index]:
    """(n, n_signals) in the order of the model, and the index of the rows."""
    if isinstance(signals, LabelledPoints):
        return model.signals_of(signals), pd.RangeIndex(len(signals))
    if not isinstance(signals, pd.DataFrame):
        raise InvalidRequest(f"signals must be a DataFrame or LabelledPoints, got {type(signals).__name__}")
    _require(model.names, signals)
    return np.column_stack([_numbers(signals[name], name) for name in model.names]), signals.index


def _require(names: list[str], table: pd.DataFrame) -> None:
    """Raise ``InvalidRequest`` unless each name is one column."""
    count = Counter(table.columns)
    missing = [name for name in names if not count[name]]
    if missing:
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        raise InvalidRequest(
            f"signals must have the {len(names)} columns of the model, got none of "
            f"{', '.join(missing[:MOST_NAMED])}{more}"
        )
    twice = [name for name in names if count[name] > 1]
    if twice:
        raise InvalidRequest(f"each signal must be one column, got more of {', '.join(twice)}")


def _numbers(column: pd.Series, name: str) -> Floats:
    """(n,) floats. Raises ``InvalidRequest`` for what is no number."""
    try:
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError):
        raise InvalidRequest(f"the column {name} must hold numbers, got {column.dtype}") from None


def _level_of(level: ArrayLike | pd.Series[float] | PlantTerms | None, index: pd.Index) -> PlantTerms:
    """The level of each row."""
    if level is None:
        return PlantTerms.adding(np.zeros(len(index)))
    if isinstance(level, PlantTerms):
        if len(level.log_odds) != len(index):
            raise InvalidRequest(f"a level must have {len(index):,} rows, one a row, got {len(level.log_odds):,}")
        return level
    if isinstance(level, pd.Series):
        if not level.index.equals(index):
            raise InvalidRequest("a level that is a Series must have the index of the signals, got another one")
        level = level.to_numpy()
    given = np.asarray(level, dtype=np.float64)
    if given.shape not in ((), (len(index),)):
        raise InvalidRequest(f"a level must be one number or {len(index):,}, one a row, got shape {given.shape}")
    return PlantTerms.adding(np.broadcast_to(given, (len(index),)).copy())
