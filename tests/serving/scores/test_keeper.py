"""Scores stay fresh: ticks, mornings and new champions, by one keeper at a time."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from features.times import SECOND, isoformat
from serving.api.calls import try_events
from serving.contract.what_if import WhatIfRequest
from serving.models.cache import LoadedModel
from serving.principal import NOBODY
from serving.scores.daily_context import DailyContext
from serving.scores.keeper import LOOK, Keeper
from serving.store.maintenance.prune import prune_scores
from serving.store.schema import contexts, events, orders, scores
from tests.support.filled import fill_with_orders, record_decision
from tests.support.models import steeper
from tests.support.stores import House
from tests.support.stories import created, event, moment, shipped
from training.trainer import Trained


def causes(store: House) -> list[str]:
    rows = store.database.read(lambda c: c.execute(select(scores.c.cause).order_by(scores.c.id)).scalars().all())
    return list(rows)


def test_nothing_is_scored_again_while_the_clock_stands(store: House) -> None:
    fill_with_orders(store)
    store.fresh()
    before = store.all(orders)
    assert store.fresh() == 0
    assert store.all(orders) == before


def test_open_orders_are_scored_again_at_the_tick_and_in_the_morning(store: House) -> None:
    store.ingest(created(0, 20), created(0, 2, order="L"), created(0, 9, order="S"), shipped(1, 10, "S"))
    store.fresh()
    assert store.listed(states=("open",))[0]["next_at"] == moment(3) + 3600 * SECOND
    store.now[0] += 3599 * SECOND
    assert store.fresh() == 0
    store.now[0] += SECOND
    assert store.fresh() == 1
    store.move_to(4)
    assert store.fresh() == 2, "the late one too: its ship date moves as days pass"
    assert causes(store)[3:] == ["tick", "morning", "morning"]


def test_what_an_older_champion_scored_late_is_scored_again(store: House, trained: Trained) -> None:
    """A process that follows the registry later than the keeper may still score with the champion before."""
    passed = [0.0]
    store.keepers.append(Keeper(store.services, lambda: passed[0]))
    store.ingest(created(0, 20), created(0, 20, order="B"))
    before, after = store.champion[0], LoadedModel("order-risk", "2", steeper(trained.model), run_id="other")
    store.champion[0] = after
    assert store.fresh() == 2
    store.champion[0] = before
    store.ingest(event("hold.placed", 2, kind="quality", reference="H"))
    store.champion[0] = after
    assert store.fresh() == 0
    passed[0] += LOOK
    assert store.fresh() == 1
    assert {row["scored_by"] for row in store.listed()} == {"order-risk@2 of other"}


def test_ticks_that_were_replaced_can_be_forgotten(store: House) -> None:
    store.ingest(created(0, 20), created(0, 20, order="B"))
    for hour in (0, 1, 2, 3, 25):
        store.now[0] = moment(3) + hour * 3600 * SECOND
        store.fresh()
        if hour == 1:
            record_decision(store, "A", kind="acknowledge")
    every, listed = store.all(scores), store.listed()
    assert [row["cause"] for row in every if row["order_id"] == "B"].count("tick") == 3
    about = {int(row["reference"]) for row in store.all(events) if row["type"] == "decision.recorded"}
    assert prune_scores(store.database, moment(3) + 2 * 3600 * SECOND, lambda *_: None) == 1
    assert prune_scores(store.database, moment(9), lambda *_: None) == 4
    left = store.all(scores)
    assert {row["id"] for row in every if row["cause"] != "tick"} | about == {row["id"] for row in left}
    assert (store.listed(), store.all(scores)) == (listed, [row for row in every if row in left])


def test_an_order_falls_late_by_itself(store: House) -> None:
    store.ingest(created(0, 3.01))
    assert store.listed()[0]["next_at"] == moment(3.01) + 1
    store.now[0] = moment(3.01) + 1
    assert store.fresh() == 1
    morning = moment(3.5)
    assert [(row["state"], row["risk"], row["next_at"]) for row in store.listed()] == [("late", 1.0, morning)]


def test_each_morning_has_its_own_load_and_track_record(store: House) -> None:
    fill_with_orders(store)
    store.fresh()
    store.move_to(5)
    store.ingest(created(4, 25, order="N", plant="P1"))
    store.fresh()
    new_house = {row["id"] for row in store.all(contexts)}
    used = {row["context_id"] for row in store.all(scores)}
    assert len(used) == 3, "the model's own, and two mornings"
    assert used == new_house


def test_a_morning_that_another_process_began_answers_what_if_at_once(store: House) -> None:
    """The stored score reads the new morning, so the risk before a what-if must be the risk that is shown."""
    store.ingest(created(0, 20))
    other = replace(
        store.services,
        daily_context=DailyContext(store.services.daily_context.champion, store.database, store.services.clock),
    )
    supposed = WhatIfRequest.model_validate(
        {"events": [{"type": "hold.placed", "data": {"kind": "quality", "reference": "H"}}]}
    )
    store.fresh()
    morning = isoformat(store.services.daily_context.scorer().context.known_until)
    assert try_events(other, "A", supposed, NOBODY)["context_known_until"] == morning
    store.move_to(4.5)
    store.ingest(created(3.5, 20, order="B"))
    assert store.fresh() > 0
    reply = try_events(other, "A", supposed, NOBODY)
    shown = next(row for row in store.listed() if row["order_id"] == "A")
    assert morning < reply["context_known_until"] == isoformat(moment(3.5))
    assert reply["before"].risk == shown["risk"]


def test_another_champion_scores_all_open_and_late_orders_again(store: House, trained: Trained) -> None:
    fill_with_orders(store)
    store.fresh()
    store.champion[0] = LoadedModel("order-risk", "2", trained.model, run_id="other")
    assert store.fresh() == 23
    assert {row["scored_by"] for row in store.listed(states=("open", "late"))} == {"order-risk@2 of other"}
    assert store.fresh() == 0


def test_one_keeper_at_a_time(store: House) -> None:
    store.ingest(created(0, 20))
    one, two = Keeper(store.services), Keeper(store.services)
    one.step()
    store.move_to(4)
    assert (two.step(), one.step()) == (0, 1)
    one.resign()
    store.move_to(5)
    assert two.step() == 1
