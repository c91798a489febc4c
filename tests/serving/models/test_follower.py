"""The champion is followed through a real registry, step by step, with a clock that stands still until it is moved."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import numpy as np
import pytest
from structlog.testing import capture_logs

from features.history import History
from serving.bootstrap import build_app
from serving.models.active import ActiveScorer
from serving.models.cache import ModelMissing, load_champion, load_version, open_registry
from serving.models.follower import CHALLENGER, Follower
from serving.models.shadow import Shadow, ShadowComparison
from serving.overviews.model_record import read_record
from serving.problems import NotReady
from serving.settings import Settings
from tests.conftest import Home, Service, serve
from tests.support.models import steeper
from tests.support.stories import created, moment, story
from training.model.risk_model import RiskModel
from training.model_files.manifest import write_manifest
from training.registry.registry import CHAMPION, RegistryUnavailable
from training.trainer import Trained

NAMES = count()


AWAY = "http://127.0.0.1:9"


@dataclass
class Plant:
    """A model of its own name in a registry, a follower of it, and a clock."""

    settings: Settings
    folder: Path
    active: ActiveScorer = field(default_factory=ActiveScorer)
    shadow: Shadow = field(default_factory=Shadow)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.client = open_registry(self.settings).client
        self.client.create_registered_model(self.settings.model)
        self.follower = Follower(self.settings, self.active, self.shadow, seconds=lambda: self.now)

    def register(self, model: RiskModel, alias: str = CHAMPION, spoil: Callable[[Path], None] = lambda _: None) -> str:
        """A new version of these files under an alias."""
        files = self.folder / f"{self.settings.model}-{next(NAMES)}"
        model.save(files)
        spoil(files)
        version = self.client.create_model_version(self.settings.model, files.as_uri()).version
        self.client.set_registered_model_alias(self.settings.model, alias, version)
        return str(version)

    @property
    def version(self) -> str:
        return self.active.current().loaded.version

    @property
    def reasons(self) -> tuple[str, ...]:
        return self.active.current().loaded.degraded_because


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registry")


@pytest.fixture
def plant_of(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Plant:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Plant(Settings(home=shared / "home", model=f"risk-{next(NAMES)}", follow=10, shadow=True), shared)


def without_odds(files: Path) -> None:
    """A calibration that makes every risk not a number."""
    kept = json.loads((files / "model.json").read_text())
    (files / "model.json").write_text(json.dumps(kept | {"calibration": [float("nan"), 0.0]}))
    write_manifest(files)


def with_torn_trees(files: Path) -> None:
    (files / "risk.txt").write_text("tree\nnum_class=1")


def registered_with_torn_trees(files: Path) -> None:
    with_torn_trees(files)
    write_manifest(files)


def test_a_promoted_version_takes_over_and_listeners_hear_of_it_once(plant_of: Plant, trained: Trained) -> None:
    heard: list[str] = []
    plant_of.register(trained.model)
    plant_of.follower.begin()
    plant_of.active.subscribe(lambda scorer: heard.append(scorer.loaded.version))
    request_in_hand = plant_of.active.current()
    plant_of.register(trained.model)
    assert plant_of.version == "1"
    for _ in range(3):
        plant_of.follower.step()
    assert (plant_of.version, heard, plant_of.reasons) == ("2", ["2"], ())
    assert request_in_hand.loaded.version == "1"


def test_a_listener_that_fails_keeps_nobody_from_hearing(plant_of: Plant, trained: Trained) -> None:
    heard: list[str] = []
    plant_of.active.subscribe(lambda _: 1 / 0)
    plant_of.active.subscribe(lambda scorer: heard.append(scorer.loaded.version))
    plant_of.register(trained.model)
    with capture_logs() as logs:
        plant_of.follower.begin()
    assert (plant_of.version, heard) == ("1", ["1"])
    assert "a listener failed" in {line["event"] for line in logs}


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (without_odds, "must be probabilities in [0, 1], got (nan, nan, nan)"),
        (with_torn_trees, "the files of a model must be as they were written, got other bytes in risk.txt"),
        (registered_with_torn_trees, "risk.txt, line 2: a blank line must end the header, got 'the end of the file'"),
    ],
)
def test_a_version_that_does_not_hold_is_not_taken(
    plant_of: Plant, trained: Trained, spoil: Callable[[Path], None], why: str
) -> None:
    plant_of.register(trained.model)
    plant_of.follower.begin()
    plant_of.register(trained.model, spoil=spoil)
    plant_of.follower.step()
    assert plant_of.version == "1"
    assert len(plant_of.reasons) == 1
    assert plant_of.reasons[0].startswith("version 2 is the champion and was not taken, version 1 scores: ")
    assert why in plant_of.reasons[0]


def test_what_was_refused_is_tried_again_ever_more_rarely_and_another_at_once(
    plant_of: Plant, trained: Trained
) -> None:
    plant_of.register(trained.model)
    plant_of.follower.begin()
    plant_of.register(trained.model, spoil=without_odds)
    tried = []
    for second in range(0, 100, 10):
        plant_of.now = second
        with capture_logs() as logs:
            plant_of.follower.step()
        tried += [second for line in logs if line["event"] == "a version was not taken"]
    assert tried == [0, 20, 60]
    plant_of.register(trained.model)
    plant_of.follower.step()
    assert (plant_of.version, plant_of.reasons) == ("3", ())


def test_going_back_to_what_serves_forgets_what_was_refused(plant_of: Plant, trained: Trained) -> None:
    plant_of.register(trained.model)
    plant_of.follower.begin()
    plant_of.register(trained.model, spoil=without_odds)
    plant_of.follower.step()
    plant_of.client.set_registered_model_alias(plant_of.settings.model, CHAMPION, "1")
    plant_of.follower.step()
    assert (plant_of.version, plant_of.reasons) == ("1", ())


def test_a_torn_download_is_fetched_anew(plant_of: Plant, trained: Trained) -> None:
    plant_of.register(trained.model)
    plant_of.follower.begin()
    whole: list[bytes] = []

    def tear(files: Path) -> None:
        whole.append((files / "risk.txt").read_bytes())
        with_torn_trees(files)

    plant_of.register(trained.model, spoil=tear)
    plant_of.follower.step()
    torn = max(plant_of.folder.glob(f"{plant_of.settings.model}-*"), key=lambda path: int(path.name.split("-")[-1]))
    (torn / "risk.txt").write_bytes(whole[0])
    plant_of.now = 1000
    plant_of.follower.step()
    assert plant_of.version == "2"


def test_the_cache_serves_while_the_registry_is_away_and_says_so(
    plant_of: Plant, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_of.register(trained.model)
    plant_of.follower.begin()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", AWAY)
    plant_of.follower.step()
    away = ("the model registry is away, the cached version 1 scores",)
    assert plant_of.reasons == away
    assert plant_of.active.current().degraded_because(moment(0))[0] == away[0]
    restarted = Follower(plant_of.settings, ActiveScorer())
    assert restarted.begin().loaded.version == "1"
    assert restarted.active.current().loaded.degraded_because == away
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    plant_of.register(trained.model)
    for follower in (plant_of.follower, restarted):
        follower.step()
        found = follower.active.current().loaded
        assert (found.version, found.degraded_because) == ("2", ())


def test_a_registry_whose_file_is_gone_is_away_and_not_made_anew(
    tmp_path: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    own = Plant(Settings(home=tmp_path / "home", model="risk", shadow=True), tmp_path)
    own.register(trained.model)
    own.follower.begin()
    file, copy = tmp_path / "home" / "mlflow.db", tmp_path / "copy.db"
    file.rename(copy)
    away = ("the model registry is away, the cached version 1 scores",)
    for _ in range(2):
        own.follower.step()
        assert own.reasons == away
        with pytest.raises(RegistryUnavailable, match="got no file there"):
            read_record(own.settings, own.active.current().loaded)
    assert Follower(own.settings, ActiveScorer()).begin().loaded.degraded_because == away
    assert load_champion(own.settings).degraded_because[0] == away[0]
    assert not file.exists()
    copy.rename(file)
    own.follower.step()
    assert own.reasons == ()


def test_a_service_that_starts_on_a_bad_champion_scores_with_the_last_that_served(
    plant_of: Plant, trained: Trained
) -> None:
    plant_of.register(trained.model)
    plant_of.follower.begin()
    plant_of.register(trained.model, spoil=without_odds)
    restarted = Follower(plant_of.settings, ActiveScorer())
    assert restarted.begin().loaded.version == "1"
    assert "version 2 is the champion and was not taken" in restarted.active.current().loaded.degraded_because[0]


def test_where_nothing_can_score_the_service_says_what_to_do(plant_of: Plant, trained: Trained) -> None:
    with pytest.raises(NotReady, match=r"@champion must be registered, got none: run 'shiprisk train' first"):
        plant_of.follower.begin()
    plant_of.register(trained.model)
    plant_of.follower.step()
    assert plant_of.version == "1"


def test_an_alias_that_was_taken_away_leaves_what_serves(plant_of: Plant, trained: Trained) -> None:
    plant_of.register(trained.model)
    plant_of.follower.begin()
    plant_of.client.delete_registered_model_alias(plant_of.settings.model, CHAMPION)
    plant_of.follower.step()
    assert plant_of.version == "1"
    assert "@champion must be registered, got none" in plant_of.reasons[0]


def test_a_version_that_scored_before_is_loaded_from_the_cache(
    plant_of: Plant, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_of.register(trained.model)
    before = plant_of.follower.begin().loaded
    plant_of.register(trained.model)
    plant_of.follower.step()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", AWAY)
    again = load_version(plant_of.settings, before.name, before.version, before.run_id)
    rows = trained.dataset.points.signals
    np.testing.assert_array_equal(again.model.predict(rows).risk, before.model.predict(rows).risk)
    with pytest.raises(ModelMissing, match="must hold .*@7 of run r, got neither"):
        load_version(plant_of.settings, before.name, "7", "r")


def test_the_challenger_scores_in_the_shadow_and_the_champion_answers(plant_of: Plant, trained: Trained) -> None:
    told: list[ShadowComparison] = []
    plant_of.shadow = Shadow(told.append)
    plant_of.follower.shadow = plant_of.shadow
    plant_of.register(trained.model)
    plant_of.register(steeper(trained.model), CHALLENGER)
    champion = plant_of.follower.begin()
    history = History.of(story(created(0, 30), created(0, 3, order="B")))
    scores, _ = champion.score_all(history, moment(4))
    plant_of.shadow.offer(champion.loaded, history, moment(4), scores)
    assert plant_of.shadow.step()
    assert not plant_of.shadow.step()
    assert [(t.order_id, t.as_of, t.champion.version, t.challenger.version) for t in told] == [
        ("A", moment(4), "1", "2")
    ]
    assert told[0].score is scores[0]
    assert told[0].shadow.risk > scores[0].risk
    plant_of.client.delete_registered_model_alias(plant_of.settings.model, CHALLENGER)
    plant_of.follower.step()
    assert plant_of.shadow.challenger is None


def test_without_the_setting_no_challenger_is_looked_for(plant_of: Plant, trained: Trained) -> None:
    plant_of.follower.settings = plant_of.settings.model_copy(update={"shadow": False})
    plant_of.register(trained.model)
    plant_of.register(trained.model, CHALLENGER)
    plant_of.follower.begin()
    assert plant_of.shadow.challenger is None


def test_the_server_follows_a_promotion(home: Home, tmp_path: Path) -> None:
    shutil.copytree(home.folder / "home", tmp_path / "home")
    own = Home(
        tmp_path, home.events, home.environment | {"SHIPRISK_HOME": str(tmp_path / "home"), "SHIPRISK_FOLLOW": "0.1"}
    )
    client = open_registry(Settings(home=tmp_path / "home")).client
    for service in serve(own):
        before = httpx.get(f"{service.url}/v1/model").json()["version"]
        files = client.get_model_version_download_uri("order-risk", "1")
        made = client.create_model_version("order-risk", files)
        client.set_registered_model_alias("order-risk", CHAMPION, made.version)
        wait_for_version(service, str(made.version))
        assert made.version != before


def wait_for_version(service: Service, version: str) -> None:
    """Ask which version scores until it is this one, a minute at most."""
    until = time.monotonic() + 60
    while httpx.get(f"{service.url}/v1/model", timeout=30).json()["version"] != version:
        assert time.monotonic() < until, service.log.read_text()


def test_a_service_without_a_model_becomes_ready_when_there_is_one(plant_of: Plant, trained: Trained) -> None:
    app = build_app(plant_of.active, plant_of.settings)

    async def status() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://plant") as client:
            return (await client.get("/health/ready")).status_code

    assert asyncio.run(status()) == 503
    plant_of.register(trained.model)
    plant_of.follower.step()
    assert asyncio.run(status()) == 200
