"""What cannot be learned from is refused before it is, in words that say what to do."""

from __future__ import annotations

import pandas as pd
import pytest

from features.errors import InvalidEvents, InvalidRequest
from features.times import micros
from tests.support.stories import created, event, shipped, story
from training import Snapshots, train, training_table
from training.data.required_events import FEW
from training.data.snapshots import recorded_until

TAKE_SOME = r'filter by order_id: events\[events\["order_id"\]\.isin'


def ordered(orders: int) -> list[dict[str, object]]:
    return [created(day, day + 10, order=f"O{day}", plant="P1") for day in range(orders)]


def test_orders_of_which_nothing_else_is_known_are_refused_and_the_filter_that_works_is_named() -> None:
    """What a filter by plant leaves: every order would look missed."""
    everything = story(*ordered(12), *(shipped(day + 9, 10, f"O{day}") for day in range(12)))
    of_plant = everything[everything["plant"] == "P1"]
    assert set(of_plant["type"]) == {"order_line.created"}
    for call in (training_table, Snapshots.of, train):
        with pytest.raises(InvalidEvents, match=f"what became of the orders.* got 12 orders.*{TAKE_SOME}"):
            call(of_plant)
    orders = of_plant["order_id"].unique()
    assert training_table(everything[everything["order_id"].isin(orders)])["outcome"].eq(0).all()


def test_a_commitment_is_nothing_that_became_of_an_order_and_a_hold_is() -> None:
    moved = event("commitment.changed", 2, "O1", date=20)
    with pytest.raises(InvalidEvents, match="with order_line.created, commitment.changed alone"):
        training_table(story(*ordered(12), moved))
    assert len(training_table(story(*ordered(12), event("hold.placed", 40, "O1", kind="credit"))))
    assert len(Snapshots.of(story(*ordered(FEW))).points), "so few may stand where nothing has happened"


def test_where_every_order_failed_the_hint_stands_too() -> None:
    late = [shipped(day + 12, 10, f"O{day}") for day in range(80)]
    with pytest.raises(InvalidRequest, match=f"every order failed.*{TAKE_SOME}"):
        train(story(*ordered(80), *late), scheme="before=5")


def test_what_is_no_event_table_is_said(plant: pd.DataFrame, compiled: None) -> None:
    with pytest.raises(InvalidEvents, match=r"a DataFrame such as read_events gives, got str: read_events\('e.parq"):
        training_table("e.parquet")  # type: ignore[arg-type]
    with pytest.raises(InvalidEvents, match="with at least one row, got none"):
        training_table(plant.iloc[:0])
    table = training_table(plant.iloc[:400], scheme="before=5")
    for given in (table, table.reset_index()):
        with pytest.raises(InvalidEvents, match="got a labelled table: give the events"):
            train(given)
    with pytest.raises(InvalidEvents, match=r"got recorded_at of type (str|object).*checked_events\(frame\)"):
        Snapshots.of(plant.assign(recorded_at=plant["recorded_at"].astype(str)))
    with pytest.raises(InvalidEvents, match="must have the columns event_id, .* order_id missing"):
        Snapshots.of(plant.drop(columns="order_id"))


def test_the_end_may_be_a_text_or_a_timestamp_everywhere(plant: pd.DataFrame, compiled: None) -> None:
    text = "2024-03-01T00:00:00Z"
    ends = [Snapshots.of(plant, "before=5", until).until for until in (text, pd.Timestamp(text), micros(text))]
    assert ends == [micros(text)] * 3
    assert recorded_until(plant, text)[1] == micros(text)
    with pytest.raises(InvalidRequest, match="must be an ISO 8601 date or time, got 'lately'"):
        train(plant, until="lately")
