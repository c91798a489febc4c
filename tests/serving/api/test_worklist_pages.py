"""The worklist's pages and filters, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from serving.store.schema import SORTS
from serving.store.tables.worklist import WorklistQuery, key_of, page
from tests.support.filled import fill_with_orders
from tests.support.stores import House
from tests.support.stories import moment


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
    assert found(risk=(1.0, None)) == found(states=("late",))
    assert found(due=(None, moment(3))) == found(states=("late",))
    assert found(owners=("",)) == everything
