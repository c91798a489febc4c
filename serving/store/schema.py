"""The tables. Moments are microseconds and quantities floats, so that both databases give back the same bits."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    case,
    func,
    literal_column,
)
from sqlalchemy.sql.elements import ColumnElement

from features.events.schema import COLUMNS, MOMENT, NUMBER, REQUIRED, WHOLE
from features.times import LATEST

metadata = MetaData()
Words = String().with_variant(String(collation="C"), "postgresql")
"""Texts compare by their code points, in either database and in Python."""
RowId = BigInteger().with_variant(Integer, "sqlite")
LEAST: ColumnElement[Any] = literal_column("-1e300")
AFTER: ColumnElement[Any] = literal_column(str(LATEST))
"""What sorts before every number, and after every moment, for what is not there."""

_TYPES = {MOMENT: BigInteger, NUMBER: Double, WHOLE: BigInteger}
EVENT_COLUMNS = tuple(COLUMNS)
FILTERED = ("plant", "customer", "item")
"""What the lines of an order name and a worklist can be filtered by."""
LISTED = ("open", "late", "unpromised")
"""The states of an order that is still to be shipped."""
SCORED = ("open", "late")
"""The states of an order that has a risk."""
SHIP_DAYS = {
    "expected_ship": "the day by which it is as likely as not that all has shipped",
    "ship_earliest": "the first day of the range",
    "ship_latest": "the last day of the range",
}
"""Days since 1970-01-01 in the plant's zone, or ``LATER``; null where no ship date is foretold."""
SHIP_COLUMNS = (*SHIP_DAYS, "days_late")
LATER = 100_000
"""Stands for a day later than any that was asked about, and for the days from the promise to it."""


def _ship_columns() -> list[Column[Any]]:
    days = [Column(name, Integer, comment=f"{what}, 100000 for later") for name, what in SHIP_DAYS.items()]
    return [*days, Column("days_late", Integer, comment="from the last promise to the expected day")]


events = Table(
    "events",
    metadata,
    Column("seq", RowId, primary_key=True, autoincrement=True, comment="the order of arrival, per order"),
    *(Column(name, _TYPES.get(kind, Words), nullable=name not in REQUIRED) for name, kind in COLUMNS.items()),
    Column("content", LargeBinary, nullable=False, comment="digest of all columns but recorded_at"),
    Column("received_at", BigInteger, nullable=False),
    UniqueConstraint("source", "event_id", name="events_once"),
    Index("events_of_order", "order_id", "seq"),
    sqlite_autoincrement=True,
)

scores = Table(
    "scores",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("order_id", Words, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("cause", String, nullable=False, comment="event, decision, tick, morning, champion, import"),
    Column("seq", BigInteger, nullable=False, comment="the last event of the order that was seen"),
    Column("model", String, nullable=False, comment="empty where no model was there to score with"),
    Column("model_version", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("features_hash", String, nullable=False),
    Column("context_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("due_at", BigInteger),
    Column("risk", Double),
    Column("missed", Double),
    Column("partial", Double),
    Column("base_risk", Double),
    Column("other_points", Double),
    Column("factors", LargeBinary, nullable=False, comment="compressed JSON"),
    Column("reasons", LargeBinary, comment="compressed JSON, null for what was scored before there were any"),
    *_ship_columns(),
    Column("ship_date", LargeBinary, comment="compressed JSON, null where none is foretold"),
    Column("cannot_tell", String, nullable=False, server_default="[]", comment="why the risk is worth little, JSON"),
    Column("next_at", BigInteger, comment="when the next one comes without an event"),
    Index("scores_of_order", "order_id", "id"),
    sqlite_autoincrement=True,
)

contexts = Table(
    "contexts",
    metadata,
    Column("id", String, primary_key=True, comment="digest of the content"),
    Column("made_at", BigInteger, nullable=False),
    Column("known_until", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False, comment="compressed JSON of features.context.Context"),
)

mornings = Table(
    "mornings",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False, comment="days since 1970-01-01 in the plant's zone"),
    Column("context_id", String, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("pack_times", String, comment="usual pack times by plant in microseconds, JSON"),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", Words, primary_key=True),
    Column("listed", SmallInteger, nullable=False, comment="1 while the order is open, late or unpromised"),
    Column("state", String, nullable=False),
    Column("due_at", BigInteger),
    Column("plant", Words),
    Column("customer", Words),
    Column("item", Words),
    *(
        Column(f"{name}s", Integer, nullable=False, server_default="0", comment="how many its lines name")
        for name in FILTERED
    ),
    Column("value", Double),
    Column("risk", Double),
    Column("missed", Double),
    Column("partial", Double),
    Column("base_risk", Double),
    Column("value_at_risk", Double),
    *_ship_columns(),
    Column("factors", String, nullable=False, comment="the first factors in words, JSON"),
    Column("reasons", String, nullable=False, server_default="[]", comment="the first reasons in words, JSON"),
    Column("cannot_tell", String, nullable=False, server_default="[]", comment="why the risk is worth little, JSON"),
    Column("blocking", Integer, comment="kinds of what is in the way, a bit each; null while nobody has looked"),
    Column("blockers", String, comment="the same kinds, what stops it first before the others; null like blocking"),
    Column("main_blocker", String, comment="what stops it first in words, empty for nothing; null like blocking"),
    Column("shippable", SmallInteger, comment="1 where it could ship now"),
    Column("owner", Words),
    Column("snoozed_until", BigInteger),
    Column("snoozed_until_change", SmallInteger, nullable=False),
    Column("decision", String, comment="the latest one's kind"),
    Column("seq", BigInteger, nullable=False, comment="the order's last event"),
    Column("score_id", BigInteger, nullable=False),
    Column("scored_by", String, nullable=False, comment="name@version of a run"),
    Column("as_of", BigInteger, nullable=False),
    Column("next_at", BigInteger),
    Column("recorded_at", BigInteger, comment="when the latest of its events was recorded"),
)

order_words = Table(
    "order_words",
    metadata,
    Column("dimension", String, primary_key=True),
    Column("word", Words, primary_key=True),
    Column("order_id", Words, primary_key=True),
    Index("words_of_order", "order_id"),
    sqlite_with_rowid=False,
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", Words, primary_key=True, comment="who, what and the key"),
    Column("request", LargeBinary, nullable=False, comment="digest of all of it that means something"),
    Column("status", Integer),
    Column("headers", String),
    Column("reply", LargeBinary),
    Column("made_at", BigInteger, nullable=False),
)

state_versions = Table(
    "state_versions",
    metadata,
    Column("order_id", Words, primary_key=True),
    Column("source", Words, primary_key=True, comment="the system that numbers its states"),
    Column("scope", Words, primary_key=True, comment="a JSON list of the sender's plants, empty for every plant"),
    Column("version", BigInteger, nullable=False, comment="of the latest state that was stored"),
    Column("content", LargeBinary, nullable=False, comment="digest of that state"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", BigInteger, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String, primary_key=True, comment="part of the key, shown"),
    Column("name", Words, nullable=False),
    Column("role", String, nullable=False),
    Column("plants", String, comment="a JSON list, null for every plant"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the key"),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", LargeBinary, primary_key=True, comment="SHA-256 of what the browser holds"),
    Column("key_id", String, nullable=False, comment="whose it is; it ends with the key"),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

views = Table(
    "views",
    metadata,
    Column("owner", Words, primary_key=True, comment="id of the caller"),
    Column("name", Words, primary_key=True),
    Column("query", String, nullable=False, comment="of the worklist's address"),
    Column("is_default", SmallInteger, nullable=False, comment="1 for what opens without an address, one an owner"),
)

visits = Table(
    "visits",
    metadata,
    Column("owner", Words, primary_key=True, comment="id of the caller"),
    Column("seen_at", BigInteger, nullable=False, comment="when a page was opened last"),
    Column("before_at", BigInteger, comment="when one was opened last in the visit before this one"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Words, nullable=False),
    Column("what", Words, nullable=False),
    Column("outcome", String, nullable=False),
    Column("order_id", Words),
    Column("detail", String, nullable=False),
    Column("request_id", String, nullable=False),
    Index("audit_of_order", "order_id", "id"),
    Index("audit_of_what", "what", "id"),
    sqlite_autoincrement=True,
)


def _number(name: str) -> ColumnElement[float]:
    return func.coalesce(orders.c[name], LEAST)


def _moment(name: str) -> ColumnElement[int]:
    return func.coalesce(orders.c[name], AFTER)


def _word(name: str) -> ColumnElement[str]:
    return func.coalesce(orders.c[name], literal_column("''"))


def _expected_ship() -> ColumnElement[int]:
    """Days stay small whole numbers: an order without a date stands after those that ship later than was asked."""
    return func.coalesce(orders.c.expected_ship, literal_column("200000"))


def _days_late() -> ColumnElement[int]:
    """An order without a date stands below all others."""
    return func.coalesce(orders.c.days_late, literal_column("-100000"))


def _overdue() -> ColumnElement[int]:
    """Above every risk, the more the later a late order is expected to ship; those without a date after the others."""
    late = orders.c.state == literal_column("'late'")
    return case((late, _days_late() + literal_column("100001")), else_=literal_column("0"))


SORTS: dict[str, ColumnElement[Any]] = {
    "risk": _number("risk") + _overdue(),
    "missed": _number("missed"),
    "partial": _number("partial"),
    "value_at_risk": _number("value_at_risk"),
    "value": _number("value"),
    "due": _moment("due_at"),
    "expected_ship": _expected_ship(),
    "days_late": _days_late(),
    "customer": _word("customer"),
    "plant": _word("plant"),
    "item": _word("item"),
    "owner": _word("owner"),
}
"""What a worklist can be sorted by; ties by due date, then by the order's id. Late orders are the riskiest, and among
themselves the one expected to be latest comes first."""

DESCENDING = ("risk", "missed", "partial", "value_at_risk", "value", "days_late")
"""Sorted from the highest unless asked otherwise. The other way round is the same list from its end, ties too."""
INDEXED = tuple(name for name in SORTS if name not in ("missed", "partial"))
"""Sorts that have an index. Each score would write those of the parts of a risk too, which few lists are sorted by."""
for _name in INDEXED:
    _first = SORTS[_name].desc() if _name in DESCENDING else SORTS[_name]
    Index(f"orders_by_{_name}", orders.c.listed, _first, SORTS["due"], orders.c.order_id)
Index("orders_listed", orders.c.listed)
Index("orders_blocked", orders.c.listed, orders.c.blocking, orders.c.order_id)
_PUT_OFF = orders.c.snoozed_until.is_not(None)
Index("orders_snoozed", orders.c.snoozed_until, sqlite_where=_PUT_OFF, postgresql_where=_PUT_OFF)
Index("orders_next", orders.c.listed, orders.c.next_at)
