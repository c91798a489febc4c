"""What is taken in is kept, once, on both databases; and everything else follows from it."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, select, text

from features.history import History
from features.times import DAY, SECOND, isoformat
from serving.contract.cloudevents import cloud_events
from serving.contract.decision import DecisionRequest
from serving.ingest.bulk_load import rebuild_worklist
from serving.ingest.decisions import decide, etag_of
from serving.models.cache import LoadedModel
from serving.principal import NOBODY, Caller
from serving.problems import NotFound, VersionMismatch, VersionMissing
from serving.scores.keeper import LOOK, Keeper
from serving.scores.replay import find_score, replay_score
from serving.scores.scoring_context import ActiveModel, ScoringContext
from serving.store.bulk_reads import event_frame
from serving.store.database import Database, DatabaseAway, DatabaseFull
from serving.store.locks import lock_orders
from serving.store.maintenance.migrate import head, upgrade
from serving.store.maintenance.prune import prune_scores
from serving.store.schema import SORTS, contexts, events, metadata, order_words, orders, scores
from serving.store.tables.worklist import WorklistQuery, key_of, page
from tests.serving.test_follower import steeper
from tests.support.stores import KINDS, House, house, new_database
from tests.support.stories import created, event, moment, points, shipped, story
from training.trainer import Trained

HOLD = event("hold.placed", 2, kind="quality", reference="H1")


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with new_database(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def kept(url: str, trained: Trained) -> Iterator[House]:
    """A house on day 3, with nothing in it."""
    made = house(url, trained.model, day=3)
    yield made
    made.database.close()


def test_an_event_is_stored_once_and_its_order_scored(kept: House) -> None:
    first = kept.ingest(created(0, 20, value=100.0), HOLD)
    again = kept.ingest(created(0, 20, value=100.0), HOLD)
    assert [event.outcome for event in first.events] == ["accepted", "accepted"]
    assert [event.outcome for event in again.events] == ["duplicate", "duplicate"]
    assert first.orders[0].before is None
    assert again.orders[0].before == again.orders[0].after
    assert again.orders[0].after is not None
    assert first.orders[0].after["risk"] == again.orders[0].after["risk"]
    assert (len(kept.all(events)), len(kept.all(scores))) == (2, 1)


def test_the_reply_has_the_risk_before_and_after(kept: House) -> None:
    before = kept.ingest(created(0, 20, value=100.0)).orders[0].after
    changed = kept.ingest(HOLD).orders[0]
    assert before is not None
    assert changed.before is not None
    assert changed.after is not None
    assert changed.before["risk"] == before["risk"]
    assert changed.after["risk"] > before["risk"]
    assert kept.listed()[0]["value_at_risk"] == changed.after["risk"] * 100.0


def test_the_score_is_what_the_library_computes(kept: House) -> None:
    told = [created(0, 20), HOLD, event("operation.confirmed", 2.5, quantity=3, state="partial")]
    after = kept.ingest(*told).orders[0].after
    scorer = kept.services.daily_context.scorer()
    alone = History.of(story(*told))
    assert after is not None
    assert after["risk"] == scorer.score(alone, points(alone, 3))[0].risk


def test_an_id_stands_for_one_event_and_the_rest_of_the_batch_is_stored(kept: House) -> None:
    one, two = cloud_events(story(created(0, 20), created(0, 20, order="B")))
    kept.post([one])
    other = one | {"data": one["data"] | {"quantity": 11.0}}
    taken = kept.post([other, two, {"id": "x"}, one])
    assert [event.outcome for event in taken.events] == ["conflict", "accepted", "rejected", "duplicate"] or [
        event.outcome for event in taken.events
    ] == ["rejected", "accepted", "rejected", "rejected"]
    assert len(kept.all(events)) == 2
    clash = kept.post([other]).events[0]
    assert (clash.outcome, [error["pointer"] for error in clash.errors]) == ("conflict", ["/data/quantity"])


def test_sending_again_with_another_recordedtime_is_the_same_event(kept: House) -> None:
    one = cloud_events(story(created(0, 20)))[0]
    kept.post([one])
    assert kept.post([one | {"recordedtime": isoformat(moment(2))}]).events[0].outcome == "duplicate"
    assert kept.all(events)[0]["recorded_at"] == moment(0)


def test_without_recordedtime_an_event_is_known_from_now(kept: House) -> None:
    one = cloud_events(story(created(0, 20)))[0]
    kept.post([{name: value for name, value in one.items() if name != "recordedtime"}])
    row = kept.all(events)[0]
    assert (row["occurred_at"], row["recorded_at"], row["received_at"]) == (moment(0), moment(3), moment(3))


def test_a_record_of_the_future_is_refused_and_a_clock_that_is_a_little_ahead_is_not(kept: House) -> None:
    one = cloud_events(story(created(0, 20)))[0]
    refused = kept.post([one | {"recordedtime": isoformat(moment(3) + DAY)}]).events[0]
    assert refused.outcome == "rejected"
    assert refused.errors[0]["pointer"] == "/recordedtime"
    assert "must not lie in the future (now is 2024-01-04T12:00:00Z)" in refused.errors[0]["detail"]
    assert kept.post([one | {"recordedtime": isoformat(moment(3) + 60 * SECOND)}]).events[0].outcome == "accepted"
    assert kept.all(events)[0]["recorded_at"] == moment(3)


def test_what_a_database_cannot_hold_is_refused_by_name(kept: House) -> None:
    one = cloud_events(story(created(0, 20)))[0]
    for column, wrong in (("id", "a\0b"), ("subject", "\0")):
        refused = kept.post([one | {column: wrong}]).events[0]
        assert (refused.outcome, refused.errors[0]["pointer"]) == ("rejected", f"/{column}")
    assert kept.all(events) == []


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_the_order_of_arrival_means_nothing(kept: House, order: tuple[int, ...]) -> None:
    told = cloud_events(
        story(created(0, 20), HOLD, event("hold.released", 2.5, kind="quality", reference="H1"), created(1, 9))
    )
    for place in order:
        last = kept.post([told[place]]).orders[0].after
    assert last is not None
    whole = kept.post([event | {"subject": "B", "id": f"b{event['id']}"} for event in told]).orders[0].after
    assert whole is not None
    assert (last["risk"], last["missed"]) == (whole["risk"], whole["missed"])


def test_a_score_never_goes_back_in_time(kept: House) -> None:
    kept.ingest(created(0, 20))
    kept.move_to(2)
    after = kept.ingest(HOLD).orders[0].after
    assert after is not None
    assert after["as_of"] == moment(3)


def test_without_a_model_events_are_kept_and_scored_once_there_is_one(url: str, trained: Trained) -> None:
    kept = house(url, None, day=3)
    after = kept.ingest(created(0, 20)).orders[0].after
    assert after is not None
    assert (after["state"], after["risk"], after["model"]) == ("open", None, "")
    kept.champion[0] = LoadedModel("order-risk", "1", trained.model, run_id="run")
    assert kept.fresh() == 1
    assert 0 < kept.listed()[0]["risk"] < 1
    kept.database.close()


def plenty(kept: House, count: int = 23) -> None:
    """Orders of three plants, with ties in everything a list is sorted by."""
    rows = []
    for number in range(count):
        named = {"plant": f"P{number % 3}", "customer": f"C{number % 4}", "item": f"I{number % 2}", "value": 100.0}
        if number % 5 == 0:
            named.pop("customer")
        order = f"O{number:02}"
        rows.append(created(0, 2.0 if number % 7 == 0 else 20 + number % 3, order=order, **named))
        if number % 4 == 1:
            rows.append(event("hold.placed", 1, order, kind="quality", reference=order))
    rows.append(created(0, 30, order="O01", line="2", plant="P9"))
    kept.ingest(*rows, created(0, 9, order="S"), shipped(1, 10, "S"))


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", SORTS)
def test_pages_show_every_order_once_in_the_order_asked_for(kept: House, sort: str, descending: bool) -> None:
    plenty(kept)
    wanted = WorklistQuery(kept.now[0], sort=sort, descending=descending)
    whole, key, found = kept.listed(sort=sort, descending=descending), None, []
    while rows := kept.database.read(lambda c, key=key: page(c, wanted, 4, key)):
        found += [row["order_id"] for row in rows]
        key = key_of(rows[-1])
    assert found == [row["order_id"] for row in whole]
    assert len(set(found)) == 23
    column = {"due": "due_at"}.get(sort, sort)
    values = [row[column] for row in whole if row[column] is not None]
    assert values == sorted(values, reverse=descending)


def test_filters(kept: House) -> None:
    plenty(kept)

    def found(**wanted: Any) -> set[str]:
        return {row["order_id"] for row in kept.listed(**wanted)}

    everything = found()
    assert "S" not in everything
    assert found(states=("shipped",)) == {"S"}
    assert found(states=("late",)) == {"O00", "O07", "O14", "O21"}
    assert found(words=(("plant", ("P0", "P1")),)) | found(words=(("plant", ("P2",)),)) == everything
    assert found(words=(("plant", ("P9",)),)) == {"O01"}
    assert found(words=(("plant", ("P0",)), ("customer", ("C1",)))) == {"O09", "O21"}
    assert found(plants=frozenset({"P9"})) == {"O01"}
    assert found(plants=frozenset()) == set()
    assert found(risk=(1.0, None)) == found(states=("late",))
    assert found(due=(None, moment(3))) == found(states=("late",))
    assert found(owners=("",)) == everything


def decided(kept: House, order_id: str, caller: Caller = NOBODY, version: str | None = "*", **said: Any) -> str:
    decision = DecisionRequest.model_validate(said)
    scoring_context = kept.services.scoring_context("decision")
    _, seq = kept.database.write(lambda c: decide(c, order_id, decision, version, caller, scoring_context))
    return etag_of(seq)


def test_a_snooze_lasts_until_its_date_or_a_change(kept: House) -> None:
    kept.ingest(created(0, 20), created(0, 20, order="B"))
    decided(kept, "A", kind="snooze", until=isoformat(moment(5)))
    decided(kept, "B", kind="snooze", until_change=True)
    decided(kept, "B", kind="comment", comment="the customer called")
    assert kept.listed() == []
    assert {row["order_id"] for row in kept.listed(snoozed=True)} == {"A", "B"}
    kept.move_to(6)
    assert [row["order_id"] for row in kept.listed()] == ["A"]
    kept.ingest(event("hold.placed", 4, "B", kind="quality"))
    assert {row["order_id"] for row in kept.listed()} == {"A", "B"}


def test_a_decision_is_an_event_that_says_who_and_what(kept: House) -> None:
    kept.ingest(created(0, 20))
    decided(kept, "A", kind="assign", owner="Ann", actor="Bob", comment="she knows the customer")
    told = [row for row in kept.all(events) if row["type"] == "decision.recorded"]
    said = sorted((row["kind"], row["actor"], row["state"], row["reason"], row["reference"]) for row in told)
    assert said == [("assign", "Bob", "Ann", None, "1"), ("comment", "Bob", None, "she knows the customer", "1")]
    assert (kept.listed()[0]["owner"], kept.listed()[0]["decision"]) == ("Ann", "comment")
    assert len(event_frame(kept.database)) == 3


def test_a_decision_is_about_the_order_as_it_was_read(kept: House) -> None:
    kept.ingest(created(0, 20))
    version = decided(kept, "A", kind="acknowledge")
    later = decided(kept, "A", version=version, kind="expedite")
    assert later != version
    with pytest.raises(VersionMismatch, match="must be as it was read"):
        decided(kept, "A", version=version, kind="expedite")
    with pytest.raises(VersionMissing):
        decided(kept, "A", version=None, kind="expedite")
    with pytest.raises(NotFound):
        decided(kept, "Z", kind="expedite")


def test_an_order_of_another_plant_is_not_there(kept: House) -> None:
    kept.ingest(created(0, 20, plant="P1"))
    with pytest.raises(NotFound, match="must be one the service knows, got 'A'"):
        decided(kept, "A", Caller("other", frozenset({"P2"})), kind="acknowledge")
    decided(kept, "A", Caller("own", frozenset({"P1"})), kind="acknowledge")


# -- freshness -----------------------------------------------------------------------------------------------


def causes(kept: House) -> list[str]:
    rows = kept.database.read(lambda c: c.execute(select(scores.c.cause).order_by(scores.c.id)).scalars().all())
    return list(rows)


def test_nothing_is_scored_again_while_the_clock_stands(kept: House) -> None:
    plenty(kept)
    kept.fresh()
    before = kept.all(orders)
    assert kept.fresh() == 0
    assert kept.all(orders) == before


def test_open_orders_are_scored_again_at_the_tick_and_in_the_morning(kept: House) -> None:
    kept.ingest(created(0, 20), created(0, 2, order="L"), created(0, 9, order="S"), shipped(1, 10, "S"))
    kept.fresh()
    assert kept.listed(states=("open",))[0]["next_at"] == moment(3) + 3600 * SECOND
    kept.now[0] += 3599 * SECOND
    assert kept.fresh() == 0
    kept.now[0] += SECOND
    assert kept.fresh() == 1
    kept.move_to(4)
    assert kept.fresh() == 1
    assert causes(kept)[3:] == ["tick", "morning"]


def test_what_an_older_champion_scored_late_is_scored_again(kept: House, trained: Trained) -> None:
    """A process that follows the registry later than the keeper may still score with the champion before."""
    passed = [0.0]
    kept.keepers.append(Keeper(kept.services, lambda: passed[0]))
    kept.ingest(created(0, 20), created(0, 20, order="B"))
    before, after = kept.champion[0], LoadedModel("order-risk", "2", steeper(trained.model), run_id="other")
    kept.champion[0] = after
    assert kept.fresh() == 2
    kept.champion[0] = before
    kept.ingest(event("hold.placed", 2, kind="quality", reference="H"))
    kept.champion[0] = after
    assert kept.fresh() == 0
    passed[0] += LOOK
    assert kept.fresh() == 1
    assert {row["scored_by"] for row in kept.listed()} == {"order-risk@2 of other"}


def test_ticks_that_were_replaced_can_be_forgotten(kept: House) -> None:
    kept.ingest(created(0, 20), created(0, 20, order="B"))
    for hour in (0, 1, 2, 3, 25):
        kept.now[0] = moment(3) + hour * 3600 * SECOND
        kept.fresh()
        if hour == 1:
            decided(kept, "A", kind="acknowledge")
    every, listed = kept.all(scores), kept.listed()
    assert [row["cause"] for row in every if row["order_id"] == "B"].count("tick") == 3
    about = {int(row["reference"]) for row in kept.all(events) if row["type"] == "decision.recorded"}
    assert prune_scores(kept.database, moment(3) + 2 * 3600 * SECOND, lambda *_: None) == 1
    assert prune_scores(kept.database, moment(9), lambda *_: None) == 4
    left = kept.all(scores)
    assert {row["id"] for row in every if row["cause"] != "tick"} | about == {row["id"] for row in left}
    assert (kept.listed(), kept.all(scores)) == (listed, [row for row in every if row in left])


def test_an_order_falls_late_by_itself(kept: House) -> None:
    kept.ingest(created(0, 3.01))
    assert kept.listed()[0]["next_at"] == moment(3.01) + 1
    kept.now[0] = moment(3.01) + 1
    assert kept.fresh() == 1
    assert [(row["state"], row["risk"], row["next_at"]) for row in kept.listed()] == [("late", 1.0, None)]


def test_each_morning_has_its_own_load_and_track_record(kept: House) -> None:
    plenty(kept)
    kept.fresh()
    kept.move_to(5)
    kept.ingest(created(4, 25, order="N", plant="P1"))
    kept.fresh()
    made = {row["id"] for row in kept.all(contexts)}
    used = {row["context_id"] for row in kept.all(scores)}
    assert len(used) == 3, "the model's own, and two mornings"
    assert used == made


def test_another_champion_scores_all_open_orders_again(kept: House, trained: Trained) -> None:
    plenty(kept)
    kept.fresh()
    kept.champion[0] = LoadedModel("order-risk", "2", trained.model, run_id="other")
    assert kept.fresh() == 19
    assert {row["scored_by"] for row in kept.listed(states=("open",))} == {"order-risk@2 of other"}
    assert kept.fresh() == 0


def test_one_keeper_at_a_time(kept: House) -> None:
    kept.ingest(created(0, 20))
    one, two = Keeper(kept.services), Keeper(kept.services)
    one.step()
    kept.move_to(4)
    assert (two.step(), one.step()) == (0, 1)
    one.resign()
    kept.move_to(5)
    assert two.step() == 1


# -- what follows from what is stored ------------------------------------------------------------------------


def lived(kept: House, trained: Trained) -> None:
    """Events, decisions, ticks, mornings, and a new champion."""
    plenty(kept)
    kept.fresh()
    decided(kept, "O01", kind="assign", owner="Ann")
    decided(kept, "O02", kind="snooze", until_change=True)
    decided(kept, "O03", kind="snooze", until=isoformat(moment(9)))
    kept.move_to(4.3)
    kept.fresh()
    kept.ingest(event("hold.placed", 3.5, "O02", kind="material"))
    kept.champion[0] = LoadedModel("order-risk", "2", steeper(trained.model), run_id="other")
    kept.fresh()
    kept.move_to(5)
    kept.fresh()
    kept.ingest(shipped(4.9, 10, "O04"))


def test_the_worklist_can_be_built_anew(kept: House, trained: Trained) -> None:
    lived(kept, trained)
    before = kept.all(orders), kept.all(order_words)
    kept.database.write(lambda c: c.execute(orders.update().values(risk=0.5, owner="nobody", state="open")))
    kept.database.write(lambda c: c.execute(order_words.delete()))
    scoring_context = ScoringContext("import", kept.now[0], ActiveModel(None, ""), kept.services.settings)
    assert rebuild_worklist(kept.database, scoring_context, lambda *_: None) == 24
    assert (kept.all(orders), kept.all(order_words)) == before


def test_every_score_can_be_made_again(kept: House, trained: Trained) -> None:
    lived(kept, trained)
    made = [row["id"] for row in kept.all(scores)]
    assert len(made) > 80
    models = {"1": trained.model, "2": steeper(trained.model)}
    versions = {version: LoadedModel("order-risk", version, model, run_id="") for version, model in models.items()}

    def again(score_id: int) -> dict[str, Any]:
        def job(connection: Any) -> dict[str, Any]:
            score = find_score(connection, score_id, NOBODY)
            return replay_score(connection, score, lambda _, version, __: versions[version], kept.services.settings)

        return kept.database.read(job)

    assert [(score_id, found["differs"]) for score_id in made if (found := again(score_id))["differs"]] == []
    kept.database.write(lambda c: c.execute(scores.update().values(risk=scores.c.risk + 2**-50)))
    assert all("risk" in again(row["id"])["differs"] for row in kept.all(scores) if row["state"] == "open")


def test_many_at_once_lose_nothing_and_store_nothing_twice(kept: House) -> None:
    """Six threads send the same events of the same orders, in different orders."""
    kept.ingest(*(created(0, 20, order=order) for order in "ABCD"))
    told = cloud_events(
        story(*(event("operation.confirmed", 1 + number / 9, "ABCD"[number % 4], quantity=1) for number in range(12)))
    )
    sent = [event | {"id": f"x{event['id']}"} for event in told]
    faults: list[Exception] = []

    def send(turn: int) -> None:
        try:
            for place in range(len(sent)):
                kept.post([sent[(place * 5 + turn) % 12], sent[(place + turn) % 12]])
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=send, args=(turn,)) for turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(kept.all(events)) == 16
    for row in kept.listed():
        whole = event_frame(kept.database)
        alone = History.of(whole[(whole["order_id"] == row["order_id"]).to_numpy()])
        assert row["risk"] == kept.services.daily_context.scorer().score(alone, points(alone, 3))[0].risk
        assert row["seq"] == max(one["seq"] for one in kept.all(events) if one["order_id"] == row["order_id"])


def test_nothing_of_a_request_is_stored_when_it_fails(kept: House) -> None:
    def fail(connection: Any) -> None:
        lock_orders(connection, ["A"])
        connection.execute(orders.delete())
        raise RuntimeError

    kept.ingest(created(0, 20))
    with pytest.raises(RuntimeError):
        kept.database.write(fail)
    assert len(kept.all(orders)) == 1


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_migrations_make_the_tables_of_the_code(kept: House) -> None:
    def differences(connection: Any) -> list[Any]:
        without = {"include_object": lambda _object, _name, kind, *_: kind != "index"}
        return compare_metadata(MigrationContext.configure(connection, opts=without), metadata)

    def indexes(connection: Any) -> set[str]:
        catalogue = (
            "sqlite_master WHERE type = 'index'"
            if kept.database.is_sqlite
            else "(SELECT indexname AS name FROM pg_indexes) x"
        )
        return set(connection.execute(text(f"SELECT name FROM {catalogue}")).scalars())

    assert kept.database.read(differences) == []
    assert {index.name for table in metadata.tables.values() for index in table.indexes} <= kept.database.read(indexes)
    assert upgrade(kept.database) == (head(), head())


# -- databases that fail -------------------------------------------------------------------------------------


def test_a_database_that_is_away_is_a_sentence() -> None:
    away = Database("postgresql://postgres@127.0.0.1:1/none")
    with pytest.raises(DatabaseAway, match="must answer, got .*what was not acknowledged can be sent again"):
        away.read(lambda connection: connection.execute(text("SELECT 1")).scalar())


def test_lost_connections_are_made_anew(tmp_path: Path, trained: Trained) -> None:
    with new_database("postgresql", tmp_path) as url:
        kept = house(url, trained.model, day=3)
        kept.ingest(created(0, 20))
        other = Database(url)
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        other.read(lambda c: c.execute(text(f"{others} AND pid <> pg_backend_pid()")).all())
        other.close()
        assert kept.ingest(created(0, 20, order="B")).orders[0].order_id == "B"
        kept.database.close()


def test_a_full_disk_is_a_sentence_and_nothing_is_lost(tmp_path: Path, trained: Trained) -> None:
    kept = house(f"sqlite:///{tmp_path / 'small.db'}", trained.model, day=3)
    kept.ingest(created(0, 20))

    def shrink(connection: Any) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")

    kept.database.read(shrink)

    def fill() -> None:
        for number in range(500):
            kept.ingest(created(0, 20, order=f"F{number}"))

    with pytest.raises(DatabaseFull, match="must have room, got none"):
        fill()
    counted = kept.database.read(lambda c: c.execute(select(func.count()).select_from(events)).scalar_one())
    assert counted == len(kept.all(orders)) == len(kept.all(scores))
    kept.database.close()


def test_bits_survive_the_store(kept: House) -> None:
    odd = [0.1, 1 / 3, 1e-6, 9_999_999_999.999999, 2.0]
    kept.ingest(*(created(0, 20, quantity=value, order=f"V{place}", value=value) for place, value in enumerate(odd)))
    found = event_frame(kept.database).sort_values("order_id")
    assert found["value"].tolist() == odd
    assert all(math.copysign(1, value) == 1 for value in found["quantity"])


def test_orders_that_were_there_before_know_how_many_words_they_have(url: str) -> None:
    database = Database(url)
    upgrade(database, "0002")
    said = {"plant": ["P1", "P2"], "customer": [], "item": ["I1"]}
    words = [{"dimension": of, "word": word, "order_id": "A"} for of, named in said.items() for word in named]
    columns = "order_id, listed, state, factors, snoozed_until_change, seq, score_id, scored_by, as_of"

    def fill(connection: Any) -> None:
        connection.execute(text(f"INSERT INTO orders ({columns}) VALUES ('A', 1, 'open', '[]', 0, 1, 1, '', 0)"))
        connection.execute(order_words.insert(), words)

    database.write(fill)
    upgrade(database)
    row = database.read(lambda c: c.execute(select(orders)).mappings().one())
    assert (row["plants"], row["customers"], row["items"]) == (2, 0, 1)
    database.close()
