"""The worklist has what is in the way of an order in the order in which it stops it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """A column of the worklist; what is listed is due, so that it is looked up."""
    kinds = "the same kinds, what stops it first before the others; null like blocking"
    op.add_column("orders", sa.Column("blockers", sa.String(), comment=kinds))
    op.execute("UPDATE orders SET next_at = as_of WHERE listed = 1")


def downgrade() -> None:
    """Drop it."""
    op.drop_column("orders", "blockers")
