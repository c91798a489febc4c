"""Stored scores follow the outcome policy: their states, their due dates, the mornings they read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from features.errors import InvalidRequest
from features.history import History
from features.policy import OutcomePolicy, OutcomeRules
from serving.scores.daily_context import DailyContext, begin_day
from serving.scores.keeper import Keeper
from serving.settings import Settings
from serving.store.schema import mornings
from tests.support.models import scorer_of, trained_under
from tests.support.stores import KINDS, House, house, new_database
from tests.support.stories import created, event, moment, story
from training.trainer import Trained

BY_FIRST = OutcomePolicy(OutcomeRules("first"))
MOVED = [created(0, 2), event("commitment.changed", 1, date=9, actor="plant")]


def test_the_state_and_the_due_date_that_are_stored_are_those_of_the_policy(store: House, trained: Trained) -> None:
    store.ingest(*MOVED)
    [row] = store.listed()
    assert (row["state"], row["due_at"]) == ("open", moment(9))
    store.champion[0] = replace(store.champion[0], version="2", model=trained_under(trained.model, "first"))
    assert store.fresh() == 1
    [row] = store.listed()
    assert (row["state"], row["due_at"]) == ("late", moment(2))


def test_a_score_that_is_asked_for_is_that_of_the_policy(trained: Trained) -> None:
    for model, state in ((trained.model, "open"), (trained_under(trained.model, "first"), "late")):
        history = History.of(story(*MOVED), model.policy)
        assert scorer_of(model).score_all(history, moment(3))[0][0].state == state


@pytest.mark.parametrize("kind", KINDS[:1])
def test_load_and_track_record_are_built_anew_where_they_count_by_another_policy(
    kind: str, trained: Trained, tmp_path: Path
) -> None:
    file = tmp_path / "outcome.toml"
    file.write_text('promise = "first"', encoding="utf-8")
    with new_database(kind, tmp_path) as url:
        store = house(url, trained_under(trained.model, "first"), day=3)
        store.ingest(*MOVED)
        begin_day(store.database, store.now[0], "UTC")
        before = store.all(mornings)
        services = store.services
        context = DailyContext(lambda: scorer_of(trained.model), store.database, services.clock, policy=BY_FIRST)
        settings = Settings(database_url=url, outcome=file)
        here = replace(services, daily_context=context, settings=settings)
        assert not context.refresh(), "that morning counts by the default policy"
        Keeper(here).step()
        [after] = store.all(mornings)
        assert [after["context_id"]] != [row["context_id"] for row in before]
        assert context.reads(after["context_id"])
        Keeper(here).step()
        assert store.all(mornings) == [after], "once is enough"
        store.database.close()


def test_a_service_does_not_start_with_a_policy_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"an outcome policy must be a TOML file, got .*away.toml"):
        _ = Settings(outcome=tmp_path / "away.toml").policy


def test_the_setting_names_the_file_and_the_zone_counts_the_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "outcome.toml"
    file.write_text("earliest = 1", encoding="utf-8")
    monkeypatch.setenv("SHIPRISK_OUTCOME", str(file))
    policy = Settings(zone="Europe/Berlin").policy
    assert (policy.rules.earliest, policy.zone) == (1, "Europe/Berlin")
