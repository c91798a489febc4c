"""A model that has learned other outcomes than those of the service does not score."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from serving.models.active import ActiveScorer
from serving.models.cache import (
    LoadedModel,
    ModelMissing,
    cached_champion,
    load_champion,
    open_registry,
    require_policy,
)
from serving.models.follower import Follower
from serving.problems import NotReady
from serving.settings import Settings
from tests.support.models import trained_under
from training.model.risk_model import RiskModel
from training.registry.registry import CHAMPION
from training.trainer import Trained

NAMES = count()
SENTENCE = (
    r"risk@1 must be trained under the outcome policy that holds here, got one trained under: the default; "
    r"here it is: promise = first \(.*outcome.toml\)\. Train one with --outcome, or set SHIPRISK_OUTCOME to the file"
)


@pytest.fixture
def default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A service whose policy is the default one."""
    for name in ("MLFLOW_TRACKING_URI", "SHIPRISK_OUTCOME"):
        monkeypatch.delenv(name, raising=False)
    return Settings(home=tmp_path / "home", model="risk", follow=10)


@pytest.fixture
def by_first(default: Settings, tmp_path: Path) -> Settings:
    """The same service with a file."""
    file = tmp_path / "outcome.toml"
    file.write_text('promise = "first"', encoding="utf-8")
    return Settings(home=default.home, model="risk", follow=10, outcome=file)


def register(settings: Settings, model: RiskModel) -> None:
    """A new version, the champion."""
    client, files = open_registry(settings).client, settings.home / f"files-{next(NAMES)}"
    if not client.search_registered_models("name = 'risk'"):
        client.create_registered_model("risk")
    model.save(files)
    client.set_registered_model_alias("risk", CHAMPION, client.create_model_version("risk", files.as_uri()).version)


def test_a_model_of_another_policy_is_refused_with_both_and_what_to_do(
    trained: Trained, default: Settings, by_first: Settings
) -> None:
    ours, theirs = (LoadedModel("risk", "1", model) for model in (trained.model, trained_under(trained.model, "first")))
    assert require_policy(default, ours) is ours
    assert require_policy(by_first, theirs) is theirs
    with pytest.raises(ModelMissing, match=SENTENCE):
        require_policy(by_first, ours)
    with pytest.raises(
        ModelMissing, match=r"got one trained under: promise = first; here it is: the default \(no file\)"
    ):
        require_policy(default, theirs)


def test_a_model_of_before_counts_as_trained_under_the_default(
    trained: Trained, default: Settings, by_first: Settings
) -> None:
    about = {key: value for key, value in trained.model.about.items() if not key.startswith("outcome_policy")}
    before = LoadedModel("risk", "1", replace(trained.model, about=about))
    assert require_policy(default, before) is before
    with pytest.raises(ModelMissing, match="got one trained under: the default"):
        require_policy(by_first, before)


def test_neither_the_registry_nor_the_cache_gives_such_a_model(
    trained: Trained, default: Settings, by_first: Settings
) -> None:
    register(default, trained.model)
    assert load_champion(default).version == "1"
    for load in (load_champion, cached_champion):
        with pytest.raises(ModelMissing, match=SENTENCE):
            load(by_first)


def test_a_service_takes_no_champion_of_another_policy_and_says_why(
    trained: Trained, default: Settings, by_first: Settings
) -> None:
    register(default, trained.model)
    assert load_champion(default).version == "1", "it is in the cache"
    active = ActiveScorer()
    follower = Follower(by_first, active)
    with pytest.raises(NotReady, match=f"nothing scores: the model {SENTENCE}"):
        follower.begin()
    register(by_first, trained_under(trained.model, "first"))
    follower.step()
    assert active.current().loaded.version == "2"
    register(by_first, trained.model)
    follower.step()
    assert active.current().loaded.version == "2"
    assert (
        "version 3 is the champion and was not taken, version 2 scores" in active.current().loaded.degraded_because[0]
    )
