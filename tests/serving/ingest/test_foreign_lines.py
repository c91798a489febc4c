"""A key of one plant sends no events of another plant's lines, instalments or holds in an order of both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from serving.ingest.ingest import ingest_events
from serving.principal import NOBODY, Caller
from tests.support.stores import House, house

KIEL, ULM = (Caller(name, frozenset({name})) for name in ("Kiel", "Ulm"))


@pytest.fixture
def store(url: str) -> Iterator[House]:
    """An order of two lines: 1 of Kiel, 2 of Ulm with a quality hold."""
    own = house(url, None, day=3)
    send(own, NOBODY, "order_line.created", line_id="1", quantity=10, plant="Kiel")
    send(own, NOBODY, "order_line.created", line_id="2", quantity=10, plant="Ulm")
    send(own, NOBODY, "hold.placed", line_id="2", kind="quality", reference="HU")
    yield own
    own.database.close()


def send(store: House, caller: Caller, event_type: str, **data: Any) -> str:
    """What became of an event."""
    event = {
        "specversion": "1.0", "id": f"{caller.id} {event_type} {sorted(data.items())}", "source": "erp", "subject": "A",
        "type": f"shiprisk.{event_type}", "time": "2024-01-02T00:00:00Z", "data": data,
    }  # fmt: skip
    context = store.services.scoring_context("event")
    result = store.database.write(lambda connection: ingest_events(connection, [event], context, caller))
    return str(result.events[0].outcome)


@pytest.mark.parametrize("name", [{"line_id": "2/9"}, {"line_id": "2", "instalment": "9"}])
def test_an_instalment_of_another_plants_line_however_it_is_written(store: House, name: dict[str, str]) -> None:
    assert send(store, KIEL, "order_line.created", quantity=1, plant="Kiel", **name) == "rejected"
    assert send(store, ULM, "goods.issued", line_id="2", quantity=4) == "accepted"


@pytest.mark.parametrize("name", [{"line_id": "2/9"}, {"line_id": "2", "instalment": "9"}])
def test_one_more_instalment_of_another_plants_line(store: House, name: dict[str, str]) -> None:
    send(store, ULM, "order_line.created", line_id="2", instalment="1", quantity=5, plant="Ulm")
    assert send(store, KIEL, "order_line.created", quantity=1, plant="Kiel", **name) == "rejected"
    assert send(store, ULM, "order_line.created", quantity=1, plant="Ulm", **name) == "accepted"


@pytest.mark.parametrize("line", [{"line_id": "1"}, {"line_id": "2"}, {}])
def test_a_hold_on_another_plants_line_is_not_theirs_whatever_line_they_name(
    store: House, line: dict[str, str]
) -> None:
    assert send(store, KIEL, "hold.released", kind="quality", reference="HU", **line) == "rejected"
    assert send(store, KIEL, "hold.placed", kind="quality", reference="HU", **line) == "rejected"
    assert send(store, KIEL, "hold.placed", line_id="1", kind="quality", reference="HK") == "accepted"
    assert send(store, KIEL, "hold.released", line_id="1", kind="quality", reference="HK") == "accepted"
    assert send(store, ULM, "hold.released", line_id="2", kind="quality", reference="HU") == "accepted"
