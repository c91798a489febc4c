"""Runs, models and aliases in MLflow. Nothing is sent anywhere but to the tracking URI.

What only a training logs is imported when it does: every process of the service reads the registry and none of them
evaluates.
"""

from __future__ import annotations

import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

import features
from features.catalogue.registry import catalogue
from features.errors import InvalidRequest, ShipriskError
from training.model.pyfunc import MODEL_NEEDS, OPTIONAL
from training.model.risk_model import RiskModel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from features.ladder import Rung
    from training.data.dataset import Dataset
    from training.evaluate.backtest import Backtest
    from training.evaluate.evaluation import Evaluation

CHAMPION, CHALLENGER = "champion", "challenger"
UNPROVEN = "unproven"
"""The decision by which a version serves that the gate has refused."""
EXPERIMENT, BACKTESTS = "shiprisk", "shiprisk backtests"
FILES = "model"
TRAINING = Path(__file__).resolve().parents[1]
"""The folder of the package that a logged model carries with it."""
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}


NO_PARAMETERS = ("parameters", "judged", "outcome_policy")
"""What a model says about itself and a run keeps elsewhere."""


class RegistryUnavailable(ShipriskError):
    """The model registry does not answer, or answers with an error."""


class UnknownModel(ShipriskError):
    """The registry has no such model, version or alias."""


@dataclass(frozen=True)
class ModelVersion:
    """One version of a registered model; ``unproven`` is what it fell short of where it serves all the same."""

    name: str
    version: str
    run_id: str
    aliases: tuple[str, ...] = ()
    unproven: str = ""


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
            raise self.as_shiprisk_error(error, "runs and models") from error

    def check(self, name: str) -> None:
        """Raise now what would go wrong when a training is logged: a bad name, a registry that is away."""
        if not re.fullmatch(r"[\w. -]{1,128}", name):
            raise InvalidRequest(f"a model's name must be letters, digits, blanks and . _ -, got {name!r}")
        try:
            self.client.search_registered_models(f"name = '{name}'")
        except Exception as error:
            raise self.as_shiprisk_error(error, name) from error

    def log(self, report: TrainingReport, name: str) -> ModelVersion:
        """One run with parameters, metrics, plots, fingerprint, signature and example, and the model registered.

        The new version is the ``challenger``; it becomes champion through ``training.promote.promotion``.
        """
        from training.registry.run_metrics import training_metrics

        mlflow, model = self.mlflow, report.model
        about = model.about
        title = f"{name} until {about['trained_until'][:10]}"
        with self._run(EXPERIMENT, title) as run, tempfile.TemporaryDirectory() as folder:
            mlflow.log_params({key: value for key, value in about.items() if key not in NO_PARAMETERS})
            mlflow.log_params(about["parameters"])
            mlflow.log_metrics(training_metrics(report.evaluation))
            mlflow.set_tags(_tags(report, name))
            self._log_report(report)
            model.save(Path(folder) / "files")
            logged = self._log_model(report, Path(folder) / "files")
            version = self._register(name, logged, run.info.run_id)
        self.client.set_registered_model_alias(name, CHALLENGER, version)
        return ModelVersion(name, version, run.info.run_id, (CHALLENGER,))

    @contextmanager
    def _run(self, experiment: str, title: str) -> Iterator[Any]:
        """A run of MLflow's, whose functions look where the process says; it says so only meanwhile."""
        mlflow, before = self.mlflow, os.environ.get("MLFLOW_TRACKING_URI")
        mlflow.set_tracking_uri(self.uri)
        try:
            mlflow.set_experiment(experiment_id=self.experiment(experiment))
            with mlflow.start_run(run_name=title) as run:
                yield run
        finally:
            mlflow.set_tracking_uri(before)

    def log_backtest(self, backtest: Backtest, name: str, parameters: dict[str, Any], html: str) -> str:
        """One run whose metrics have a step a stretch, with its page and every figure as JSON; returns the run's id."""
        from training.registry.run_metrics import json_ready, slice_metrics, stretch_metrics

        mlflow = self.mlflow
        with self._run(BACKTESTS, f"{name} every {backtest.every_days:g} days") as run:
            mlflow.set_tags({"shiprisk.model": name})
            mlflow.log_params(parameters)
            mlflow.log_metrics(slice_metrics(backtest.evaluation.whole))
            for step, stretch in enumerate(backtest.stretches):
                mlflow.log_metrics(stretch_metrics(stretch), step=step)
            mlflow.log_dict(json_ready(backtest.to_json()), "backtest.json")
            mlflow.log_text(html, "backtest.html")
        return str(run.info.run_id)

    def resolve(self, name: str, alias_or_version: str = CHAMPION) -> ModelVersion:
        """The version behind an alias or a version number.

        Raises ``UnknownModel`` when there is none, ``RegistryUnavailable`` when the registry is away.
        """
        try:
            if alias_or_version.isdigit():
                found = self.client.get_model_version(name, alias_or_version)
            else:
                found = self.client.get_model_version_by_alias(name, alias_or_version)
        except Exception as error:
            raise self.as_shiprisk_error(error, f"{name}@{alias_or_version}") from error
        because = found.tags.get("shiprisk.because", "") if found.tags.get("shiprisk.decided") == UNPROVEN else ""
        return ModelVersion(name, str(found.version), str(found.run_id), tuple(found.aliases), str(because))

    def champion(self, name: str) -> ModelVersion | None:
        """The version that is champion now, ``None`` where there is none."""
        try:
            return self.resolve(name)
        except UnknownModel:
            return None

    def load(self, model: ModelVersion) -> RiskModel:
        """The model itself. Raises ``InvalidModel`` where this version of the software cannot read it."""
        with tempfile.TemporaryDirectory() as folder:
            self.download(model, Path(folder))
            return RiskModel.load(Path(folder))

    def download(self, model: ModelVersion, folder: Path) -> None:
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
            raise self.as_shiprisk_error(error, f"{model.name}@{model.version}") from error

    def has_file(self, model: ModelVersion, name: str) -> bool:
        """Whether the run of a version has a file of that name beside its model."""
        try:
            return any(file.path == name for file in self.client.list_artifacts(model.run_id))
        except Exception as error:
            raise self.as_shiprisk_error(error, f"{model.name}@{model.version}") from error

    def read_text(self, model: ModelVersion, name: str) -> str | None:
        """A text that the run of a version has beside its model, such as its report; ``None`` where it has none."""
        if not self.has_file(model, name):
            return None
        try:
            with tempfile.TemporaryDirectory() as folder:
                return Path(self.client.download_artifacts(model.run_id, name, folder)).read_text(encoding="utf-8")
        except Exception as error:
            raise self.as_shiprisk_error(error, f"{model.name}@{model.version}") from error

    def experiment(self, name: str = EXPERIMENT) -> str:
        """The id of an experiment, made on first use."""
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        local = self.uri.startswith("sqlite:")
        location = self.artifacts.resolve().as_uri() if local else None
        return str(self.client.create_experiment(name, artifact_location=location))

    def _log_report(self, report: TrainingReport) -> None:
        from training.registry.run_metrics import json_ready

        mlflow = self.mlflow
        mlflow.log_dict(json_ready(report.evaluation.to_json()), "evaluation.json")
        mlflow.log_dict(asdict(report.dataset.counts), "decision_points.json")
        mlflow.log_dict({"on_time_in_full": [asdict(rung) for rung in report.ladder]}, "on_time_in_full.json")
        mlflow.log_dict(report.model.policy.to_json(), "outcome_policy.json")
        mlflow.log_text(report.html(), "report.html")
        for name, figure in report.plots.items():
            mlflow.log_figure(figure, f"plots/{name}.png")

    def _log_model(self, report: TrainingReport, files: Path) -> Any:
        model = report.model
        example = pd.DataFrame(report.dataset.points.signals[:5], columns=model.names)
        return self.mlflow.pyfunc.log_model(
            name=FILES,
            loader_module="training.model.pyfunc",
            data_path=str(files),
            signature=_signature(model, example),
            input_example=example,
            code_paths=[features.__path__[0], str(TRAINING)],
            pip_requirements=[f"{package}=={version(package)}" for package in MODEL_NEEDS],
            metadata={"signals": len(catalogue())},
        )

    def _register(self, name: str, logged: Any, run_id: str) -> str:
        if not self.client.search_registered_models(f"name = '{name}'"):
            self.client.create_registered_model(name, description="P(missed or partial) of an open order")
        entry = self.client.create_model_version(name, logged.model_uri, run_id, model_id=logged.model_id)
        return str(entry.version)

    def as_shiprisk_error(self, error: Exception, what: str) -> ShipriskError:
        """An error of MLflow's in our words: no such model, or no answer."""
        code = getattr(error, "error_code", "")
        if code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return UnknownModel(f"the registry at {self.uri} must hold {what}, got: it has no such model")
        return RegistryUnavailable(f"the registry at {self.uri} must answer, got {type(error).__name__}: {error}")


def _signature(model: RiskModel, example: pd.DataFrame) -> Any:
    """The signals, and what else a ship date is asked for with, which may be left out."""
    from mlflow.models import infer_signature
    from mlflow.types import ColSpec, Schema

    signature = infer_signature(example, pd.DataFrame(asdict(model.predict(example.to_numpy()))))
    signature.inputs = Schema([*signature.inputs.inputs, *(ColSpec("string", name, False) for name in OPTIONAL)])
    return signature


def _tags(report: TrainingReport, name: str) -> dict[str, str]:
    """What a run is found by: its model, the events it learned from, and the outcome policy it was judged by."""
    policy = report.model.policy
    return {
        "shiprisk.model": name,
        "shiprisk.events_fingerprint": report.dataset.fingerprint,
        "shiprisk.outcome_policy": str(policy),
        "shiprisk.outcome_policy_hash": policy.digest,
    }
