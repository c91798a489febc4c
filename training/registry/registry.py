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
from typing import TYPE_CHECKING, Any

import pandas as pd

import features
from features.catalogue.registry import catalogue
from features.errors import InvalidRequest, ShipriskError
from features.redaction import redact, secrets_of
from features.times import isoformat
from training.model.pyfunc import MODEL_NEEDS, OPTIONAL
from training.model.risk_model import ABOUT, RiskModel
from training.model_files.manifest import model_files, verify_files
from training.registry.experiments import BACKTESTS, EXPERIMENT, NOTE, VIEW, experiment_tags

if TYPE_CHECKING:
    from training.evaluate.backtest import Backtest
    from training.registry.events_logged import EventOrigin
    from training.registry.reports import ClassifierReport, TrainingReport

CHAMPION, CHALLENGER = "champion", "challenger"
UNPROVEN = "unproven"
"""The decision by which a version serves that the gate has refused."""
FILES = "model"
FILES_TAG = "shiprisk.files_sha256"
"""A version's tag that says which files it is, see ``training.model_files.manifest``; earlier versions have none."""
MOST_OF_A_TAG = 5000
TRAINING = Path(__file__).resolve().parents[1]
"""The folder of the package that a logged model carries with it."""
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
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
    """One version of a registered model; ``unproven`` is what it fell short of where it serves all the same.

    ``files_digest`` is the one that its files were registered with, empty where that is not known.
    """

    name: str
    version: str
    run_id: str
    aliases: tuple[str, ...] = ()
    unproven: str = ""
    files_digest: str = ""


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

    def log(self, report: TrainingReport, name: str, origin: EventOrigin | None = None) -> ModelVersion:
        """One run with parameters, metrics, plots, data set, signature and example, and the model registered.

        The new version is the ``challenger``; it becomes champion through ``training.promote.promotion``.
        """
        from training.registry.descriptions import describe_run
        from training.registry.events_logged import dataset_input
        from training.registry.run_metrics import training_metrics

        mlflow, model = self.mlflow, report.model
        about = model.about
        title = f"until {about['trained_until'][:10]}, {about.get('decision_points', 'daily')}"
        with self._run(EXPERIMENT, f"{name} {title}") as run, tempfile.TemporaryDirectory() as folder:
            mlflow.log_params({key: value for key, value in about.items() if key not in NO_PARAMETERS})
            mlflow.log_params(about["parameters"])
            mlflow.log_metrics(training_metrics(report.evaluation))
            mlflow.set_tags(_tags(report, name) | {NOTE: describe_run(report.evaluation, about)})
            if origin is not None:
                self.client.log_inputs(run.info.run_id, datasets=[dataset_input(report.dataset, origin)])
            self._log_report(report)
            digest = model.save(Path(folder) / "files")
            logged = self._log_model(report, Path(folder) / "files")
            version = self._register(name, logged, run.info.run_id, digest)
            self.client.update_run(run.info.run_id, name=f"{name}@{version} {title}")
        self.client.set_registered_model_alias(name, CHALLENGER, version)
        return ModelVersion(name, version, run.info.run_id, (CHALLENGER,), files_digest=digest)

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

    def log_classifier(self, judged: ClassifierReport, name: str, html: str) -> str:
        """One run of a classifier that is not ours: figures, verdict, page and predictions; returns the run's id.

        No version is registered and no alias is given: nothing of it is kept that could be run.
        """
        from training.registry.run_metrics import json_ready, training_metrics

        mlflow = self.mlflow
        title = f"{judged.name} until {str(isoformat(judged.snapshots.until))[:10]}, {judged.snapshots.scheme}"
        decided = {
            "shiprisk.decided": "passed" if judged.verdict.passed else "refused",
            "shiprisk.because": "; ".join(judged.verdict.falls_short)[:MOST_OF_A_TAG],
        }
        with self._run(EXPERIMENT, title) as run, tempfile.TemporaryDirectory() as folder:
            mlflow.set_tags({"shiprisk.model": name, "shiprisk.classifier": judged.name} | decided)
            mlflow.log_params({key: str(value)[:500] for key, value in judged.settings.items()})
            mlflow.log_metrics(training_metrics(judged.evaluation))
            mlflow.log_dict(json_ready(judged.evaluation.to_json()), "evaluation.json")
            mlflow.log_dict(json_ready(judged.verdict.to_json()), "verdict.json")
            mlflow.log_text(html, "report.html")
            predictions = Path(folder) / "predictions.parquet"
            judged.predictions.to_parquet(predictions)
            mlflow.log_artifact(str(predictions))
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
            raise self._unresolved(error, name, alias_or_version) from error
        because = found.tags.get("shiprisk.because", "") if found.tags.get("shiprisk.decided") == UNPROVEN else ""
        aliases, digest = tuple(found.aliases), str(found.tags.get(FILES_TAG, ""))
        return ModelVersion(name, str(found.version), str(found.run_id), aliases, str(because), digest)

    def _unresolved(self, error: Exception, name: str, sought: str) -> ShipriskError:
        """Which versions a model has, where it has others than the one that is sought."""
        reason = self.as_shiprisk_error(error, f"{name}@{sought}")
        if not isinstance(reason, UnknownModel) or sought == CHAMPION:
            return reason
        try:
            known = self.client.search_model_versions(f"name = '{name}'")
        except Exception:
            return reason
        numbers = ", ".join(str(number) for number in sorted(int(one.version) for one in known))
        must = f"must hold {name}@{sought}: the model has {'version' if len(known) == 1 else 'versions'} {numbers}"
        got = f"{must}, got {sought}"
        return UnknownModel(f"the registry at {self.address} {got}", public=f"the registry {got}") if known else reason

    def champion(self, name: str) -> ModelVersion | None:
        """The version that is champion now, ``None`` where there is none."""
        try:
            return self.resolve(name)
        except UnknownModel:
            return None

    def load(self, model: ModelVersion) -> RiskModel:
        """The model itself. Raises ``InvalidModel`` where this version cannot read it, or its files are damaged."""
        with tempfile.TemporaryDirectory() as folder:
            self.download(model, Path(folder))
            return RiskModel.load(Path(folder), model.files_digest)

    def download(self, model: ModelVersion, folder: Path) -> None:
        """Copy a version's files (LightGBM text and JSON; nothing in them is executed) into a folder.

        Raises ``InvalidModel`` where they are not those that were registered.
        """
        try:
            uri = self.client.get_model_version_download_uri(model.name, model.version)
            with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
                path = self.mlflow.artifacts.download_artifacts(
                    artifact_uri=uri, dst_path=temporary, tracking_uri=self.uri
                )
                source = next(Path(path).rglob(ABOUT)).parent
                folder.mkdir(parents=True, exist_ok=True)
                for file in model_files(source):
                    (folder / file.name).write_bytes(file.read_bytes())
        except StopIteration:
            raise UnknownModel(f"{model.name}@{model.version} must hold {ABOUT}, got a model without it") from None
        except Exception as error:
            raise self.as_shiprisk_error(error, f"{model.name}@{model.version}") from error
        verify_files(folder, model.files_digest)

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
        """The id of an experiment, made on first use; what is said of it is added where it is missing."""
        found = self.client.get_experiment_by_name(name)
        if found is None:
            local = self.uri.startswith("sqlite:")
            location = self.artifacts.resolve().as_uri() if local else None
            experiment_id, present = str(self.client.create_experiment(name, artifact_location=location)), {}
        else:
            experiment_id, present = str(found.experiment_id), found.tags
        for key, value in experiment_tags(name).items():
            if key not in present:
                self.client.set_experiment_tag(experiment_id, key, value)
        return experiment_id

    def figures_path(self) -> str | None:
        """Where MLflow's pages show all trainings with their verdicts and figures; ``None`` before the first."""
        try:
            found = self.client.get_experiment_by_name(EXPERIMENT)
        except Exception as error:
            raise self.as_shiprisk_error(error, f"the experiment {EXPERIMENT}") from error
        return None if found is None else f"#/experiments/{found.experiment_id}/runs?viewStateShareKey={VIEW}"

    def run_path(self, run_id: str) -> str:
        """Where MLflow's pages show a run, to come after the address of its server."""
        try:
            return f"#/experiments/{self.client.get_run(run_id).info.experiment_id}/runs/{run_id}"
        except Exception as error:
            raise self.as_shiprisk_error(error, f"the run {run_id}") from error

    def describe(self, name: str) -> None:
        """Say on the page of a registered model which version each alias names, what was decided of it and why.

        A description that somebody has written is left as it is.
        """
        from training.registry.descriptions import MODEL_DESCRIPTION, describe_model

        entry = self.client.get_registered_model(name)
        if entry.description and not entry.description.startswith(MODEL_DESCRIPTION):
            return
        versions = []
        for alias, number in sorted(entry.aliases.items()):
            tags = self.client.get_model_version(name, number).tags
            decided, because = tags.get("shiprisk.decided", "not judged"), tags.get("shiprisk.because", "no verdict")
            versions.append((alias, str(number), decided, because))
        self.client.update_registered_model(name, describe_model(versions))

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

    def _register(self, name: str, logged: Any, run_id: str, digest: str) -> str:
        from training.registry.descriptions import MODEL_DESCRIPTION

        if not self.client.search_registered_models(f"name = '{name}'"):
            self.client.create_registered_model(name, description=MODEL_DESCRIPTION)
        tags = {FILES_TAG: digest}
        entry = self.client.create_model_version(name, logged.model_uri, run_id, tags, model_id=logged.model_id)
        return str(entry.version)

    @property
    def address(self) -> str:
        """Where the registry is, without its password."""
        return redact(self.uri, secrets_of(self.uri))

    def as_shiprisk_error(self, error: Exception, what: str) -> ShipriskError:
        """An error of MLflow's in our words: no such model, or no answer."""
        code = getattr(error, "error_code", "")
        if code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            must = f"must hold {what}, got: it has no such model"
            return UnknownModel(f"the registry at {self.address} {must}", public=f"the registry {must}")
        lines = redact(str(error), secrets_of(self.uri)).strip().splitlines()
        got = f"{type(error).__name__}: {lines[0] if lines else 'no word'}"
        return RegistryUnavailable(
            f"the registry at {self.address} must answer, got {got}", public="the registry must answer, got an error"
        )


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
