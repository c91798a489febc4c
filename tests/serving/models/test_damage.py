"""Damaged models do not serve: a cached one is fetched again, one from the registry is refused, the good one stays."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from features.errors import ShipriskError
from serving.models.active import ActiveScorer
from serving.models.cache import (
    UNSEALED,
    ModelMissing,
    cached_champion,
    load_champion,
    load_version,
    open_registry,
    starting_champion,
)
from serving.models.follower import Follower
from serving.settings import Settings
from training.model.risk_model import RiskModel
from training.model_files.manifest import MANIFEST, InvalidModel, write_manifest
from training.registry.registry import CHAMPION, FILES_TAG
from training.trainer import Trained

AWAY = "http://127.0.0.1:9"
Damage = Callable[[Path], None]


def register(settings: Settings, folder: Path, model: RiskModel, seal: bool = True) -> Path:
    """A champion as a training registers it, with or without digests; its files in the registry."""
    client = open_registry(settings).client
    if not client.search_registered_models("name = 'risk'"):
        client.create_registered_model("risk")
    digest = model.save(folder)
    if not seal:
        (folder / MANIFEST).unlink()
    tags = {FILES_TAG: digest} if seal else {}
    version = client.create_model_version("risk", folder.as_uri(), tags=tags).version
    client.set_registered_model_alias("risk", CHAMPION, version)
    return folder


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Settings(home=tmp_path / "home", model="risk", follow=10)


def edited(folder: Path) -> None:
    """Another calibration, as somebody would write it who wants other risks."""
    content = json.loads((folder / "model.json").read_text())
    content["calibration"][1] -= 5
    (folder / "model.json").write_text(json.dumps(content))


def edited_and_sealed(folder: Path) -> None:
    edited(folder)
    write_manifest(folder)


def a_folder_for_a_file(folder: Path) -> None:
    (folder / "risk.txt").unlink()
    (folder / "risk.txt").mkdir()


def a_file_for_the_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("")


def one_more_file(folder: Path) -> None:
    (folder / "partial.txt").write_bytes((folder / "risk.txt").read_bytes())


def half(folder: Path) -> None:
    content = (folder / "risk.txt").read_bytes()
    (folder / "risk.txt").write_bytes(content[: len(content) // 2])


DAMAGES: dict[str, Damage] = {
    "a file is missing": lambda folder: (folder / "context.json").unlink(),
    "a file is half": half,
    "a file is empty": lambda folder: (folder / "risk.txt").write_text(""),
    "other bytes": lambda folder: (folder / "risk.txt").write_bytes(b"\xff\x00\xfe" * 1000),
    "no JSON": lambda folder: (folder / "model.json").write_text("{"),
    "no JSON in the manifest": lambda folder: (folder / MANIFEST).write_text("[]"),
    "another digest": lambda folder: (folder / MANIFEST).write_text(
        (folder / MANIFEST).read_text().replace("a", "b").replace("0", "1")
    ),
    "the manifest is missing": lambda folder: (folder / MANIFEST).unlink(),
    "an edited calibration": edited,
    "an edited calibration with new digests": edited_and_sealed,
    "a folder for a file": a_folder_for_a_file,
    "a file for the folder": a_file_for_the_folder,
    "one more file": one_more_file,
}


def following(settings: Settings, folder: Path, trained: Trained) -> Follower:
    """A follower that a good champion scores for."""
    register(settings, folder / "good", trained.model)
    follower = Follower(settings, ActiveScorer(), seconds=lambda: 0.0)
    follower.begin()
    return follower


def cached(settings: Settings) -> Path:
    return next(path for path in (settings.models / "risk").iterdir() if path.name.startswith("1-"))


def test_a_damaged_cache_is_fetched_again_and_refused_while_the_registry_is_away(
    settings: Settings, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(settings, tmp_path / "files", trained.model)
    rows = trained.dataset.points.signals
    expected = load_champion(settings).model.predict(rows).risk
    for damage in DAMAGES.values():
        damage(cached(settings))
        with monkeypatch.context() as away:
            away.setenv("MLFLOW_TRACKING_URI", AWAY)
            with pytest.raises(InvalidModel):
                load_champion(settings)
        with capture_logs() as logs:
            champion = load_champion(settings)
        assert [line["event"] for line in logs] == ["a cached model is damaged and fetched again"]
        np.testing.assert_array_equal(champion.model.predict(rows).risk, expected)
        assert champion.degraded_because == ()


DAMAGED_POINTERS = ("", "{", "[]", "null", '{"version": "1"}')


def test_with_a_damaged_pointer_the_newest_whole_model_scores_while_the_registry_is_away(
    settings: Settings, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        register(settings, tmp_path / f"files-{number}", trained.model)
        load_champion(settings)
    half(next((settings.models / "risk").glob("3-*")))
    pointer, home_address = settings.models / "risk" / "champion.json", settings.tracking_uri
    monkeypatch.setenv("MLFLOW_TRACKING_URI", AWAY)
    for content in DAMAGED_POINTERS:
        pointer.write_text(content)
        started = Follower(settings, ActiveScorer())
        started.begin()
        for champion in (starting_champion(settings), started.active.current().loaded):
            assert champion.version == "2"
            assert any("the newest whole one, version 2, scores" in why for why in champion.degraded_because)
            assert any("the model registry is away" in why for why in champion.degraded_because)
        assert pointer.read_text() == content, "what is assumed is not written down"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", home_address)
    open_registry(settings).client.set_registered_model_alias("risk", CHAMPION, "2")
    started.step()
    assert (started.active.current().loaded.version, started.active.current().loaded.degraded_because) == ("2", ())
    assert cached_champion(settings).degraded_because == ()


def test_a_damaged_pointer_is_written_anew_and_a_sentence_where_no_cached_model_is_whole(
    settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    register(settings, tmp_path / "files", trained.model)
    load_champion(settings)
    half(cached(settings))
    for content in DAMAGED_POINTERS:
        (settings.models / "risk" / "champion.json").write_text(content)
        with pytest.raises(ModelMissing, match="must say which version served last in .*champion.json"):
            cached_champion(settings)
    assert load_champion(settings).version == "1"
    assert cached_champion(settings).version == "1"


def test_a_folder_for_the_registrys_file_is_a_registry_that_is_away(
    settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """Asking MLflow for it would be tried again for minutes."""
    register(settings, tmp_path / "files", trained.model)
    load_champion(settings)
    file = Path(settings.tracking_uri.removeprefix("sqlite:///"))
    file.unlink()
    file.mkdir()
    assert "the model registry is away" in starting_champion(settings).degraded_because[0]


def test_damage_in_the_registry_is_refused_and_the_good_one_stays(
    settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    follower = following(settings, tmp_path, trained)
    for number, (kind, damage) in enumerate(DAMAGES.items()):
        if damage is a_file_for_the_folder:
            continue
        damage(register(settings, tmp_path / f"bad-{number}", trained.model))
        follower.step()
        loaded = follower.active.current().loaded
        assert loaded.version == "1", kind
        assert "was not taken, version 1 scores: " in loaded.degraded_because[0], kind
        assert "Traceback" not in loaded.degraded_because[0]


def test_a_champion_that_was_refused_is_none_once_its_alias_is_gone(
    settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    follower = following(settings, tmp_path, trained)
    half(register(settings, tmp_path / "bad", trained.model))
    follower.step()
    open_registry(settings).client.delete_registered_model_alias("risk", CHAMPION)
    follower.step()
    (said,) = follower.active.current().loaded.degraded_because
    assert said.startswith("no version is the champion any more, version 1 scores: ")


def test_a_start_on_damage_in_the_registry_scores_with_the_last_champion_that_served(
    settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    following(settings, tmp_path, trained)
    for number, (kind, damage) in enumerate(DAMAGES.items()):
        damage(register(settings, tmp_path / f"bad-{number}", trained.model))
        checked, started = starting_champion(settings), Follower(settings, ActiveScorer())
        started.begin()
        for champion in (checked, started.active.current().loaded):
            assert champion.version == "1", kind
            assert "version 1 scores" in champion.degraded_because[0], kind
            assert str(tmp_path) not in champion.degraded_because[0], kind
        assert cached_champion(settings).version == "1", kind


def test_a_start_on_damage_stops_where_no_champion_has_served(
    settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    half(register(settings, tmp_path / "bad", trained.model))
    with pytest.raises(InvalidModel, match=r"must be as they were written, got other bytes in risk\.txt"):
        starting_champion(settings)


def test_a_start_leaves_the_champion_that_served_in_the_cache_until_another_has_proved_itself(
    settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    register(settings, tmp_path / "first", trained.model)
    assert starting_champion(settings).version == cached_champion(settings).version == "1"
    register(settings, tmp_path / "second", trained.model)
    assert (starting_champion(settings).version, cached_champion(settings).version) == ("2", "1")


def test_a_model_of_an_earlier_version_serves_and_replies_say_that_its_files_have_no_digests(
    settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    register(settings, tmp_path / "files", trained.model, seal=False)
    assert load_champion(settings).degraded_because == (UNSEALED,)
    half(cached(settings))
    assert load_champion(settings).version == "1"
    half(tmp_path / "files")
    half(cached(settings))
    with pytest.raises(ShipriskError, match=r"risk\.txt, line \d+: .* must "):
        load_champion(settings)


def test_a_score_of_a_model_that_is_damaged_everywhere_cannot_be_made_again_which_is_said(
    settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    half(register(settings, tmp_path / "files", trained.model))
    run = open_registry(settings).resolve("risk").run_id
    must = rf"the cache or the registry must hold risk@1 of run {run}, got one that cannot be read"
    with pytest.raises(ModelMissing, match=must) as missing:
        load_version(settings, "risk", "1", run)
    assert str(tmp_path) not in missing.value.public


def test_what_callers_read_of_a_model_of_other_content_is_the_kind_of_error_alone(
    trained: Trained, tmp_path: Path
) -> None:
    trained.model.save(tmp_path)
    (tmp_path / "context.json").write_text('{"secret path": "/home/planner"}' * 99)
    write_manifest(tmp_path)
    with pytest.raises(InvalidModel) as invalid:
        RiskModel.load(tmp_path)
    assert invalid.value.public.endswith(", got JSONDecodeError")
    assert len(str(invalid.value)) < len(str(tmp_path)) + 400
