"""Runs, models and aliases in MLflow. Nothing is sent anywhere but to the tracking URI."""

from __future__ import annotations

import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import features
import training
from features.catalogue.registry import catalogue
from features.errors import InvalidRequest, ShipriskError
from training.model.risk_model import RiskModel

if TYPE_CHECKING:
    from training.evaluate.backtest import Backtest, Stretch
    from training.evaluate.evaluation import Part
    from training.trainer import Trained

MODEL_NEEDS = ("lightgbm", "numba", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy")
CHAMPION, CHALLENGER = "champion", "challenger"
EXPERIMENT, BACKTESTS = "shiprisk", "shiprisk backtests"
FILES = "model"
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}


class RegistryUnavailable(ShipriskError):
    """The model registry does not answer, or answers with an error."""


class UnknownModel(ShipriskError):
    """The registry has no such model, version or alias."""


@dataclass(frozen=True)
class Registered:
    """One version of a registered model."""

    name: str
    version: str
    run_id: str
    aliases: tuple[str, ...] = ()


class Registry:
    """The MLflow tracking store and model registry at one URI.

    Parameters
    ----------
    uri : where MLflow keeps runs and models; the environment's ``MLFLOW_TRACKING_URI`` comes first
    artifacts : where a local store keeps files
    """

    def __init__(self, uri: str, artifacts: Path) -> None:
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "IProgress not found")  # in a notebook without widgets
            import mlflow

        self.uri = uri
        self.artifacts = artifacts
        self.mlflow = mlflow
        try:
            self.client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
        except Exception as error:
            raise self.explained(error, "runs and models") from error

    def check(self, name: str) -> None:
        """Raise now what would go wrong when a training is logged: a bad name, a registry that is away."""
        if not re.fullmatch(r"[\w. -]{1,128}", name):
            raise InvalidRequest(f"a model's name must be letters, digits, blanks and . _ -, got {name!r}")
        try:
            self.client.search_registered_models(f"name = '{name}'")
        except Exception as error:
            raise self.explained(error, name) from error

    def log(self, trained: Trained, name: str) -> Registered:
        """One run with parameters, metrics, plots, fingerprint, signature and example, and the model registered.

        The new version is the ``challenger``; it becomes champion through ``training.promote.promotion``.
        """
        mlflow = self.mlflow
        about = trained.model.about
        called = f"{name} until {about['trained_until'][:10]}"
        with self._run(EXPERIMENT, called) as run, tempfile.TemporaryDirectory() as folder:
            mlflow.log_params({key: value for key, value in about.items() if key not in ("parameters", "judged")})
            mlflow.log_params(about["parameters"])
            mlflow.log_metrics(_metrics(trained))
            mlflow.set_tags({"shiprisk.events_fingerprint": trained.dataset.fingerprint, "shiprisk.model": name})
            self._log_reports(trained)
            trained.model.save(Path(folder) / "files")
            logged = self._log_model(trained, Path(folder) / "files")
            version = self._register(name, logged, run.info.run_id)
        self.client.set_registered_model_alias(name, CHALLENGER, version)
        return Registered(name, version, run.info.run_id, (CHALLENGER,))

    @contextmanager
    def _run(self, experiment: str, called: str) -> Iterator[Any]:
        """A run of MLflow's, whose functions look where the process says; it says so only meanwhile."""
        mlflow, before = self.mlflow, os.environ.get("MLFLOW_TRACKING_URI")
        mlflow.set_tracking_uri(self.uri)
        try:
            mlflow.set_experiment(experiment_id=self.experiment(experiment))
            with mlflow.start_run(run_name=called) as run:
                yield run
        finally:
            mlflow.set_tracking_uri(before)

    def log_backtest(self, found: Backtest, name: str, told: dict[str, Any]) -> str:
        """One run whose metrics have a step a stretch, with its page and every figure as JSON; returns the run's id."""
        from training.report.report import backtest_page

        mlflow = self.mlflow
        with self._run(BACKTESTS, f"{name} every {found.every_days:g} days") as run:
            mlflow.set_tags({"shiprisk.model": name})
            mlflow.log_params(told)
            mlflow.log_metrics(_metrics_of(found.evaluation.whole))
            for step, stretch in enumerate(found.stretches):
                mlflow.log_metrics(_stretch_metrics(stretch), step=step)
            mlflow.log_dict(plain(found.to_json()), "backtest.json")
            mlflow.log_text(backtest_page(found), "backtest.html")
        return str(run.info.run_id)

    def resolve(self, name: str, wanted: str = CHAMPION) -> Registered:
        """The version behind an alias or a version number.

        Raises ``UnknownModel`` when there is none, ``RegistryUnavailable`` when the registry is away.
        """
        try:
            if wanted.isdigit():
                found = self.client.get_model_version(name, wanted)
            else:
                found = self.client.get_model_version_by_alias(name, wanted)
        except Exception as error:
            raise self.explained(error, f"{name}@{wanted}") from error
        return Registered(name, str(found.version), str(found.run_id), tuple(found.aliases))

    def champion(self, name: str) -> Registered | None:
        """The version that is champion now, ``None`` where there is none."""
        try:
            return self.resolve(name)
        except UnknownModel:
            return None

    def load(self, model: Registered) -> RiskModel:
        """The model itself. Raises ``InvalidModel`` where this version of the software cannot read it."""
        with tempfile.TemporaryDirectory() as folder:
            self.download(model, Path(folder))
            return RiskModel.load(Path(folder))

    def download(self, model: Registered, folder: Path) -> None:
        """Copy a version's files (LightGBM text and JSON; nothing in them is executed) into a folder."""
        try:
            uri = self.client.get_model_version_download_uri(model.name, model.version)
            with tempfile.TemporaryDirectory() as temporary:
                path = self.mlflow.artifacts.download_artifacts(
                    artifact_uri=uri, dst_path=temporary, tracking_uri=self.uri
                )
                source = next(Path(path).rglob("model.json")).parent
                folder.mkdir(parents=True, exist_ok=True)
                for file in source.iterdir():
                    if file.suffix in (".txt", ".json"):
                        (folder / file.name).write_bytes(file.read_bytes())
        except StopIteration:
            raise UnknownModel(f"{model.name}@{model.version} must hold model.json, got a model without it") from None
        except Exception as error:
            raise self.explained(error, f"{model.name}@{model.version}") from error

    def experiment(self, name: str = EXPERIMENT) -> str:
        """The id of an experiment, made on first use."""
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        local = self.uri.startswith("sqlite:")
        location = self.artifacts.resolve().as_uri() if local else None
        return str(self.client.create_experiment(name, artifact_location=location))

    def _log_reports(self, trained: Trained) -> None:
        from training.report.report import Report

        mlflow = self.mlflow
        report = Report(trained)
        mlflow.log_dict(plain(trained.evaluation.to_json()), "evaluation.json")
        mlflow.log_dict(asdict(trained.dataset.counts), "decision_points.json")
        mlflow.log_text(report.html(), "report.html")
        for name, figure in report.plots.items():
            mlflow.log_figure(figure, f"plots/{name}.png")

    def _log_model(self, trained: Trained, files: Path) -> Any:
        from mlflow.models import infer_signature

        example = pd.DataFrame(trained.dataset.points.signals[:5], columns=trained.model.names)
        predicted = trained.model.predict(example.to_numpy())
        signature = infer_signature(example, pd.DataFrame(asdict(predicted)))
        return self.mlflow.pyfunc.log_model(
            name=FILES,
            loader_module="training.model.pyfunc",
            data_path=str(files),
            signature=signature,
            input_example=example,
            code_paths=[package.__path__[0] for package in (features, training)],
            pip_requirements=_requirements(),
            metadata={"signals": len(catalogue())},
        )

    def _register(self, name: str, logged: Any, run_id: str) -> str:
        if not self.client.search_registered_models(f"name = '{name}'"):
            self.client.create_registered_model(name, description="P(missed or partial) of an open order")
        made = self.client.create_model_version(name, logged.model_uri, run_id, model_id=logged.model_id)
        return str(made.version)

    def explained(self, error: Exception, what: str) -> ShipriskError:
        """The error in our words."""
        code = getattr(error, "error_code", "")
        if code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return UnknownModel(f"the registry at {self.uri} must hold {what}, got: it has no such model")
        return RegistryUnavailable(f"the registry at {self.uri} must answer, got {type(error).__name__}: {error}")


def _requirements() -> list[str]:
    from importlib.metadata import version

    return [f"{name}=={version(name)}" for name in MODEL_NEEDS]


def _metrics(trained: Trained) -> dict[str, float]:
    evaluation = trained.evaluation
    found = _metrics_of(evaluation.whole)
    for model, watches in evaluation.watches.items():
        for entry in watches:
            for figure in ("caught", "in_time", "warning_days", "false_alarms_per_catch"):
                found[f"{_prefix(model)}{figure}_at_{entry.looks}"] = getattr(entry, figure).value
    return finite(found)


def _metrics_of(whole: Part) -> dict[str, float]:
    found: dict[str, float] = {"test_orders": whole.orders, "test_failure_share": whole.failure_share}
    for model, estimates in whole.estimates.items():
        for metric, estimate in estimates.items():
            found[f"{_prefix(model)}{metric}"] = estimate.value
            if not _prefix(model):
                found[f"{metric}.low"], found[f"{metric}.high"] = estimate.low, estimate.high
    return finite(found)


def _prefix(model: str) -> str:
    return "" if model == "model" else f"{model.replace(' ', '_')}."


def _stretch_metrics(stretch: Stretch) -> dict[str, float]:
    found = {"stretch.score_drift": stretch.drift.scores, "stretch.not_due": float(stretch.not_due)}
    if stretch.part is not None and stretch.expected is not None:
        figures = stretch.part.estimates["model"]
        found |= {f"stretch.{name}": figures[name].value for name in ("roc_auc", "brier_skill", "calibration_error")}
        found |= {"stretch.foretold": stretch.expected.foretold, "stretch.came": stretch.expected.came.value}
    return finite(found)


def finite(figures: dict[str, float]) -> dict[str, float]:
    """The figures that are numbers."""
    return {key: value for key, value in figures.items() if np.isfinite(value)}


def plain(content: Any) -> Any:
    """JSON has no NaN and no infinity."""
    if isinstance(content, dict):
        return {key: plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [plain(value) for value in content]
    return None if isinstance(content, float) and not np.isfinite(content) else content
