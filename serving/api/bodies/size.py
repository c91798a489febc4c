"""How much a body may hold: counted on its bytes, before anything is made of them."""

from __future__ import annotations

from typing import Any

from features.errors import InvalidRequest

VALUES_AN_EVENT = 30
"""So many values a body may have for each event that a request may have."""
FEW_EVENTS = 1_000
"""Events that a body has room for, however few a request may have: a state of an order is no event."""
OPENERS = (b",", b"[", b"{")
"""What stands before each value but the first; within a text it counts too, so that a count is never too small."""


def require_few_values(body: bytes, max_events: int) -> None:
    """Raise ``InvalidRequest`` for a body of more values than a request of so many events can need.

    A body of 4 MB may have two million, each of a hundred bytes and more once it is made: they are counted before.

    >>> require_few_values(b"[" + b"0," * 50_000 + b"0]", max_events=1_000)
    Traceback (most recent call last):
    features.errors.InvalidRequest: a body must have at most 30,000 values, got about 50,001
    """
    most, got = VALUES_AN_EVENT * max(FEW_EVENTS, max_events), sum(map(body.count, OPENERS))
    if got > most:
        raise InvalidRequest(f"a body must have at most {most:,} values, got about {got:,}")


def require_few_items(content: Any, max_events: int) -> None:
    """Raise ``InvalidRequest`` where one of a body's lists has more items than a request may have events."""
    lists = {name: value for name, value in content.items() if isinstance(value, list)}
    for name, items in lists.items():
        if len(items) > max_events:
            raise InvalidRequest(f"a request must have at most {max_events:,} {name[:40]}, got {len(items):,}")
