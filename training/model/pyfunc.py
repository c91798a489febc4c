"""What ``mlflow models serve`` loads: a risk model that is fed with ready-made signals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from training.model.risk_model import RiskModel

MODEL_NEEDS = ("lightgbm", "numba", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy")
"""Packages a saved model needs beside this one's code."""


class RiskPyfunc:
    """``predict`` takes a frame of signals and gives risk, missed and partial."""

    def __init__(self, model: RiskModel) -> None:
        self.model = model

    def predict(self, signals: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002
        """(n, 3) probabilities; columns of ``signals`` are the model's, in any order."""
        values = signals[self.model.names].to_numpy(dtype=np.float64)
        predicted = self.model.predict(values)
        return pd.DataFrame({"risk": predicted.risk, "missed": predicted.missed, "partial": predicted.partial})


def _load_pyfunc(path: str) -> RiskPyfunc:
    """Called by MLflow with the folder of the model's files."""
    return RiskPyfunc(RiskModel.load(Path(path)))
