"""Scores have reasons: what each topic adds to the risk, in words."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """A column of scores and one of the worklist, empty for what was scored before."""
    before = "compressed JSON, null for what was scored before there were any"
    op.add_column("scores", sa.Column("reasons", sa.LargeBinary(), comment=before))
    first = "the first reasons in words, JSON"
    op.add_column("orders", sa.Column("reasons", sa.String(), nullable=False, server_default="[]", comment=first))


def downgrade() -> None:
    """Drop the columns."""
    for table in ("scores", "orders"):
        op.drop_column(table, "reasons")
