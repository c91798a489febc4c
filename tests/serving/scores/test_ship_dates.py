"""Ship dates that are stored: late orders are ranked by them, silence moves them, each is made again bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from serving.api.presenters import present_order, present_score
from serving.models.cache import LoadedModel
from serving.principal import NOBODY
from serving.scores.replay import UNDATED, find_score, replay_score
from serving.store.schema import LATER, SHIP_COLUMNS, orders, scores
from serving.store.tables.scores import latest_scores
from tests.support.stores import House
from tests.support.stories import created, event
from training.trainer import Trained

NAMED: dict[str, Any] = {"plant": "P1", "customer": "C1", "item": "I1"}


def fill_with_late_orders(store: House) -> None:
    """An order that has been late for a long time and one that fell late yesterday; and an open one."""
    store.ingest(created(-20, -10, order="L0", **NAMED), created(-9, 2, order="L2", **NAMED))
    store.ingest(created(-9, 12, order="O", **NAMED))


def test_late_orders_are_listed_by_how_late_they_are_expected_to_be(store: House) -> None:
    fill_with_late_orders(store)
    rows = {row["order_id"]: row for row in store.listed()}
    assert rows["L0"]["days_late"] > rows["L2"]["days_late"] > 0
    assert list(rows) == ["L0", "L2", "O"]
    store.database.write(lambda c: c.execute(orders.update().where(orders.c.order_id == "L2").values(days_late=LATER)))
    assert [row["order_id"] for row in store.listed()] == ["L2", "L0", "O"]
    store.database.write(lambda c: c.execute(orders.update().where(orders.c.order_id == "L2").values(days_late=None)))
    assert [row["order_id"] for row in store.listed()] == ["L0", "L2", "O"]


def test_a_late_order_is_dated_anew_in_the_morning(store: House) -> None:
    store.ingest(created(-9, 2, order="L", **NAMED))
    store.fresh()
    before = store.listed()[0]
    store.move_to(8)
    store.fresh()
    after = store.listed()[0]
    assert before["state"] == after["state"] == "late"
    assert after["expected_ship"] > before["expected_ship"]
    assert store.fresh() == 0


def test_without_a_model_of_dates_a_late_order_waits_for_events_as_before(store: House, trained: Trained) -> None:
    undated = replace(trained.model, ship_dates=None)
    store.champion[0] = LoadedModel("order-risk", "1", undated, run_id="run")
    fill_with_late_orders(store)
    rows = {row["order_id"]: row for row in store.listed()}
    assert list(rows) == ["L0", "L2", "O"]
    assert rows["L0"]["next_at"] is None
    assert {row[name] for row in rows.values() for name in SHIP_COLUMNS} == {None}
    assert {name: present_order(rows["O"])[name] for name in SHIP_COLUMNS} == dict.fromkeys(SHIP_COLUMNS)


def test_the_list_the_score_and_the_order_say_the_same_date(store: House) -> None:
    fill_with_late_orders(store)
    stored = store.database.read(lambda c: latest_scores(c, ["L0", "O"]))
    for order_id in ("L0", "O"):
        row = next(present_order(row) for row in store.listed() if row["order_id"] == order_id)
        score = present_score(stored[order_id])
        assert score is not None
        date = score["ship_date"]
        assert [row[name] for name in SHIP_COLUMNS] == [
            date["expected"], date["earliest"], date["latest"], date["days_late"],
        ]  # fmt: skip


def again(store: House, score_id: int, model: LoadedModel) -> dict[str, Any]:
    def job(connection: Any) -> dict[str, Any]:
        score = find_score(connection, score_id, NOBODY)
        return replay_score(connection, score, lambda *_: model, store.services.settings)

    return store.database.read(job)


def test_dates_are_made_again_bit_for_bit_and_a_changed_one_is_found(store: House, trained: Trained) -> None:
    fill_with_late_orders(store)
    store.move_to(4.5)
    store.ingest(event("hold.placed", 4.4, "O", kind="quality", reference="H"))
    store.fresh()
    model = LoadedModel("order-risk", "1", trained.model, run_id="")
    every = [row["id"] for row in store.all(scores)]
    assert [one for one in every if again(store, one, model)["differs"]] == []
    store.database.write(lambda c: c.execute(scores.update().values(days_late=scores.c.days_late + 1)))
    assert {tuple(again(store, one, model)["differs"]) for one in every} == {("days_late",)}


def test_scores_of_before_have_no_date_and_are_compared_without_it(store: House, trained: Trained) -> None:
    fill_with_late_orders(store)
    nothing = dict.fromkeys((*SHIP_COLUMNS, "ship_date"))
    store.database.write(lambda c: c.execute(scores.update().values(nothing)))
    late = store.database.read(lambda c: latest_scores(c, ["L0"]))["L0"]
    shown = present_score(late)
    assert shown is not None
    assert shown["ship_date"] is None
    replayed = again(store, late["id"], LoadedModel("order-risk", "1", trained.model, run_id=""))
    assert (replayed["differs"], replayed["notes"]) == ([], [UNDATED])


def test_filters_by_date_and_days_late(store: House) -> None:
    fill_with_late_orders(store)
    rows = {row["order_id"]: row for row in store.listed()}

    def found(**wanted: Any) -> set[str]:
        return {row["order_id"] for row in store.listed(**wanted)}

    day = rows["O"]["expected_ship"]
    assert found(ships=(day, None)) == {"O"}
    assert found(ships=(None, day - 1)) == {"L0", "L2"}
    assert found(days_late=1) == {"L0", "L2"}
    assert found(days_late=rows["L0"]["days_late"]) == {"L0"}
