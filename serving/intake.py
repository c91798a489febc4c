"""Events come in: each is judged on its own, the good ones are stored and their orders scored again, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from features.errors import InvalidRequest
from features.events.validation import Fault, validate_columns
from features.times import SECOND, isoformat
from serving.caller import NOBODY, Caller
from serving.cloudevents import event_columns, place
from serving.problems import MOST_ERRORS
from serving.rescoring import Occasion, remember, rescore
from serving.schemas import CloudEvent
from serving.scoping import NOT_THEIRS, names_elsewhere, not_theirs
from serving.settings import Settings
from serving.store.events import Appended, Outcome, append, events_of, rows_of
from serving.store.scores import latest_scores
from serving.store.statements import lock_orders

OF_ANOTHER = "must be new within its source, got one that stands for an event of another order"
"""All that a key of some plants hears of it: the other order may not be one it may see."""
SKEW = 300 * SECOND
"""Another system's clock may be so far ahead; what it says is recorded a little later than now is recorded now."""
Score = Mapping[Any, Any]
"""A row of the scores."""


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
    errors: tuple[dict[str, str], ...] = ()
    row: dict[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Change:
    """An order's latest score before and after; ``None`` before the first."""

    order_id: str
    before: Score | None
    after: Score | None


@dataclass(frozen=True)
class Taken:
    """The events of a request, each with what became of it, and the orders they touch."""

    events: list[Judged]
    orders: list[Change]
    as_of: int

    def count(self, outcome: Outcome) -> int:
        """How many events came out so."""
        return sum(event.outcome == outcome for event in self.events)


def take_in(connection: Connection, events: Sequence[Any], occasion: Occasion, caller: Caller = NOBODY) -> Taken:
    """Judge events, store those that hold and that the caller may send, and score their orders."""
    return store(connection, judge(events, occasion.now, occasion.settings, caller), occasion, caller)


# -- judging -------------------------------------------------------------------------------------------------


def judge(events: Sequence[Any], now: int, settings: Settings, caller: Caller = NOBODY) -> list[Judged]:
    """Judge each event by the contract on the wire, by the caller's plants, and by the rules of the event table."""
    if len(events) > settings.max_events:
        raise InvalidRequest(f"a request must have at most {settings.max_events:,} events, got {len(events):,}")
    judged, readable = [], []
    for number, event in enumerate(events):
        content, errors = _read(event, caller)
        judged.append(Judged("rejected", *_keys(event), errors))
        if content is not None:
            readable.append((number, {**content, "recordedtime": content["recordedtime"] or isoformat(now)}))
    for number, outcome, errors, row in _held([content for _, content in readable], now, settings):
        place_ = readable[number][0]
        judged[place_] = replace(judged[place_], outcome=outcome, errors=errors, row=row)
    orders = {event.order_id for event in judged if event.row}
    if len(orders) > settings.max_orders:
        raise InvalidRequest(f"a request must have at most {settings.max_orders:,} orders, got {len(orders):,}")
    return judged


def _read(event: Any, caller: Caller) -> tuple[dict[str, Any] | None, tuple[dict[str, str], ...]]:
    """The event as the contract has it, or what is wrong with it."""
    try:
        content = CloudEvent.model_validate(event).model_dump()
    except ValidationError as error:
        return None, tuple(
            {"pointer": "".join(f"/{part}" for part in fault["loc"]), "detail": fault["msg"]}
            for fault in error.errors(include_url=False, include_input=False, include_context=False)[:MOST_ERRORS]
        )
    elsewhere = names_elsewhere(caller, content["data"]["plant"])
    return (None, elsewhere) if elsewhere else (content, ())


def _keys(event: Any) -> tuple[str | None, str | None, str | None]:
    said = [event.get(name) if isinstance(event, dict) else None for name in ("source", "id", "subject")]
    source, event_id, order_id = (value if isinstance(value, str) else None for value in said)
    return source, event_id, order_id


def _held(
    contents: list[dict[str, Any]], now: int, settings: Settings
) -> list[tuple[int, Outcome, tuple[dict[str, str], ...], dict[str, Any] | None]]:
    """By the rules of the event table: (place, outcome, errors, row to store)."""
    if not contents:
        return []
    columns = event_columns(contents, [event["data"] for event in contents])
    result = validate_columns(columns, len(contents), settings.zone)
    rows = dict(zip(result.rows.tolist(), rows_of(result.columns, len(result.rows)), strict=True))
    wrong: dict[int, list[dict[str, str]]] = {}
    for fault in [*result.faults, *_unstorable(rows, now)]:
        detail = f"must {fault.must}, got {fault.value}"
        wrong.setdefault(fault.row, []).append({"pointer": place(fault.column), "detail": detail})
    rejected = [(number, "rejected", tuple(errors), None) for number, errors in sorted(wrong.items())]
    again = [(number, "duplicate", (), None) for number in result.duplicates]
    good = [
        (number, "accepted", (), row | {"recorded_at": min(row["recorded_at"], now)})
        for number, row in rows.items()
        if number not in wrong
    ]
    return [*rejected, *again, *good]  # type: ignore[list-item]


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


# -- storing -------------------------------------------------------------------------------------------------


def store(connection: Connection, judged: Sequence[Judged], occasion: Occasion, caller: Caller = NOBODY) -> Taken:
    """Append what holds, and score the orders it changes. Orders of repeated events are told as they stand."""
    lock_orders(connection, [event.row["order_id"] for event in judged if event.row])
    judged = within_plants(connection, judged, caller)
    rows = [event.row for event in judged if event.row]
    appended = iter(append(connection, rows, occasion.now))
    told = [_told(event, next(appended), caller) if event.row else event for event in judged]
    stored = [event for event in told if event.outcome in ("accepted", "duplicate")]
    touched = sorted({event.order_id for event in stored if event.order_id})
    changed = sorted({event.order_id for event in stored if event.order_id and event.outcome == "accepted"})
    before = latest_scores(connection, touched)
    after = score_again(connection, changed, before, occasion)
    changes = [
        Change(order_id, before.get(order_id), after.get(order_id) or before.get(order_id)) for order_id in touched
    ]
    return Taken(told, changes, occasion.now)


def _told(event: Judged, appended: Appended, caller: Caller) -> Judged:
    if appended.outcome != "conflict":
        return replace(event, outcome=appended.outcome)
    if caller.plants is not None and "order_id" in appended.differs:
        return replace(event, outcome="conflict", errors=({"pointer": "/id", "detail": OF_ANOTHER},))
    detail = "must be what the stored event of this source and id says, got something else: send a new id"
    return replace(
        event,
        outcome="conflict",
        errors=tuple({"pointer": place(column), "detail": detail} for column in appended.differs),
    )


def within_plants(connection: Connection, judged: Sequence[Judged], caller: Caller) -> Sequence[Judged]:
    """Refuse events of orders that are not the caller's; repeated ones too, as their orders are told."""
    sent = [(event.order_id, event.row["plant"] if event.row else None) for event in judged if event.order_id]
    refused = not_theirs(connection, sent, caller)
    error = ({"pointer": "/subject", "detail": NOT_THEIRS},)
    return [
        replace(event, outcome="rejected", errors=error, row=None)
        if event.order_id in refused and event.outcome != "rejected"
        else event
        for event in judged
    ]


def score_again(
    connection: Connection, order_ids: Sequence[str], before: Mapping[str, Score], occasion: Occasion
) -> dict[str, Score]:
    """New scores of some orders, written; by order."""
    earliest = {order_id: score["as_of"] for order_id, score in before.items()}
    made = rescore(events_of(connection, order_ids), earliest, occasion)
    ids = remember(connection, made)
    return {one.order_id: one.score | {"id": ids[one.order_id]} for one in made}
