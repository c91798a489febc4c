"""Where a page begins: opaque to the caller, and refused where it does not fit the question."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import replace
from typing import Any

import orjson

from features.errors import InvalidRequest
from serving.store.tables.worklist import PageKey, WorklistQuery

NUMBERS = ("risk", "missed", "partial", "value_at_risk", "value", "due", "expected_ship", "days_late")
MUST = "a cursor must be the next_cursor of the page before, with the same sort and filters"


def write_cursor(query: WorklistQuery, key: PageKey) -> str:
    """The cursor after a row."""
    return base64.urlsafe_b64encode(orjson.dumps([_digest(query), *key])).decode().rstrip("=")


def read_cursor(query: WorklistQuery, cursor: str) -> PageKey:
    """Where the page begins. Raises ``InvalidRequest`` for a cursor of another question, or that is none."""
    try:
        content: Any = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        digest, value, due, order_id = content
    except (ValueError, TypeError, binascii.Error) as error:
        raise InvalidRequest(f"{MUST}, got {cursor[:40]!r}") from error
    fits = _is_number(value) if query.sort in NUMBERS else _is_text(value)
    if digest != _digest(query) or not fits or not _is_whole(due) or not _is_text(order_id):
        raise InvalidRequest(f"{MUST}, got one of another question")
    return value, due, order_id


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or _is_whole(value)


def _is_whole(value: Any) -> bool:
    """Whether a store has room for it; ``True`` is no number."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _digest(query: WorklistQuery) -> str:
    """What the question is, but for the moment it is asked."""
    plants = None if query.plants is None else sorted(query.plants)
    text = repr((plants, replace(query, now=0, plants=None)))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
