"""A worker, one of several processes that answer: what it is made of is imported once it ends with who started it."""

from __future__ import annotations

from typing import Any

from serving.server.parent import watch_starter

MERCY = 30
"""Seconds that a worker has to end, beside those that its requests have, before it is ended."""


def build() -> Any:
    """The whole service, as the environment has it; what uvicorn calls in each worker."""
    watch = watch_starter()
    import structlog

    from serving.bootstrap import build_warm_app
    from serving.settings import Settings
    from serving.telemetry.logs import log_to
    from serving.telemetry.redaction import redact_tracebacks

    settings = Settings()
    log_to(level=settings.log_level)
    redact_tracebacks()
    try:
        app = build_warm_app(settings)
    except Exception:
        structlog.get_logger("shiprisk.worker").exception("a process of the service could not be started")
        raise SystemExit(1) from None  # whoever started it would print the traceback with all that is in it
    watch.loaded(settings.grace + MERCY)
    return app
