"""Which version of an order's state a system sent last; a key stands for a request, no longer for its body alone."""

import sqlalchemy as sa
from alembic import op

from serving.store.schema import Words

revision = "0012"
down_revision = "0011"
REQUEST, BODY = "digest of all of it that means something", "digest of the body"


def upgrade() -> None:
    """One row an order, source, and the plants of who sends."""
    op.create_table(
        "state_versions",
        sa.Column("order_id", Words, primary_key=True),
        sa.Column("source", Words, primary_key=True, comment="the system that numbers its states"),
        sa.Column(
            "scope", Words, primary_key=True, comment="a JSON list of the sender's plants, empty for every plant"
        ),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="of the latest state that was stored"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="digest of that state"),
    )
    _comment(BODY, REQUEST)


def downgrade() -> None:
    """Drop it."""
    _comment(REQUEST, BODY)
    op.drop_table("state_versions")


def _comment(before: str, after: str) -> None:
    """SQLite has none."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(
            "idempotency", "request", existing_type=sa.LargeBinary(), comment=after, existing_comment=before
        )
