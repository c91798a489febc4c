"""Events may state the source's own order of what it says in one moment, and the instalment of a line."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Two columns that stored events leave empty."""
    words = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.add_column("events", sa.Column("sequence", sa.BigInteger(), nullable=True))
    op.add_column("events", sa.Column("instalment", words, nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("events", "instalment")
    op.drop_column("events", "sequence")
