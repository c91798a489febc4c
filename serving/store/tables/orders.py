"""One order as the worklist has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, select

from serving.store.dialects import chunks
from serving.store.schema import order_words, orders


def order_of(connection: Connection, order_id: str) -> RowMapping | None:
    """The order's row, ``None`` where no event of it is stored."""
    return connection.execute(select(orders).where(orders.c.order_id == order_id)).mappings().first()


def words_of(connection: Connection, order_id: str) -> dict[str, list[str]]:
    """By dimension, the words that the order's lines name."""
    words: dict[str, list[str]] = defaultdict(list)
    query = select(order_words).where(order_words.c.order_id == order_id).order_by(order_words.c.word)
    for row in connection.execute(query):
        words[row.dimension].append(row.word)
    return words


def plants_of(connection: Connection, order_ids: Sequence[str]) -> dict[str, frozenset[str]]:
    """By order, the plants that its lines name; of orders that name one."""
    plants: dict[str, set[str]] = defaultdict(set)
    for some in chunks(order_ids):
        own = (order_words.c.dimension == "plant") & order_words.c.order_id.in_(some)
        for row in connection.execute(select(order_words.c.order_id, order_words.c.word).where(own)):
            plants[row.order_id].add(row.word)
    return {order_id: frozenset(words) for order_id, words in plants.items()}
