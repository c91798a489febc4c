"""Orders that are put off are found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """An index of the few of them."""
    put_off = sa.text("snoozed_until IS NOT NULL")
    op.create_index("orders_snoozed", "orders", ["snoozed_until"], sqlite_where=put_off, postgresql_where=put_off)


def downgrade() -> None:
    """Drop it."""
    op.drop_index("orders_snoozed", "orders")
