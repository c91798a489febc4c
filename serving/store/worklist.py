"""The worklist as the database reads it: filters, any sort, and pages that begin after a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, false, func, or_, select

from serving.store.schema import DESCENDING, SORTS, order_words, orders

Key = tuple[Any, int, str]
"""Where a page ends: what it is sorted by, due date, order id."""


@dataclass(frozen=True)
class Wanted:
    """Which orders are wanted, and how they are sorted. Moments are microseconds; bounds are included.

    Attributes
    ----------
    words : by dimension (plant, customer, item): an order is wanted if one of its lines has one of them
    plants : those the caller may see, ``None`` for all
    snoozed : True for only those put off, False for none of them, ``None`` for either
    """

    now: int
    sort: str = "risk"
    descending: bool = True
    states: tuple[str, ...] = ("open", "late")
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()
    plants: frozenset[str] | None = None
    due: tuple[int | None, int | None] = (None, None)
    risk: tuple[float | None, float | None] = (None, None)
    owners: tuple[str, ...] = ()
    snoozed: bool | None = False

    @property
    def reversed(self) -> bool:
        """Whether the list is told from its end."""
        return self.descending != (self.sort in DESCENDING)


def page(connection: Connection, wanted: Wanted, limit: int, after: Key | None = None) -> Sequence[RowMapping]:
    """At most ``limit`` orders, the first, or those after a key; each with its ``key``."""
    key = SORTS[wanted.sort]
    asked = _filtered(select(orders, key.label("key"), SORTS["due"].label("due_key")), wanted)
    if after is not None:
        asked = asked.where(_later(wanted, after))
    return connection.execute(asked.order_by(*_by(wanted)).limit(limit)).mappings().all()


def _by(wanted: Wanted) -> tuple[ColumnElement[Any], ...]:
    """By the key; ties the earliest due first, then by id, and all that the other way round where it is reversed."""
    key = SORTS[wanted.sort]
    due, order_id = (column.desc() if wanted.reversed else column.asc() for column in (SORTS["due"], orders.c.order_id))
    return key.desc() if wanted.descending else key.asc(), due, order_id


def count(connection: Connection, wanted: Wanted) -> int:
    """How many orders are wanted."""
    return int(connection.execute(_filtered(select(func.count()).select_from(orders), wanted)).scalar_one())


def key_of(row: RowMapping) -> Key:
    """Where a page that ends with this row ends."""
    return row["key"], row["due_key"], row["order_id"]


def _later(wanted: Wanted, after: Key) -> ColumnElement[bool]:
    """Rows after a key; the first condition alone is one the index can begin at."""
    key, due_key = SORTS[wanted.sort], SORTS["due"]
    value, due, order_id = after
    beyond = key < value if wanted.descending else key > value
    tied = or_(_past(due_key, due, wanted), and_(due_key == due, _past(orders.c.order_id, order_id, wanted)))
    return and_(key <= value if wanted.descending else key >= value, or_(beyond, and_(key == value, tied)))


def _past(column: ColumnElement[Any], value: Any, wanted: Wanted) -> Any:
    return column < value if wanted.reversed else column > value


def _filtered(asked: Select[Any], wanted: Wanted) -> Select[Any]:
    return asked.where(*_conditions(wanted))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    listed = set(wanted.states) <= {"open", "late"}
    found: list[ColumnElement[bool]] = [orders.c.listed == 1] if listed else []
    if set(wanted.states) != {"open", "late"}:
        found.append(orders.c.state.in_(wanted.states))
    found += [says(dimension, words) for dimension, words in wanted.words]
    if wanted.plants is not None:
        found.append(says("plant", tuple(sorted(wanted.plants))))
    if wanted.owners:
        found.append(func.coalesce(orders.c.owner, "").in_(wanted.owners))
    found += _between(orders.c.due_at, wanted.due) + _between(orders.c.risk, wanted.risk)
    if wanted.snoozed is not None:
        put_off = func.coalesce(orders.c.snoozed_until, 0) > wanted.now
        found.append(put_off if wanted.snoozed else ~put_off)
    return found


def says(dimension: str, words: tuple[str, ...]) -> ColumnElement[bool]:
    """Orders of which a line names one of these words."""
    if not words:
        return false()
    some = select(order_words.c.order_id).where(order_words.c.dimension == dimension, order_words.c.word.in_(words))
    return orders.c.order_id.in_(some)


def _between(column: ColumnElement[Any], bounds: tuple[Any, Any]) -> list[ColumnElement[bool]]:
    low, high = bounds
    return ([column >= low] if low is not None else []) + ([column <= high] if high is not None else [])
