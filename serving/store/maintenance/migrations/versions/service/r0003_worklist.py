"""No index of the parts of a risk; an order's row says how many plants, customers and items its lines name."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

DROPPED = {"missed": "coalesce(missed, -1e300) DESC", "partial": "coalesce(partial, -1e300) DESC"}
NAMED = ("plant", "customer", "item")
COUNTED = "UPDATE orders SET {name}s = n FROM ({words}) AS words WHERE words.order_id = orders.order_id"
WORDS = "SELECT order_id, count(*) AS n FROM order_words WHERE dimension = '{name}' GROUP BY order_id"


def upgrade() -> None:
    """Drop two indexes that each score writes, make one that it leaves as it is, and count words."""
    for name in DROPPED:
        op.drop_index(f"orders_by_{name}", "orders")
    for name in NAMED:
        counted = sa.Column(
            f"{name}s", sa.Integer(), nullable=False, server_default="0", comment="how many its lines name"
        )
        op.add_column("orders", counted)
    for name in NAMED:
        op.execute(COUNTED.format(name=name, words=WORDS.format(name=name)))
    op.create_index("orders_listed", "orders", ["listed"], unique=False)


def downgrade() -> None:
    """Make them again."""
    op.drop_index("orders_listed", "orders")
    for name in NAMED:
        op.drop_column("orders", f"{name}s")
    for name, key in DROPPED.items():
        keys = sa.text(key), sa.text("coalesce(due_at, -1)")
        op.create_index(f"orders_by_{name}", "orders", ["listed", *keys, "order_id"], unique=False)
