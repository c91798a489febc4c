"""The parts of a large batch: each is stored and scored by itself, so that other callers wait for one of them alone."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from serving.ingest.validation import ParsedEvents

PART_ORDERS, PART_EVENTS = 10, 250
"""A part is full with so many orders or events: about a tenth of a second. An order is never split."""


class Part(NamedTuple):
    """Some events of a batch, and their places in it."""

    places: list[int]
    parsed: ParsedEvents


def split(parsed: ParsedEvents) -> list[Part]:
    """The events of a batch in parts, each order whole, in the order in which orders first appear; one if it is small.

    Events of several orders that share an id stay together: none of them is stored, whichever comes first.
    """
    if len(parsed.events) <= PART_EVENTS and len(parsed.orders) <= PART_ORDERS:
        return [Part([*range(len(parsed.events))], parsed)]
    parts: list[list[int]] = [[at for at in range(len(parsed.events)) if at not in parsed.contents]]
    orders = 0
    for places in _inseparable(parsed):
        if orders == PART_ORDERS or (orders and len(parts[-1]) + len(places) > PART_EVENTS):
            parts.append([])
            orders = 0
        parts[-1] += places
        orders += 1
    return [_part(parsed, sorted(places)) for places in parts]


def _inseparable(parsed: ParsedEvents) -> list[list[int]]:
    """The places of events that must be in one part: those of an order, and those of one id in several orders."""
    orders_of: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for content in parsed.contents.values():
        orders_of[content["source"], content["id"]].add(content["subject"])
    places: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, content in parsed.contents.items():
        key = content["source"], content["id"]
        places[key if len(orders_of[key]) > 1 else (content["subject"],)].append(at)
    return list(places.values())


def _part(parsed: ParsedEvents, places: list[int]) -> Part:
    contents = {new: parsed.contents[at] for new, at in enumerate(places) if at in parsed.contents}
    return Part(places, ParsedEvents([parsed.events[at] for at in places], contents, parsed.caller))
