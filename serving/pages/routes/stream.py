"""New scores as they are stored: server-sent events, which a page marks its rows by."""

from __future__ import annotations

import re
import signal
from collections import Counter
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import StreamingResponse

from serving.pages.live.feed import NewsBatch, ScoreFeed
from serving.pages.wording import percent, step_of
from serving.principal import Caller, CurrentCaller
from serving.problems import NotReady

router = APIRouter()
EVENT_STREAM = "text/event-stream"
HEARTBEAT = 15.0
"""Seconds after which a line is sent that says nothing, so that whatever lies between keeps the connection."""
LOOKS = 1.0
"""Seconds after which it is noticed that the service ends."""
COMES_BACK = 5_000
"""Milliseconds after which a browser that was cut off comes back."""
LASTS = 600.0
"""Seconds of one reply; the browser comes back, and is counted against its key's limit."""
LARGEST = 2**62
SCORE_NUMBER = re.compile("[0-9]{1,19}")
"""What an id of an event may be, as far as a store can have it; a browser that sends another has seen nothing."""
MOST, MOST_A_KEY = 200, 20
"""Listeners of a process, and those of one key."""


class StreamPlaces:
    """Counts who listens to this process."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def take(self, caller: Caller) -> None:
        """Take a place. Raises ``NotReady`` where there is none."""
        if self._taken.total() >= MOST or self._taken[caller.id] >= MOST_A_KEY:
            raise NotReady(f"at most {MOST} may listen to a process, and {MOST_A_KEY} of a key, got one more")
        self._taken[caller.id] += 1

    def leave(self, caller: Caller) -> None:
        """Give it back."""
        self._taken[caller.id] -= 1
        self._taken += Counter()


@router.get("/stream")
async def get_stream(
    request: Request,
    caller: CurrentCaller,
    after: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
    last_event_id: Annotated[str, Header()] = "",
) -> StreamingResponse:
    """The risks of orders that the caller may see, as they are scored: from the last one that the browser saw on."""
    seen = int(last_event_id) if SCORE_NUMBER.fullmatch(last_event_id) else None
    since = after if seen is None or seen > LARGEST else seen
    places: StreamPlaces = request.app.state.places
    places.take(caller)
    headers = {"x-accel-buffering": "no"}
    return StreamingResponse(_listen(request, caller, since, places), media_type=EVENT_STREAM, headers=headers)


async def _listen(request: Request, caller: Caller, after: int | None, places: StreamPlaces) -> AsyncIterator[bytes]:
    feed: ScoreFeed = request.app.state.feed
    begin = sent = monotonic()
    try:
        yield b"retry: %d\n\n" % COMES_BACK
        async with feed.listen(after) as listener:
            while not is_stopping() and monotonic() - begin < LASTS:
                batch = await listener.next(LOOKS)
                if batch is None and monotonic() - sent < HEARTBEAT:
                    continue
                if not await _may_listen(request, caller):
                    return
                yield b": still here\n\n" if batch is None else write_event(batch, caller)
                sent = monotonic()
    finally:
        places.leave(caller)


async def _may_listen(request: Request, caller: Caller) -> bool:
    """Whether the caller still is who they were when they came in."""
    find_again = getattr(request.state, "find_again", None)
    return find_again is None or await find_again() == caller


def write_event(batch: NewsBatch, caller: Caller) -> bytes:
    """A batch as an event: by order its latest risk, of those that the caller may see."""
    latest = {one.order_id: one for one in batch.news if caller.sees(one.plants)}
    rows = [[one.order_id, one.score_id, one.risk, percent(one.risk), step_of(one.risk)] for one in latest.values()]
    data = orjson.dumps({"scores": rows, "more": batch.more})
    return b"id: %d\ndata: %s\n\n" % (batch.newest, data)


def is_stopping() -> bool:
    """Whether the server of this process was told to end; it waits for what runs, so that a stream must end itself."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return bool(getattr(server, "should_exit", False))
