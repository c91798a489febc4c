"""Questions about what might be are answered one at a time: each copies the history of its orders many times."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from serving.problems import Busy

WAITING = 8
"""So many questions of a process wait for their turn; whoever comes then is to come again."""
PATIENCE = 15.0
"""Seconds that a question waits."""


class Turns:
    """One holds the turn, a few wait for it, the others raise ``Busy``."""

    def __init__(self, waiting: int = WAITING, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._places = threading.BoundedSemaphore(1 + waiting)
        self._turn = threading.Lock()

    @contextmanager
    def turn(self, patience: float | None = None) -> Iterator[None]:
        """Wait for the turn and hold it. Raises ``Busy`` where too many wait, or those before take too long."""
        seconds = self._patience if patience is None else patience
        if not self._places.acquire(blocking=False):
            raise Busy("what-if and moves are answered one by one, and enough of them wait")
        try:
            if not self._turn.acquire(timeout=seconds):
                raise Busy(f"what-if and moves are answered one by one, and those before took {seconds:.0f} s")
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._places.release()


TURNS = Turns()
"""Those of this process."""
