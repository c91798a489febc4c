"""The worklist's pages and filters, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from serving.store.schema import SORTS
from serving.store.tables.worklist import WorklistQuery, key_of, page, totals
from tests.support.filled import fill_with_orders
from tests.support.stores import House
from tests.support.stories import created, moment


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", SORTS)
def test_pages_show_every_order_once_in_the_order_asked_for(store: House, sort: str, descending: bool) -> None:
    fill_with_orders(store)
    wanted = WorklistQuery(store.now[0], sort=sort, descending=descending)
    whole, key, found = store.listed(sort=sort, descending=descending), None, []
    while rows := store.database.read(lambda c, key=key: page(c, wanted, 4, key)):
        found += [row["order_id"] for row in rows]
        key = key_of(rows[-1])
    assert found == [row["order_id"] for row in whole]
    assert len(set(found)) == 23
    column = {"due": "due_at"}.get(sort, sort)
    values = [row[column] for row in whole if row[column] is not None]
    assert values == sorted(values, reverse=descending)


def test_filters(store: House) -> None:
    fill_with_orders(store)

    def found(**wanted: Any) -> set[str]:
        return {row["order_id"] for row in store.listed(**wanted)}

    everything = found()
    assert "S" not in everything
    assert found(states=("shipped",)) == {"S"}
    assert found(states=("late",)) == {"O00", "O07", "O14", "O21"}
    assert found(words=(("plant", ("P0", "P1")),)) | found(words=(("plant", ("P2",)),)) == everything
    assert found(words=(("plant", ("P9",)),)) == {"O01"}
    assert found(words=(("plant", ("P0",)), ("customer", ("C1",)))) == {"O09", "O21"}
    assert found(plants=frozenset({"P9"})) == {"O01"}
    assert found(plants=frozenset()) == set()
    assert found(search="o0") == {f"O0{number}" for number in range(10)}
    assert found(search="c1") == found(words=(("customer", ("C1",)),))
    assert found(search="i") == everything
    assert [found(search=text) for text in ("%", "_", "p9", "o0%", "none")] == [set()] * 5
    assert found(recorded_from=moment(1)) == {order for order in everything if int(order[1:]) % 4 == 1}
    assert found(recorded_from=moment(1) + 1) == set()
    assert found(risk=(1.0, None)) == found(states=("late",))
    assert found(due=(None, moment(3))) == found(states=("late",))
    assert found(owners=("",)) == everything


def test_a_text_is_found_in_what_further_lines_name_and_however_many_orders_there_are(store: House) -> None:
    fill_with_orders(store)
    store.ingest(
        created(1, 30, order="O02", line="7", customer="Zwölf & Söhne", item="Nut 5%"),
        *(created(1, 30, order=f"M{number:03}", item="many") for number in range(60)),
    )
    for text, expected in (("zwölf", {"O02"}), ("ut 5%", {"O02"}), ("m00", {f"M00{number}" for number in range(10)})):
        assert {row["order_id"] for row in store.listed(search=text)} == expected
    wanted = WorklistQuery(store.now[0], search="many", sort="due", descending=False)
    first = store.database.read(lambda c: page(c, wanted, 7))
    rest = store.database.read(lambda c: page(c, wanted, 100, key_of(first[-1])))
    assert [row["order_id"] for row in (*first, *rest)] == [f"M{number:03}" for number in range(60)]


LIKELY = 0.3


def test_totals_are_those_of_the_list(store: House) -> None:
    fill_with_orders(store)
    for wanted in ({}, {"plants": frozenset({"P1"})}, {"search": "c1"}):
        rows = store.listed(**wanted)
        found = store.database.read(lambda c, wanted=wanted: totals(c, WorklistQuery(store.now[0], **wanted), LIKELY))
        for of_state in found:
            own = [row for row in rows if row["state"] == of_state["state"]]
            fails = [row for row in own if (row["risk"] or 0) >= LIKELY]
            assert (of_state["orders"], of_state["likely"]) == (len(own), len(fails))
            assert (of_state["value"] or 0) == sum(row["value"] or 0 for row in own)
        assert sum(of_state["orders"] for of_state in found) == len(rows)
