"""Decisions from forms, and what became of them as a sentence for the next page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from fastapi import Response
from pydantic import ValidationError

from features.errors import InvalidRequest
from features.times import micros
from serving.contract.decision import DecisionRequest
from serving.pages.browser import Form
from serving.pages.wording import DECISIONS, PlantClock
from serving.principal import Caller
from serving.scores.snooze import agree_snooze

SHOWN = 3
"""So many orders are spoken of by name."""
TAKE, GIVE_BACK = "take", "give_back"
"""What a row's button says for an assignment to who reads, and to nobody."""


def decision_of(kind: str, form: Form, caller: Caller) -> DecisionRequest:
    """A decision from a form. Raises ``InvalidRequest`` that says what is missing."""
    own = {TAKE: caller.name, GIVE_BACK: ""}
    fields: dict[str, Any] = {"kind": "assign" if kind in own else kind, "comment": form.get("comment") or None}
    if kind == "snooze":
        fields["until"] = form.get("until") or None
        fields["until_change"] = form.get("until_change") == "1"
    if fields["kind"] == "assign":
        fields["owner"] = own.get(kind, form.get("owner"))
    if kind == "override":
        fields["reason"] = form.get("reason") or None
    try:
        return DecisionRequest.model_validate(fields)
    except ValidationError as error:
        what = "; ".join(str(one["msg"]).removeprefix("Value error, ") for one in error.errors())
        raise InvalidRequest(f"a decision must be complete: {what}") from error


class SnoozeOffer(NamedTuple):
    """Whether an order can be put off.

    Attributes
    ----------
    latest : the last day that can be asked for, as a form has it; empty where there is no limit
    refused : why it cannot be at all
    """

    latest: str = ""
    refused: str = ""


def offer_snooze(order: Mapping[str, Any], clock: PlantClock) -> SnoozeOffer:
    """What the form may ask for, by the rule that the service holds decisions to."""
    due = None if order["due_at"] is None else micros(order["due_at"])
    try:
        until = agree_snooze(order["order_id"], due, None, clock.now, clock.zone).until
    except InvalidRequest as error:
        return SnoozeOffer(refused=str(error))
    return SnoozeOffer("" if until is None else clock.local(until).date().isoformat())


@dataclass
class Outcome:
    """What a decision about some orders came to.

    Attributes
    ----------
    done : ids of orders it was recorded of
    cut : sentences of snoozes that end earlier than was asked for
    refused : by order id, why not
    """

    decision: DecisionRequest
    done: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def add(self, order_id: str, reply: Response) -> None:
        """The reply to a decision that was recorded."""
        self.done.append(order_id)
        snooze = orjson.loads(bytes(reply.body)).get("snooze")
        if snooze and snooze["cut"]:
            self.cut.append(snooze["sentence"])

    @property
    def text(self) -> str:
        """For who decided."""
        parts = [] if not self.done else [f"{_named(self.done)} {self._verb}."]
        if self.cut:
            parts = ([] if len(self.done) == 1 else parts) + [f"{sentence}." for sentence in self.cut[:SHOWN]]
            parts += [f"And {len(self.cut) - SHOWN} more end earlier than asked."] if len(self.cut) > SHOWN else []
        parts += [f"Not {order_id}: {why}." for order_id, why in list(self.refused.items())[:SHOWN]]
        if len(self.refused) > SHOWN:
            parts.append(f"And {len(self.refused) - SHOWN} more were refused.")
        return " ".join(parts)

    @property
    def _verb(self) -> str:
        if self.decision.kind != "assign":
            return DECISIONS.get(self.decision.kind, self.decision.kind)
        return f"assigned to {self.decision.owner}" if self.decision.owner else "given back"


def _named(order_ids: list[str]) -> str:
    return order_ids[0] if len(order_ids) == 1 else f"{len(order_ids)} orders"
