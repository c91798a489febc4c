"""Scores say why a risk is worth little, where something speaks for it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """A column of scores and of the worklist, empty for what was scored before."""
    why = "why the risk is worth little, JSON"
    for table in ("scores", "orders"):
        op.add_column(table, sa.Column("cannot_tell", sa.String(), nullable=False, server_default="[]", comment=why))


def downgrade() -> None:
    """Drop the columns."""
    for table in ("scores", "orders"):
        op.drop_column(table, "cannot_tell")
