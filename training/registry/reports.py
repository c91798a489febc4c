"""What a registry is handed to keep: of a model that may serve, and of a classifier that was judged alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from features.ladder import Rung
    from training.data.dataset import Dataset
    from training.data.snapshots import Snapshots
    from training.evaluate.evaluation import Evaluation
    from training.model.risk_model import RiskModel


class TrainingReport(Protocol):
    """What is logged of a training; ``training.report.report.Report`` is one."""

    @property
    def model(self) -> RiskModel: ...

    @property
    def dataset(self) -> Dataset: ...

    @property
    def evaluation(self) -> Evaluation: ...

    @property
    def plots(self) -> dict[str, Figure]: ...

    @property
    def ladder(self) -> list[Rung]: ...

    def html(self) -> str: ...


class ClassifierReport(Protocol):
    """What is logged of a classifier that is not ours; ``training.promote.external.JudgedClassifier`` is one."""

    @property
    def name(self) -> str: ...

    @property
    def settings(self) -> dict[str, Any]: ...

    @property
    def evaluation(self) -> Evaluation: ...

    @property
    def verdict(self) -> Any: ...

    @property
    def predictions(self) -> pd.DataFrame: ...

    @property
    def snapshots(self) -> Snapshots: ...
