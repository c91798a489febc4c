"""The contract of what-if: hypothetical events in, the model's answer out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from features.what_if.moves import MOST_STATEMENTS
from features.what_if.words import RESPONSE, MoveKind
from serving.contract.orders import BlockerReply, LatenessOrNone
from serving.contract.scoring import DaysWon, EventData, ExpectedShip, ModelKey, Moment, ScoreReply, Text

MOST_EVENTS = MOST_STATEMENTS
Label = Annotated[str, Field(description="What the figures are", examples=[RESPONSE])]
RELEASE: dict[str, Any] = {
    "type": "hold.released",
    "data": {"kind": "quality", "reference": "H-9", "line_id": "10"},
}


class HypotheticalEvent(BaseModel):
    """An event that nobody sent. It happens now unless it has a ``time``; it is known now."""

    model_config = ConfigDict(extra="forbid")

    type: Annotated[
        str,
        Field(
            min_length=1,
            max_length=128,
            description="With shiprisk. before it, or without",
            examples=["hold.released"],
        ),
    ]
    data: EventData = EventData()
    id: Text | None = None
    source: Text | None = None
    time: Moment | None = None


class WhatIfRequest(BaseModel):
    """Events to suppose, one after another."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"events": [RELEASE]}]})

    events: Annotated[list[HypotheticalEvent], Field(min_length=1, max_length=MOST_EVENTS)]
    factors: Annotated[int, Field(ge=0, le=200, description="How many factors to return at most")] = 5


class TopicChange(BaseModel):
    """What one topic adds to the change of the risk; ``points`` are probability."""

    topic: str
    points: float


class SupposedEvent(BaseModel):
    """An event as it was added, a CloudEvent's attributes."""

    source: str
    id: str
    type: str
    time: str
    data: dict[str, Any]


class WhatIfReply(BaseModel):
    """An order as it stands and as it would stand.

    ``points`` = the risk after less the risk before = the sum of ``by_topic``; both are probability.
    """

    order_id: str
    as_of: Annotated[str, Field(description="Now: both risks are of this moment")]
    label: Label
    sentence: Annotated[
        str, Field(description="What was supposed", examples=["if steel (60, line 30) comes on Mon 5 Jan"])
    ]
    before: ScoreReply
    after: ScoreReply
    points: Annotated[float | None, Field(description="null where an order is not scored, before or after")]
    days_won: DaysWon
    by_topic: Annotated[
        list[TopicChange] | None,
        Field(description="The largest first; null unless the order is open before and after"),
    ]
    events: Annotated[list[SupposedEvent], Field(description="What was added; nothing is stored")]
    notes: Annotated[list[str], Field(description="What to know about this answer")]
    model: ModelKey
    features_hash: str
    context_known_until: str | None
    degraded: bool
    degraded_because: list[str]


class MoveReply(BaseModel):
    """One thing that could be done, and what the model answers.

    ``points`` is the risk after less the risk before, in probability: less than nothing where the move helps, and
    nothing of a late order. ``days_won`` are until now where nothing is left to ship after the move.
    """

    order_id: str
    kind: str
    sentence: str
    line_id: Annotated[str | None, Field(description="null for the whole order")]
    events: Annotated[
        list[HypotheticalEvent], Field(description="What would record it: a body for what-if as it stands")
    ]
    needs_consent: Annotated[bool, Field(description="The customer must agree")]
    risk: float
    risk_after: Annotated[float | None, Field(description="null where nothing is left to ship")]
    points: float
    expected_ship: ExpectedShip
    expected_ship_after: ExpectedShip
    days_won: DaysWon
    by_topic: list[TopicChange] | None
    value_at_risk: Annotated[float | None, Field(description="That the move takes off the list, the plant's currency")]


class TotalReply(BaseModel):
    """What moves of different orders take off the list together: the best one of each order; ``points`` probability."""

    moves: int
    points: Annotated[float, Field(description="Of risk, added up over the orders; what is taken off counts positive")]
    value_at_risk: float | None
    sentence: Annotated[
        str,
        Field(examples=["these five releases take 41 points and 210,000 of value at risk off the list"]),
    ]


class KindTotal(TotalReply):
    """One kind of move."""

    kind: str


class OrderMoves(BaseModel):
    """The moves of one order that are worth trying. What several of them take away does not add up.

    Of an open order those that take risk away, the most first; of a late one, whose risk is certain, those that bring
    its expected ship date forward, the most days first.
    """

    order_id: str
    as_of: str
    label: Label
    moves: list[MoveReply]
    lateness: LatenessOrNone
    blockers: Annotated[list[BlockerReply], Field(description="What is in the way now, what stops it first at the top")]
    tried: Annotated[int, Field(description="How many moves were weighed; those that win nothing are not shown")]
    not_tried: Annotated[int, Field(description="How many feasible moves were left out, as the order has too many")]
    reason: Annotated[str | None, Field(description="Why there are no moves to weigh")]
    model: ModelKey
    degraded: bool
    degraded_because: list[str]


class PlantMoves(BaseModel):
    """The best move of each of the riskiest orders, those that take most risk away first."""

    as_of: str
    label: Label
    headline: TotalReply
    by_kind: Annotated[list[KindTotal], Field(description="Over all orders looked at, the most points first")]
    moves: list[MoveReply]
    orders: Annotated[int, Field(description="How many open orders were looked at")]
    orders_skipped: Annotated[
        int,
        Field(description="How many more were not: those before them, or they alone, are too much at once"),
    ]
    tried: Annotated[int, Field(description="How many moves were weighed, of those that are asked for")]
    not_tried: Annotated[int, Field(description="How many more of these were left out, as their orders have too many")]
    model: ModelKey
    degraded: bool
    degraded_because: list[str]


class MovesParams(BaseModel):
    """Over which orders: the first of the worklist by value at risk, or by risk."""

    model_config = ConfigDict(extra="forbid")

    plant: Annotated[list[Text], Field(description="Repeat it for several")] = []
    limit: Annotated[int, Field(ge=1, le=200, description="Moves to show, one an order")] = 5
    orders: Annotated[int, Field(ge=1, le=200, description="Open orders to look at")] = 200
    sort: Annotated[Literal["value_at_risk", "risk"], Field(description="Which orders are looked at first")] = (
        "value_at_risk"
    )
    kind: Annotated[list[MoveKind], Field(description="Only these kinds of moves")] = []
    consent: Annotated[bool, Field(description="Also moves that the customer must agree to")] = False
