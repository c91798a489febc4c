"""The contract of an order's present state, for systems that re-send the whole order."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.events.schema import HOLD_KINDS, READINESS_KINDS
from serving.contract.scoring import Moment, Number, Text

HoldKind = Literal["quality", "material", "engineering", "credit", "delivery", "documents"]
ConditionKind = Literal["inspection", "packaging", "labels", "documents", "quantities", "carrier"]
WORDS = {HoldKind: HOLD_KINDS, ConditionKind: READINESS_KINDS}
"""What this contract repeats of the rules of events; a test holds them equal."""


class StateItem(BaseModel):
    """Something of the order, as it is now."""

    model_config = ConfigDict(extra="forbid")


class LineNow(StateItem):
    """An order line. ``issued`` is all that has left the dock so far."""

    line_id: Text
    quantity: Annotated[Number, Field(ge=0)]
    promised: Moment
    issued: Annotated[Number | None, Field(ge=0, description="Nothing is said of it if not given")] = None
    closed: Literal["complete", "short", "cancelled"] | None = None
    customer: Text | None = None
    item: Text | None = None
    plant: Text | None = None
    route: Text | None = None
    value: Number | None = None


class HoldNow(StateItem):
    """A hold that is open."""

    reference: Text
    kind: HoldKind
    line_id: Text | None = None
    reason: Text | None = None
    actor: Text | None = None
    expected: Annotated[Moment | None, Field(description="When its release is expected")] = None


class ProductionNow(StateItem):
    """A production order and the end that is planned for it."""

    reference: Text
    planned_end: Moment
    line_id: Text | None = None
    quantity: Annotated[Number | None, Field(ge=0)] = None
    work_center: Text | None = None


class ConditionNow(StateItem):
    """A shipping condition, of a line or of the whole order."""

    kind: ConditionKind
    state: Literal["met", "not_met"]
    line_id: Text | None = None
    reason: Text | None = None


class ComponentNow(StateItem):
    """A component that is short or available."""

    reference: Text
    state: Literal["short", "available"]
    line_id: Text | None = None
    quantity: Annotated[Number | None, Field(ge=0)] = None
    expected: Moment | None = None


class DeliveryNow(StateItem):
    """A truck that is planned."""

    reference: Text
    planned: Moment
    line_id: Text | None = None
    quantity: Annotated[Number | None, Field(ge=0)] = None
    route: Text | None = None


class OrderSnapshot(StateItem):
    """How an order stands in another system. A list is all there is of its kind; without it nothing is said of it.

    A line that is not in the list any more is cancelled, a hold that is not in the list is released.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "source": "erp",
                    "lines": [
                        {
                            "line_id": "10",
                            "quantity": 500,
                            "promised": "2015-03-12",
                            "customer": "Nordwind",
                            "plant": "Kiel",
                        }
                    ],
                    "holds": [{"reference": "H-9", "kind": "quality"}],
                }
            ]
        },
    )

    source: Annotated[Text, Field(description="The system that says so")]
    time: Annotated[Moment | None, Field(description="When it stood so; now if not given")] = None
    lines: list[LineNow] | None = None
    holds: list[HoldNow] | None = None
    production: list[ProductionNow] | None = None
    conditions: list[ConditionNow] | None = None
    components: list[ComponentNow] | None = None
    deliveries: list[DeliveryNow] | None = None

    @model_validator(mode="after")
    def _each_once(self) -> OrderSnapshot:
        """A line or a hold that is there twice would stand two ways at once."""
        listed = {"lines": [line.line_id for line in self.lines or []]}
        listed["holds"] = [f"{hold.reference} of line {hold.line_id}" for hold in self.holds or []]
        for name, ids in listed.items():
            twice = sorted(one for one, times in Counter(ids).items() if times > 1)
            if twice:
                raise ValueError(f"each of {name} must be told once, got more of {', '.join(twice[:5])}")
        return self
