"""The contract of impact: what added risk in a period."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.contract.scoring import ModelKey, Moment, Text

CauseName = Literal["type", "kind", "reason", "work_center", "actor", "component", "topic"]
Sums = Annotated[float, Field(description="In orders: 1 is the risk of one order that surely fails")]


class ImpactParams(BaseModel):
    """Which events are summed, and by what; by default those of the last week by reason."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[
        Moment | None, Field(alias="from", description="A moment, or a date for its start; else a week before to")
    ] = None
    until: Annotated[Moment | None, Field(alias="to", description="A moment, or a date for its end; else now")] = None
    by: Annotated[CauseName, Field(description="A component is the reference of material.stated")] = "reason"
    plant: Annotated[Text | None, Field(description="Only orders of which a line names it")] = None
    limit: Annotated[int, Field(ge=1, le=500, description="Rows, those that moved most")] = 50


class OrderPoints(BaseModel):
    """An order behind a figure; ``points`` are probability."""

    order_id: str
    points: float


class ImpactRow(BaseModel):
    """What all events that say the same did: ``net`` = ``added`` + ``removed``."""

    name: Annotated[str | None, Field(description="None for events that name nothing of the kind")]
    events: int
    orders: int
    added: Sums
    removed: Sums
    net: Sums
    top_orders: Annotated[list[OrderPoints], Field(description="Those that moved most")]


class OrderValue(BaseModel):
    """An order behind a value at risk."""

    order_id: str
    value_at_risk: float


class AtRiskRow(BaseModel):
    """Value at risk of the orders that something is in the way of; an order with several counts in each."""

    blocker: Annotated[str, Field(description="The kind of blocker, or nothing")]
    orders: int
    value: float
    value_at_risk: float
    first_orders: Annotated[int, Field(description="Orders that it stops first; adds up to all of them")]
    first_value_at_risk: Annotated[float, Field(description="Of orders that it stops first; adds up to that of all")]
    top_orders: list[OrderValue]


class AtRiskReply(BaseModel):
    """Value at risk now, of the open and late orders with most of it, as they were last scored."""

    as_of: str
    listed: Annotated[int, Field(description="Open and late orders, those put off too")]
    covered: Annotated[int, Field(description="Orders that the rows are about: those with most value at risk")]
    rows: list[AtRiskRow]


class ImpactReply(BaseModel):
    """What added risk and what removed it in a period. The nets of all rows add up to ``net``."""

    since: Annotated[str, Field(alias="from")]
    until: Annotated[str, Field(alias="to")]
    by: CauseName
    plant: str | None
    model: ModelKey
    events: int
    orders: int
    added: Sums
    removed: Sums
    net: Sums
    rows: list[ImpactRow]
    rows_total: int
    value_at_risk: AtRiskReply
