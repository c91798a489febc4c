"""What comes in is judged: each event by the contract on the wire, by the caller's plants, and as the table has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from features.errors import InvalidRequest
from features.events.validation import Fault, validate_columns
from features.times import SECOND, isoformat
from serving.auth.plant_scope import names_elsewhere
from serving.contract.cloudevents import event_columns, place
from serving.contract.scoring import CloudEvent
from serving.principal import NOBODY, Caller
from serving.problems import MOST_ERRORS
from serving.settings import Settings
from serving.store.tables.events import Outcome, rows_of

SKEW = 300 * SECOND
"""Another system's clock may be so far ahead; what it says is recorded a little later than now is recorded now."""
IDENTITY = ("source", "id", "subject")
"""Whose event it is; compared as it is stored, so that a blank makes no other order and no other event of it."""
Errors = tuple[dict[str, str], ...]


@dataclass(frozen=True)
class Judged:
    """What became of one event.

    Attributes
    ----------
    errors : what does not hold, and where in the event, as JSON pointers
    row : the event as it is stored, ``None`` where there is nothing to store
    """

    outcome: Outcome
    source: str | None
    id: str | None
    order_id: str | None
    errors: Errors = ()
    row: dict[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Sent:
    """The events of a request as far as they can be read, and who sends them.

    Attributes
    ----------
    events : each of them, rejected until its row is known
    contents : by their place, those that the contract on the wire lets pass
    """

    events: list[Judged]
    contents: dict[int, dict[str, Any]]
    caller: Caller

    @property
    def orders(self) -> frozenset[str]:
        """The orders of events that can be read."""
        return frozenset(content["subject"] for content in self.contents.values())

    @property
    def keys(self) -> frozenset[tuple[str, ...]]:
        """Orders and ids of events: requests that have one in common are not judged at the same time."""
        ids = {(content["source"], content["id"]) for content in self.contents.values()}
        return frozenset(ids | {(order_id,) for order_id in self.orders})


def read_sent(events: Sequence[Any], settings: Settings, caller: Caller = NOBODY) -> Sent:
    """Read events by the contract on the wire. Raises ``InvalidRequest`` for too many."""
    if len(events) > settings.max_events:
        raise InvalidRequest(f"a request must have at most {settings.max_events:,} events, got {len(events):,}")
    read, contents = [], {}
    for number, event in enumerate(events):
        content, errors = _read(event, caller)
        read.append(Judged("rejected", *_keys(event), errors))
        if content is not None:
            contents[number] = content
    orders = {content["subject"] for content in contents.values()}
    if len(orders) > settings.max_orders:
        raise InvalidRequest(f"a request must have at most {settings.max_orders:,} orders, got {len(orders):,}")
    return Sent(read, contents, caller)


def _read(event: Any, caller: Caller) -> tuple[dict[str, Any] | None, Errors]:
    """The event as the contract has it, or what is wrong with it. Blanks around what tells orders apart go here."""
    try:
        content = CloudEvent.model_validate(event).model_dump()
    except ValidationError as error:
        return None, tuple(
            {"pointer": "".join(f"/{part}" for part in fault["loc"]), "detail": fault["msg"]}
            for fault in error.errors(include_url=False, include_input=False, include_context=False)[:MOST_ERRORS]
        )
    content |= {name: content[name].strip() for name in IDENTITY}
    elsewhere = names_elsewhere(caller, content["data"]["plant"])
    return (None, elsewhere) if elsewhere else (content, ())


def _keys(event: Any) -> tuple[str | None, str | None, str | None]:
    said = [event.get(name) if isinstance(event, dict) else None for name in IDENTITY]
    source, event_id, order_id = (value.strip() if isinstance(value, str) else None for value in said)
    return source, event_id, order_id


def judge(sent: Iterable[Sent], now: int, settings: Settings) -> list[list[Judged]]:
    """Judge the events of several requests, which have no key in common, by the rules of the event table."""
    parts = list(sent)
    judged = [list(part.events) for part in parts]
    places = [(number, at) for number, part in enumerate(parts) for at in part.contents]
    contents = [
        {**content, "recordedtime": content["recordedtime"] or isoformat(now)}
        for part in parts
        for content in part.contents.values()
    ]
    for row, found in _held(contents, now, settings):
        number, at = places[row]
        judged[number][at] = replace(judged[number][at], **found)
    return judged


def _held(contents: list[dict[str, Any]], now: int, settings: Settings) -> list[tuple[int, dict[str, Any]]]:
    """What the rules of the event table say of each content, by its place."""
    if not contents:
        return []
    columns = event_columns(contents, [content["data"] for content in contents])
    result = validate_columns(columns, len(contents), settings.zone)
    rows = dict(zip(result.rows.tolist(), rows_of(result.columns, len(result.rows)), strict=True))
    wrong: dict[int, list[dict[str, str]]] = {}
    for fault in [*result.faults, *_unstorable(rows, now)]:
        detail = f"must {fault.must}, got {fault.value}"
        wrong.setdefault(fault.row, []).append({"pointer": place(fault.column), "detail": detail})
    rejected = [(number, {"errors": tuple(errors)}) for number, errors in sorted(wrong.items())]
    again = [(number, {"outcome": "duplicate"}) for number in result.duplicates]
    good = [
        (number, {"outcome": "accepted", "row": row | {"recorded_at": min(row["recorded_at"], now)}})
        for number, row in rows.items()
        if number not in wrong
    ]
    return [*rejected, *again, *good]


def _unstorable(rows: Mapping[int, dict[str, Any]], now: int) -> list[Fault]:
    """What the rules of the event table let pass, and a store cannot keep."""
    faults = []
    for number, row in rows.items():
        if row["recorded_at"] > now + SKEW:
            must = f"not lie in the future (now is {isoformat(now)})"
            faults.append(Fault(number, "recorded_at", str(isoformat(row["recorded_at"])), must))
        nul = [column for column, value in row.items() if isinstance(value, str) and "\0" in value]
        faults += [Fault(number, column, repr(row[column]), "have no NUL character") for column in nul]
    return faults
