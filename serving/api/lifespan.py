"""What runs while the service does."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from serving.scores.keeper import Beside, again_and_again, keep_fresh
from serving.scores.services import Wiring


def follow_mornings(wired: Wiring, stop: threading.Event) -> None:
    """Take over each morning's load and track record, which another process makes, until told to stop."""

    def step() -> int:
        wired.mornings.refresh()
        return 0

    again_and_again(step, stop)


def lifespan(wired: Wiring, keeps: bool, beside: Beside = ()) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """While the service runs, a thread keeps its scores fresh, or follows who does; and so does what runs beside it."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        stop = threading.Event()
        look = keep_fresh if keeps else follow_mornings
        thread = threading.Thread(target=look, args=(wired, stop), name="freshness", daemon=True)
        thread.start()
        try:
            with ExitStack() as stack:
                for run in beside:
                    stack.enter_context(run())
                yield
        finally:
            stop.set()
            await run_in_threadpool(thread.join, 20)
            wired.database.close()

    return life
