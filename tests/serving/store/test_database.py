"""Both databases: their migrations, their bits, and what they do when they fail."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, select, text

from serving.store.bulk_reads import event_frame
from serving.store.database import Database, DatabaseFull, DatabaseUnavailable
from serving.store.maintenance.migrate import head, upgrade
from serving.store.schema import SHIP_COLUMNS, events, metadata, order_words, orders, scores
from serving.store.tables.scores import latest_scores
from serving.store.tables.worklist import WorklistQuery, page
from tests.support.stores import KINDS, House, empty_database, house, new_database
from tests.support.stories import created
from training.trainer import Trained


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_migrations_make_the_tables_of_the_code(store: House) -> None:
    def differences(connection: Any) -> list[Any]:
        without = {"include_object": lambda _object, _name, kind, *_: kind != "index"}
        return compare_metadata(MigrationContext.configure(connection, opts=without), metadata)

    def indexes(connection: Any) -> set[str]:
        catalogue = (
            "sqlite_master WHERE type = 'index'"
            if store.database.is_sqlite
            else "(SELECT indexname AS name FROM pg_indexes) x"
        )
        return set(connection.execute(text(f"SELECT name FROM {catalogue}")).scalars())

    assert store.database.read(differences) == []
    assert {index.name for table in metadata.tables.values() for index in table.indexes} <= store.database.read(indexes)
    assert upgrade(store.database) == (head(), head())


def test_a_database_that_is_away_is_a_sentence() -> None:
    away = Database("postgresql://postgres@127.0.0.1:1/none")
    with pytest.raises(DatabaseUnavailable, match="must answer, got .*what was not acknowledged can be sent again"):
        away.read(lambda connection: connection.execute(text("SELECT 1")).scalar())


def test_lost_connections_are_made_anew(tmp_path: Path, trained: Trained) -> None:
    with new_database("postgresql", tmp_path) as url:
        store = house(url, trained.model, day=3)
        store.ingest(created(0, 20))
        other = Database(url)
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        other.read(lambda c: c.execute(text(f"{others} AND pid <> pg_backend_pid()")).all())
        other.close()
        assert store.ingest(created(0, 20, order="B")).orders[0].order_id == "B"
        store.database.close()


def test_a_full_disk_is_a_sentence_and_nothing_is_lost(tmp_path: Path, trained: Trained) -> None:
    store = house(f"sqlite:///{tmp_path / 'small.db'}", trained.model, day=3)
    store.ingest(created(0, 20))

    def shrink(connection: Any) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")

    store.database.read(shrink)

    def fill() -> None:
        for number in range(500):
            store.ingest(created(0, 20, order=f"F{number}"))

    with pytest.raises(DatabaseFull, match="must have room, got none"):
        fill()
    counted = store.database.read(lambda c: c.execute(select(func.count()).select_from(events)).scalar_one())
    assert counted == len(store.all(orders)) == len(store.all(scores))
    store.database.close()


def test_bits_survive_the_store(store: House) -> None:
    odd = [0.1, 1 / 3, 1e-6, 9_999_999_999.999999, 2.0]
    store.ingest(*(created(0, 20, quantity=value, order=f"V{place}", value=value) for place, value in enumerate(odd)))
    found = event_frame(store.database).sort_values("order_id")
    assert found["value"].tolist() == odd
    assert all(math.copysign(1, value) == 1 for value in found["quantity"])


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    with empty_database(request.param, tmp_path) as url:
        yield url


def test_orders_that_were_there_before_know_how_many_words_they_have(empty: str) -> None:
    database = Database(empty)
    upgrade(database, "0002")
    fields = {"plant": ["P1", "P2"], "customer": [], "item": ["I1"]}
    words = [{"dimension": of, "word": word, "order_id": "A"} for of, named in fields.items() for word in named]
    columns = "order_id, listed, state, factors, snoozed_until_change, seq, score_id, scored_by, as_of"

    def fill(connection: Any) -> None:
        connection.execute(text(f"INSERT INTO orders ({columns}) VALUES ('A', 1, 'open', '[]', 0, 1, 1, '', 0)"))
        connection.execute(order_words.insert(), words)

    database.write(fill)
    upgrade(database)
    row = database.read(lambda c: c.execute(select(orders)).mappings().one())
    assert (row["plants"], row["customers"], row["items"]) == (2, 0, 1)
    database.close()


def test_what_is_in_the_way_of_orders_that_were_there_before_is_looked_up_soon(empty: str) -> None:
    database = Database(empty)
    upgrade(database, "0007")
    columns = "order_id, listed, state, factors, snoozed_until_change, seq, score_id, scored_by, as_of"
    rows = "('L', 1, 'late', '[]', 0, 1, 1, '', 7), ('S', 0, 'shipped', '[]', 0, 2, 2, '', 7)"
    database.write(lambda c: c.execute(text(f"INSERT INTO orders ({columns}) VALUES {rows}")))
    upgrade(database)
    found = database.read(lambda c: c.execute(select(orders).order_by(orders.c.order_id)).mappings().all())
    assert [(row["next_at"], row["blocking"], row["shippable"]) for row in found] == [
        (7, None, None),
        (None, None, None),
    ]
    database.close()


def test_what_was_scored_before_there_were_ship_dates_is_read_and_listed_without(empty: str) -> None:
    database = Database(empty)
    upgrade(database, "0008")
    score = {
        "id": 1,
        "order_id": "A",
        "as_of": 5,
        "made_at": 5,
        "cause": "event",
        "seq": 1,
        "state": "late",
        "risk": 1.0,
    }
    score |= dict.fromkeys(("model", "model_version", "run_id", "features_hash", "context_id"), "")
    score |= {"risk": 1.0, "factors": b"x"}
    order = {"order_id": "A", "listed": 1, "state": "late", "risk": 1.0, "factors": "[]", "snoozed_until_change": 0}
    order |= {"seq": 1, "score_id": 1, "scored_by": "", "as_of": 5}

    def fill(connection: Any) -> None:
        for table, row in (("scores", score), ("orders", order)):
            names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)

    database.write(fill)
    upgrade(database)
    stored = database.read(lambda c: latest_scores(c, ["A"]))["A"]
    assert {stored[name] for name in (*SHIP_COLUMNS, "ship_date")} == {None}
    listed = database.read(lambda c: page(c, WorklistQuery(9), 9))
    assert [(row["order_id"], row["days_late"]) for row in listed] == [("A", None)]
    database.close()


STORED: dict[str, Any] = {
    "event_id": "4711-10 created", "source": "erp", "type": "order_line.created", "order_id": "4711", "line_id": "10",
    "occurred_at": 1_704_110_400_000_000, "recorded_at": 1_704_110_460_000_000, "quantity": 500.0,
    "date": 1_705_838_400_000_000, "customer": "Nordwind", "plant": "Kiel", "value": 18200.5,
    "received_at": 1_704_110_460_000_000, "content": bytes.fromhex("f2d63545321424b06fc06460b62c7b34"),
}  # fmt: skip
"""An event as revision 0003 stored it, with the digest that it had there."""


def sent(**more: Any) -> dict[str, Any]:
    """The same event on the wire."""
    data = {name: STORED[name] for name in ("line_id", "quantity", "customer", "plant", "value")}
    envelope = {"id": "4711-10 created", "source": "erp", "type": "shiprisk.order_line.created", "subject": "4711"}
    return envelope | {"time": "2024-01-01T12:00:00Z", "data": data | {"date": "2024-01-21T12:00:00Z"} | more}


def test_an_event_that_was_stored_before_it_could_have_a_sequence_is_still_the_same(
    empty: str, trained: Trained
) -> None:
    database = Database(empty)
    upgrade(database, "0003")
    columns = ", ".join(STORED)
    values = ", ".join(f":{name}" for name in STORED)
    database.write(lambda c: c.execute(text(f"INSERT INTO events ({columns}) VALUES ({values})"), STORED))
    database.close()
    store = house(empty, trained.model, day=3)
    assert len(event_frame(store.database)) == 1
    again = store.post([sent()])
    assert [event.outcome for event in again.events] == ["duplicate"]
    numbered = store.post([sent() | {"sequence": 7}]).events[0]
    assert (numbered.outcome, numbered.errors[0]["pointer"]) == ("conflict", "/sequence")
    part = store.post([sent(instalment="1")]).events[0]
    assert (part.outcome, part.errors[0]["pointer"]) == ("conflict", "/data/instalment")
    assert len(store.all(events)) == 1
    store.database.close()


def test_a_sequence_and_an_instalment_come_back_as_they_were(store: House) -> None:
    store.ingest(created(0, 20, line="1", instalment="2", sequence=-(10**17)))
    frame = event_frame(store.database)
    assert (frame["sequence"][0], frame["instalment"][0]) == (-(10**17), "2")
