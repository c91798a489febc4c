"""The lines of a state against those that are known: ordered, promised, issued, closed, corrected, gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from features.events.schema import MICRO
from features.readiness.statements import KnownEvent, KnownIssue, KnownLine
from serving.contract.order_state import LineNow
from serving.ingest.states.missing import MissingEvent, Origin, StateTimes, iso, millionths
from serving.ingest.states.recorded_order import RecordedOrder

DESCRIBED = ("customer", "item", "plant", "route")
FIELDS = {"date": "promised", "occurred_at": "since"}
ISSUES = {"quantity": "issued", "occurred_at": "issued_at"}
CLOSING = ("order_line.created", "order_line.closed", "order_line.reopened")
"""What says last whether a line is open; it is not closed before it was created."""


def missing_of_lines(lines: Sequence[LineNow], stored: RecordedOrder, times: StateTimes) -> Iterator[MissingEvent]:
    """What leads from the known lines to those that are listed; a line that is gone is cancelled."""
    known = {line.id: line for line in stored.known.lines}
    for index, line in enumerate(lines):
        yield from _Line(line, known.pop(line.name, None), f"/lines/{index}", stored, times).missing()
    for gone in known.values():
        if gone.open and gone.id is not None and gone.id not in stored.foreign_lines:
            closed = {"line_id": gone.id, "reason": "cancelled"}
            closing = stored.latest_of_line(gone.id, *CLOSING)
            yield MissingEvent("order_line.closed", closed, closing, times.since, Origin("/lines"))


class _Line:
    """One line that is listed, beside what is known of it."""

    def __init__(
        self, line: LineNow, before: KnownLine | None, pointer: str, stored: RecordedOrder, times: StateTimes
    ) -> None:
        self.line, self.before, self.stored = line, before, stored
        self.origin, self.issues = Origin(pointer, FIELDS), Origin(pointer, ISSUES)
        self.named = {"line_id": line.line_id, "instalment": line.instalment}
        self.promised = times.date(line.promised, f"{pointer}/promised")
        self.since = times.moment(line.since, f"{pointer}/since")
        self.left_at = times.moment(line.issued_at, f"{pointer}/issued_at") if line.issued_at else times.since

    def missing(self) -> Iterator[MissingEvent]:
        """Of a line that is new to an order that is not: that it is created. How it stands then is seen after that."""
        if self.before is None:
            yield from self._created()
            if self.stored.events:
                return
        else:
            yield from self._changed(self.before)
        yield from self._issued()
        closed = self.line.closed
        if closed and (self.before is None or self.before.closed != closed):
            since = max(self.since, self.left_at) if self.line.issued else self.since
            yield self._event("order_line.closed", {"reason": closed}, self._latest(*CLOSING), since=since)

    def _event(
        self, kind: str, values: dict[str, Any], replaces: KnownEvent | None, *, since: int | None = None
    ) -> MissingEvent:
        given = frozenset(values) | {"line_id", "instalment"} | ({"occurred_at"} if self.line.since else frozenset())
        moment = self.since if since is None else since
        return MissingEvent(kind, self.named | values, replaces, moment, self.origin, given)

    def _latest(self, *types: str) -> KnownEvent | None:
        return self.stored.latest_of_line(self.line.name, *types)

    def _created(self) -> Iterator[MissingEvent]:
        described = self.line.model_dump(include={"quantity", "value", *DESCRIBED})
        yield self._event("order_line.created", described | {"date": iso(self.promised)}, None)

    def _changed(self, before: KnownLine) -> Iterator[MissingEvent]:
        line = self.line
        if before.closed and not line.closed:
            yield self._event("order_line.reopened", {}, self._latest(*CLOSING))
        if millionths(line.quantity) != before.ordered:
            stated = self._latest("order_line.created", "order_line.changed")
            yield self._event("order_line.changed", {"quantity": line.quantity}, stated)
        if self.promised is not None and self.promised != (before.promised_by and before.promised_by.date):
            stated = self._latest("order_line.created", "commitment.changed")
            yield self._event("commitment.changed", {"date": iso(self.promised)}, stated)
        yield from self._corrected()

    def _corrected(self) -> Iterator[MissingEvent]:
        """Whose it is and what it is, stated anew where it is something else; what is left out stays as it was."""
        line, stored = self.line, self.stored
        known = {name: stored.named(name, line.name) for name in DESCRIBED}
        given = {name: word for name in DESCRIBED if (word := getattr(line, name)) is not None}
        worth = line.value is not None and millionths(line.value) != stored.value(line.name)
        if worth or any(known[name] != word for name, word in given.items()):
            value = {} if line.value is None else {"value": line.value}
            stated = self._latest("order_line.created")
            yield self._event("order_line.created", {"quantity": line.quantity} | known | given | value, stated)

    def _issued(self) -> Iterator[MissingEvent]:
        """What left since; or what did not leave, as reversals of the issues it is taken from.

        Each names an issue, by its id where that has no reference: without a name it would be goods that came back.
        """
        line, before, stored = self.line, self.before, self.stored
        if line.issued is None:
            return
        issues = stored.issues(line.name)
        more = (millionths(line.issued) or 0) - (before.issued if before else 0)
        if more > 0:
            yield self._issue({"quantity": more / MICRO}, stored.latest_issue(line.name))
        for issue, quantity in _reversed(issues, -more):
            posting = stored.posting(issue)
            values = {"quantity": -quantity / MICRO, "reference": issue.reference or posting.event_id}
            yield self._issue(values, posting)

    def _issue(self, values: dict[str, Any], replaces: KnownEvent | None) -> MissingEvent:
        given = {"quantity", "line_id", "instalment", *(["occurred_at"] if self.line.issued_at else [])}
        return MissingEvent("goods.issued", self.named | values, replaces, self.left_at, self.issues, frozenset(given))


def _reversed(issues: Sequence[KnownIssue], quantity: int) -> Iterator[tuple[KnownIssue, int]]:
    """The issues from which a quantity is taken back, the latest first, and how much from each."""
    for issue in reversed(issues):
        taken = min(quantity, issue.quantity)
        if taken <= 0:
            return
        quantity -= taken
        yield issue, taken
