"""The worklist says what its definition says, whichever way the database reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from serving.store.database import Database
from serving.store.dialects import by_index
from serving.store.schema import DESCENDING, LATER, LISTED, SORTS, order_words, orders
from serving.store.tables import worklist
from serving.store.tables.worklist import WorklistQuery, count, key_of, listed_words, page
from tests.support.stores import KINDS, new_database

NOW = 1_000
STATES = ("open", "open", "late", "shipped", "cancelled", "unpromised")
BLOCKING = (None, 0, 1, 3, 4, 768, 16)
EXPECTED, LATE = (None, 300, 305, LATER, 290), (None, -2, 3, LATER, 3)
WAYS = {"few": (1_000, 1_000), "next": (-1, 40), "next in vain": (-1, 3), "each": (-1, 0), "as they come": (8, 12)}
"""How many orders are few, and how many next ones are read."""


def some_orders(count: int = 60) -> list[dict[str, Any]]:
    """Orders with ties and with gaps in everything that a list is sorted and filtered by."""
    return [
        {
            "order_id": f"O{n:02}", "state": (state := STATES[n % 6]), "listed": int(state in LISTED),
            "due_at": None if n % 11 == 0 or state == "unpromised" else n * 7 % 13 * 100,
            "value": None if n % 9 == 0 else float(n % 4),
            "plant": None if n % 17 == 0 else f"P{n * n % 3}", "customer": f"C{n % 7}", "item": f"I{n * 5 % 8}",
            "risk": 1.0 if state == "late" else None if n % 13 == 0 or state == "unpromised" else n * 3 % 10 / 10,
            "missed": n % 6 / 10,
            "partial": None if n % 4 == 0 else n % 3 / 10, "base_risk": 0.2, "value_at_risk": n * 7 % 5 / 2,
            "owner": None if n % 3 else f"U{n % 2}", "snoozed_until": None if n % 6 else NOW - 100 + n * 5,
            "snoozed_until_change": 0, "decision": None, "factors": "[]", "seq": n, "score_id": n, "scored_by": "",
            "as_of": NOW, "next_at": None, "plants": 0 if n % 17 == 0 else 1 + (n % 8 == 1), "customers": 1,
            "expected_ship": EXPECTED[n % 5], "days_late": LATE[n % 5],
            "items": 1 + n % 3, "blocking": BLOCKING[n % 7], "shippable": None if n % 7 == 0 else int(n % 7 == 1),
        }
        for n in range(count)
    ]  # fmt: skip


def words_of(row: dict[str, Any]) -> dict[str, list[str]]:
    """What the lines of an order name: that of its row first, further ones after it."""
    further = {"plant": ["P9"], "customer": [], "item": ["I1", "I20"]}
    said = {}
    for dimension, others in further.items():
        first, number = row[dimension], row[f"{dimension}s"]
        said[dimension] = [word for word in [first, *[o for o in others if o != first]] if word][:number]
        row[f"{dimension}s"] = len(said[dimension])
    return said


ROWS = some_orders()
WORDS = {row["order_id"]: words_of(row) for row in ROWS}


@pytest.fixture(scope="module", params=KINDS)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with these orders."""
    with new_database(request.param, tmp_path_factory.mktemp("worklist")) as url:
        made = Database(url)
        made.write(lambda connection: fill(connection))
        yield made
        made.close()


def fill(connection: Any) -> None:
    said = [
        {"dimension": dimension, "word": word, "order_id": order_id}
        for order_id, named in WORDS.items()
        for dimension, words in named.items()
        for word in words
    ]
    connection.execute(insert(orders), ROWS)
    connection.execute(insert(order_words), said)


def by_definition(wanted: WorklistQuery) -> list[str]:
    """The ids of all orders that are wanted, sorted."""
    rows = [row for row in ROWS if is_wanted(row, wanted)]
    column = {"due": "due_at"}.get(wanted.sort, wanted.sort)
    words = column in ("customer", "plant", "item", "owner")
    missing: Any = "" if words else float("inf") if column in ("due_at", "expected_ship") else float("-inf")

    def key(row: dict[str, Any]) -> Any:
        if column == "risk" and row["state"] == "late":
            return 2 + (-1 if row["days_late"] is None else 100 + row["days_late"])
        return missing if row[column] is None else row[column]

    def due(row: dict[str, Any]) -> float:
        return float("inf") if row["due_at"] is None else row["due_at"]

    rows.sort(key=lambda row: (due(row), row["order_id"]))
    rows.sort(key=key, reverse=wanted.sort in DESCENDING)
    return [row["order_id"] for row in (reversed(rows) if wanted.reversed else rows)]


def is_wanted(row: dict[str, Any], wanted: WorklistQuery) -> bool:
    words = WORDS[row["order_id"]]
    asked = [*wanted.words, *([] if wanted.plants is None else [("plant", tuple(wanted.plants))])]
    put_off = (row["snoozed_until"] or 0) > wanted.now and (row["due_at"] is None or row["due_at"] >= wanted.now)
    return (
        row["state"] in wanted.states
        and all(set(words[dimension]) & set(some) for dimension, some in asked)
        and (not wanted.owners or (row["owner"] or "") in wanted.owners)
        and (wanted.blocking is None or is_blocked(row["blocking"], wanted.blocking))
        and within(row["due_at"], wanted.due)
        and within(row["risk"], wanted.risk)
        and within(row["expected_ship"], wanted.ships)
        and within(row["days_late"], (wanted.days_late, None))
        and wanted.snoozed in (None, put_off)
    )


def is_blocked(bits: int | None, wanted: int) -> bool:
    return bits is not None and (bool(bits & wanted) if wanted else bits == 0)


def within(value: float | None, bounds: tuple[float | None, float | None]) -> bool:
    low, high = bounds
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def some(*words: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(words), max_size=2, unique=True).map(tuple)


@st.composite
def questions(draw: st.DrawFn) -> WorklistQuery:
    """Any sort and any filters."""
    words = {"plant": some("P0", "P1", "P9"), "customer": some("C1", "C2", "none"), "item": some("I1", "I2", "I20")}
    asked = {dimension: draw(strategy) for dimension, strategy in words.items()}
    moments, shares = st.sampled_from([0, 300, 700]), st.sampled_from([0.0, 0.3, 1.0])
    states = st.sampled_from(
        [("open", "late"), ("late",), ("open",), ("shipped",), ("cancelled", "open"), ("unpromised",)]
    )
    return WorklistQuery(
        NOW,
        sort=draw(st.sampled_from(sorted(SORTS))),
        descending=draw(st.booleans()),
        states=draw(states),
        words=tuple((dimension, words) for dimension, words in asked.items() if words),
        plants=draw(maybe(some("P0", "P2", "P9").map(frozenset))),
        due=(draw(maybe(moments)), draw(maybe(moments))),
        risk=(draw(maybe(shares)), draw(maybe(shares))),
        ships=(draw(maybe(st.sampled_from([290, 301]))), draw(maybe(st.sampled_from([300, 305, LATER])))),
        days_late=draw(maybe(st.sampled_from([-2, 0, 3, 4]))),
        owners=draw(some("", "U0", "U1")),
        blocking=draw(maybe(st.sampled_from([0, 1, 4, 5, 16, 64]))),
        snoozed=draw(st.sampled_from([False, None, True])),
    )


def whole(database: Database, wanted: WorklistQuery, limit: int) -> list[str]:
    """All pages of a list; each but the last is full."""

    def pages(connection: Any) -> list[str]:
        found: list[str] = []
        rows: Sequence[Any] = []
        while not found or len(rows) == limit:
            rows = page(connection, wanted, limit, key_of(rows[-1]) if found else None)
            if not rows:
                break
            found += [row["order_id"] for row in rows]
        return found

    return database.read(pages)


@pytest.mark.parametrize("way", WAYS)
def test_a_list_is_what_its_definition_says(filled: Database, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few, near = WAYS[way]
    monkeypatch.setattr(worklist, "FEW", few)
    monkeypatch.setattr(worklist, "NEAR", near)
    monkeypatch.setattr(worklist, "AT_ONCE", 1)

    @settings(max_examples=min(settings().max_examples, 1000), deadline=None, suppress_health_check=list(HealthCheck))
    @given(questions(), st.integers(1, 9))
    def check(wanted: WorklistQuery, limit: int) -> None:
        expected = by_definition(wanted)
        assert whole(filled, wanted, limit) == expected
        assert filled.read(lambda connection: count(connection, wanted)) == len(expected)

    check()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sort", SORTS)
def test_a_list_without_filters_too(filled: Database, way: str, sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few, near = WAYS[way]
    monkeypatch.setattr(worklist, "FEW", few)
    monkeypatch.setattr(worklist, "NEAR", near)
    monkeypatch.setattr(worklist, "AT_ONCE", 1)
    for descending in (True, False):
        wanted = WorklistQuery(NOW, sort=sort, descending=descending)
        assert whole(filled, wanted, 4) == by_definition(wanted)
        one_plant = WorklistQuery(NOW, sort=sort, descending=descending, words=(("plant", ("P9",)),))
        assert whole(filled, one_plant, 2) == by_definition(one_plant) != []


@pytest.mark.parametrize("plants", [None, frozenset({"P0", "P7"})])
def test_words_of_listed_orders_the_likest_first(filled: Database, plants: frozenset[str] | None) -> None:
    wanted = WorklistQuery(NOW, snoozed=None, plants=plants)
    rows = [row for row in ROWS if is_wanted(row, wanted)]
    named = {
        name: {word for row in rows for word in WORDS[row["order_id"]][name]} for name in ("plant", "customer", "item")
    }
    named["plant"] &= named["plant"] if plants is None else plants
    named["owner"] = {row["owner"] for row in rows if row["owner"]}
    for name, words in named.items():
        likest = max(row[name] for row in rows if row[name] in words)
        found = filled.read(lambda connection, like=likest, of=name: listed_words(connection, plants, of, like.lower()))
        assert set(found) == words
        assert len(found) == len(words)
        assert found[0] == likest


def test_a_list_is_read_by_the_index_it_names(tmp_path: Path) -> None:
    """Its own choice is another one: it knows neither how few orders are put off nor how few are late."""
    statement = by_index(select(orders.c.order_id), orders, "orders_snoozed").where(orders.c.snoozed_until > NOW)
    with new_database("sqlite", tmp_path) as url:
        database = Database(url)
        sql = statement.compile(database.engine, compile_kwargs={"literal_binds": True})
        (plan,) = database.read(lambda connection: connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").all())
        database.close()
    assert "orders_snoozed" in plan.detail
