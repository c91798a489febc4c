"""What runs while the service does."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from serving.scores.keeper import Background, keep_fresh, run_repeatedly
from serving.scores.services import Services


def follow_contexts(services: Services, stop: threading.Event) -> None:
    """Take over each morning's load and track record, which another process makes, until ``stop`` is set."""

    def step() -> int:
        services.daily_context.refresh()
        return 0

    run_repeatedly(step, stop)


def build_lifespan(
    services: Services, keeps: bool, background: Background = ()
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """While the service runs, a thread keeps its scores fresh, or follows who does; and so does the background."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        stop = threading.Event()
        look = keep_fresh if keeps else follow_contexts
        thread = threading.Thread(target=look, args=(services, stop), name="freshness", daemon=True)
        thread.start()
        try:
            with ExitStack() as stack:
                for run in background:
                    stack.enter_context(run())
                yield
        finally:
            stop.set()
            await run_in_threadpool(thread.join, 20)
            services.database.close()

    return life
