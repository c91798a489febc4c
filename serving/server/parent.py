"""A process ends with the one that started it, killed or not, and however early."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing import parent_process
from multiprocessing.connection import wait


class ParentWatch:
    """Ends this process with the one that started it: at once while it loads, and as when told to once it is loaded.

    Parameters
    ----------
    wait_for_end : returns once the other process is gone, at once if it is
    stop : has this one end after what it is at
    """

    def __init__(self, wait_for_end: Callable[[], object], stop: Callable[[], object]) -> None:
        self._wait_for_end = wait_for_end
        self._stop = stop
        self._grace: float | None = None
        threading.Thread(target=self._watch, name="parent", daemon=True).start()

    def loaded(self, grace: float) -> None:
        """From now on this process has so many seconds for what it is at."""
        self._grace = grace

    def _watch(self) -> None:
        self._wait_for_end()
        if self._grace is not None:
            self._stop()
            threading.Event().wait(self._grace)
        os._exit(1)  # it has nothing in hand, or hangs


def watch_starter() -> ParentWatch:
    """Of a process that ``multiprocessing`` started: the system closes a pipe when the other ends."""
    parent = parent_process()
    sentinels = [parent.sentinel] if parent else []
    return ParentWatch(lambda: wait(sentinels) if sentinels else threading.Event().wait(), _terminate)


def watch_input(stop: Callable[[], object]) -> ParentWatch:
    """Of a process whose standard input is held by the one that started it."""
    return ParentWatch(_read_to_end, stop)


def _terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _read_to_end() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
