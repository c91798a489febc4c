"""Threads for large bodies: a few at a time, so that those of one caller keep nobody else waiting."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

T = TypeVar("T")
QUICK = 64 * 1024
"""Bytes of a body that is read at once; a larger one in a thread, so that others are not kept waiting."""
AT_A_TIME = 2
"""So many large bodies are read by a process at a time; the next ones wait as bytes."""


@cache
def _places() -> CapacityLimiter:
    """Made within a loop, as it must be; a process has one."""
    return CapacityLimiter(AT_A_TIME)


async def read_aside(size: int, job: Callable[[], T]) -> T:
    """What a job makes of a body of so many bytes, in a thread where it is large."""
    return job() if size <= QUICK else await run_sync(job, limiter=_places())
