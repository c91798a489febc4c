"""A key of some plants sends and sees only their orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from serving.principal import Caller
from serving.problems import NotFound
from serving.store.dialects import chunks
from serving.store.schema import events, order_words

NOT_THEIRS = "must be of an order of the key's plants, got one that is not, or that names none of them"


def names_elsewhere(caller: Caller, plant: object) -> tuple[dict[str, str], ...]:
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
    """Said of orders that are not there and of those that the caller may not see alike."""
    return NotFound(f"the order must be one the service knows, got {order_id!r}")


def not_theirs(connection: Connection, sent: Iterable[tuple[str, object]], caller: Caller) -> set[str]:
    """Of orders and the plants that events for them name, the orders that the caller may send no events for.

    An order that is stored must be one they may see, whatever the events say; a new one must name one of their plants.
    """
    if caller.plants is None:
        return set()
    said = list(sent)
    order_ids = sorted({order_id for order_id, _ in said})
    stored, seen = _stored(connection, order_ids), _seen(connection, order_ids, caller.plants)
    named = {order_id for order_id, plant in said if plant in caller.plants}
    return set(order_ids) - seen - (named - stored)


def _stored(connection: Connection, order_ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(order_ids):
        found |= set(connection.execute(select(events.c.order_id).where(events.c.order_id.in_(some))).scalars())
    return found


def _seen(connection: Connection, order_ids: Sequence[str], plants: frozenset[str]) -> set[str]:
    found: set[str] = set()
    theirs = (order_words.c.dimension == "plant") & order_words.c.word.in_(plants)
    for some in chunks(order_ids):
        asked = select(order_words.c.order_id).where(theirs, order_words.c.order_id.in_(some))
        found |= set(connection.execute(asked).scalars())
    return found
