"""The events behind the factors of an order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from features.context.context import Context
from features.decision_points import DecisionPoints
from features.events import EventKey
from features.history import History
from features.known.evidence import latest_of
from features.known.known import Known
from features.pipeline.computation import PART_EVENTS, evidence_bits

MAX_EVIDENCE = 20


class _Keys(dict[int, EventKey]):
    """The keys of an order's events by their places, made when they are asked for."""

    def __init__(self, history: History, first: int) -> None:
        self._history, self._first = history, first

    def __missing__(self, place: int) -> EventKey:
        at = self._first + place
        key = self[place] = EventKey(self._history.source[at], self._history.event_id[at])
        return key


class Evidence:
    """What the signals of one order read.

    Parameters
    ----------
    history, order : the events, and the order's index
    read : gives the events a signal read, as bits counted from the order's first event
    """

    def __init__(self, history: History, order: int, read: Callable[[str], int]) -> None:
        self._read = read
        self._keys = _Keys(history, int(history.first[order]))
        self._latest: dict[int, tuple[EventKey, ...]] = {}

    def of(self, signal: str) -> tuple[tuple[EventKey, ...], int]:
        """The latest events a signal read, and how many it read in all."""
        bits = self._read(signal)
        latest = self._latest.get(bits)
        if latest is None:
            latest = self._latest[bits] = tuple(map(self._keys.__getitem__, latest_of(bits, MAX_EVIDENCE)))
        return latest, bits.bit_count()


def evidence_of_each(history: History, points: DecisionPoints, context: Context) -> Iterator[Evidence]:
    """The evidence of each decision point, in their order; orders share what is computed of all events of a part.

    Each is to be read before the next one is asked for.
    """
    parts = list(history.parts(PART_EVENTS))
    begins = np.array([begin for begin, _ in parts], dtype=np.int64)
    place, part = -1, history
    for i, at in enumerate(begins.searchsorted(points.order, "right") - 1):
        if at != place:
            place, part = at, history.part(*parts[at]) if len(parts) > 1 else history
        point = points.take(slice(i, i + 1))
        own = replace(point, order=point.order - begins[at])
        known = Known(part, own, context)
        yield Evidence(part, int(own.order[0]), partial(evidence_bits, known))
        known.close()
