"""The contract on the wire: requests and replies of version 1."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from features.events.schema import TYPES
from features.orders.commitments import OrderStatus
from serving.contract.cloudevents import PREFIX
from serving.contract.members import fault_detail

Text = Annotated[str, Field(min_length=1, max_length=512)]
FORMATS: dict[str, Any] = {"anyOf": [{"type": "string", "format": kind} for kind in ("date-time", "date")]}
Moment = Annotated[str, Field(max_length=64, examples=["2015-03-02T08:00:00Z"], json_schema_extra=FORMATS)]
KINDS: dict[str, Any] = {"enum": [PREFIX + kind for kind in TYPES]}
Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
AttributeName = Annotated[str, Field(pattern="^[a-z0-9]+$", description="lower-case letters and digits")]
WHOLE = r"^[+-]?[0-9]{1,18}$"
SEQUENCES: dict[str, Any] = {
    "anyOf": [
        {"type": "integer", "exclusiveMinimum": -(10**18), "exclusiveMaximum": 10**18},
        {"type": "string", "pattern": WHOLE},
    ]
}


def _whole(value: object) -> object:
    """CloudEvents' own form of a sequence is text."""
    return int(value) if isinstance(value, str) and re.fullmatch(WHOLE, value) else value


Sequence = Annotated[
    int, Field(strict=True, gt=-(10**18), lt=10**18), BeforeValidator(_whole), WithJsonSchema(SEQUENCES)
]


MOST_BASE64, MOST_SHOWN = 32_768, 5
"""Characters of an event's data as base64: it is a few hundred; and what is said to be wrong with it."""


class EventData(BaseModel):
    """What an event says, by its type; see docs/events.md."""

    model_config = ConfigDict(extra="forbid")

    line_id: Text | None = None
    quantity: Number | None = None
    date: Moment | None = None
    kind: Text | None = None
    state: Text | None = None
    reference: Text | None = None
    reason: Text | None = None
    actor: Text | None = None
    customer: Text | None = None
    item: Text | None = None
    plant: Text | None = None
    work_center: Text | None = None
    route: Text | None = None
    value: Number | None = None
    instalment: Text | None = None
    tolerance: Number | None = None


def _decoded(text: str) -> EventData:
    """The data of an event that is sent as base64: JSON all the same."""
    try:
        return EventData.model_validate_json(base64.b64decode(text, validate=True))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_SHOWN]
        faults = (f"{'/'.join(map(str, fault['loc'])) or 'data'}: {fault_detail(fault['msg'])}" for fault in found)
        raise ValueError(f"must be the event's data as JSON in base64, got {'; '.join(faults)}") from error
    except binascii.Error as error:
        raise ValueError(f"must be the event's data as JSON in base64, got {error}") from error


class CloudEvent(BaseModel):
    """A CloudEvent 1.0; ``subject`` is the order.

    ``recordedtime`` is when a system first knew it (else ``time``), ``sequence`` the source's own order of what was
    stated in one moment. Other extensions, such as ``traceparent``, are let pass and not read.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra={"propertyNames": {"pattern": "^[a-z0-9_]+$"}})
    __pydantic_extra__: dict[AttributeName, str | int | bool | None]

    specversion: Literal["1.0"] = "1.0"
    id: Text
    source: Text
    type: Annotated[str, Field(max_length=128, examples=["shiprisk.order_line.created"], json_schema_extra=KINDS)]
    subject: Text
    time: Moment
    recordedtime: Moment | None = None
    sequence: Sequence | None = None
    datacontenttype: Text | None = None
    data: EventData = EventData()
    data_base64: Annotated[
        str | None, Field(max_length=MOST_BASE64), AfterValidator(lambda text: None if text is None else _decoded(text))
    ] = None

    @model_validator(mode="after")
    def _one_payload(self) -> CloudEvent:
        """What came as base64 is the data."""
        decoded = cast("EventData | str | None", self.data_base64)
        if isinstance(decoded, EventData):
            if "data" in self.model_fields_set:
                raise ValueError("an event must have data or data_base64, got both")
            self.data, self.data_base64 = decoded, None
        return self


class ScoreRequest(BaseModel):
    """Events of one or more orders."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "as_of": "2015-03-02T08:00:00Z",
                    "events": [
                        {
                            "specversion": "1.0",
                            "id": "4711-10 created",
                            "source": "erp",
                            "type": "shiprisk.order_line.created",
                            "subject": "4711",
                            "time": "2015-01-05T09:12:00Z",
                            "data": {
                                "line_id": "10",
                                "quantity": 500,
                                "date": "2015-03-09",
                                "customer": "Nordwind",
                                "item": "Pump 32",
                                "plant": "Kiel",
                                "value": 18200,
                            },
                        },
                        {
                            "specversion": "1.0",
                            "id": "H-9",
                            "source": "qms",
                            "type": "shiprisk.hold.placed",
                            "subject": "4711",
                            "time": "2015-02-27T14:03:00Z",
                            "data": {"reference": "H-9", "kind": "quality", "reason": "surface"},
                        },
                    ],
                }
            ]
        },
    )

    events: Annotated[list[CloudEvent], Field(min_length=1)]
    as_of: Annotated[Moment | None, Field(description="The moment to score at; now if not given")] = None
    factors: Annotated[int, Field(ge=0, le=200, description="How many factors to return at most")] = 5
    reasons: Annotated[bool, Field(description="Whether to say why in words")] = True


Date = Annotated[str, Field(examples=["2015-03-09"], json_schema_extra={"format": "date"})]
ExpectedShip = Annotated[
    Date | None,
    Field(
        description="By that day it is as likely as not that all has shipped; null for later than any day asked about"
    ),
]
DaysLate = Annotated[
    int | None,
    Field(
        description="From the last promise to the expected day, negative where it ships sooner; of a late order from "
        "the first promise of what is left, where that is broken"
    ),
]
DaysWon = Annotated[
    int | None,
    Field(description="By how many days it is expected to ship sooner; less than 0 for later, null where that is open"),
]
CannotTell = Annotated[list[str], Field(description="Why the risk is worth little; empty where nothing says so")]


class EventKeyReply(BaseModel):
    """An event's identity."""

    source: str
    id: str


class ComparisonReply(BaseModel):
    """What became of the training orders in the same situation, about as many days before their promise."""

    orders: int
    failed_share: float
    all_orders: Annotated[int, Field(description="All that were so far from their promise")]
    all_failed_share: float
    days_from: Annotated[float | None, Field(description="null where too few were so far: of any distance")]
    days_to: Annotated[float | None, Field(description="null for farther than any other")]


Topic = Literal[
    "material", "holds", "work", "quality", "conditions", "truck", "changes", "records", "plant", "order"
]  # fmt: skip


class ReasonReply(BaseModel):
    """What one topic adds to the risk, in probability, and the facts that say why."""

    topic: Topic
    points: float
    text: str
    situation: Annotated[str, Field(description="Of the topic; or the signal by whose size like orders are found")]
    changeable: Annotated[bool, Field(description="False for what nobody can change today, which is told last")]
    usual: Annotated[str, Field(description="What became of like orders, in words; empty below 30 of them")]
    comparison: ComparisonReply | None
    evidence: list[EventKeyReply]


class FactorReply(BaseModel):
    """What one signal adds to the risk, in probability (``points``) and in log-odds (``contribution``)."""

    signal: str
    group: str
    unit: str
    value: float | None
    points: float
    contribution: float
    sentence: str
    evidence: list[EventKeyReply]
    evidence_total: int


class ShipDateReply(BaseModel):
    """When everything of an order will have shipped, in days of the plant's calendar."""

    expected: ExpectedShip
    earliest: Annotated[Date | None, Field(description="Four of five such orders ship within earliest and latest")]
    latest: Date | None
    promised: Annotated[Date, Field(description="The last promise among the lines to ship")]
    days_late: DaysLate
    curve: Annotated[
        list[tuple[Date, float]],
        Field(description="Days, and the probability that everything has shipped by each; at the promise 1 - risk"),
    ]
    sentence: Annotated[str, Field(examples=["most likely Thu 8 Jan; by Tue 13 Jan with 90 %"])]


ShipDateOrNone = Annotated[
    ShipDateReply | None, Field(description="Of open and late orders, where the model foretells ship dates")
]


class ScoreReply(BaseModel):
    """One order. ``risk`` = ``missed`` + ``partial`` = ``base_risk`` + the points of all reasons.

    It is ``base_risk`` + the points of the factors + ``other_points`` too: factors are the single signals.
    """

    order_id: str
    state: OrderStatus
    risk: float | None
    missed: float | None
    partial: float | None
    due_at: str | None
    days_to_promise: float | None
    reason: Annotated[str | None, Field(description="Why the order is not scored by the model")]
    base_risk: float | None
    ship_date: ShipDateOrNone
    reasons: Annotated[
        list[ReasonReply],
        Field(description="The weightiest first, but what stands in the way before it; what nobody can change last"),
    ]
    factors: list[FactorReply]
    other_points: float | None
    cannot_tell: CannotTell


class ModelKey(BaseModel):
    """The version that scores."""

    name: str
    version: str


class ScoresReply(BaseModel):
    """The scores, by order id, and what they rest on."""

    as_of: str
    model: ModelKey
    features_hash: str
    events_known_until: Annotated[str | None, Field(description="The latest record among the events known at as_of")]
    context_known_until: Annotated[str | None, Field(description="The latest record in load and track record")]
    degraded: bool
    degraded_because: list[str]
    scores: list[ScoreReply]


class SignalReply(BaseModel):
    """A signal the model reads."""

    name: str
    group: str
    unit: str
    definition: str


class LevelReply(BaseModel):
    """What becomes of the log-odds of a plant's orders this morning, and what speaks for it."""

    plant: Annotated[str | None, Field(description="null for orders of other plants or of none")]
    log_odds: Annotated[float, Field(description="What is added")]
    slope: Annotated[float, Field(description="By what that which signals add is multiplied")]
    of_slope: Annotated[float, Field(description="The part of `log_odds` that goes with the slope")]
    orders: Annotated[int, Field(description="Whose outcome has become known in the last `days` days")]
    observed: Annotated[int, Field(description="How many of them failed")]
    expected: Annotated[float, Field(description="How many were expected to, by their risks without any level")]
    judged: Annotated[int, Field(description="Orders of the last year whose outcome is known")]
    auc: Annotated[float | None, Field(description="How well their risks told failures from the others")]
    auc_error: Annotated[float | None, Field(description="Its standard error")]
    days: int


class ModelReply(BaseModel):
    """The model that scores now, what it was trained on and judged by, and the level of each plant this morning."""

    name: str
    version: str
    features_hash: str
    degraded: bool
    degraded_because: list[str]
    about: dict[str, Any]
    levels: list[LevelReply]
    signals: list[SignalReply]


class Health(BaseModel):
    """The service is up."""

    status: Literal["ok"] = "ok"


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: Annotated[list[dict[str, str]] | None, Field(description="The first hundred at most")] = None
    errors_unlisted: Annotated[
        int | None, Field(description="At least so many more there are: a body is not looked at to its end for them")
    ] = None
    request_id: str | None = None
