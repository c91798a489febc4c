"""The worklist says what is in the way of an order; a morning says how long packing usually takes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Columns and an index of the worklist, one of mornings; what is listed is due, so that blockers are looked up."""
    kinds = "kinds of what is in the way, a bit each; null while nobody has looked"
    op.add_column("orders", sa.Column("blocking", sa.Integer(), comment=kinds))
    op.add_column("orders", sa.Column("shippable", sa.SmallInteger(), comment="1 where it could ship now"))
    usual = "usual pack times by plant in microseconds, JSON"
    op.add_column("mornings", sa.Column("pack_times", sa.String(), comment=usual))
    op.create_index("orders_blocked", "orders", ["listed", "blocking", "order_id"], unique=False)
    op.execute("UPDATE orders SET next_at = as_of WHERE listed = 1")


def downgrade() -> None:
    """Drop them."""
    op.drop_index("orders_blocked", "orders")
    for name in ("blocking", "shippable"):
        op.drop_column("orders", name)
    op.drop_column("mornings", "pack_times")
