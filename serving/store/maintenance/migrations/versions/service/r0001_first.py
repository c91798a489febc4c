"""Events, scores, contexts, the worklist, and what keeps several processes apart."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

words = sa.String().with_variant(sa.String(collation="C"), "postgresql")
number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
sort_keys = {
    "customer": "coalesce(customer, '')",
    "due": "coalesce(due_at, -1)",
    "item": "coalesce(item, '')",
    "missed": "coalesce(missed, -1e300) DESC",
    "owner": "coalesce(owner, '')",
    "partial": "coalesce(partial, -1e300) DESC",
    "plant": "coalesce(plant, '')",
    "risk": "coalesce(risk, -1e300) DESC",
    "value": "coalesce(value, -1e300) DESC",
    "value_at_risk": "coalesce(value_at_risk, -1e300) DESC",
}


def upgrade() -> None:
    """Make the tables."""
    _create_events()
    _create_bookkeeping()
    _create_worklist()
    _create_scores()


def _create_events() -> None:
    op.create_table(
        "contexts",
        sa.Column("id", sa.String(), nullable=False, comment="digest of the content"),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("known_until", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="compressed JSON of features.context.Context"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "events",
        sa.Column("seq", number, autoincrement=True, nullable=False, comment="the order of arrival, per order"),
        sa.Column("event_id", words, nullable=False),
        sa.Column("source", words, nullable=False),
        sa.Column("type", words, nullable=False),
        sa.Column("order_id", words, nullable=False),
        sa.Column("line_id", words),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Double()),
        sa.Column("date", sa.BigInteger()),
        sa.Column("kind", words),
        sa.Column("state", words),
        sa.Column("reference", words),
        sa.Column("reason", words),
        sa.Column("actor", words),
        sa.Column("customer", words),
        sa.Column("item", words),
        sa.Column("plant", words),
        sa.Column("work_center", words),
        sa.Column("route", words),
        sa.Column("value", sa.Double()),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="digest of all columns but recorded_at"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("source", "event_id", name="events_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("events_of_order", "events", ["order_id", "seq"], unique=False)


def _create_bookkeeping() -> None:
    op.create_table(
        "idempotency",
        sa.Column("key", words, nullable=False, comment="who, what and the key"),
        sa.Column("request", sa.LargeBinary(), nullable=False, comment="digest of the body"),
        sa.Column("status", sa.Integer()),
        sa.Column("headers", sa.String()),
        sa.Column("reply", sa.LargeBinary()),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "mornings",
        sa.Column(
            "day",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="days since 1970-01-01 in the plant's zone",
        ),
        sa.Column("context_id", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )


def _create_worklist() -> None:
    op.create_table(
        "order_words",
        sa.Column("dimension", sa.String(), nullable=False),
        sa.Column("word", words, nullable=False),
        sa.Column("order_id", words, nullable=False),
        sa.PrimaryKeyConstraint("dimension", "word", "order_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("words_of_order", "order_words", ["order_id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("order_id", words, nullable=False),
        sa.Column("listed", sa.SmallInteger(), nullable=False, comment="1 while the order is open or late"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("plant", words),
        sa.Column("customer", words),
        sa.Column("item", words),
        sa.Column("value", sa.Double()),
        sa.Column("risk", sa.Double()),
        sa.Column("missed", sa.Double()),
        sa.Column("partial", sa.Double()),
        sa.Column("base_risk", sa.Double()),
        sa.Column("value_at_risk", sa.Double()),
        sa.Column("factors", sa.String(), nullable=False, comment="the first factors in words, JSON"),
        sa.Column("owner", words),
        sa.Column("snoozed_until", sa.BigInteger()),
        sa.Column("snoozed_until_change", sa.SmallInteger(), nullable=False),
        sa.Column("decision", sa.String(), comment="the latest one's kind"),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the order's last event"),
        sa.Column("score_id", sa.BigInteger(), nullable=False),
        sa.Column("scored_by", sa.String(), nullable=False, comment="name@version of a run"),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("order_id"),
    )
    for name, key in sort_keys.items():
        by: list[sa.ColumnElement[Any]] = [sa.literal_column(key), sa.literal_column("coalesce(due_at, -1)")]
        op.create_index(f"orders_by_{name}", "orders", ["listed", *by, "order_id"], unique=False)
    op.create_index("orders_next", "orders", ["listed", "next_at"], unique=False)


def _create_scores() -> None:
    op.create_table(
        "scores",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("order_id", words, nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False, comment="event, decision, tick, morning, champion, import"),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the last event of the order that was seen"),
        sa.Column("model", sa.String(), nullable=False, comment="empty where no model was there to score with"),
        sa.Column("model_version", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("features_hash", sa.String(), nullable=False),
        sa.Column("context_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("risk", sa.Double()),
        sa.Column("missed", sa.Double()),
        sa.Column("partial", sa.Double()),
        sa.Column("base_risk", sa.Double()),
        sa.Column("other_points", sa.Double()),
        sa.Column("factors", sa.LargeBinary(), nullable=False, comment="compressed JSON"),
        sa.Column("next_at", sa.BigInteger(), comment="when the next one comes without an event"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("scores_of_order", "scores", ["order_id", "id"], unique=False)


def downgrade() -> None:
    """Drop them, with all they hold."""
    for table in ("events", "scores", "contexts", "mornings", "orders", "order_words", "idempotency", "leases"):
        op.drop_table(table)
