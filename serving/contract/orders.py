"""The contract of the worklist, and of one order."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from features.orders.commitments import OrderStatus
from features.readiness.assessment import ConditionStanding, ConditionState
from features.readiness.kinds import BlockerKind, BlockerRule
from serving.contract.decision import DecisionReply
from serving.contract.events import StoredScore
from serving.contract.scoring import CannotTell, Date, DaysLate, EventKeyReply, ExpectedShip, Moment, Text, Topic


class FactorInWords(BaseModel):
    """A factor as the worklist shows it; ``points`` are probability."""

    signal: str
    points: float
    sentence: str


class ReasonInWords(BaseModel):
    """A reason as the worklist shows it; ``points`` are probability."""

    topic: Topic
    points: float
    text: str


class OrderRow(BaseModel):
    """One order of the worklist. ``value_at_risk`` = ``value`` times ``risk``, in the plant's currency."""

    order_id: str
    state: OrderStatus
    due_at: str | None
    plant: Annotated[str | None, Field(description="The first one that was named; filters find every one")]
    customer: str | None
    item: str | None
    value: float | None
    risk: float | None
    missed: float | None
    partial: float | None
    base_risk: float | None
    value_at_risk: float | None
    expected_ship: ExpectedShip
    ship_earliest: Annotated[Date | None, Field(description="Four of five such orders ship from that day on ...")]
    ship_latest: Annotated[Date | None, Field(description="... until that day")]
    days_late: DaysLate
    reasons: Annotated[list[ReasonInWords], Field(description="The first three")]
    factors: list[FactorInWords]
    cannot_tell: CannotTell
    blockers: Annotated[
        list[BlockerKind] | None,
        Field(description="Kinds of what was in the way when it was scored, main_blocker's first; null if unknown"),
    ]
    main_blocker: Annotated[
        str | None, Field(description="What stopped it first then, in words; null where nothing did, or if unknown")
    ]
    shippable: Annotated[bool | None, Field(description="Whether it could ship then; null if unknown")]
    owner: str | None
    snoozed_until: str | None
    snoozed_until_change: bool
    decision: Annotated[str | None, Field(description="The kind of the latest decision")]
    score_id: int
    as_of: str
    next_score_at: str | None
    reason: Annotated[str | None, Field(description="Why the order is not scored by the model")]


class WorklistReply(BaseModel):
    """A page of the worklist."""

    as_of: Annotated[str, Field(description="Now, by the service's clock; each order says when it was scored")]
    orders: list[OrderRow]
    next_cursor: Annotated[str | None, Field(description="Where the next page begins; none after the last")]
    total: Annotated[int | None, Field(description="Orders on all pages, if count=true")]


class ConditionReply(BaseModel):
    """One of the five shipping conditions, see docs/readiness.md."""

    kind: str
    standing: Annotated[ConditionStanding, Field(description="not_yet_due is no fault")]
    state: ConditionState
    since: str | None
    source: str | None
    actor: str | None
    reason: str | None
    lines_met: list[str | None]
    lines_not_met: list[str | None]
    lines_not_stated: list[str | None]
    events: list[EventKeyReply]


class BlockerReply(BaseModel):
    """One thing in the way; ``moot`` where it concerns only lines that have left or are closed."""

    kind: BlockerKind
    rule: Annotated[BlockerRule, Field(description="By which it is in the way, see docs/readiness.md")]
    what: str | None
    sentence: str
    since: str | None
    expected: str | None
    overdue: bool
    due_from: Annotated[str | None, Field(description="From when it is in the way, of what is not due yet")]
    moot: bool
    lines: list[str | None]
    events: list[EventKeyReply]


class LateLineReply(BaseModel):
    """A line that broke its promise: still to ship, or left late or short."""

    line_id: str | None
    sentence: Annotated[str, Field(examples=["line 20 left 3 days late on Fri 26 Dec, promised Tue 23 Dec"])]
    promised: str
    left_at: Annotated[str | None, Field(description="When all of it had left; null where it has not")]
    days_late: Annotated[
        int | None, Field(description="Days of the plant's calendar, until now while it is to ship; null: closed short")
    ]
    events: list[EventKeyReply]


class LatenessReply(BaseModel):
    """Why an order is late."""

    lines: Annotated[
        list[LateLineReply], Field(description="First those still to ship, then those that left; longest late first")
    ]
    still_to_ship: Annotated[
        str | None, Field(description="What is left, in words, where none of it is late; null elsewhere")
    ]


LatenessOrNone = Annotated[LatenessReply | None, Field(description="Why the order is late; null where it is not")]


class OrderReply(BaseModel):
    """One order: how it stands, why, what is ready, what is in the way, and what was decided.

    The ETag of the reply is the number of its last event: it changes when anything is recorded, not as time passes.
    """

    order: OrderRow
    plants: list[str]
    customers: list[str]
    items: list[str]
    score: StoredScore
    ship_date_notes: Annotated[
        list[str], Field(description="What is planned for later than the expected ship date of the score, in words")
    ]
    as_of: Annotated[str, Field(description="The moment readiness and blockers are told for: now")]
    shippable: bool
    lateness: LatenessOrNone
    conditions: list[ConditionReply]
    blockers: list[BlockerReply]
    not_due: Annotated[list[BlockerReply], Field(description="Outstanding, and in nobody's way yet")]
    decisions: Annotated[list[DecisionReply], Field(description="The latest first")]


class HistoryReply(BaseModel):
    """Scores of an order, the latest first."""

    order_id: str
    scores: list[StoredScore]
    next_cursor: str | None


class FreshnessReply(BaseModel):
    """How fresh the scores of listed orders are."""

    as_of: str
    listed: Annotated[int, Field(description="Open and late orders")]
    open: int
    due: Annotated[int, Field(description="Scores that are due and not made yet")]
    oldest_score_at: str | None
    next_score_at: str | None
    context_known_until: Annotated[str | None, Field(description="The latest record in this morning's track record")]


class ReplayReply(BaseModel):
    """A score, and the same made again from the events, the context and the model it rested on."""

    score: StoredScore
    again: StoredScore
    equal: Annotated[bool, Field(description="Bit for bit")]
    differs: list[str]
    notes: list[str]


Day = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2015-03-09"], json_schema_extra={"format": "date"})
]


class WorklistParams(BaseModel):
    """Which orders, in which order. A list is said by repeating the parameter: ``plant=Kiel&plant=Bremen``."""

    model_config = ConfigDict(extra="forbid")

    sort: Annotated[
        Literal[
            "risk", "missed", "partial", "value_at_risk", "value", "due", "expected_ship", "days_late", "customer",
            "plant", "item", "owner",
        ],
        Field(
            description="Ties by due date, then by the order's id; by risk, late orders are sorted by days_late first"
        ),
    ] = "risk"  # fmt: skip
    order: Annotated[
        Literal["asc", "desc"] | None, Field(description="Numbers the highest first, dates and names ascending")
    ] = None
    state: Annotated[list[OrderStatus], Field(min_length=1)] = ["open", "late", "unpromised"]
    plant: list[Text] = []
    customer: list[Text] = []
    item: list[Text] = []
    owner: Annotated[list[Annotated[str, Field(max_length=512)]], Field(description="Empty for nobody's")] = []
    blocker: Annotated[
        list[BlockerKind | Literal["nothing"]],
        Field(description="Orders that one of these was in the way of when they were scored"),
    ] = []
    due_from: Annotated[Moment | None, Field(description="A moment, or a date for its start")] = None
    due_to: Annotated[Moment | None, Field(description="A moment, or a date for its end")] = None
    risk_min: Annotated[float | None, Field(ge=0, le=1)] = None
    risk_max: Annotated[float | None, Field(ge=0, le=1)] = None
    ships_after: Annotated[Day | None, Field(description="Expected to ship on that day or later")] = None
    ships_before: Annotated[Day | None, Field(description="Expected to ship on that day or sooner")] = None
    min_days_late: Annotated[int | None, Field(description="At least so many days late", ge=-10_000, le=10_000)] = None
    snoozed: Literal["exclude", "include", "only"] = "exclude"
    search: Annotated[
        Text | None, Field(description="Part of the order's id, or of a customer or item of its lines, in any case")
    ] = None
    recorded_from: Annotated[
        Moment | None,
        Field(description="Orders of which something was recorded since: a moment, or a date for its start"),
    ] = None
    limit: Annotated[int | None, Field(ge=1, le=500, description="Orders a page (50); rows of a file (all)")] = None
    cursor: Annotated[str | None, Field(max_length=4096)] = None
    count: Annotated[bool, Field(description="Count the orders of all pages too")] = False
    format: Annotated[Literal["json", "csv", "xlsx"] | None, Field(description="Else what Accept asks for")] = None
    bom: Annotated[bool, Field(description="A CSV begins with a byte order mark, for Excel")] = False
