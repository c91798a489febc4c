"""What takes seconds to compute, remembered for a while in this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

T = TypeVar("T")


class ShortMemory:
    """Remembers what was computed for some seconds, the latest ``most`` of it; one thing is computed at a time.

    So a page that asks for several parts at once, or thirty readers on a Monday, compute a week once.
    """

    def __init__(self, most: int, seconds: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._known: OrderedDict[Hashable, tuple[float, object]] = OrderedDict()
        self._lock = threading.Lock()

    def has(self, key: Hashable) -> bool:
        """Whether something is remembered, so that asking for it takes no time."""
        return self._fresh(key) is not None

    def get(self, key: Hashable, lasts: float | Callable[[T], float], compute: Callable[[], T]) -> T:
        """What is remembered under a key, else what is computed now and remembered for ``lasts`` seconds.

        How long may depend on what it is; no seconds, and it is computed anew the next time.
        """
        if known := self._fresh(key):  # without the lock: what is at hand does not wait for what is computed
            return cast("T", known[0])
        with self._lock:
            if known := self._fresh(key):
                return cast("T", known[0])
            value = compute()
            self._known[key] = self._seconds() + (lasts(value) if callable(lasts) else lasts), value
            self._known.move_to_end(key)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
            return value

    def _fresh(self, key: Hashable) -> tuple[object] | None:
        known = self._known.get(key)
        return (known[1],) if known is not None and self._seconds() < known[0] else None
