"""What is read of stored scores: without their large texts where nobody needs them."""

from __future__ import annotations

from serving.store.schema import scores
from serving.store.tables.scores import LARGE, latest_moments, latest_score_by, latest_scores, scores_up_to
from tests.support.stores import House
from tests.support.stories import created, event, moment


def test_what_a_change_rests_on_is_read_without_factors_and_reasons(store: House) -> None:
    store.ingest(created(0, 20))
    store.move_to(3.5)
    store.ingest(event("hold.placed", 3.2, kind="quality"), created(3.4, 20, order="B"))
    last = store.database.read(lambda c: latest_score_by(c, "A", moment(4)))
    assert last is not None
    rows = store.database.read(lambda c: scores_up_to(c, last))
    assert len(rows) == 2
    for row in (last, *rows):
        assert set(row) == {column.name for column in scores.c} - set(LARGE)


def test_the_moments_of_the_latest_scores_are_those_of_the_scores(store: House) -> None:
    store.ingest(created(0, 20), created(0, 20, order="B"))
    store.move_to(3.5)
    store.ingest(event("hold.placed", 3.2, kind="quality"))
    orders = ["A", "B", "C"]
    moments = store.database.read(lambda c: latest_moments(c, orders))
    latest = store.database.read(lambda c: latest_scores(c, orders))
    assert moments == {order_id: row["as_of"] for order_id, row in latest.items()}
    assert moments["A"] == moment(3.5)
