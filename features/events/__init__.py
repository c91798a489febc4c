"""The one input: events, what they must hold, and how they are read and written."""

from features.events.files import read_columns, read_event_files, read_events, write_events
from features.events.schema import COLUMNS, TYPES, EventKey
from features.events.validation import Fault, Validated, checked_events, validate_events

__all__ = [
    "COLUMNS",
    "TYPES",
    "EventKey",
    "Fault",
    "Validated",
    "checked_events",
    "read_columns",
    "read_event_files",
    "read_events",
    "validate_events",
    "write_events",
]
