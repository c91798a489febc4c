"""The contract of a change: why the risk of an order moved between two moments."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from features.orders.commitments import OrderStatus
from serving.contract.scoring import DaysLate, DaysWon, EventKeyReply, ExpectedShip, ModelKey, Moment


class ChangeParams(BaseModel):
    """Between which moments; by default the last day."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[
        Moment | None, Field(alias="from", description="A moment, or a date for its start; else a day before to")
    ] = None
    until: Annotated[Moment | None, Field(alias="to", description="A moment, or a date for its end; else now")] = None


class RiskAt(BaseModel):
    """A stored score at one end of a change."""

    score_id: int
    as_of: str
    state: OrderStatus
    risk: float | None
    expected_ship: ExpectedShip
    days_late: DaysLate
    model: ModelKey | None
    context_id: str


class ChangeStep(BaseModel):
    """One step. ``points`` are probability, and the sum of ``topics``; ``before`` is the last risk there was."""

    step: Literal["event", "time", "context", "model"]
    at: str
    event: EventKeyReply | None
    type: Annotated[str | None, Field(description="The type of the event")]
    what: Annotated[str, Field(description="What it is, in plain words")]
    sentence: str
    before: float | None
    after: Annotated[float | None, Field(description="None where the order has no risk: it has shipped, say")]
    points: float
    days_won: DaysWon
    topics: Annotated[dict[str, float], Field(description="By topic, and base where the model has another base risk")]


class ChangeReply(BaseModel):
    """Why the risk of an order moved: the points of the steps add up to ``points``, the last risk less the first."""

    order_id: str
    since: Annotated[str, Field(alias="from")]
    until: Annotated[str, Field(alias="to")]
    before: Annotated[RiskAt, Field(description="The latest score at from; where there was none yet, the first one")]
    after: Annotated[RiskAt, Field(description="The latest score at to")]
    began: Annotated[bool, Field(description="Whether the order had no score yet at from")]
    points: Annotated[float | None, Field(description="None where the order has had no risk in that time")]
    days_won: DaysWon
    summary: str
    steps: list[ChangeStep]
