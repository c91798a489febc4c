"""Systems that only say "order 4711 changed" and re-send it whole: what changed is found by difference."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import orjson
from sqlalchemy import Connection

from features.events.schema import INSTALMENT_MARK
from features.readiness.statements import KnownOrder
from features.times import LATEST
from serving.auth.plant_scope import require_seen
from serving.contract.order_state import OrderSnapshot
from serving.ingest.ingest import IngestResult, ScoreChange, ingest_events
from serving.ingest.states.difference import as_cloud_events, missing_events
from serving.ingest.states.missing import MissingEvent
from serving.ingest.states.recorded_order import RecordedOrder
from serving.principal import Caller
from serving.problems import InvalidBody, StateOutdated
from serving.scores.scoring_context import ScoringContext
from serving.store.locks import lock_orders
from serving.store.state_versions import Numbering, StateVersion, save_version, version_of
from serving.store.tables.events import events_of, history_of
from serving.store.tables.orders import order_of, words_of
from serving.store.tables.scores import latest_scores

MOST_STEPS = 2
"""A new line takes two steps: it is created, and then stands as its order did before it was known."""
FOREIGN_LINE = "must be a line of the key's plants, got one of another plant"


class SnapshotStep(NamedTuple):
    """Events that were missing, and what became of each."""

    missing: list[MissingEvent]
    result: IngestResult


@dataclass(frozen=True)
class SnapshotResult:
    """What became of a state.

    Attributes
    ----------
    result : the events that it led to, each stored
    types : the type of each of them
    seq : the version of the order after it
    """

    result: IngestResult
    types: list[str]
    seq: int

    @property
    def derived(self) -> dict[str, int]:
        """How many events of each type it led to."""
        return dict(sorted(Counter(self.types).items()))


def ingest_snapshot(
    connection: Connection, order_id: str, snapshot: OrderSnapshot, caller: Caller, scoring_context: ScoringContext
) -> SnapshotResult:
    """Store the events that lead from what is stored of an order to its present state; none where there is none.

    What it leads to is recorded after all that is stored of the order, whatever the clocks of other machines say.
    Raises ``StateOutdated`` for a version that is older than the one stored, and ``InvalidBody`` where an event would
    not hold; then none is stored.
    """
    _require_few_lines(snapshot, scoring_context.settings.max_order_lines)
    lock_orders(connection, [order_id])
    stored = _stored_order(connection, order_id, caller)
    numbering, sent = Numbering(order_id, snapshot.source, caller.scope), _sent_version(snapshot)
    known = sent is not None and _is_stored(sent, version_of(connection, numbering), snapshot.source)
    steps = [] if known else list(_lead_to(connection, order_id, snapshot, stored, scoring_context))
    result = _joined([step.result for step in steps], scoring_context.now)
    if not result.events and stored.events:
        latest = latest_scores(connection, [order_id]).get(order_id)
        result = replace(result, orders=[ScoreChange(order_id, latest, latest)])
    order = order_of(connection, order_id)
    if sent is not None and order is not None and not known:
        save_version(connection, numbering, sent)
    types = [event.type for step in steps for event in step.missing]
    return SnapshotResult(result, types, int(order["seq"]) if order else 0)


def _lead_to(
    connection: Connection,
    order_id: str,
    snapshot: OrderSnapshot,
    stored: RecordedOrder,
    scoring_context: ScoringContext,
) -> Iterator[SnapshotStep]:
    """Store what is missing, and what is missing after that.

    What was recorded before a line was known is seen in it only once it is: goods that had left, a closing of all.
    """
    for _ in range(MOST_STEPS):
        context = replace(scoring_context, now=max(scoring_context.now, stored.latest_record + 1))
        missing = missing_events(snapshot, stored, context.now, context.settings.zone)
        _refuse_foreign_lines(missing, stored)
        events = as_cloud_events(missing, order_id, snapshot.source, len(stored.events))
        step = SnapshotStep(missing, ingest_events(connection, events, context, stored.caller))
        _refuse_faults(missing, step.result)
        yield step
        known = {line.id for line in stored.known.lines}
        if not stored.events or all(line.name in known for line in snapshot.lines or ()):
            return
        stored = _stored_order(connection, order_id, stored.caller)


def _joined(results: Sequence[IngestResult], now: int) -> IngestResult:
    """What several steps of one request came to: an order's score before the first of them, and after the last."""
    changes: dict[str, ScoreChange] = {}
    for one in (change for result in results for change in result.orders):
        changes[one.order_id] = replace(one, before=changes[one.order_id].before) if one.order_id in changes else one
    return IngestResult(
        [event for result in results for event in result.events],
        list(changes.values()),
        max([now, *(result.as_of for result in results if result.events)]),
        sum(result.ordered_by_precedence for result in results),
        sum(result.ordered_by_id for result in results),
    )


def _require_few_lines(snapshot: OrderSnapshot, most: int) -> None:
    lines = len(snapshot.lines or ())
    if lines > most:
        detail = f"must be at most {most:,}, got {lines:,}: split the order, or raise SHIPRISK_MAX_ORDER_LINES"
        raise InvalidBody(f"/lines {detail}", [{"pointer": "/lines", "detail": detail}])


def _stored_order(connection: Connection, order_id: str, caller: Caller) -> RecordedOrder:
    rows = events_of(connection, [order_id])
    if not rows:
        return RecordedOrder(KnownOrder(), caller)
    require_seen(caller, words_of(connection, order_id)["plant"], order_id)
    return RecordedOrder(KnownOrder(history_of(rows), 0, LATEST), caller)


def _sent_version(snapshot: OrderSnapshot) -> StateVersion | None:
    """The version that a state has by its sender; ``None`` where it has none."""
    if snapshot.version is None:
        return None
    content = snapshot.model_dump_json(exclude={"version", "time"}, exclude_none=True)
    return StateVersion(snapshot.version, hashlib.blake2b(orjson.dumps(content), digest_size=16).digest())


def _is_stored(sent: StateVersion, stored: StateVersion | None, source: str) -> bool:
    """Whether a version is the one that is stored. Raises ``StateOutdated`` unless it is that one, or a newer one."""
    if stored is None or sent.version > stored.version:
        return False
    if sent.version < stored.version:
        raise StateOutdated(
            f"a state must not be older than the one stored, which {source} sent as version"
            f" {stored.version}, got version {sent.version}"
        )
    if sent.content != stored.content:
        raise StateOutdated(
            f"a version must stand for one state, got another one as version {stored.version}, which is stored:"
            " send what has changed with a higher version"
        )
    return True


def _refuse_foreign_lines(missing: Sequence[MissingEvent], stored: RecordedOrder) -> None:
    """A key of one plant cannot change another plant's line, nor what was stated of it."""
    pointers = dict.fromkeys(
        event.origin.of("line_id")
        for event in missing
        if not stored.foreign_lines.isdisjoint({_line_of(event), event.replaces.line_id if event.replaces else None})
    )
    errors = [{"pointer": pointer, "detail": FOREIGN_LINE} for pointer in pointers]
    if errors:
        raise InvalidBody(f"{errors[0]['pointer']} {FOREIGN_LINE}", errors)


def _line_of(event: MissingEvent) -> str | None:
    line_id, instalment = event.data.get("line_id"), event.data.get("instalment")
    return f"{line_id}{INSTALMENT_MARK}{instalment}" if line_id and instalment else line_id


def _refuse_faults(missing: Sequence[MissingEvent], result: IngestResult) -> None:
    """Refuse the whole state where an event that it leads to does not hold, by the caller's own fields."""
    faults = [
        (event.pointer_of(error["pointer"]), error["detail"])
        for event, outcome in zip(missing, result.events, strict=True)
        for error in outcome.errors
    ]
    errors = [{"pointer": pointer, "detail": detail} for pointer, detail in dict.fromkeys(faults)]
    if errors:
        shown = "; ".join(f"{error['pointer']} {error['detail']}".strip() for error in errors[:5])
        raise InvalidBody(f"the state must lead to events that hold, got {shown}", errors)
