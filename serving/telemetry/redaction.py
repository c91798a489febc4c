"""What leaves the process, without its secrets: logs, replies, lines of commands, tracebacks."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import MutableMapping
from functools import lru_cache
from types import TracebackType
from typing import Any

from features.redaction import redact, secrets_of

ADDRESSES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "SHIPRISK_DATABASE_URL")
"""Variables of the environment that are addresses, and may hold a password."""
SECRETS = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN", "PGPASSWORD")
"""Variables that are a password."""


def redacted(text: str) -> str:
    """The text without any password of this process's environment or of an address in it."""
    return redact(text, _known_secrets())


def redact_event(_: Any, __: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """A processor of log events: every text in them is redacted, and whatever is no JSON of itself becomes a text."""
    secrets = _known_secrets()
    return {name: _redacted_value(value, secrets) for name, value in event.items()}


def redacted_content(content: Any) -> Any:
    """JSON content whose texts and names are redacted."""
    return _redacted_value(content, _known_secrets())


def _known_secrets() -> frozenset[str]:
    return _secrets(*(os.environ.get(name, "") for name in (*ADDRESSES, *SECRETS)))


@lru_cache(maxsize=8)
def _secrets(*values: str) -> frozenset[str]:
    own = {value for value in values[len(ADDRESSES) :] if value}
    return frozenset(own.union(*(secrets_of(value) for value in values[: len(ADDRESSES)])))


def _redacted_value(value: Any, secrets: frozenset[str]) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {redact(str(name), secrets): _redacted_value(each, secrets) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted_value(each, secrets) for each in value]
    return redact(str(value), secrets)


def redact_tracebacks() -> None:
    """From now on, what ends this process or a thread unexpectedly is written to standard error without secrets."""
    sys.excepthook = _write_traceback
    threading.excepthook = lambda args: _write_traceback(args.exc_type, args.exc_value, args.exc_traceback)


def _write_traceback(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, SystemExit | KeyboardInterrupt):
        sys.stderr.write(redacted("".join(traceback.format_exception(kind, error, trace))))
