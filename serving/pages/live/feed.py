"""News of scores, whichever process stored them: one look at the store every few seconds for all who listen here."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog
from starlette.concurrency import run_in_threadpool

from features.errors import ShipriskError
from serving.api.calls import ScoreNews

EVERY = 2.0
"""Seconds between two looks."""
AT_ONCE = 2_000
"""Scores of one look at most; more are not listed, only that there are."""
OVERLAP = 3
"""So many looks a score may come behind one with a higher id: ids are given out before they are committed."""
WAITING = 30
"""Looks that wait for a listener at most; who is slower is told that there is more."""
log = structlog.get_logger("shiprisk.feed")


@dataclass(frozen=True)
class NewsBatch:
    """What one look found.

    Attributes
    ----------
    newest : the highest id of a score that was seen: from there on a listener may ask again
    more : there is more than is listed
    """

    newest: int
    news: Sequence[ScoreNews]
    more: bool = False


class Listener:
    """What waits for one who listens."""

    def __init__(self) -> None:
        self._batches: asyncio.Queue[NewsBatch] = asyncio.Queue(WAITING)

    def put(self, batch: NewsBatch) -> None:
        """Add a batch; where too many wait, all give way to the word that there is more."""
        if self._batches.full():
            while not self._batches.empty():
                self._batches.get_nowait()
            batch = NewsBatch(batch.newest, (), more=True)
        self._batches.put_nowait(batch)

    async def next(self, seconds: float) -> NewsBatch | None:
        """The next batch, ``None`` where none comes in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._batches.get()
        return None


class ScoreFeed:
    """Looks at the store while somebody listens, and hands every listener what is new.

    Parameters
    ----------
    read : scores after an id, at most so many
    last : the id of the last score
    """

    def __init__(
        self, read: Callable[[int, int], list[ScoreNews]], last: Callable[[], int], every: float = EVERY
    ) -> None:
        self._read = read
        self._last = last
        self._every = every
        self._listeners: set[Listener] = set()
        self._looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listen(self, after: int | None = None) -> AsyncIterator[Listener]:
        """Listen from now on, or from the score after an id on. A score may come twice; none is left out."""
        listener = Listener()
        self._listeners.add(listener)
        if self._looking is None:
            newest = await run_in_threadpool(self._last)
            self._looking = self._looking or asyncio.create_task(self._look_on(newest))
        try:
            if after is not None:
                listener.put(await self._since(after))
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def _since(self, after: int) -> NewsBatch:
        found = await run_in_threadpool(self._read, after, AT_ONCE)
        if len(found) < AT_ONCE:
            return NewsBatch(max((one.score_id for one in found), default=after), found)
        return NewsBatch(await run_in_threadpool(self._last), (), more=True)

    async def _look_on(self, newest: int) -> None:
        """Look again and again, some looks back, and hand on what was not there yet."""
        ends, seen = deque([newest], OVERLAP), set[int]()
        while True:
            await asyncio.sleep(self._every)
            try:
                batch = await self._since(ends[0])
            except ShipriskError as error:
                log.warning("no news of scores", error=str(error))
                continue
            fresh = [one for one in batch.news if one.score_id not in seen]
            if fresh or batch.more:
                self._hand_out(NewsBatch(batch.newest, fresh, batch.more))
            ends = deque([batch.newest], OVERLAP) if batch.more else deque([*ends, batch.newest], OVERLAP)
            seen = {one.score_id for one in batch.news if one.score_id > ends[0]}

    def _hand_out(self, batch: NewsBatch) -> None:
        for listener in self._listeners:
            listener.put(batch)
