"""The planner's pages: sessions of browsers, saved views, and when something was last recorded of an order."""

import sqlalchemy as sa
from alembic import op

from serving.store.schema import Words

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Two tables, and a column of the worklist with what the events say."""
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(), primary_key=True, comment="SHA-256 of what the browser holds"),
        sa.Column("key_id", sa.String(), nullable=False, comment="whose it is; it ends with the key"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "views",
        sa.Column("owner", Words, primary_key=True, comment="id of the caller"),
        sa.Column("name", Words, primary_key=True),
        sa.Column("query", sa.String(), nullable=False, comment="of the worklist's address"),
        sa.Column(
            "is_default",
            sa.SmallInteger(),
            nullable=False,
            comment="1 for what opens without an address, one an owner",
        ),
    )
    latest = sa.Column("recorded_at", sa.BigInteger(), comment="when the latest of its events was recorded")
    op.add_column("orders", latest)
    op.execute(
        "UPDATE orders SET recorded_at ="
        " (SELECT max(events.recorded_at) FROM events WHERE events.order_id = orders.order_id)"
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_column("orders", "recorded_at")
    op.drop_table("views")
    op.drop_table("sessions")
