"""LightGBM, or a sentence that says what it needs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from features.errors import LibraryMissing


@lru_cache(maxsize=1)
def load_lightgbm() -> Any:
    """The module. Raises ``LibraryMissing`` on a machine without the OpenMP runtime it is linked to."""
    try:
        import lightgbm as module
    except OSError as error:
        raise LibraryMissing(
            f"LightGBM needs the OpenMP runtime libgomp on this machine, got: {error}. "
            "Install it with the system's package manager: libgomp1 on Debian and Ubuntu, libgomp on Fedora, "
            "libomp on macOS"
        ) from error
    return module
