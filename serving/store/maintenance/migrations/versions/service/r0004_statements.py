"""Events may state the source's own order of what it says in one moment, and the instalment of a line.

Orders without a promise are listed too, after those that have one.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

LISTED = "1 while the order is open, late or unpromised"
LISTED_BEFORE = "1 while the order is open or late"
UNDATED_FIRST, UNDATED_LAST = "coalesce(due_at, -1)", "coalesce(due_at, 7258118400000000)"
SORTED = {
    "risk": "coalesce(risk, -1e300) DESC",
    "value_at_risk": "coalesce(value_at_risk, -1e300) DESC",
    "value": "coalesce(value, -1e300) DESC",
    "due": "",
    "customer": "coalesce(customer, '')",
    "plant": "coalesce(plant, '')",
    "item": "coalesce(item, '')",
    "owner": "coalesce(owner, '')",
}


def upgrade() -> None:
    """Two columns that stored events leave empty; and the worklist's indexes, with undated orders at their end."""
    words = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.add_column("events", sa.Column("sequence", sa.BigInteger(), nullable=True))
    op.add_column("events", sa.Column("instalment", words, nullable=True))
    _describe_listed(LISTED, LISTED_BEFORE)
    _sort(UNDATED_LAST)


def downgrade() -> None:
    """Drop the columns, and make the indexes as they were."""
    _sort(UNDATED_FIRST)
    _describe_listed(LISTED_BEFORE, LISTED)
    op.drop_column("events", "instalment")
    op.drop_column("events", "sequence")


def _describe_listed(comment: str, before: str) -> None:
    """SQLite stores no comments."""
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("orders", "listed", comment=comment, existing_comment=before)


def _sort(due: str) -> None:
    for name, key in SORTED.items():
        op.drop_index(f"orders_by_{name}", "orders")
        keys: list[sa.ColumnElement[Any]] = [sa.literal_column(one) for one in (key or due, due)]
        op.create_index(f"orders_by_{name}", "orders", ["listed", *keys, "order_id"], unique=False)
