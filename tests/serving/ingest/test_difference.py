"""A correction of what was issued is taken from the latest issues, each by its name."""

from __future__ import annotations

import pytest

from features.readiness.statements import KnownOrder
from serving.contract.order_state import OrderSnapshot
from serving.ingest.states.snapshot import ingest_snapshot
from serving.principal import NOBODY
from serving.store.schema import events
from serving.store.tables.events import events_of, history_of
from tests.support.stores import House
from tests.support.stories import created, moment, shipped


def put(store: House, issued: float) -> int:
    line = {"line_id": "1", "quantity": 10, "issued": issued}
    snapshot = OrderSnapshot.model_validate({"source": "erp", "lines": [line]})
    scoring_context = store.services.scoring_context("event")
    result = store.database.write(lambda c: ingest_snapshot(c, "A", snapshot, NOBODY, scoring_context))
    return len(result.types)


def issues(store: House) -> list[tuple[str | None, int, int]]:
    """What left and is not reversed: reference, when, how many."""
    known = KnownOrder(history_of(store.database.read(lambda c: events_of(c, ["A"]))), 0, store.now[0])
    return [(issue.reference, issue.left_at, issue.quantity // 1_000_000) for issue in known.issues]


@pytest.mark.parametrize(
    ("issued", "reversed_", "left"),
    [
        (5, {("D1", -1.0)}, [("D1", 0, 2), (None, 1, 2), ("D1", 2, 1)]),
        (3, {("D1", -2.0), ("loose", -1.0)}, [("D1", 0, 2), (None, 1, 1)]),
        (1, {("D1", -2.0), ("loose", -2.0), ("D1", -1.0)}, [("D1", 0, 1)]),
        (0, {("D1", -2.0), ("loose", -2.0)}, []),
    ],
)
def test_a_correction_is_taken_from_the_latest_issues(
    store: House, issued: float, reversed_: set[tuple[str, float]], left: list[tuple[str | None, int, int]]
) -> None:
    """Of 6, 2 left by D1, 2 without a reference, and 2 by D1 again; all of it more than two days ago."""
    store.ingest(
        created(0, 20, line="1"),
        shipped(0, 2, line="1", reference="D1"),
        shipped(1, 2, line="1", event_id="loose"),
        shipped(2, 2, line="1", reference="D1"),
    )
    store.move_to(9)
    assert put(store, issued) == {5: 1, 3: 2, 1: 3, 0: 3}[issued]
    rows = [row for row in store.all(events) if row["source"] == "erp"]
    assert {(row["reference"], row["quantity"]) for row in rows} == reversed_
    assert issues(store) == [(reference, moment(day), count) for reference, day, count in left]
    assert put(store, issued) == 0
    assert put(store, 6) == 1
    assert put(store, 6) == 0
