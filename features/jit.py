"""Compiled loops, kept on disk under the code they were compiled from.

numba keeps machine code by the file a function stands in, but bakes into it what the function reads of other modules:
the numbers of event types and words, and the functions it calls. Here the place where it is kept names the code of all
that computes signals, as it is written, so that a change there compiles anew. A loop of another package is kept under
the code of its own file as well; it has no say in what a signal is.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from numba import config, njit

from features.source import PACKAGE, written_code

F = TypeVar("F", bound=Callable[..., Any])


@lru_cache
def _place(file: Path) -> str:
    """Where machine code of this very code is kept."""
    base = os.environ.get("NUMBA_CACHE_DIR") or str(PACKAGE / "__pycache__")
    own = b"" if file.is_relative_to(PACKAGE) else file.read_bytes()
    return str(Path(base) / f"compiled-{hashlib.sha256(written_code() + own).hexdigest()[:16]}")


def compiled(function: F) -> F:
    """Compile a loop on its first call, without Python's lock, and keep the machine code."""
    return _njit(function)


def compiled_inline(function: F) -> F:
    """Compile a loop that is written out where other loops call it."""
    return _njit(function, inline="always")


def _njit(function: F, **options: Any) -> F:
    """numba asks for the place while it decorates; other packages' loops are kept where they always were."""
    usual = config.CACHE_DIR
    config.CACHE_DIR = _place(Path(function.__code__.co_filename))
    try:
        loop: F = njit(cache=True, nogil=True, **options)(function)
        return loop
    finally:
        config.CACHE_DIR = usual
