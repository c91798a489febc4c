"""The event table: its columns, and what each type of event must say."""

from __future__ import annotations

from dataclasses import dataclass

STRING, MOMENT, NUMBER, WHOLE = "string", "moment", "number", "whole number"

COLUMNS: dict[str, str] = {
    "event_id": STRING,
    "source": STRING,
    "type": STRING,
    "order_id": STRING,
    "line_id": STRING,
    "occurred_at": MOMENT,
    "recorded_at": MOMENT,
    "quantity": NUMBER,
    "date": MOMENT,
    "kind": STRING,
    "state": STRING,
    "reference": STRING,
    "reason": STRING,
    "actor": STRING,
    "customer": STRING,
    "item": STRING,
    "plant": STRING,
    "work_center": STRING,
    "route": STRING,
    "value": NUMBER,
    "sequence": WHOLE,
    "instalment": STRING,
    "tolerance": NUMBER,
}
REQUIRED = ("event_id", "source", "type", "order_id", "occurred_at", "recorded_at")
INSTALMENT_MARK = "/"
"""An instalment is a line whose id is that of the line it belongs to, this mark, and its own name."""
DIMENSIONS = ("customer", "item", "plant", "work_center", "route")
DATE_ONLY = {"occurred_at": "start", "recorded_at": "end", "date": "end"}
"""What a date without a time means: the start or the end of that day in the plant's zone."""

MICRO = 1_000_000
LARGEST = 1e10
"""Quantities and values are counted in integer millionths, so that sums are exact; this bound keeps them in range."""

HOLD_KINDS = ("quality", "material", "engineering", "credit", "delivery", "documents")
READINESS_KINDS = ("inspection", "packaging", "labels", "documents", "quantities", "carrier")


@dataclass(frozen=True, order=True)
class EventKey:
    """An event's identity: ids are unique within their source."""

    source: str
    id: str


@dataclass(frozen=True)
class EventType:
    """What one type of event says.

    Attributes
    ----------
    needs : the columns that must be given
    words : the words that a column may hold
    signed : whether its quantity may be negative
    fact : whether it says what happened; else what is promised, planned or expected
    """

    says: str
    needs: tuple[str, ...] = ()
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()
    signed: bool = False
    fact: bool = True


TYPES: dict[str, EventType] = {
    "order_line.created": EventType("a line is ordered", ("quantity",)),
    "order_line.changed": EventType("its ordered quantity is now ...", ("quantity",)),
    "order_line.closed": EventType("no more will ship", ("reason",), (("reason", ("complete", "short", "cancelled")),)),
    "order_line.reopened": EventType("it is open again"),
    "commitment.requested": EventType("the customer asks for ...", ("date",), fact=False),
    "commitment.changed": EventType("the promised date is now ...", ("date",), fact=False),
    "hold.placed": EventType("something may not move on", ("kind",), (("kind", HOLD_KINDS),)),
    "hold.released": EventType("it may move on again", ("kind",), (("kind", HOLD_KINDS),)),
    "production.released": EventType("work starts"),
    "production.rescheduled": EventType("the planned end is now ...", ("date",), fact=False),
    "operation.confirmed": EventType(
        "good quantity booked", ("quantity",), (("state", ("partial", "final")),), signed=True
    ),
    "operation.scrapped": EventType("loss", ("quantity",), signed=True),
    "operation.reworked": EventType("repeat", ("quantity",), signed=True),
    "material.stated": EventType(
        "a component is short or available", ("state",), (("state", ("short", "available")),), fact=False
    ),
    "inspection.recorded": EventType(
        "a result", ("state",), (("kind", ("in_process", "final")), ("state", ("passed", "failed")))
    ),
    "readiness.stated": EventType(
        "a shipping condition is met or not",
        ("kind", "state"),
        (("kind", READINESS_KINDS), ("state", ("met", "not_met"))),
    ),
    "delivery.planned": EventType("a truck is planned", ("date",), fact=False),
    "goods.issued": EventType("it left the dock", signed=True),
    "goods.returned": EventType("the customer sent it back", ("quantity",)),
    "decision.recorded": EventType(
        "somebody decided",
        ("kind",),
        (("kind", ("acknowledge", "assign", "snooze", "expedite", "override", "comment")),),
    ),
}
TYPE_CODE: dict[str, int] = {name: code for code, name in enumerate(TYPES)}
PRECEDENCE: tuple[tuple[str, str | None], ...] = (
    ("order_line.created", None),
    ("order_line.reopened", None),
    ("order_line.changed", None),
    ("commitment.requested", None),
    ("commitment.changed", None),
    ("hold.placed", None),
    ("hold.released", None),
    ("production.released", None),
    ("production.rescheduled", None),
    ("material.stated", "short"),
    ("material.stated", "available"),
    ("operation.confirmed", "partial"),
    ("operation.confirmed", None),
    ("operation.scrapped", None),
    ("operation.reworked", None),
    ("operation.confirmed", "final"),
    ("inspection.recorded", "failed"),
    ("inspection.recorded", "passed"),
    ("readiness.stated", "not_met"),
    ("readiness.stated", "met"),
    ("delivery.planned", None),
    ("goods.issued", None),
    ("goods.returned", None),
    ("decision.recorded", None),
    ("order_line.closed", None),
)
"""The order of statements of one moment, by type and state: an order begins before it changes, a thing begins before it
ends, closing comes last. A type without a state stands for each of its states that has no place of its own."""

SPOKEN = ("kind", "state", "reason", "actor")
"""The columns whose words a signal may look for."""
WORDS: dict[str, int] = {
    word: code
    for code, word in enumerate(
        dict.fromkeys(
            [word for rule in TYPES.values() for _, words in rule.words for word in words]
            + ["plant", "customer", "agreed"]
        )
    )
}
"""A number below 62 for each word that means something; what else is said is OTHER, what is not said UNSAID."""
OTHER, UNSAID = 62, 63
