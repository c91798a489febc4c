"""The order of events of one moment, and what it is told by."""

from __future__ import annotations

from typing import Any

import pytest

from features.engine.ordering import Ties, count_ties, sort_events
from features.events.columns import as_columns
from features.history import History
from tests.support.stories import created, event, story

HOLD = {"kind": "credit", "reference": "h"}


def ordered(*events: dict[str, Any]) -> list[str]:
    return History.of(story(*events)).event_id.tolist()


@pytest.mark.parametrize("turned", [False, True])
def test_statements_of_one_moment_stand_by_sequence_precedence_source_and_natural_id(turned: bool) -> None:
    told = [
        created(1, 20, event_id="a", source="wms"),
        event("hold.placed", 1, event_id="b9", source="erp", **HOLD),
        event("hold.placed", 1, event_id="b10", source="erp", **HOLD),
        event("hold.placed", 1, event_id="b1", source="wms", **HOLD),
        event("hold.released", 1, event_id="c", source="erp", **HOLD),
        event("goods.issued", 1, event_id="d", quantity=1),
        event("goods.issued", 1, event_id="0", quantity=-1),
        event("hold.placed", 1, event_id="e", source="erp", sequence=1, **HOLD),
    ]
    assert ordered(*(told[::-1] if turned else told)) == ["a", "b9", "b10", "b1", "c", "d", "0", "e"]


def test_ties_are_counted_by_what_tells_them_apart() -> None:
    """A creation beside a hold, two holds that only their ids tell apart, two that the source itself puts in order."""
    columns = as_columns(
        story(
            created(1, 20),
            event("hold.placed", 1, **HOLD),
            event("hold.placed", 2, **HOLD),
            event("hold.placed", 2, **HOLD),
            event("hold.placed", 3, **HOLD),
            event("hold.placed", 3, sequence=1, **HOLD),
        )
    )
    assert count_ties(columns["order_id"].ranked(), columns) == Ties(by_sequence=2, by_precedence=2, by_id=2)
    assert len(sort_events(columns["order_id"].ranked(), columns)[0]) == 6
