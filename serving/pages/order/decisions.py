"""Decisions from forms, and what became of them as a sentence for the next page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from fastapi import Response
from pydantic import ValidationError

from features.errors import InvalidRequest
from features.times import LATEST, isoformat, micros
from serving.contract.decision import DecisionRequest
from serving.contract.members import word_detail
from serving.pages.browser import Form, Notice
from serving.pages.locale.texts import gettext, ngettext
from serving.pages.wording import DECIDED, PlantClock, word
from serving.principal import Caller
from serving.scores.decision_state import CHANGES, DecisionState
from serving.scores.snooze import agree_snooze

TAKE, GIVE_BACK, END_SNOOZE = "take", "give_back", "end_snooze"
"""What a row's button says for an assignment to who reads, to who had it before, and for a snooze until now."""
UNDO = "undo"
"""What the notice of a decision says for taking it back, and the reason of the decision that does."""
KINDS = {TAKE: "assign", GIVE_BACK: "assign", END_SNOOZE: "snooze"}


def decision_of(kind: str, form: Form, caller: Caller, now: int, before: str = "") -> DecisionRequest:
    """A decision from a form, at a moment in microseconds. Raises ``InvalidRequest`` that says what is missing.

    ``before`` is who had the order before who reads took it, and has it again when it is given back.
    """
    own = {TAKE: caller.name, GIVE_BACK: before}
    fields: dict[str, Any] = {"kind": KINDS.get(kind, kind), "comment": form.get("comment") or None}
    if kind == END_SNOOZE:
        fields["until"] = isoformat(now)
    elif kind == "snooze":
        fields["until"] = form.get("until") or None
        fields["until_change"] = form.get("until_change") == "1"
    if fields["kind"] == "assign":
        fields["owner"] = own.get(kind, form.get("owner"))
    if kind == "override":
        fields["reason"] = form.get("reason") or None
    try:
        return DecisionRequest.model_validate(fields)
    except ValidationError as error:
        what = "; ".join(word_detail(one) for one in error.errors())
        raise InvalidRequest(gettext("a decision must be complete: %(what)s", what=what)) from error


def undo_of(change: tuple[Any, DecisionState] | None, caller: Caller, now: int) -> DecisionRequest:
    """The decision that brings an order back to how it stood before the caller's last one about it.

    Raises ``InvalidRequest`` where somebody else has decided since, nobody has at all, or it was taken back already.
    """
    if change is None or change[0].actor != caller.name:
        raise InvalidRequest(gettext("the last decision about it is not yours, and stays"))
    event, before = change
    if event.reason == UNDO:
        raise InvalidRequest(gettext("what you decided was taken back already"))
    fields: dict[str, Any] = {"kind": event.kind, "reason": UNDO}
    if event.kind == "assign":
        fields["owner"] = before.owner or ""
    elif before.snoozed_until is None or before.snoozed_until <= now:
        fields["until"] = isoformat(now)
    else:
        fields["until"] = None if before.snoozed_until == LATEST else isoformat(before.snoozed_until)
        fields["until_change"] = before.until_change
    return DecisionRequest.model_validate(fields)


def typed_in_vain(form: Form, decision: DecisionRequest, caller: Caller) -> str:
    """The owner that a form names and its decision does not assign; empty where it is who reads, or nobody."""
    typed = form.get("owner")
    return "" if decision.kind == "assign" or typed == caller.name else typed


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
    snoozes : by order id, the sentence of its snooze and whether that ends earlier than was asked for
    refused : by order id, why not
    gives_back : whether it was the button of a row that gives its order back
    left_out : who was typed as owner beside a button that assigns nobody; empty for none
    """

    decision: DecisionRequest
    done: list[str] = field(default_factory=list)
    snoozes: dict[str, tuple[str, bool]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    gives_back: bool = False
    left_out: str = ""

    def add(self, order_id: str, reply: Response) -> None:
        """The reply to a decision that was recorded."""
        self.done.append(order_id)
        if snooze := orjson.loads(bytes(reply.body)).get("snooze"):
            self.snoozes[order_id] = snooze["sentence"], snooze["cut"]

    @property
    def notice(self) -> Notice:
        """For who decided: one sentence that sums up, below it what differs by order, and what can be taken back."""
        undo = tuple(self.done) if self.decision.kind in CHANGES else ()
        return Notice(self._sum, tuple(self._details), bool(self.refused), undo)

    @property
    def _sum(self) -> str:
        if not self.refused and len(self.done) == 1:
            only = self.done[0]
            return f"{self.snoozes[only][0]}." if only in self.snoozes else f"{self._was_done(only)}."
        if not self.refused:
            orders = ngettext("%(number)s order", "%(number)s orders", len(self.done))
            return f"{self._was_done(orders)}{self._same_end}."
        done, refused = str(len(self.done)), len(self.refused)
        if self.decision.kind == "comment":
            return gettext("Comment added to %(done)s, not to %(refused)s.", done=done, refused=refused)
        was_done = f"{self._was_done(done)}{self._same_end}"
        return gettext("%(was_done)s, %(refused)s not.", was_done=was_done, refused=refused)

    @property
    def _details(self) -> list[str]:
        many = len(self.done) + len(self.refused) > 1
        ends = [f"{sentence}." for sentence, _ in self.snoozes.values()] if many and not self._same_end else []
        typed = gettext("Not assigned to %(owner)s: that takes the button Assign to.", owner=self.left_out)
        return [*refusals(self.refused), *ends, *([typed] if self.left_out else [])]

    @property
    def _same_end(self) -> str:
        """Until when all are snoozed, where that is one day and as it was asked for."""
        ends = {sentence.removeprefix(f"{one} is snoozed") for one, (sentence, _) in self.snoozes.items()}
        same = len(ends) == 1 and not any(cut for _, cut in self.snoozes.values())
        return ends.pop() if same else ""

    def _was_done(self, what: str) -> str:
        """What was done to an order, or to some."""
        kind, owner = self.decision.kind, self.decision.owner
        if kind == "comment":
            return gettext("%(what)s: comment added", what=what)
        if kind == "assign" and (self.gives_back or not owner):
            return gettext("%(what)s given back to %(owner)s", what=what, owner=owner or gettext("nobody"))
        if kind == "assign":
            return gettext("%(what)s assigned to %(owner)s", what=what, owner=owner)
        return gettext("%(what)s %(done)s", what=what, done=word(DECIDED, kind))


def refusals(refused: Mapping[str, str]) -> tuple[str, ...]:
    """By order id why not, each as a detail of a notice."""
    return tuple(gettext("Not %(order)s: %(why)s.", order=order_id, why=why) for order_id, why in refused.items())
