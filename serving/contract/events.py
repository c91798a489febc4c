"""The contract of events that are stored, and of what they change."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from features.orders.commitments import OrderStatus
from serving.contract.scoring import CannotTell, CloudEvent, FactorReply, ModelKey, ReasonReply, ShipDateOrNone

EXAMPLE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "H-9",
    "source": "qms",
    "type": "shiprisk.hold.placed",
    "subject": "4711",
    "time": "2015-02-27T14:03:00Z",
    "data": {"reference": "H-9", "kind": "quality", "reason": "surface"},
}


class EventBatch(BaseModel):
    """Events of any number of orders, each judged by itself."""

    events: Annotated[list[CloudEvent], Field(min_length=1)]


class ErrorReply(BaseModel):
    """What does not hold, and where in the event."""

    pointer: str
    detail: str


class WarningReply(BaseModel):
    """What of an event that is accepted cannot be placed, or only by guessing, and where in the event."""

    pointer: str
    detail: str


class EventReply(BaseModel):
    """The outcome of one event: stored, there already, its id in use by another one, or not fit to be stored."""

    index: int
    source: str | None
    id: str | None
    order_id: str | None
    outcome: Literal["accepted", "duplicate", "conflict", "rejected"]
    errors: list[ErrorReply]
    warnings: Annotated[
        list[WarningReply],
        Field(description="What is stored all the same: unknown lines and holds, statements of one moment"),
    ]


class StoredScore(BaseModel):
    """A score as it is stored. ``base_risk`` + the points of all reasons = ``risk``.

    So does ``base_risk`` + the points of the factors + ``other_points``. Scores of before have neither reasons nor a
    ship date.
    """

    score_id: int
    as_of: str
    cause: Literal["event", "decision", "tick", "morning", "champion", "import"]
    state: OrderStatus
    due_at: str | None
    risk: float | None
    missed: float | None
    partial: float | None
    base_risk: float | None
    ship_date: ShipDateOrNone
    reasons: list[ReasonReply]
    factors: list[FactorReply]
    other_points: float | None
    cannot_tell: CannotTell
    reason: Annotated[str | None, Field(description="Why the order is not scored by the model")]
    model: ModelKey | None
    features_hash: str
    context_id: str
    next_score_at: Annotated[str | None, Field(description="When it is scored again if nothing happens")]


class OrderChange(BaseModel):
    """An order's latest score before and after."""

    order_id: str
    before: StoredScore | None
    after: StoredScore | None


class DerivedEventReply(EventReply):
    """An event that a state led to."""

    type: Annotated[str, Field(examples=["hold.placed"])]


class EventsReply(BaseModel):
    """What became of each event, and how the orders they touch stand now."""

    as_of: str
    accepted: int
    duplicates: int
    conflicts: int
    rejected: int
    ordered_by_precedence: Annotated[
        int, Field(description="Of orders with new events: statements of one moment in the order of precedence")
    ]
    ordered_by_id: Annotated[
        int, Field(description="Of orders with new events: statements of one moment in the order of their ids alone")
    ]
    events: list[EventReply]
    orders: list[OrderChange]
    context_known_until: Annotated[str | None, Field(description="The latest record in load and track record")]
    degraded: bool
    degraded_because: list[str]


class StateReply(EventsReply):
    """What a state led to: the events that were derived, in their order, and how the order stands now."""

    derived: Annotated[
        dict[str, int],
        Field(
            description="How many events of each type; empty where the order was known so already",
            examples=[{"goods.issued": 1, "hold.released": 1}],
        ),
    ]
    events: list[DerivedEventReply]  # type: ignore[assignment]
