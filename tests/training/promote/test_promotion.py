"""The history of champions, in a real MLflow store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from features.errors import InvalidRequest
from serving.models.cache import ModelMissing, cached_champion, load_champion
from serving.settings import Settings
from training.metrics.bootstrap import Estimate
from training.promote import promotion
from training.promote.gate import Check, Verdict
from training.promote.promotion import (
    FORCED,
    PASSED,
    PROMOTED,
    REFUSED,
    UNFINISHED,
    PromotionRefused,
    decide,
    force,
    last_refused,
    list_decisions,
    promote,
    serve_unproven,
)
from training.registry.registry import UNPROVEN, Registry, UnknownModel
from training.report.report import Report
from training.trainer import Trained

NAME, STORY, LONE, UNSURE = "gate-risk", "story-risk", "lone-risk", "unsure-risk"


@pytest.fixture(scope="module")
def registry(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Four versions of two models, one of a third and two of a fourth, none of them champion."""
    folder = tmp_path_factory.mktemp("registry")
    made = Registry(f"sqlite:///{folder / 'mlflow.db'}", folder / "artifacts")
    run = made.log(Report(trained), NAME)
    made.client.create_registered_model(STORY)
    made.client.create_registered_model(LONE)
    made.client.create_registered_model(UNSURE)
    made.mlflow.set_tracking_uri(made.uri)
    for name in (*[NAME] * 3, *[STORY] * 4, LONE, *[UNSURE] * 2):
        made.client.create_model_version(name, f"runs:/{run.run_id}/model", run.run_id)
    made.mlflow.set_tracking_uri(None)  # it is kept in the environment, where other tests would meet it
    return made


def verdict(passed: bool, champion: str | None) -> Verdict:
    check = Check("evidence", "have at least 100 orders", "5 orders", passed)
    return Verdict(champion, "2024-01-01", "2024-02-01", 5, 2, Estimate(0.02, 0.01, 0.03), [check])


def test_the_history_of_a_model_from_its_first_verdict_to_its_third_champion(registry: Registry) -> None:
    """One story, as every step rests on the one before."""
    assert list_decisions(registry, STORY) == []
    first = decide(registry, STORY, "1", verdict(False, None))
    assert (first.decided, first.takes_over, registry.champion(STORY)) == (REFUSED, False, None)
    with pytest.raises(PromotionRefused, match="must pass the gate, got: evidence: must have at least 100 orders"):
        promote(registry, STORY, "1")
    assert decide(registry, STORY, "1", verdict(True, None)).decided == PROMOTED
    assert _champion(registry, STORY) == "1"

    assert decide(registry, STORY, "2", verdict(True, "1"), hold=True).decided == PASSED
    assert _champion(registry, STORY) == "1"
    taken = promote(registry, STORY, "2")
    assert (taken.champion, taken.decided) == ("1", PROMOTED)
    assert "0.0200 (0.0100 to 0.0300) lower than that of version 1" in taken.because
    assert _champion(registry, STORY) == "2"

    with pytest.raises(InvalidRequest, match="another than the champion, got story-risk@2, which it is"):
        promote(registry, STORY, "2")
    with pytest.raises(InvalidRequest, match="must have a verdict against the champion, version 2, got none"):
        promote(registry, STORY, "3")
    with pytest.raises(PromotionRefused):
        promote(registry, STORY, "3", verdict(False, "2"))
    with pytest.raises(InvalidRequest, match="must have a reason, got none"):
        force(registry, STORY, "3", "  ")
    assert force(registry, STORY, "3", "a new line was built", verdict(False, "2")).decided == FORCED
    with pytest.raises(InvalidRequest, match="the champion, version 3, got one against version 1"):
        promote(registry, STORY, "2")
    with pytest.raises(UnknownModel):
        promote(registry, STORY, "77")

    told = [(entry.version, entry.champion, entry.decided) for entry in list_decisions(registry, STORY)]
    assert told == [
        ("3", "2", FORCED), ("3", "2", REFUSED), ("2", "1", PROMOTED), ("2", "1", PASSED),
        ("1", "", PROMOTED), ("1", "", REFUSED),
    ]  # fmt: skip
    assert list_decisions(registry, "another") == []


def test_there_is_no_champion_without_a_record(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store fails while the record is written: the alias has not moved."""
    before = _champion(registry)
    monkeypatch.setattr(promotion, "_figures", lambda _: {"improvement": "no number"})
    with pytest.raises(Exception, match="the registry at"):
        promote(registry, NAME, "4", verdict(True, before))
    assert _champion(registry) == before
    assert list_decisions(registry, NAME)[0].decided == UNFINISHED
    assert not list_decisions(registry, NAME)[0].takes_over


def test_a_verdict_against_another_champion_is_worth_nothing(registry: Registry) -> None:
    """While a model was trained against version 1, another became champion."""
    now = _champion(registry)
    stale = decide(registry, NAME, "4", verdict(True, "1"))
    assert (stale.decided, _champion(registry)) == (REFUSED, now)
    assert stale.because == f"it was compared with version 1, and version {now} is champion now"
    first = decide(registry, NAME, "4", verdict(True, None))
    assert first.because == f"it was compared with no champion, and version {now} is champion now"


def test_a_verdict_against_a_champion_where_there_is_none_is_worth_nothing(registry: Registry) -> None:
    stale = decide(registry, LONE, "1", verdict(True, "7"))
    assert (stale.decided, registry.champion(LONE)) == (REFUSED, None)
    assert stale.because == "it was compared with version 7, and version none is champion now"


def test_what_was_forced_once_has_not_passed(registry: Registry) -> None:
    now = _champion(registry)
    assert force(registry, NAME, "1", "try it").takes_over
    force(registry, NAME, now, "back again")
    with pytest.raises((InvalidRequest, PromotionRefused)):
        promote(registry, NAME, "1")
    assert _champion(registry) == now


def test_a_passed_challenger_is_no_challenger_any_more(registry: Registry) -> None:
    registry.client.set_registered_model_alias(NAME, "challenger", "4")
    promote(registry, NAME, "4", verdict(True, _champion(registry)))
    assert registry.resolve(NAME, "4").aliases == ("champion",)


def test_a_verdict_in_words(registry: Registry) -> None:
    assert promotion.describe(verdict(False, "1")) == "evidence: must have at least 100 orders, got 5 orders"
    two = replace(verdict(False, "1"), checks=verdict(False, "1").checks * 2)
    assert promotion.describe(two).count("; ") == 1


def test_what_an_earlier_champion_refused_may_be_compared_with_the_present_one(registry: Registry) -> None:
    now = _champion(registry)
    refused, other = [version for version in "1234" if version != now][:2]
    decide(registry, NAME, refused, verdict(False, now))
    force(registry, NAME, other, "another is tried")
    with pytest.raises(InvalidRequest, match=f"the champion, version {other}, got one against version {now}"):
        promote(registry, NAME, refused)


def test_of_two_promotions_at_once_the_one_that_comes_second_does_not_take_over(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the record of one is written another version becomes champion."""
    first, second = [version for version in "1234" if version != _champion(registry)][:2]

    def meanwhile(_: Verdict) -> dict[str, float]:
        registry.client.set_registered_model_alias(NAME, "champion", first)
        return {}

    monkeypatch.setattr(promotion, "_figures", meanwhile)
    with pytest.raises(PromotionRefused, match="must have the champion it had when this began, got another"):
        promote(registry, NAME, second, verdict(True, _champion(registry)))
    assert _champion(registry) == first
    assert list_decisions(registry, NAME)[0].decided == UNFINISHED


def _champion(registry: Registry, name: str = NAME) -> str:
    """The champion's version; one is made where there is none."""
    if registry.champion(name) is None:
        force(registry, name, "2", "a champion to begin with")
    found = registry.champion(name)
    assert found is not None
    return found.version


def test_where_nothing_serves_a_refused_version_serves_as_unproven_by_a_persons_word(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What 'score' and 'serve' say before, how it becomes champion, and what its replies say then."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry.uri)
    settings = Settings(home=tmp_path, model=UNSURE)
    with pytest.raises(ModelMissing, match="must be registered, got none: run 'shiprisk train' first"):
        load_champion(settings)
    with pytest.raises(InvalidRequest, match="must have been refused by the gate to be unproven, got no verdict"):
        serve_unproven(registry, UNSURE, "1")
    assert last_refused(registry, UNSURE) is None

    decide(registry, UNSURE, "1", verdict(False, None))
    said = r"got none: the gate refused version 1 \(evidence: must have at least 100 orders, got 5 orders\); "
    with pytest.raises(ModelMissing, match=said + ".*: shiprisk promote unsure-risk@1 --unproven$"):
        load_champion(settings)

    decision = serve_unproven(registry, UNSURE, "1")
    assert (decision.decided, decision.takes_over, _champion(registry, UNSURE)) == (UNPROVEN, True, "1")
    champion = load_champion(settings)
    assert champion.degraded_because[0] == (
        "the model is unproven, a person let it serve though the gate refused it: "
        "evidence: must have at least 100 orders, got 5 orders"
    )
    assert cached_champion(settings).degraded_because[0] == champion.degraded_because[0]
    with pytest.raises(InvalidRequest, match="only where none serves, got version 1 that does"):
        serve_unproven(registry, UNSURE, "2")
    assert last_refused(registry, UNSURE) is None


def test_a_decision_stands_though_its_page_cannot_be_brought_up_to_date(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody has deleted the run of a version: it becomes champion all the same, and a warning says what is not."""
    client, source = registry.client, registry.resolve(NAME, "1").run_id
    run_id = client.create_run(registry.experiment()).info.run_id
    client.create_registered_model("page-risk")
    registry.mlflow.set_tracking_uri(registry.uri)
    client.create_model_version("page-risk", f"runs:/{source}/model", run_id)
    registry.mlflow.set_tracking_uri(None)
    client.delete_run(run_id)
    assert decide(registry, "page-risk", "1", verdict(True, None)).decided == PROMOTED
    assert [one.decided for one in list_decisions(registry, "page-risk")] == [PROMOTED]
    assert _champion(registry, "page-risk") == "1"
    assert "what MLflow's page says of page-risk@1 could not be brought up to date" in caplog.text
