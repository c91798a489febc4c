"""API keys, and an audit trail that the database itself refuses to change."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

words = sa.String().with_variant(sa.String(collation="C"), "postgresql")
number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SQLITE = """
CREATE TRIGGER audit_{verb}s BEFORE {verb} ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is only appended to'); END
"""
FUNCTION = """
CREATE FUNCTION audit_is_appended_to() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit trail is only appended to'; END $$
"""
POSTGRESQL = """
CREATE TRIGGER audit_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_appended_to()
"""


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False, comment="part of the key, shown"),
        sa.Column("name", words, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("plants", sa.String(), comment="a JSON list, null for every plant"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the key"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "audit",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", words, nullable=False),
        sa.Column("what", words, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("order_id", words),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_of_order", "audit", ["order_id", "id"], unique=False)
    op.create_index("audit_of_what", "audit", ["what", "id"], unique=False)
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    if op.get_bind().dialect.name == "postgresql":
        return [FUNCTION, POSTGRESQL]
    return [SQLITE.format(verb=verb) for verb in ("UPDATE", "DELETE")]


def downgrade() -> None:
    """Drop them, with all they hold."""
    op.drop_table("audit")
    op.drop_table("api_keys")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_appended_to()")
