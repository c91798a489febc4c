"""Independent jobs side by side. What they do inside numpy, Arrow and compiled loops runs without Python's lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
WORTH_IT = 100_000
"""Rows below which a job is quicker done than handed over."""


def side_by_side(
    job: Callable[[A], B], subjects: Iterable[A], rows: int = WORTH_IT, threads: int = CORES
) -> Iterator[B]:
    """``job`` of each subject, in their order; ``rows`` is how much each of them has to do."""
    if rows < WORTH_IT or threads == 1:
        yield from map(job, subjects)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(job, subjects)
