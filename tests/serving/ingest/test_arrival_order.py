"""In whatever order and batches events arrive: the latest score and the worklist are those of all at once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from serving.contract.cloudevents import cloud_events
from serving.store.schema import events, order_words, orders, scores
from tests.support.stores import House, house
from tests.support.stories import created, event, shipped, story
from training.trainer import Trained

EVENTS = cloud_events(
    story(
        created(0, 20, line="1", value=100.0, plant="Kiel", customer="C1"),
        created(0.5, 9, line="2", value=50.0, plant="Bremen", late=1),
        event("commitment.changed", 1, line="2", date=12),
        event("hold.placed", 1.5, kind="quality", reference="H"),
        event("hold.released", 2, kind="quality", reference="H", late=0.5),
        event("production.rescheduled", 2, reference="P", date=15),
        event("decision.recorded", 2.2, kind="assign", state="Ann"),
        created(0, 2, order="L", value=10.0),
        created(0, 8, order="S"),
        shipped(1, 10, "S"),
    )
)
BOOKKEEPING = ("id", "seq", "score_id", "scores", "received_at")
"""What counts arrivals."""


@pytest.fixture(scope="module")
def store(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    new_house = house(f"sqlite:///{tmp_path_factory.mktemp('arrival') / 'arrival.db'}", trained.model, day=3)
    yield new_house
    new_house.database.close()


def stands(store: House, *batches: list[Any]) -> dict[str, Any]:
    """The worklist and the latest score of each order, once the batches have arrived at an empty store."""
    for table in (events, scores, orders, order_words):
        store.database.write(lambda connection, table=table: connection.execute(table.delete()))
    for batch in batches:
        assert {sent_events.outcome for sent_events in store.post(batch).events} <= {"accepted", "duplicate"}
    latest = {row["score_id"] for row in store.all(orders)}
    return {
        "worklist": [without(row) for row in store.all(orders)],
        "words": store.all(order_words),
        "scores": sorted((without(row) for row in store.all(scores) if row["id"] in latest), key=str),
    }


def without(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in BOOKKEEPING}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(len(EVENTS))),
    cuts=st.sets(st.integers(1, len(EVENTS) - 1)),
    again=st.randoms(),
)
@example(order=list(reversed(range(len(EVENTS)))), cuts=set(range(1, len(EVENTS))), again=random.Random(0))
def test_arrival_means_nothing(store: House, order: list[int], cuts: set[int], again: random.Random) -> None:
    whole = stands(store, EVENTS)
    sent = [EVENTS[place] for place in order]
    ends = [*sorted(cuts), len(sent)]
    batches = [sent[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    repeated = [batch + again.sample(sent[:end], 1) for batch, end in zip(batches, ends, strict=True)]
    assert stands(store, *repeated) == whole
