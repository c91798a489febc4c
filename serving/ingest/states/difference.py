"""An order's present state against what is stored of it: the events that lead from one to the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from features.times import isoformat
from serving.contract.cloudevents import PREFIX
from serving.contract.order_state import OrderSnapshot
from serving.ingest.states.lines import missing_of_lines
from serving.ingest.states.missing import MissingEvent, StateTimes
from serving.ingest.states.plans import missing_of_deliveries, missing_of_production
from serving.ingest.states.recorded_order import RecordedOrder
from serving.ingest.states.statements import missing_of_components, missing_of_conditions, missing_of_holds


def missing_events(snapshot: OrderSnapshot, stored: RecordedOrder, now: int, zone: str) -> list[MissingEvent]:
    """The events after which the order is known as it stands; none where it is known so already."""
    times = StateTimes.of(snapshot.time, now, zone)
    return list(_missing(snapshot, stored, times))


def _missing(snapshot: OrderSnapshot, stored: RecordedOrder, times: StateTimes) -> Iterator[MissingEvent]:
    if snapshot.lines is not None:
        yield from missing_of_lines(snapshot.lines, stored, times)
    if snapshot.holds is not None:
        yield from missing_of_holds(snapshot.holds, stored, times)
    if snapshot.production is not None:
        yield from missing_of_production(snapshot.production, stored, times)
    if snapshot.conditions is not None:
        yield from missing_of_conditions(snapshot.conditions, stored, times)
    if snapshot.components is not None:
        yield from missing_of_components(snapshot.components, stored, times)
    if snapshot.deliveries is not None:
        yield from missing_of_deliveries(snapshot.deliveries, stored, times)


def as_cloud_events(missing: Sequence[MissingEvent], order_id: str, source: str, first: int) -> list[dict[str, Any]]:
    """Missing events on the wire. ``first`` is how many events the order has: the place of the first of them."""
    return [_event(event, order_id, source, place) for place, event in enumerate(missing, start=first)]


def _event(missing: MissingEvent, order_id: str, source: str, place: int) -> dict[str, Any]:
    """The id comes from the data and what it replaces, so that the same difference is the same event.

    ``place`` is how many events come before it: of statements of one moment, it says which is the later one.
    """
    replaced = [missing.replaces.source, missing.replaces.event_id] if missing.replaces else None
    data = {name: value for name, value in missing.data.items() if value is not None}
    digest = hashlib.blake2b(orjson.dumps([order_id, missing.type, sorted(data.items()), replaced]), digest_size=12)
    return {
        "id": f"state-{place:06}-{digest.hexdigest()}",
        "source": source,
        "type": PREFIX + missing.type,
        "subject": order_id,
        "time": isoformat(missing.occurred),
        "sequence": place,
        "data": data,
    }
