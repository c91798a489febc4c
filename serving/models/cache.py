"""The champion: found in the registry, kept in a local cache, so that a service starts when the registry is away."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from features.catalogue.fingerprint import features_hash
from features.catalogue.registry import catalogue
from features.errors import ShipriskError
from features.redaction import redact, secrets_of
from serving.settings import Settings
from training.lightgbm import load_lightgbm
from training.model.risk_model import RiskModel
from training.model_files.manifest import InvalidModel, has_manifest
from training.model_files.tree_text import try_booster
from training.registry.registry import CHAMPION, ModelVersion, Registry, RegistryUnavailable, UnknownModel

POINTER = ("version", "run_id", "unproven", "files_digest")
"""What is written down of the champion."""
UNSEALED = "the model has no digests of its files, as an earlier version registered it: train a new one"
log = structlog.get_logger("shiprisk.cache")


class ModelMissing(ShipriskError):
    """There is no model to score with."""


class PointerDamaged(ModelMissing):
    """The cache does not say which version served last."""


class OtherPolicy(ModelMissing):
    """A model has learned outcomes that are not those of the service."""


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to score, what is not as it should be, and what the gate found short where it is unproven.

    ``degraded_since``, microseconds, is when the first of ``degraded_because`` was noticed while it served;
    ``files_digest`` the one its files were registered with. It is ``assumed`` to be the champion where neither the
    registry nor the cache says which version is.
    """

    name: str
    version: str
    model: RiskModel
    degraded_because: tuple[str, ...] = ()
    run_id: str = ""
    unproven: str = ""
    degraded_since: int | None = None
    files_digest: str = ""
    assumed: bool = False

    @property
    def identity(self) -> str:
        """Name, version and run in words, as the audit trail has them."""
        return f"{self.name}@{self.version} of {self.run_id}"


def open_registry(settings: Settings) -> Registry:
    """The registry the settings name; a local one is made on first use."""
    settings.home.mkdir(parents=True, exist_ok=True)
    return Registry(settings.tracking_uri, settings.artifacts)


def existing_registry(settings: Settings) -> Registry:
    """The registry that models are in. Raises ``RegistryUnavailable`` where its file is gone: none is made for it."""
    if not _has_file(settings.tracking_uri):
        got = "got no file there: put a copy back, or train a new model"
        raise RegistryUnavailable(
            f"the registry at {_address(settings)} must be there, {got}", public=f"the registry must be there, {got}"
        )
    return open_registry(settings)


def _has_file(uri: str) -> bool:
    """Whether a local registry is there; of one elsewhere nothing is known before it is asked."""
    return not uri.startswith("sqlite:///") or Path(uri.removeprefix("sqlite:///")).is_file()


def _address(settings: Settings) -> str:
    uri = settings.tracking_uri
    return redact(uri, secrets_of(uri))


def load_champion(settings: Settings, alias_or_number: str = CHAMPION) -> LoadedModel:
    """The version behind an alias or number, from the registry or, if that is away, from the cache.

    Raises ``ModelMissing`` when neither has one, or when it was trained under another outcome policy.
    """
    load_lightgbm()
    try:
        registered = resolve(settings, alias_or_number)
        champion = require_policy(settings, fetch(settings, registered))
    except RegistryUnavailable as error:
        return _while_away(settings, alias_or_number, error)
    if alias_or_number == CHAMPION:
        save_pointer(settings, champion)
    return champion


def starting_champion(settings: Settings) -> LoadedModel:
    """The champion that a service starts with: the last one that served where the registry's does not hold.

    Raises what is wrong with the registry's where the cache has none either. A champion that served stays the one of
    the cache until another has proved itself.
    """
    load_lightgbm()
    try:
        return _fetched_or_last(settings, resolve(settings, CHAMPION))
    except RegistryUnavailable as error:
        return _while_away(settings, CHAMPION, error)


def _fetched_or_last(settings: Settings, registered: ModelVersion) -> LoadedModel:
    try:
        champion = require_policy(settings, fetch(settings, registered))
    except RegistryUnavailable:
        raise
    except Exception as error:
        return _last_that_served(settings, registered, error)
    if not _pointer(settings).exists():
        save_pointer(settings, champion)
    return champion


def _last_that_served(settings: Settings, damaged: ModelVersion, error: Exception) -> LoadedModel:
    """The champion of the cache, which says why another does not serve. Raises the error where it has none."""
    try:
        cached = cached_champion(settings)
    except ShipriskError:
        raise error from None
    log.warning("the champion does not hold, the last that served scores", version=damaged.version, why=str(error))
    why = not_taken(damaged.version, cached.version, public_reason(error))
    return replace(cached, degraded_because=(why, *cached.degraded_because))


def _while_away(settings: Settings, alias_or_number: str, why: RegistryUnavailable) -> LoadedModel:
    """The version of the cache, which says that the registry is away."""
    cached = _cached(settings, alias_or_number, why)
    return replace(cached, degraded_because=(registry_away(cached.version), *cached.degraded_because))


def cached_champion(settings: Settings, why: RegistryUnavailable | None = None) -> LoadedModel:
    """The champion of the local cache, without asking the registry."""
    return _cached(settings, CHAMPION, why or RegistryUnavailable("the registry was not asked"))


def _cached(settings: Settings, alias_or_number: str, why: RegistryUnavailable) -> LoadedModel:
    try:
        registered = _cached_version(settings, alias_or_number, why)
    except PointerDamaged as error:
        return _newest_whole(settings, error)
    return require_policy(settings, _load(settings, registered))


def _newest_whole(settings: Settings, damaged: PointerDamaged) -> LoadedModel:
    """The newest cached version whose files have the digests they came with. Raises the error where none has."""
    folders = {path.name.partition("-")[::2]: path for path in (settings.models / settings.model).glob("*-*")}
    for version, run_id in sorted((one for one in folders if one[0].isdigit()), key=lambda one: -int(one[0])):
        registered = ModelVersion(settings.model, version, run_id, (CHAMPION,))
        try:
            if has_manifest(folders[version, run_id]):
                RiskModel.load(folders[version, run_id], "", try_booster)
                model = require_policy(settings, _load(settings, registered))
                log.warning("the newest whole version of the cache scores", version=version, why=str(damaged))
                return replace(model, degraded_because=(newest_scores(version), *model.degraded_because), assumed=True)
        except ShipriskError as error:
            log.warning("a cached model does not hold", version=version, why=str(error))
    raise damaged


def require_policy(settings: Settings, champion: LoadedModel) -> LoadedModel:
    """The model. Raises ``OtherPolicy`` where it was trained under another outcome policy than the settings have."""
    trained, ours = champion.model.policy, settings.policy
    if trained == ours:
        return champion
    here = settings.outcome or "no file"
    must = (
        f"the model {champion.name}@{champion.version} must be trained under the outcome policy that holds here, "
        f"got one trained under: {trained}; here it is: {ours}"
    )
    hint = "Train one with --outcome, or set SHIPRISK_OUTCOME to the file that it was trained with"
    raise OtherPolicy(f"{must} ({here}). {hint}", public=f"{must} ({Path(here).name}). {hint}")


def load_version(settings: Settings, name: str, version: str, run_id: str) -> LoadedModel:
    """A version that has scored before, from the cache or, if it is not there, from the registry.

    Raises ``ModelMissing`` when neither has it, or has it whole.
    """
    must = f"the cache or the registry must hold {name}@{version} of run {run_id}"
    try:
        return fetch(settings, ModelVersion(name, version, run_id))
    except InvalidModel as error:
        got = "got one that cannot be read"
        raise ModelMissing(f"{must}, {got}: {error}", public=f"{must}, {got}: {error.public}") from error
    except (RegistryUnavailable, UnknownModel) as error:
        raise ModelMissing(f"{must}, got neither: {error}", public=f"{must}, got neither") from error


def registry_away(version: str) -> str:
    """What to say while the registry does not answer."""
    return f"the model registry is away, the cached version {version} scores"


def newest_scores(version: str) -> str:
    """What to say where it is not known which version of the cache is the champion."""
    return (
        "the cache must say which version served last, got a damaged file: the newest whole one, version "
        f"{version}, scores, which may never have been promoted"
    )


def public_reason(error: Exception) -> str:
    """Why a version does not serve, for replies; what is no error of ours stands in the log."""
    return error.public if isinstance(error, ShipriskError) else f"{type(error).__name__}, see the service's log"


def not_taken(champion: str, serves: str, why: str) -> str:
    """What to say while a version that is the champion does not serve; ``serves`` is empty where none does."""
    scores = f"version {serves} scores" if serves else "nothing scores"
    return f"version {champion} is the champion and was not taken, {scores}: {why}"


def resolve(settings: Settings, alias_or_number: str) -> ModelVersion:
    """The version behind an alias or number. Raises ``ModelMissing``, and ``RegistryUnavailable`` while it is away."""
    name = f"{settings.model}@{alias_or_number}"
    if not _has_file(settings.tracking_uri) and not _pointer(settings).exists():
        raise _not_registered(settings, name, "no registry yet")
    try:
        return existing_registry(settings).resolve(settings.model, alias_or_number)
    except UnknownModel as error:
        refused = _refusal(settings) if alias_or_number == CHAMPION else ""
        raise _not_registered(settings, name, "none", refused) from error


def _not_registered(settings: Settings, name: str, got: str, refused: str = "") -> ModelMissing:
    """What to do where there is no such version; callers from elsewhere are not told where the registry is."""
    must, do = f"a model {name} must be registered, got {got}", "run 'shiprisk train' first"
    hint = refused or f"{do}, or set --name or MLFLOW_TRACKING_URI (now {_address(settings)})"
    return ModelMissing(f"{must}: {hint}", public=f"{must}: {refused or do}")


def _refusal(settings: Settings) -> str:
    """Which version the gate refused last, why, and how it serves all the same; empty where it has refused none."""
    from training.promote.promotion import how_to_serve_unproven, last_refused

    refused = last_refused(open_registry(settings), settings.model)
    if refused is None:
        return ""
    how = how_to_serve_unproven(settings.model, refused.version)
    return f"the gate refused version {refused.version} ({refused.because}); {how}"


def fetch(settings: Settings, registered: ModelVersion) -> LoadedModel:
    """A version from the cache, where it is downloaded to if it is not there, or is there damaged."""
    if _folder(settings, registered).exists():
        try:
            return _load(settings, registered)
        except InvalidModel as error:
            log.warning("a cached model is damaged and fetched again", version=registered.version, why=str(error))
    _download(settings, registered)
    return _load(settings, registered)


def _download(settings: Settings, registered: ModelVersion) -> None:
    """Put a version into the cache, once its files are those that were registered and have been loaded elsewhere."""
    folder = _folder(settings, registered)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        files = Path(temporary) / "files"
        existing_registry(settings).download(registered, files)
        RiskModel.load(files, registered.files_digest, try_booster)
        _move(files, folder, Path(temporary) / "damaged")


def save_pointer(settings: Settings, champion: LoadedModel) -> None:
    """Write down a champion as the one that scores while the registry is away."""
    pointer = settings.models / champion.name / "champion.json"
    temporary = pointer.with_suffix(f".{os.getpid()}")
    content = {name: getattr(champion, name) for name in POINTER}
    temporary.write_text(json.dumps(content), encoding="utf-8")
    temporary.replace(pointer)


def _load(settings: Settings, registered: ModelVersion) -> LoadedModel:
    folder, name, digest = _folder(settings, registered), registered.name, registered.files_digest
    model = RiskModel.load(folder, digest)
    unsealed = () if has_manifest(folder) else (UNSEALED,)
    reasons = (*_unproven(registered.unproven), *unsealed, *_mismatch(model))
    return LoadedModel(
        name, registered.version, model, reasons, registered.run_id, registered.unproven, files_digest=digest
    )


def _unproven(falls_short: str) -> tuple[str, ...]:
    said = f"the model is unproven, a person let it serve though the gate refused it: {falls_short}"
    return (said,) if falls_short else ()


def _move(files: Path, folder: Path, aside: Path) -> None:
    """Put a download in its place, and what stands there aside; another process may have been quicker."""
    with suppress(FileNotFoundError):
        folder.rename(aside)
    try:
        files.rename(folder)
    except OSError:
        if not folder.exists():
            raise


def _folder(settings: Settings, registered: ModelVersion) -> Path:
    """Versions start anew in another registry, so the run is part of the name."""
    return settings.models / registered.name / f"{registered.version}-{registered.run_id}"


def _cached_version(settings: Settings, alias_or_number: str, why: RegistryUnavailable) -> ModelVersion:
    folder, pointer = settings.models / settings.model, _pointer(settings)
    versions = sorted(folder.glob(f"{alias_or_number}-*")) if alias_or_number.isdigit() else []
    if versions:
        return ModelVersion(settings.model, alias_or_number, versions[-1].name.partition("-")[2])
    if alias_or_number == CHAMPION and pointer.exists():
        return _pointed_at(settings, pointer)
    must = f"the registry must answer or the cache must hold {settings.model}@{alias_or_number}"
    raise ModelMissing(f"{must}; {why}", public=f"{must}; {why.public}") from why


def _pointer(settings: Settings) -> Path:
    """Where it is written down which champion served last."""
    return settings.models / settings.model / "champion.json"


def _pointed_at(settings: Settings, pointer: Path) -> ModelVersion:
    """The version that served last. Raises ``PointerDamaged`` for a file that does not say it."""
    try:
        content = json.loads(pointer.read_text(encoding="utf-8"))
        version, run_id = str(content["version"]), str(content["run_id"])
        unproven, digest = (str(content.get(name, "")) for name in POINTER[2:])
    except (OSError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        must = "the cache must say which version served last"
        got = "got a damaged file and no whole model beside it: it is written anew once the registry answers"
        raise PointerDamaged(f"{must} in {pointer}, {got}", public=f"{must}, {got}") from error
    return ModelVersion(settings.model, version, run_id, (CHAMPION,), unproven, digest)


def _mismatch(model: RiskModel) -> tuple[str, ...]:
    """Signals may have changed since the model was trained; a signal that is gone cannot be scored."""
    gone = [name for name in model.names if name not in catalogue()]
    if gone:
        raise ModelMissing(
            f"the model must use signals of this version, got {', '.join(gone)}: train a new one, or "
            "name the folder of signals from outside in SHIPRISK_SIGNALS"
        )
    if model.about.get("features_hash") != features_hash(model.names):
        return ("the code of a signal has changed since the model was trained",)
    return ()
