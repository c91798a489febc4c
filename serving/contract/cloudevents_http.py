"""CloudEvents over HTTP: structured, binary, in a batch, or as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson

from features.errors import InvalidRequest, ShipriskError

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
PLAIN = "application/json"


SHOWN = 100
"""Characters of a media type that are shown."""


def media_type(content_type: str | None) -> str:
    """The media type of a content-type header, without its parameters; empty where there is none.

    >>> media_type("Application/JSON; charset=utf-8"), media_type(None)
    ('application/json', '')
    """
    return (content_type or "").partition(";")[0].strip().lower()


def is_json(media: str) -> bool:
    """Whether a media type says JSON, of whatever kind."""
    return media == PLAIN or (media.startswith("application/") and media.endswith("+json"))


class Unreadable(InvalidRequest):
    """A body that is no JSON, or not the JSON that was announced."""


class UnknownMediaType(ShipriskError):
    """A body of a kind that is not read."""


@dataclass(frozen=True)
class Envelope:
    """What a request carries: its events, and whether it is about one alone."""

    events: list[Any]
    single: bool


def read_envelope(headers: Mapping[str, str], body: bytes) -> Envelope:
    """The events of a request, by its headers. Header names are in lower case."""
    media = media_type(headers.get("content-type"))
    if "ce-specversion" in headers:
        return Envelope([_binary(headers, media, body)], single=True)
    if media == STRUCTURED:
        return Envelope([_object(_json(body))], single=True)
    if media == BATCH:
        return Envelope(_require_events(_json(body)), single=False)
    if media == "" or is_json(media):
        return Envelope(_require_events(_plain(_object(_json(body)))), single=False)
    raise UnknownMediaType(f"the content type must be one of {STRUCTURED}, {BATCH}, {PLAIN}, got {media[:SHOWN]}")


def _plain(content: dict[str, Any]) -> Any:
    if "events" not in content and "specversion" in content:
        raise Unreadable(f"one event alone must be sent as {STRUCTURED}, got {PLAIN}, which holds a list of events")
    return content.get("events")


def _binary(headers: Mapping[str, str], media: str, body: bytes) -> dict[str, Any]:
    """Attributes in headers (percent-encoded where they are not ASCII), the data in the body."""
    if media != "" and not is_json(media) and body:
        raise UnknownMediaType(f"the data of an event in binary mode must be {PLAIN}, got {media[:SHOWN]}")
    event: dict[str, Any] = {
        name.removeprefix("ce-"): unquote(value) for name, value in headers.items() if name.startswith("ce-")
    }
    return event | ({"data": _json(body)} if body.strip() else {})


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"the body must be JSON (RFC 8259, UTF-8), got {len(body):,} bytes: {error}") from error


def _object(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise Unreadable(f"the body must be a JSON object, got {type(content).__name__}")
    return content


def _require_events(events: Any) -> list[Any]:
    if not isinstance(events, list) or not events:
        got = "none" if events in (None, []) else type(events).__name__
        raise Unreadable(f"events must be a list of at least one event, got {got}")
    return events
