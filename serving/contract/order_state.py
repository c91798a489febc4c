"""The contract of an order's present state, for systems that re-send the whole order."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from features.events.schema import HOLD_KINDS, INSTALMENT_MARK, READINESS_KINDS
from serving.contract.scoring import Moment, Number, Text

HoldKind = Literal["quality", "material", "engineering", "credit", "delivery", "documents"]
ConditionKind = Literal["inspection", "packaging", "labels", "documents", "quantities", "carrier"]
Closing = Literal["complete", "short", "cancelled"]
WORDS = {HoldKind: HOLD_KINDS, ConditionKind: READINESS_KINDS}
"""What this contract repeats of the rules of events; a test holds them equal."""


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _stripped_or_none(value: object) -> object:
    return value.strip() or None if isinstance(value, str) else value


Name = Annotated[Text, BeforeValidator(_stripped)]
OptionalText = Annotated[Text | None, BeforeValidator(_stripped_or_none)]
"""Texts without blanks around them, as events have them; what is blank is not said."""
WITHOUT_BLANKS = BeforeValidator(_stripped)
OptionalMoment = Annotated[Moment | None, BeforeValidator(_stripped_or_none)]
Since = Annotated[
    OptionalMoment, Field(description="Since when it is so, where it is so anew; the state's time if not given")
]


class StatePart(BaseModel):
    """Part of a state, or all of it; what is unknown in it is refused."""

    model_config = ConfigDict(extra="forbid")


class StateItem(StatePart):
    """Something of the order, as it is now."""

    since: Since = None


class LineNow(StateItem):
    """An order line. ``issued`` is all that has left the dock so far."""

    line_id: Name
    quantity: Annotated[Number, Field(ge=0, description="Of 0 nothing is wanted")]
    promised: Annotated[OptionalMoment, Field(description="Not promised yet, or as it was, if not given")] = None
    instalment: Annotated[OptionalText, Field(description="Which part of the line, promised by itself")] = None
    issued: Annotated[Number | None, Field(ge=0, description="Nothing is said of it if not given")] = None
    issued_at: Annotated[
        OptionalMoment,
        Field(description="When what has been issued since the last state left; the state's time if not given"),
    ] = None
    closed: Annotated[
        Closing | None,
        BeforeValidator(_stripped_or_none),
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
    kind: Annotated[HoldKind, WITHOUT_BLANKS]
    line_id: OptionalText = None
    reason: OptionalText = None
    actor: OptionalText = None
    expected: Annotated[OptionalMoment, Field(description="When its release is expected")] = None


class ProductionNow(StateItem):
    """A production order and the end that is planned for it."""

    reference: Name
    planned_end: Moment
    line_id: OptionalText = None
    quantity: Annotated[Number | None, Field(ge=0)] = None
    work_center: OptionalText = None


class ConditionNow(StateItem):
    """A shipping condition, of a line or of the whole order."""

    kind: Annotated[ConditionKind, WITHOUT_BLANKS]
    state: Annotated[Literal["met", "not_met"], WITHOUT_BLANKS]
    line_id: OptionalText = None
    reason: OptionalText = None


class ComponentNow(StateItem):
    """A component that is short or available."""

    reference: Name
    state: Annotated[Literal["short", "available"], WITHOUT_BLANKS]
    line_id: OptionalText = None
    quantity: Annotated[Number | None, Field(ge=0)] = None
    expected: OptionalMoment = None


class DeliveryNow(StateItem):
    """A truck that is planned."""

    reference: Name
    planned: Moment
    line_id: OptionalText = None
    quantity: Annotated[Number | None, Field(ge=0)] = None
    route: OptionalText = None


Plan = ProductionNow | DeliveryNow
EXAMPLES: list[Any] = [
    {
        "source": "erp",
        "version": 17,
        "lines": [
            {"line_id": "10", "quantity": 500, "promised": "2015-03-12", "customer": "Nordwind", "plant": "Kiel"}
        ],
        "holds": [{"reference": "H-9", "kind": "quality"}],
    },
    {
        "source": "erp",
        "version": 18,
        "time": "2015-03-11T06:00:00Z",
        "lines": [
            {
                "line_id": "10",
                "quantity": 500,
                "promised": "2015-03-12",
                "issued": 300,
                "issued_at": "2015-03-10T15:20:00Z",
                "customer": "Nordwind",
                "item": "Pump 32",
                "plant": "Kiel",
                "value": 18200,
            }
        ],
        "holds": [],
        "production": [{"reference": "P-7", "line_id": "10", "planned_end": "2015-03-11", "quantity": 200}],
        "conditions": [{"kind": "labels", "state": "met", "since": "2015-03-10T09:00:00Z"}],
        "components": [{"reference": "steel", "state": "short", "quantity": 2, "expected": "2015-03-11"}],
        "deliveries": [{"reference": "D-2", "planned": "2015-03-12T14:00:00Z", "quantity": 200}],
    },
]


class OrderSnapshot(StatePart):
    """How an order stands in another system. A list is all there is of its kind; without it nothing is said of it.

    Of what is not in a list any more a line is cancelled, a hold released, a condition not met, a component not short,
    and a production order or truck that lay ahead is none to come.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": EXAMPLES})

    source: Annotated[Name, Field(description="The system that says so")]
    version: Annotated[
        int | None,
        Field(
            ge=0,
            lt=1 << 63,
            strict=True,
            description="The sender's number of this state of the order: one lower than that of a state that is stored"
            " is refused, the same one again is no event",
        ),
    ] = None
    time: Annotated[OptionalMoment, Field(description="When it stood so; now if not given")] = None
    lines: list[LineNow] | None = None
    holds: list[HoldNow] | None = None
    production: list[ProductionNow] | None = None
    conditions: list[ConditionNow] | None = None
    components: list[ComponentNow] | None = None
    deliveries: list[DeliveryNow] | None = None

    @field_validator("lines", "holds", "production", "conditions", "components", "deliveries")
    @classmethod
    def _each_once(cls, items: list[StateItem] | None, info: ValidationInfo) -> list[StateItem] | None:
        """What is there twice would stand two ways at once; holds are told apart by their reference alone."""
        twice = sorted(one for one, times in Counter(map(_name_of, items or [])).items() if times > 1)
        if twice:
            raise ValueError(f"each of {info.field_name} must be told once, got more of {', '.join(twice[:5])}")
        return items

    @field_validator("production", "deliveries")
    @classmethod
    def _of_lines_or_of_the_order(cls, items: list[Plan] | None, info: ValidationInfo) -> list[Plan] | None:
        """A plan without a line is about each line that its reference is named for."""
        whole = {one.reference for one in items or [] if one.line_id is None}
        both = sorted({one.reference for one in items or [] if one.line_id is not None} & whole)
        if both:
            shown = ", ".join(both[:5])
            raise ValueError(
                f"each of {info.field_name} must be told for its lines or for the whole order, got both of {shown}"
            )
        return items


def _name_of(item: StateItem) -> str:
    """What tells an item apart from the others of its list."""
    if isinstance(item, LineNow):
        return item.name
    if isinstance(item, HoldNow):
        return item.reference
    name = item.kind if isinstance(item, ConditionNow) else getattr(item, "reference", "")
    line_id = getattr(item, "line_id", None)
    return f"{name} of line {line_id}" if line_id else name
