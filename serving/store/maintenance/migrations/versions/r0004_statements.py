"""Events may state the source's own order of what it says in one moment, and the instalment of a line.

Orders without a promise are listed too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

LISTED = "1 while the order is open, late or unpromised"
LISTED_BEFORE = "1 while the order is open or late"


def upgrade() -> None:
    """Two columns that stored events leave empty."""
    words = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.add_column("events", sa.Column("sequence", sa.BigInteger(), nullable=True))
    op.add_column("events", sa.Column("instalment", words, nullable=True))
    _describe_listed(LISTED, LISTED_BEFORE)


def downgrade() -> None:
    """Drop them."""
    _describe_listed(LISTED_BEFORE, LISTED)
    op.drop_column("events", "instalment")
    op.drop_column("events", "sequence")


def _describe_listed(comment: str, before: str) -> None:
    """SQLite stores no comments."""
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("orders", "listed", comment=comment, existing_comment=before)
