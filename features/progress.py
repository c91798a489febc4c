"""How far a long computation is: one type for whoever computes and whoever shows it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the parts that are done, and the parts in all."""


def no_progress(_what: str, _done: int, _parts: int) -> None:
    """Show nothing."""
