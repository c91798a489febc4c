"""Who may call, as a whole: read from the store every few seconds, so that no guess costs a look of its own."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from typing import NamedTuple

from features.times import SECOND
from serving.clock import Clock
from serving.principal import Caller

CACHE_TIME = 5 * SECOND
"""So long what was read counts: a revocation holds after that, in every process."""


def digest(token: str) -> bytes:
    """What is stored of a token, and what it is found by."""
    return hashlib.sha256(token.encode()).digest()


class KnownCaller(NamedTuple):
    """The caller of a token, and until when it holds, microseconds."""

    caller: Caller
    expires_at: int


class CallerDirectory:
    """The callers of every token that holds.

    A token that is in it costs a look into memory. One that is not is looked for once more in the store, as it may be
    new, and all that are looked for at the same time share that one read, its failure too.

    Parameters
    ----------
    read : gives the callers of all tokens that hold at a moment, by digest
    form : how a token is written; nothing is read for what is none
    """

    def __init__(self, read: Callable[[int], dict[bytes, KnownCaller]], form: re.Pattern[str], clock: Clock) -> None:
        self._read = read
        self._form = form
        self._clock = clock
        self._known: dict[bytes, KnownCaller] = {}
        self._read_at: int | None = None
        self._reads = 0
        self._failed: Exception | None = None
        self._turn = threading.Lock()

    def cached(self, token: str) -> Caller | None:
        """The caller of a token that holds, as far as is known without asking the database."""
        return self._look_up(token) if self.read_within(CACHE_TIME) else None

    def read_within(self, time: int) -> bool:
        """Whether the store was read so lately, microseconds."""
        return self._read_at is not None and self._clock() - self._read_at < time

    def find(self, token: str) -> Caller | None:
        """The caller of a token, ``None`` where it holds no more. Raises ``DatabaseUnavailable``: nobody comes in."""
        reads = self._reads
        if (known := self.cached(token)) or not self._form.fullmatch(token):
            return known
        with self._turn:
            if self._reads == reads:
                self._refresh()
            elif self._failed is not None:
                raise self._failed
            elif not self.read_within(CACHE_TIME):
                self._refresh()
        return self._look_up(token)

    def _refresh(self) -> None:
        self._reads += 1
        now = self._clock()
        try:
            self._known, self._read_at, self._failed = self._read(now), now, None
        except Exception as error:
            self._failed = error
            raise

    def _look_up(self, token: str) -> Caller | None:
        known = self._known.get(digest(token))
        return known.caller if known and self._clock() < known.expires_at else None
