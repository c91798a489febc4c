"""The worklist says in words what stops an order first."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """A column of the worklist; what is listed is due, so that it is looked up."""
    said = "what stops it first in words, empty for nothing; null like blocking"
    op.add_column("orders", sa.Column("main_blocker", sa.String(), comment=said))
    op.execute("UPDATE orders SET next_at = as_of WHERE listed = 1")


def downgrade() -> None:
    """Drop it."""
    op.drop_column("orders", "main_blocker")
