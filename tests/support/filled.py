"""Stores with something in them: orders to list, decisions, a life of some days."""

from __future__ import annotations

from typing import Any

from features.times import isoformat
from serving.contract.decision import DecisionRequest
from serving.ingest.decisions import DecisionOutcome, decide, etag_of
from serving.models.cache import LoadedModel
from serving.principal import NOBODY, Caller
from tests.support.models import steeper
from tests.support.stores import House
from tests.support.stories import created, event, moment, shipped
from training.trainer import Trained


def fill_with_orders(store: House, count: int = 23) -> None:
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
    store.ingest(*rows, created(0, 9, order="S"), shipped(1, 10, "S"))


def record_decision(
    store: House, order_id: str, caller: Caller = NOBODY, version: str | None = "*", **fields: Any
) -> str:
    return etag_of(outcome_of(store, order_id, caller, version, **fields).seq)


def outcome_of(
    store: House, order_id: str, caller: Caller = NOBODY, version: str | None = "*", **fields: Any
) -> DecisionOutcome:
    decision = DecisionRequest.model_validate(fields)
    scoring_context = store.services.scoring_context("decision")
    return store.database.write(lambda c: decide(c, order_id, decision, version, caller, scoring_context))


def fill_with_days(store: House, trained: Trained) -> None:
    """Events, decisions, ticks, mornings, and a new champion."""
    fill_with_orders(store)
    store.fresh()
    record_decision(store, "O01", kind="assign", owner="Ann")
    record_decision(store, "O02", kind="snooze", until_change=True)
    record_decision(store, "O03", kind="snooze", until=isoformat(moment(9)))
    store.move_to(4.3)
    store.fresh()
    store.ingest(event("hold.placed", 3.5, "O02", kind="material"))
    store.champion[0] = LoadedModel("order-risk", "2", steeper(trained.model), run_id="other")
    store.fresh()
    store.move_to(5)
    store.fresh()
    store.ingest(shipped(4.9, 10, "O04"))
