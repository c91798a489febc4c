"""The contract of what-if: hypothetical events in, the model's answer out."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from features.what_if.words import RESPONSE
from serving.contract.scoring import EventData, ModelKey, Moment, ScoreReply, Text

MOST_EVENTS = 50
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
    before: ScoreReply
    after: ScoreReply
    points: Annotated[float | None, Field(description="null where an order is not scored, before or after")]
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
