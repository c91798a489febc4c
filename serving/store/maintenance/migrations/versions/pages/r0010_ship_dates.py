"""Scores and the worklist have ship dates; late orders are listed by how late they are expected to be."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

DAYS = {
    "expected_ship": "the day by which it is as likely as not that all has shipped",
    "ship_earliest": "the first day of the range",
    "ship_latest": "the last day of the range",
}
DAYS_LATE = "coalesce(days_late, -100000)"
OVERDUE = f"CASE WHEN (state = 'late') THEN {DAYS_LATE} + 100001 ELSE 0 END"
ADDED = {"expected_ship": "coalesce(expected_ship, 200000)", "days_late": f"{DAYS_LATE} DESC"}
DUE = "coalesce(due_at, 7258118400000000)"


def upgrade() -> None:
    """Columns of scores and of the worklist, empty for what was scored before, and indexes of the worklist."""
    for table in ("scores", "orders"):
        for name, what in DAYS.items():
            op.add_column(table, sa.Column(name, sa.Integer(), comment=f"{what}, 100000 for later"))
        op.add_column(table, sa.Column("days_late", sa.Integer(), comment="from the last promise to the expected day"))
    unknown = "compressed JSON, null where none is foretold"
    op.add_column("scores", sa.Column("ship_date", sa.LargeBinary(), comment=unknown))
    op.drop_index("orders_by_risk", "orders")
    _create_index("risk", f"(coalesce(risk, -1e300) + {OVERDUE}) DESC")
    for name, key in ADDED.items():
        _create_index(name, key)


def downgrade() -> None:
    """Drop them, and list late orders by their due dates alone."""
    for name in ("risk", *ADDED):
        op.drop_index(f"orders_by_{name}", "orders")
    op.drop_column("scores", "ship_date")
    for table in ("scores", "orders"):
        for name in (*DAYS, "days_late"):
            op.drop_column(table, name)
    _create_index("risk", "coalesce(risk, -1e300) DESC")


def _create_index(name: str, key: str) -> None:
    by = sa.text(key), sa.text(DUE)
    op.create_index(f"orders_by_{name}", "orders", ["listed", *by, "order_id"], unique=False)
