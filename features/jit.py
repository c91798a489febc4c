"""Compiled loops, kept on disk under the code they were compiled from.

numba keeps machine code by the file a function stands in, but bakes into it what the function reads of other modules:
the numbers of event types and words, and the functions it calls. Here the place where it is kept names the whole
package's code, so that a change anywhere compiles anew. A loop of another package is kept under the code of its own
file as well; it has no say in what a signal is.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from numba import config, njit

F = TypeVar("F", bound=Callable[..., Any])


@lru_cache
def package_code(*without: str) -> bytes:
    """Every module of this package but those of these names, one after another."""
    return b"".join(
        path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*.py")) if path.name not in without
    )


@lru_cache
def _place(file: Path) -> str:
    """Where machine code of this very code is kept."""
    here = Path(__file__).parent
    base = os.environ.get("NUMBA_CACHE_DIR") or str(here / "__pycache__")
    own = b"" if file.is_relative_to(here) else file.read_bytes()
    return str(Path(base) / f"compiled-{hashlib.sha256(package_code() + own).hexdigest()[:16]}")


def compiled(function: F) -> F:
    """Compile a loop on its first call, without Python's lock, and keep the machine code."""
    return _kept(function)


def compiled_inline(function: F) -> F:
    """The same, written out where it is called."""
    return _kept(function, inline="always")


def _kept(function: F, **options: Any) -> F:
    """numba asks for the place while it decorates; other packages' loops are kept where they always were."""
    usual = config.CACHE_DIR
    config.CACHE_DIR = _place(Path(function.__code__.co_filename))
    try:
        made: F = njit(cache=True, nogil=True, **options)(function)
        return made
    finally:
        config.CACHE_DIR = usual
