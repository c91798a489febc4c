"""Each event that comes in is checked: by the contract on the wire, the caller's plants, and the rules of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from features.errors import InvalidRequest
from features.events.schema import TYPES
from features.events.validation import Fault, Validated, validate_columns
from features.times import SECOND, isoformat
from serving.auth.plant_scope import plant_errors
from serving.contract.cloudevents import ENVELOPE, USUAL, event_columns, place
from serving.contract.members import fault_detail, shown_name, too_many_members
from serving.contract.scoring import CloudEvent
from serving.principal import NOBODY, Caller
from serving.problems import MAX_ERRORS
from serving.settings import Settings
from serving.store.tables.events import Outcome, rows_of

SKEW = 300 * SECOND
"""Another system's clock may be so far ahead; what it says is recorded a little later than now is recorded now."""
IDENTITY = ("source", "id", "subject")
"""Whose event it is; compared as it is stored, so that a blank makes no other order and no other event of it."""
DOTS = (".", "..")
"""As the last part of an address they stand for another one, whatever they are escaped with."""
Errors = tuple[dict[str, str], ...]


@dataclass(frozen=True)
class EventResult:
    """The outcome of one event.

    Attributes
    ----------
    errors : what does not hold, and where in the event, as JSON pointers
    warnings : what of an event that is stored cannot be placed, and where
    row : the event as it is stored, ``None`` where there is nothing to store
    """

    outcome: Outcome
    source: str | None
    id: str | None
    order_id: str | None
    errors: Errors = ()
    warnings: Errors = ()
    row: dict[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ParsedEvents:
    """The events of a request as far as they can be read, and who sends them.

    Attributes
    ----------
    events : each of them, rejected until its row is known
    contents : by their place, those that the contract on the wire lets pass
    """

    events: list[EventResult]
    contents: dict[int, dict[str, Any]]
    caller: Caller

    @property
    def orders(self) -> frozenset[str]:
        """The orders of events that can be read."""
        return frozenset(content["subject"] for content in self.contents.values())

    @property
    def keys(self) -> frozenset[tuple[str, ...]]:
        """Orders and ids of events: requests that have one in common are not ingested at the same time."""
        ids = {(content["source"], content["id"]) for content in self.contents.values()}
        return frozenset(ids | {(order_id,) for order_id in self.orders})


def parse_events(events: Sequence[Any], settings: Settings, caller: Caller = NOBODY) -> ParsedEvents:
    """Read events by the contract on the wire. Raises ``InvalidRequest`` for too many.

    Beyond the first hundred faults of a request each event that has some says its first.
    """
    if len(events) > settings.max_events:
        raise InvalidRequest(f"a request must have at most {settings.max_events:,} events, got {len(events):,}")
    results, contents, listed = [], {}, 0
    for number, event in enumerate(events):
        content, errors = _parse(event, caller)
        shown = errors[: max(1, MAX_ERRORS - listed)]
        listed += len(shown)
        results.append(EventResult("rejected", *_keys(event), shown, _unread(event) if content else ()))
        if content is not None:
            contents[number] = content
    orders = {content["subject"] for content in contents.values()}
    if len(orders) > settings.max_orders:
        raise InvalidRequest(f"a request must have at most {settings.max_orders:,} orders, got {len(orders):,}")
    return ParsedEvents(results, contents, caller)


def _parse(event: Any, caller: Caller) -> tuple[dict[str, Any] | None, Errors]:
    """The event as the contract has it, or what is wrong with it. Blanks around what tells orders apart go here."""
    if crowded := _crowded(event):
        return None, crowded
    try:
        content = CloudEvent.model_validate(event).model_dump()
    except ValidationError as error:
        return None, tuple(
            {"pointer": "".join(f"/{shown_name(part)}" for part in fault["loc"]), "detail": fault_detail(fault["msg"])}
            for fault in error.errors(include_url=False, include_input=False, include_context=False)[:MAX_ERRORS]
        )
    content |= {name: content[name].strip() for name in IDENTITY}
    plant_faults = plant_errors(caller, content["data"]["plant"])
    return (None, plant_faults) if plant_faults else (content, ())


def _crowded(event: Any) -> Errors:
    """What is wrong with an event, or its data, of more members than an event can have."""
    parts = {"": event, "/data": event.get("data") if isinstance(event, dict) else None}
    details = {pointer: too_many_members(part) for pointer, part in parts.items()}
    return tuple({"pointer": pointer, "detail": detail} for pointer, detail in details.items() if detail)


def _unread(event: dict[str, Any]) -> Errors:
    """A warning for each extension that nobody reads: it may be one that is misspelt."""
    unread = event.keys() - USUAL - set(ENVELOPE.values())
    detail = "should be an attribute that is read, such as recordedtime or sequence, or an extension of CloudEvents"
    return tuple(
        {"pointer": f"/{name}", "detail": f"{detail}, got {name!r}"} for name in map(shown_name, sorted(unread))
    )


def _keys(event: Any) -> tuple[str | None, str | None, str | None]:
    values = [event.get(name) if isinstance(event, dict) else None for name in IDENTITY]
    source, event_id, order_id = (value.strip() if isinstance(value, str) else None for value in values)
    return source, event_id, order_id


def validate_events(requests: Sequence[ParsedEvents], now: int, settings: Settings) -> list[list[EventResult]]:
    """Check the events of several requests, which have no key in common, by the rules of the event table."""
    results = [list(part.events) for part in requests]
    places = [(number, at) for number, part in enumerate(requests) for at in part.contents]
    contents = [
        {**content, "recordedtime": content["recordedtime"] or isoformat(now)}
        for part in requests
        for content in part.contents.values()
    ]
    for row, outcome in _check_rules(contents, now, settings):
        number, at = places[row]
        results[number][at] = replace(results[number][at], **outcome)
    return results


def _check_rules(contents: list[dict[str, Any]], now: int, settings: Settings) -> list[tuple[int, dict[str, Any]]]:
    """What the rules of the event table say of each content, by its place."""
    if not contents:
        return []
    columns = event_columns(contents, [content["data"] for content in contents])
    result = validate_columns(columns, len(contents), settings.zone)
    rows = dict(zip(result.rows.tolist(), rows_of(result.columns, len(result.rows)), strict=True))
    wrong: dict[int, list[dict[str, str]]] = {}
    for fault in [*result.faults, *future_facts(result, now), *_unstorable(rows, now)]:
        detail = f"must {fault.must}, got {fault.value}"
        wrong.setdefault(fault.row, []).append({"pointer": place(fault.column), "detail": detail})
    rejected = [(number, {"errors": tuple(errors)}) for number, errors in sorted(wrong.items())]
    duplicates = [(number, {"outcome": "duplicate"}) for number in result.duplicates]
    accepted = [
        (number, {"outcome": "accepted", "row": row | {"recorded_at": min(row["recorded_at"], now)}})
        for number, row in rows.items()
        if number not in wrong
    ]
    return [*rejected, *duplicates, *accepted]


def future_facts(validated: Validated, now: int) -> list[Fault]:
    """Facts that have not happened yet. What is promised, planned or expected may lie ahead."""
    types, occurred = validated.columns["type"], validated.columns["occurred_at"]
    fact = np.array([TYPES[name].fact for name in types.words] + [False])
    ahead = np.flatnonzero((occurred > now + SKEW) & fact[types.codes])
    return [
        Fault(
            int(validated.rows[i]),
            "occurred_at",
            str(isoformat(int(occurred[i]))),
            f"not lie in the future (now is {isoformat(now)}), as {types[i]} is a fact",
        )
        for i in ahead
    ]


def _unstorable(rows: Mapping[int, dict[str, Any]], now: int) -> list[Fault]:
    """What the rules of the event table let pass, and a store cannot keep."""
    faults = []
    for number, row in rows.items():
        if row["recorded_at"] > now + SKEW:
            must = f"not lie in the future (now is {isoformat(now)})"
            faults.append(Fault(number, "recorded_at", str(isoformat(row["recorded_at"])), must))
        nul = [column for column, value in row.items() if isinstance(value, str) and "\0" in value]
        faults += [Fault(number, column, repr(row[column]), "have no NUL character") for column in nul]
        if row["order_id"] in DOTS:
            faults.append(Fault(number, "order_id", row["order_id"], "be an id that an address can end with"))
    return faults
