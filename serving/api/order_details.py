"""The parts of one order that a page shows on demand: its lines, and its events in words with both clocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from features.events.schema import INSTALMENT_MARK, MICRO
from features.history import History
from features.readiness.blockers import Facts
from features.readiness.line_quantities import LineQuantities, line_quantities
from features.readiness.statements import KnownLine, KnownOrder
from features.times import plant_calendar
from features.what_if.choices import Choices, choices_of
from features.wording import ENGLISH, Dates
from serving.api.change_reply import facts_of, statements_of
from serving.api.presenters import moment
from serving.settings import Settings
from serving.store.tables.events import history_of
from training.change.wording import event_sentence, type_words

STATED = ("type", "line_id", "kind", "state", "reference", "reason", "actor", "quantity", "source")
"""What an event says, as a page lists it."""


def present_lines(events: Sequence[Any], now: int, settings: Settings) -> list[dict[str, Any]]:
    """The lines of an order as they stand, quantities in the line's unit. ``events`` are rows of ``events_of``."""
    history: History = history_of(events, settings.policy)
    items = {event.line_id: event.item for event in events if event.type == "order_line.created"}
    facts = Facts(KnownOrder(history, 0, now), now, ZoneInfo(plant_calendar(settings.zone).zone))
    quantities = line_quantities(facts)
    return [_line(line, quantities[line.key], items) for line in facts.lines]


def order_choices(events: Sequence[Any], now: int, settings: Settings) -> Choices:
    """What an order has now of which something could be supposed. ``events`` are rows of ``events_of``."""
    known = KnownOrder(history_of(events, settings.policy), 0, now)
    return choices_of(Facts(known, now, ZoneInfo(plant_calendar(settings.zone).zone)))


def _line(line: KnownLine, quantities: LineQuantities, items: dict[str | None, str | None]) -> dict[str, Any]:
    whole = None if line.id is None else line.id.partition(INSTALMENT_MARK)[0]
    return {
        "line_id": line.id,
        "item": items.get(line.id) or items.get(whole),
        "ordered": line.ordered / MICRO,
        "made": None if quantities.made is None else quantities.made / MICRO,
        "made_at": quantities.operation,
        "shippable": quantities.shippable / MICRO,
        "shipped": line.issued / MICRO,
        "left": max(line.ordered - line.issued, 0) / MICRO if line.open else 0.0,
        "promised": moment(line.promise),
        "closed": line.closed,
        "open": line.open,
    }


def present_events(
    events: Sequence[Any], now: int, settings: Settings, begin: int = 0, limit: int | None = None
) -> list[dict[str, Any]]:
    """Some events of an order, the one that arrived last first, each with a sentence, what it says, and both clocks.

    ``events`` are all of its rows; ``limit`` are shown at most, from the one at ``begin`` on.
    """
    dates = Dates(now, ZoneInfo(plant_calendar(settings.zone).zone), ENGLISH)
    statements = statements_of(events)
    shown = list(reversed(events))[begin : None if limit is None else begin + limit]
    return [_event(event, event_sentence(facts_of(event, statements), dates)) for event in shown]


def _event(event: Any, sentence: str) -> dict[str, Any]:
    return {
        "id": event.event_id,
        "what": type_words(event.type),
        "sentence": sentence,
        "occurred_at": moment(event.occurred_at),
        "recorded_at": moment(event.recorded_at),
        "date": moment(event.date),
        **{name: getattr(event, name) for name in STATED},
    }
