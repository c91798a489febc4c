"""Saved views of the worklist: a name for an address, by who saved it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, delete, func, select

from serving.store.dialects import upsert
from serving.store.schema import views

MOST_VIEWS = 50
"""So many views of one owner are kept; the next one is refused."""


def views_of(connection: Connection, owner: str) -> Sequence[RowMapping]:
    """What somebody saved, by name."""
    return connection.execute(select(views).where(views.c.owner == owner).order_by(views.c.name)).mappings().all()


def save_view(connection: Connection, owner: str, name: str, query: str, is_default: bool) -> bool:
    """Keep a view, in the place of one of that name; whether there was room."""
    others = select(func.count()).select_from(views).where(views.c.owner == owner, views.c.name != name)
    if connection.execute(others).scalar_one() >= MOST_VIEWS:
        return False
    if is_default:
        connection.execute(views.update().where(views.c.owner == owner).values(is_default=0))
    row = {"owner": owner, "name": name, "query": query, "is_default": int(is_default)}
    connection.execute(upsert(connection, views, ["owner", "name"]), row)
    return True


def drop_view(connection: Connection, owner: str, name: str) -> None:
    """Forget a view."""
    connection.execute(delete(views).where(views.c.owner == owner, views.c.name == name))
