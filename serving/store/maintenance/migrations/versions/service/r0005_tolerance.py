"""Events may state how much of what is ordered may lack and the line is in full."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """A column that stored events leave empty."""
    op.add_column("events", sa.Column("tolerance", sa.Double(), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("events", "tolerance")
