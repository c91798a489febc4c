"""When somebody last looked: what a page tells as new since then."""

import sqlalchemy as sa
from alembic import op

from serving.store.schema import Words

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """One row a caller."""
    op.create_table(
        "visits",
        sa.Column("owner", Words, primary_key=True, comment="id of the caller"),
        sa.Column("seen_at", sa.BigInteger(), nullable=False, comment="when a page was opened last"),
        sa.Column("before_at", sa.BigInteger(), comment="when one was opened last in the visit before this one"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("visits")
