"""Statements of one moment are counted as the history counts them."""

from __future__ import annotations

import random
from collections import namedtuple

import pytest

from features.engine.ordering import count_ties
from serving.ingest.placement import place_events
from serving.store.schema import EVENT_COLUMNS
from serving.store.tables.events import columns_of
from tests.support.stories import moment

Row = namedtuple("Row", ("seq", *EVENT_COLUMNS))
TYPES = ("order_line.created", "order_line.changed", "commitment.changed", "hold.placed", "goods.issued")


def some_rows(chance: random.Random) -> list[Row]:
    """Events of three orders at few moments, some of them in the source's own order."""
    rows = []
    for seq in range(30):
        row = dict.fromkeys(EVENT_COLUMNS) | {
            "event_id": f"e{seq}",
            "source": chance.choice(("erp", "wms")),
            "type": chance.choice(TYPES),
            "order_id": chance.choice("ABC"),
            "occurred_at": moment(chance.randrange(3)),
            "recorded_at": moment(chance.randrange(3, 5)),
            "quantity": chance.choice((None, 1.0, -1.0)),
            "sequence": chance.choice((None, 1, 2)),
        }
        rows.append(Row(seq, **row))
    return rows


@pytest.mark.parametrize("seed", range(20))
def test_ties_are_those_of_the_history(seed: int) -> None:
    rows = some_rows(random.Random(seed))
    columns = columns_of(rows)
    ties = count_ties(columns["order_id"].ranked(), columns)
    found = place_events(rows, set())
    assert (found.by_precedence.total(), found.by_id.total()) == (ties.by_precedence, ties.by_id)
    assert ties.by_precedence > 0
    assert found.warnings == {}
