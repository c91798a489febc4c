"""The champion: found in the registry, kept in a local cache, so that a service starts when the registry is away."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from features.catalogue import catalogue, features_hash
from features.errors import ShipriskError
from serving.settings import Settings
from training.boosting import lightgbm
from training.model import RiskModel
from training.tracking import CHAMPION, Registered, Registry, RegistryUnavailable, UnknownModel


class ModelMissing(ShipriskError):
    """There is no model to score with."""


@dataclass(frozen=True)
class Champion:
    """A model ready to score, and what is not as it should be."""

    name: str
    version: str
    model: RiskModel
    degraded_because: tuple[str, ...] = ()
    run_id: str = ""


def open_registry(settings: Settings) -> Registry:
    """The registry the settings name; a local one is made on first use."""
    settings.home.mkdir(parents=True, exist_ok=True)
    return Registry(settings.tracking_uri, settings.artifacts)


def load_champion(settings: Settings, wanted: str = CHAMPION) -> Champion:
    """The version behind an alias or number, from the registry or, if that is away, from the cache.

    Raises ``ModelMissing`` when neither has one.
    """
    lightgbm()
    try:
        registered = _resolve(settings, wanted)
        folder = _cached(settings, registered)
        if wanted == CHAMPION:
            _remember(settings, registered)
        away: tuple[str, ...] = ()
    except RegistryUnavailable as error:
        registered = _remembered(settings, wanted, error)
        folder = _folder(settings, registered)
        away = (f"the model registry is away, the cached version {registered.version} scores",)
    model = RiskModel.load(folder)
    return Champion(registered.name, registered.version, model, away + _mismatch(model), registered.run_id)


def cached_champion(settings: Settings) -> Champion:
    """The champion of the local cache, without asking the registry."""
    kept = _remembered(settings, CHAMPION, RegistryUnavailable("the registry was not asked"))
    model = RiskModel.load(_folder(settings, kept))
    return Champion(kept.name, kept.version, model, _mismatch(model), kept.run_id)


def load_version(settings: Settings, name: str, version: str, run_id: str) -> Champion:
    """A version that has scored before, from the cache or, if it is not there, from the registry.

    Raises ``ModelMissing`` when neither has it.
    """
    registered = Registered(name, version, run_id)
    try:
        model = RiskModel.load(_cached(settings, registered))
    except (RegistryUnavailable, UnknownModel) as error:
        must = f"the cache or the registry must hold {name}@{version} of run {run_id}"
        raise ModelMissing(f"{must}, got neither: {error}") from error
    return Champion(name, version, model, _mismatch(model), run_id)


def _resolve(settings: Settings, wanted: str) -> Registered:
    uri = settings.tracking_uri
    hint = f"run 'shiprisk train' first, or set MLFLOW_TRACKING_URI (now {uri})"
    if uri.startswith("sqlite:///") and not Path(uri.removeprefix("sqlite:///")).exists():
        raise ModelMissing(f"a model {settings.model}@{wanted} must be registered, got no registry yet: {hint}")
    try:
        return open_registry(settings).resolve(settings.model, wanted)
    except UnknownModel as error:
        raise ModelMissing(f"a model {settings.model}@{wanted} must be registered, got none: {hint}") from error


def _folder(settings: Settings, registered: Registered) -> Path:
    """Versions start anew in another registry, so the run is part of the name."""
    return settings.models / registered.name / f"{registered.version}-{registered.run_id}"


def _cached(settings: Settings, registered: Registered) -> Path:
    folder = _folder(settings, registered)
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            open_registry(settings).download(registered, Path(temporary) / "files")
            shutil.move(Path(temporary) / "files", folder)
    return folder


def _remember(settings: Settings, registered: Registered) -> None:
    pointer = settings.models / registered.name / "champion.json"
    temporary = pointer.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps({"version": registered.version, "run_id": registered.run_id}), encoding="utf-8")
    temporary.replace(pointer)


def _remembered(settings: Settings, wanted: str, why: RegistryUnavailable) -> Registered:
    folder = settings.models / settings.model
    pointer = folder / "champion.json"
    versions = sorted(folder.glob(f"{wanted}-*")) if wanted.isdigit() else []
    if versions:
        return Registered(settings.model, wanted, versions[-1].name.partition("-")[2])
    if wanted == CHAMPION and pointer.exists():
        kept = json.loads(pointer.read_text(encoding="utf-8"))
        return Registered(settings.model, kept["version"], kept["run_id"], (CHAMPION,))
    raise ModelMissing(f"the registry must answer or the cache must hold {settings.model}@{wanted}; {why}") from why


def _mismatch(model: RiskModel) -> tuple[str, ...]:
    """Signals may have changed since the model was trained; a signal that is gone cannot be scored."""
    gone = [name for name in model.names if name not in catalogue()]
    if gone:
        raise ModelMissing(f"the model must use signals of this version, got {', '.join(gone)}: train a new one")
    if model.about.get("features_hash") != features_hash(model.names):
        return ("the code of a signal has changed since the model was trained",)
    return ()
