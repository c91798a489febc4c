"""What ``mlflow models serve`` loads: a risk model that is fed with ready-made signals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.arrays import Floats
from features.events.text import Texts
from features.times import NEVER, micros
from training.model.risk_model import RiskModel
from training.model.risk_trees import DAYS_TO_PROMISE
from training.ship_date.forecast import iso_day
from training.ship_date.model import ShipDateModel, ShipQuestion

MODEL_NEEDS = ("lightgbm", "numba", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy")
"""Packages a saved model needs beside this one's code."""
OPTIONAL = ("as_of", "promised", "plant", "route")
"""Columns beside the signals that ship dates are asked for with: moments as ISO 8601 texts, and names."""


class RiskPyfunc:
    """``predict`` takes a frame of signals and gives risk, missed and partial; with moments, ship dates too."""

    def __init__(self, model: RiskModel) -> None:
        self.model = model

    def predict(self, signals: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002
        """(n, 3) probabilities, or (n, 6) with dates; columns of ``signals`` are the model's, in any order.

        With ``as_of`` and ``promised``, the moment that the signals are of and the last promise among the lines to
        ship, there are expected_ship, ship_earliest and ship_latest too: dates of the plant's calendar, ``None`` for
        what is later than any day asked about. ``plant`` and ``route`` say on which days the order can leave. The risk
        is without the level of the plant, and so are the dates.
        """
        values = signals[self.model.names].to_numpy(dtype=np.float64)
        predicted = self.model.predict(values)
        answer = pd.DataFrame({"risk": predicted.risk, "missed": predicted.missed, "partial": predicted.partial})
        dates = self.model.ship_dates
        if dates is None or not {"as_of", "promised"} <= set(signals.columns):
            return answer
        return answer.join(self._ship_dates(dates, signals, values, predicted.risk))

    def _ship_dates(self, dates: ShipDateModel, given: pd.DataFrame, values: Floats, risk: Floats) -> pd.DataFrame:
        as_of = np.array([micros(moment) for moment in given["as_of"]], dtype=np.int64)
        promised = np.array([NEVER if pd.isna(date) else micros(date) for date in given["promised"]], dtype=np.int64)
        late = (promised != NEVER) & (promised < as_of)
        if DAYS_TO_PROMISE in self.model.names:
            late |= values[:, self.model.names.index(DAYS_TO_PROMISE)] < 0
        asked = ShipQuestion(
            signals=values[:, [self.model.names.index(name) for name in dates.names]],
            as_of=as_of,
            promised=promised,
            late=late,
            plant=_words(given, "plant"),
            route=_words(given, "route"),
        )
        forecast = dates.forecast(asked, 1.0 - risk, self.model.context.calendar)
        days = {"expected_ship": forecast.expected, "ship_earliest": forecast.earliest, "ship_latest": forecast.latest}
        return pd.DataFrame({name: [iso_day(day) for day in column.tolist()] for name, column in days.items()})


def _words(given: pd.DataFrame, name: str) -> Texts:
    """A column of names, "" where there is none."""
    words = given[name] if name in given else [None] * len(given)
    return np.array(["" if pd.isna(word) else str(word) for word in words], dtype=object)


def _load_pyfunc(path: str) -> RiskPyfunc:
    """Called by MLflow with the folder of the model's files."""
    return RiskPyfunc(RiskModel.load(Path(path)))
