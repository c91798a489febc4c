"""So many requests a key, and so many a network address without one. Each process counts for itself."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter


@dataclass(frozen=True)
class Quota:
    """What is left of a limit.

    Attributes
    ----------
    resets_in : whole seconds after which there is room again
    """

    allowed: bool
    name: str
    limit: int
    window: int
    left: int
    resets_in: int

    def headers(self) -> dict[str, str]:
        """As the IETF's draft of RateLimit headers has them, and Retry-After where there is none left."""
        fields = {
            "ratelimit-policy": f'"{self.name}";q={self.limit};w={self.window}',
            "ratelimit": f'"{self.name}";r={self.left};t={self.resets_in}',
        }
        return fields if self.allowed else fields | {"retry-after": str(self.resets_in)}


class RateLimiter:
    """Counts requests by who makes them.

    Parameters
    ----------
    name : what is counted, as the headers call it
    limit : such as ``12000/minute``
    """

    def __init__(self, name: str, limit: str) -> None:
        self._name = name
        self._item = parse(limit)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def hit(self, who: str) -> Quota:
        """Count a request; whether it may go on."""
        return self._quota(self._limiter.hit(self._item, who), who)

    def peek(self, who: str) -> Quota:
        """Whether one more may go on, without counting it."""
        return self._quota(self._limiter.test(self._item, who), who)

    def _quota(self, allowed: bool, who: str) -> Quota:
        resets_at, left = self._limiter.get_window_stats(self._item, who)
        resets_in = max(1, math.ceil(resets_at - time.time()))
        return Quota(allowed, self._name, self._item.amount, self._item.get_expiry(), left, resets_in)
