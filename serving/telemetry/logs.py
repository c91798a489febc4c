"""Logs: JSON lines, readable ones on a terminal; each line of a request has its id. No bodies, keys or passwords."""

from __future__ import annotations

import logging
import re
import sys
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

import orjson
import structlog

from serving.telemetry.redaction import redact_event
from serving.terminal_text import as_printed, escaped_in_json

REQUEST_ID_FORMAT = re.compile(r"[A-Za-z0-9._-]{1,64}")
request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered, empty where there is none."""


def new_request_id(proposed: str) -> str:
    """The caller's own id for a request, where it is one, else a new one."""
    return proposed if REQUEST_ID_FORMAT.fullmatch(proposed) else uuid4().hex


def log_to(stream: Any = None, level: str = "info") -> None:
    """Send every log line, those of libraries too, to a stream (standard error)."""
    out = stream or sys.stderr
    shared: list[Any] = [
        _with_request_id,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact_event,
                *_renderers(out.isatty()),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("shiprisk").setLevel(level.upper())


def _with_request_id(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    current = request_id.get()
    return event | {"request_id": current} if current else event


def _renderers(terminal: bool) -> list[Any]:
    if terminal:
        return [_printable_event, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.JSONRenderer(_json)]


def _printable_event(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Words of users are text: nothing in them moves the cursor, colours a line or turns it round."""
    shown = {name: as_printed(value) if isinstance(value, str) else value for name, value in event.items()}
    whole = {name: as_printed(event[name], line_ends=True) for name in ("exception", "stack") if name in event}
    return shown | whole


def _json(content: Any, default: Any) -> str:
    """JSON whose control characters are escaped, those above ASCII too."""
    return escaped_in_json(orjson.dumps(content, default=default).decode())
