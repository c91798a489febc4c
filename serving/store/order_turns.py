"""Turns: requests about one order wait for each other on the event loop, with no thread and no connection in hand."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from serving.store.group_commit import TurnTimeout

ORDER_TIMEOUT = 30
"""Seconds that a request waits for the turn of its order: longer than for one to write, as it costs nothing to wait."""


class OrderTurns:
    """One request about an order at a time, in the order in which they come, so that many leave others their room.

    It spares threads and connections. That no two processes write one order at once is for its lock in the database.

    Parameters
    ----------
    timeout : seconds in which a turn must come
    """

    def __init__(self, timeout: float = ORDER_TIMEOUT) -> None:
        self._timeout = timeout
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: Counter[str] = Counter()

    @asynccontextmanager
    async def of(self, order_ids: Iterable[str]) -> AsyncIterator[None]:
        """Have the turn of some orders. Raises ``TurnTimeout`` where it does not come in time."""
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self._timeout):
                    for order_id in sorted(set(order_ids)):  # in one order, so that no two wait for each other
                        await stack.enter_async_context(self._turn(order_id))
            except TimeoutError as error:
                raise TurnTimeout(
                    f"a request must be begun within {self._timeout:g} s, got no turn: it can be sent again"
                ) from error
            yield

    @asynccontextmanager
    async def _turn(self, order_id: str) -> AsyncIterator[None]:
        lock = self._locks.setdefault(order_id, asyncio.Lock())
        self._users[order_id] += 1
        try:
            async with lock:
                yield
        finally:
            self._users[order_id] -= 1
            if not self._users[order_id]:
                del self._users[order_id], self._locks[order_id]
