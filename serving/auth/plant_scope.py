"""A key of some plants sends and sees only their orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from serving.principal import Caller
from serving.problems import NotFound
from serving.store.dialects import chunks
from serving.store.schema import events, order_words

FOREIGN_ORDER = "must be of an order of the key's plants, got one that is not, or that names none of them"


def plant_errors(caller: Caller, plant: object) -> tuple[dict[str, str], ...]:
    """What is wrong with an event that names a plant; nothing where the caller may."""
    if caller.may_name(plant):
        return ()
    must = f"must be one of the key's plants ({', '.join(sorted(caller.plants or ()))}), got {plant}"
    return ({"pointer": "/data/plant", "detail": must},)


def require_seen(caller: Caller, plants: Iterable[str], order_id: str) -> None:
    """Raise ``NotFound`` for an order of plants that the caller may not see."""
    if not caller.sees(plants):
        raise unknown_order(order_id)


def unknown_order(order_id: str) -> NotFound:
    """The error of orders that are not there and of those that the caller may not see alike."""
    return NotFound(f"the order must be one the service knows, got {order_id!r}")


def foreign_orders(connection: Connection, named: Iterable[tuple[str, object]], caller: Caller) -> set[str]:
    """Of orders and the plants that events for them name, the orders that the caller may send no events for.

    An order that is stored must be one they may see, whatever the events say; a new one must name one of their plants.
    """
    if caller.plants is None:
        return set()
    pairs = list(named)
    order_ids = sorted({order_id for order_id, _ in pairs})
    stored, visible = _stored(connection, order_ids), _visible(connection, order_ids, caller.plants)
    own = {order_id for order_id, plant in pairs if plant in caller.plants}
    return set(order_ids) - visible - (own - stored)


def _stored(connection: Connection, order_ids: Sequence[str]) -> set[str]:
    matches: set[str] = set()
    for some in chunks(order_ids):
        matches |= set(connection.execute(select(events.c.order_id).where(events.c.order_id.in_(some))).scalars())
    return matches


def _visible(connection: Connection, order_ids: Sequence[str], plants: frozenset[str]) -> set[str]:
    matches: set[str] = set()
    own_plants = (order_words.c.dimension == "plant") & order_words.c.word.in_(plants)
    for some in chunks(order_ids):
        query = select(order_words.c.order_id).where(own_plants, order_words.c.order_id.in_(some))
        matches |= set(connection.execute(query).scalars())
    return matches
