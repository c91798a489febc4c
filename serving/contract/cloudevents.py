"""CloudEvents 1.0 in and out: ``id``, ``source``, ``type``, ``time``, ``subject``, two extensions, and ``data``.

The extensions are ``recordedtime``, when a system first knew it, and ``sequence``, the source's own order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import pandas as pd

from features.events.columns import Columns
from features.events.schema import COLUMNS, MOMENT, NUMBER, WHOLE
from features.times import isoformat, micros

PREFIX = "shiprisk."
ENVELOPE = {
    "event_id": "id",
    "source": "source",
    "type": "type",
    "order_id": "subject",
    "occurred_at": "time",
    "recorded_at": "recordedtime",
    "sequence": "sequence",
}
EXTENSIONS = ("dataref", "expirytime", "partitionkey", "sampledrate", "sequencetype", "traceparent", "tracestate")
USUAL = {"specversion", "datacontenttype", "dataschema", "data", "data_base64", *EXTENSIONS}
"""Attributes of CloudEvents and of its documented extensions that say nothing about an order."""
DATA = tuple(column for column in COLUMNS if column not in ENVELOPE)
_attribute_values, _data_values = itemgetter(*ENVELOPE.values()), itemgetter(*DATA)


def pointer(row: int, column: str) -> str:
    """Where a column of the event table stands in a body with ``events``, as a JSON pointer (RFC 6901)."""
    return f"/events/{row}{place(column)}"


def place(column: str) -> str:
    """Where a column of the event table stands in one event, as a JSON pointer."""
    return f"/{ENVELOPE[column]}" if column in ENVELOPE else f"/data/{column}"


def event_columns(envelopes: Sequence[Mapping[str, Any]], data: Sequence[Mapping[str, Any]]) -> Columns:
    """CloudEvents as raw columns of the event table. Without ``recordedtime`` an event is known since ``time``.

    Parameters
    ----------
    envelopes, data : (n,) every attribute, and every column of ``DATA``; ``None`` where nothing is said
    """
    columns: Columns = dict(zip(ENVELOPE, zip(*map(_attribute_values, envelopes), strict=True), strict=True))
    columns["recorded_at"] = [
        recorded or occurred for recorded, occurred in zip(columns["recorded_at"], columns["occurred_at"], strict=True)
    ]
    columns["type"] = [kind.removeprefix(PREFIX) for kind in columns["type"]]
    columns |= zip(DATA, zip(*map(_data_values, data), strict=True), strict=True)
    return {column: values for column, values in columns.items() if values.count(None) < len(values)}


def cloud_events(events: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a validated event table as CloudEvents; missing values are left out."""
    return [_cloud_event(row) for row in events.to_dict("records")]


def _cloud_event(row: dict[Any, Any]) -> dict[str, Any]:
    event: dict[str, Any] = {"specversion": "1.0"}
    for column, attribute in ENVELOPE.items():
        if not pd.isna(row[column]):
            event[attribute] = _plain(column, row[column])
    event["type"] = PREFIX + event["type"]
    event["data"] = {column: _plain(column, row[column]) for column in DATA if not pd.isna(row[column])}
    return event


def _plain(column: str, value: Any) -> Any:
    if COLUMNS[column] == MOMENT:
        return isoformat(micros(value))
    if COLUMNS[column] == WHOLE:
        return int(value)
    return float(value) if COLUMNS[column] == NUMBER else str(value)
