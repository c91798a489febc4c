"""What has been decided about an order, read from its events in the order of their arrival."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from features.times import LATEST
from serving.contract.decision import DECISION, UNTIL_CHANGE

PAST: Mapping[str, str] = {
    "acknowledge": "acknowledged",
    "assign": "assigned",
    "snooze": "snoozed",
    "expedite": "expedited",
    "override": "overrode",
    "comment": "commented",
}
"""What somebody did, by the kind of decision."""
CHANGES = ("assign", "snooze")
"""The kinds that change how an order stands; the others add to what was said of it."""


@dataclass(frozen=True)
class DecisionState:
    """Who owns the order, whether it is put off, and what was decided last.

    Attributes
    ----------
    snoozed_until : microseconds, ``None`` where it is not put off
    until_change : whether the next event ends that
    """

    owner: str | None = None
    snoozed_until: int | None = None
    until_change: bool = False
    kind: str | None = None

    def after(self, event: Any) -> DecisionState:
        """As it stands after one more event."""
        if event.type != DECISION:
            return replace(self, snoozed_until=None, until_change=False) if self.until_change else self
        if event.kind == "snooze":
            until = LATEST if event.date is None else event.date
            return replace(self, kind=event.kind, snoozed_until=until, until_change=event.state == UNTIL_CHANGE)
        if event.kind == "assign":
            return replace(self, kind=event.kind, owner=event.state)
        return replace(self, kind=event.kind)


def fold_decisions(events: Iterable[Any]) -> DecisionState:
    """The state of decisions after the events of one order, in the order of their arrival."""
    state = DecisionState()
    for event in events:
        state = state.after(event)
    return state


def owner_before(events: Iterable[Any], owner: str) -> str | None:
    """Who had an order before it came to an owner, by its events in the order of their arrival."""
    state, before = DecisionState(), None
    for event in events:
        after = state.after(event)
        if after.owner == owner != state.owner:
            before = state.owner
        state = after
    return before


def last_change(events: Iterable[Any]) -> tuple[Any, DecisionState] | None:
    """The last decision about who has an order or until when it is put off, and how that stood before it.

    ``None`` where there is none. Events are of one order, in the order of their arrival.
    """
    state, found = DecisionState(), None
    for event in events:
        if event.type == DECISION and event.kind in CHANGES:
            found = event, state
        state = state.after(event)
    return found


def latest_decisions(events: Iterable[Any]) -> dict[str, Any]:
    """By order the latest of decisions, in the order of their arrival; a comment that came with one yields to it."""
    latest: dict[str, Any] = {}
    for event in events:
        known = latest.get(event.order_id)
        if known is None or not _goes_with(known, event):
            latest[event.order_id] = event
    return latest


def _goes_with(decision: Any, comment: Any) -> bool:
    if comment.kind != "comment" or decision.kind == "comment":
        return False
    return bool((decision.recorded_at, decision.actor) == (comment.recorded_at, comment.actor))
