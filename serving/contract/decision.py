"""The contract of what is decided about an order: an event like any other, and the words it uses."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.contract.events import StoredScore
from serving.contract.scoring import Moment, Text

DECISION = "decision.recorded"
"""The type of the event."""
UNTIL_CHANGE = "until_change"
"""The state of a snooze that ends with the next event that is no decision."""
DecisionKind = Literal["acknowledge", "assign", "snooze", "expedite", "override", "comment"]


class DecisionRequest(BaseModel):
    """What somebody decides. ``snooze`` needs ``until``, ``until_change`` or both; ``override`` a ``reason``."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"kind": "snooze", "until": "2015-03-05", "reason": "waiting_for_customer", "actor": "Ann"},
                {"kind": "assign", "owner": "Ann"},
                {"kind": "assign", "owner": ""},
                {
                    "kind": "override",
                    "reason": "truck_confirmed",
                    "comment": "The carrier called, it leaves on Friday.",
                },
            ]
        },
    )

    kind: DecisionKind
    reason: Annotated[Text | None, Field(description="A code of the plant's own, such as truck_confirmed")] = None
    comment: Text | None = None
    actor: Annotated[Text | None, Field(description="Who decides; the caller if not given")] = None
    owner: Annotated[
        str | None,
        Field(max_length=512, description="With assign: who looks after the order from now on, empty for nobody"),
    ] = None
    until: Annotated[Moment | None, Field(description="With snooze: a moment, or a date for the end of that day")] = (
        None
    )
    until_change: Annotated[bool, Field(description="With snooze: until the next event")] = False

    @model_validator(mode="after")
    def _complete(self) -> DecisionRequest:
        needs: dict[str, tuple[str, bool]] = {
            "snooze": ("until or until_change", self.until is not None or self.until_change),
            "assign": ("owner", self.owner is not None),
            "override": ("reason", self.reason is not None),
            "comment": ("comment", self.comment is not None),
        }
        what, present = needs.get(self.kind, ("", True))
        if not present:
            raise ValueError(f"{what} must be given for {self.kind}")
        wrong = [name for name, kind in _ONLY.items() if self.kind != kind and getattr(self, name)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} must not be given for {self.kind}")
        return self


_ONLY: dict[str, Any] = {"owner": "assign", "until": "snooze", "until_change": "snooze"}


class DecisionReply(BaseModel):
    """A decision as it was recorded."""

    source: str
    id: str
    recorded_at: str
    kind: DecisionKind
    actor: str | None
    reason: str | None
    owner: str | None
    until: str | None
    until_change: bool
    score_id: str | None


class SnoozeReply(BaseModel):
    """How long an order is put off: at the latest until the working day before its promise begins."""

    until: Annotated[str | None, Field(description="None where only the next event ends it")]
    asked: Annotated[str | None, Field(description="What was asked for")]
    cut: Annotated[bool, Field(description="Whether it ends earlier than was asked for")]
    sentence: str


class DecisionResult(BaseModel):
    """The order after the decision."""

    order_id: str
    snooze: Annotated[SnoozeReply | None, Field(description="With snooze")]
    decisions: list[DecisionReply]
    before: StoredScore | None
    after: StoredScore | None
