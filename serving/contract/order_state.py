"""The contract of an order's present state, for systems that re-send the whole order."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from features.events.schema import HOLD_KINDS, INSTALMENT_MARK, READINESS_KINDS
from serving.contract.scoring import Moment, Number, Text

HoldKind = Literal["quality", "material", "engineering", "credit", "delivery", "documents"]
ConditionKind = Literal["inspection", "packaging", "labels", "documents", "quantities", "carrier"]
WORDS = {HoldKind: HOLD_KINDS, ConditionKind: READINESS_KINDS}
"""What this contract repeats of the rules of events; a test holds them equal."""


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _stripped_or_none(value: object) -> object:
    return value.strip() or None if isinstance(value, str) else value


Name = Annotated[Text, BeforeValidator(_stripped)]
OptionalText = Annotated[Text | None, BeforeValidator(_stripped_or_none)]
"""Texts without blanks around them, as events have them; what is blank is not said."""


class StateItem(BaseModel):
    """Something of the order, as it is now."""

    model_config = ConfigDict(extra="forbid")


class LineNow(StateItem):
    """An order line. ``issued`` is all that has left the dock so far."""

    line_id: Name
    quantity: Annotated[Number, Field(ge=0, description="Of 0 nothing is wanted")]
    promised: Annotated[Moment | None, Field(description="Not promised yet, or as it was, if not given")] = None
    instalment: Annotated[OptionalText, Field(description="Which part of the line, promised by itself")] = None
    issued: Annotated[Number | None, Field(ge=0, description="Nothing is said of it if not given")] = None
    closed: Annotated[
        Literal["complete", "short", "cancelled"] | None,
        Field(description="A line that is closed is open again without"),
    ] = None
    customer: OptionalText = None
    item: OptionalText = None
    plant: OptionalText = None
    route: OptionalText = None
    value: Number | None = None

    @property
    def name(self) -> str:
        """The line by the name that histories have for it."""
        return f"{self.line_id}{INSTALMENT_MARK}{self.instalment}" if self.instalment else self.line_id


class HoldNow(StateItem):
    """A hold that is open."""

    reference: Name
    kind: HoldKind
    line_id: OptionalText = None
    reason: OptionalText = None
    actor: OptionalText = None
    expected: Annotated[Moment | None, Field(description="When its release is expected")] = None


class ProductionNow(StateItem):
    """A production order and the end that is planned for it."""

    reference: Name
    planned_end: Moment
    line_id: OptionalText = None
    quantity: Annotated[Number | None, Field(ge=0)] = None
    work_center: OptionalText = None


class ConditionNow(StateItem):
    """A shipping condition, of a line or of the whole order."""

    kind: ConditionKind
    state: Literal["met", "not_met"]
    line_id: OptionalText = None
    reason: OptionalText = None


class ComponentNow(StateItem):
    """A component that is short or available."""

    reference: Name
    state: Literal["short", "available"]
    line_id: OptionalText = None
    quantity: Annotated[Number | None, Field(ge=0)] = None
    expected: Moment | None = None


class DeliveryNow(StateItem):
    """A truck that is planned."""

    reference: Name
    planned: Moment
    line_id: OptionalText = None
    quantity: Annotated[Number | None, Field(ge=0)] = None
    route: OptionalText = None


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

    source: Annotated[Name, Field(description="The system that says so")]
    time: Annotated[Moment | None, Field(description="When it stood so; now if not given")] = None
    lines: list[LineNow] | None = None
    holds: list[HoldNow] | None = None
    production: list[ProductionNow] | None = None
    conditions: list[ConditionNow] | None = None
    components: list[ComponentNow] | None = None
    deliveries: list[DeliveryNow] | None = None

    @model_validator(mode="after")
    def _each_once(self) -> OrderSnapshot:
        """What is there twice would stand two ways at once; holds are told apart by their reference alone."""
        listed = {"lines": [line.name for line in self.lines or []]}
        listed["holds"] = [hold.reference for hold in self.holds or []]
        listed["conditions"] = [_of_line(one.kind, one.line_id) for one in self.conditions or []]
        for name in ("production", "components", "deliveries"):
            listed[name] = [_of_line(one.reference, one.line_id) for one in getattr(self, name) or []]
        for name, ids in listed.items():
            twice = sorted(one for one, times in Counter(ids).items() if times > 1)
            if twice:
                raise ValueError(f"each of {name} must be told once, got more of {', '.join(twice[:5])}")
        return self

    @model_validator(mode="after")
    def _of_lines_or_of_the_order(self) -> OrderSnapshot:
        """A plan without a line is about each line that its reference is named for."""
        for name in ("production", "deliveries"):
            items = getattr(self, name) or []
            whole = {one.reference for one in items if one.line_id is None}
            both = sorted({one.reference for one in items if one.line_id is not None} & whole)
            if both:
                shown = ", ".join(both[:5])
                raise ValueError(
                    f"each of {name} must be told for its lines or for the whole order, got both of {shown}"
                )
        return self


def _of_line(name: str, line_id: str | None) -> str:
    return f"{name} of line {line_id}" if line_id else name
