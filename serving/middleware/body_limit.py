"""A request body has limits, whether its length is announced or not: its size, its time, and what is in hand of all."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import KINDS, RETRY_AFTER, problem
from serving.settings import Settings

PATIENCE = 16
"""So many times the limit is read and thrown away, so that a client that is still sending gets the answer."""
BUSY = {"retry-after": str(RETRY_AFTER)}


class BodyLimitMiddleware:
    """Refuse bodies that are too large, too slow, compressed, or too many at a time, with a problem document."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._settings = settings
        self._in_hand = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, most = Headers(scope=scope), self._settings.max_body_bytes
        announced, encoding = headers.get("content-length", "0"), headers.get("content-encoding", "identity")
        in_time = _in_time(receive, self._settings.timeout, self._settings.body_rate)
        if announced.isdigit() and int(announced) > most:
            await self._drain(in_time)
            await problem(KINDS[413], self._detail(f"{int(announced):,}"))(scope, receive, send)
        elif encoding.strip().lower() not in ("", "identity"):
            await self._drain(in_time)
            detail = f"a body must be sent as it is, got the content-encoding {encoding[:40]!r}"
            await problem(KINDS[415], detail)(scope, receive, send)
        else:
            await self._counted(scope, in_time, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request have its body as far as it and all that are in hand stay within the limits."""
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            size = len(message.get("body", b""))
            received += size
            self._in_hand += size
            if received > self._settings.max_body_bytes:
                await self._drain(receive)
                raise HTTPException(413, self._detail("more"))
            if self._in_hand > self._settings.max_bodies_bytes:
                most = f"{self._settings.max_bodies_bytes:,}"
                raise HTTPException(503, f"all bodies in hand must have at most {most} bytes, got more", BUSY)
            return message

        try:
            await self.app(scope, receive_counted, send)
        finally:
            self._in_hand -= received

    def _detail(self, got: str) -> str:
        return f"a request body must have at most {self._settings.max_body_bytes:,} bytes, got {got}"

    async def _drain(self, receive: Receive) -> None:
        received = 0
        while received < PATIENCE * self._settings.max_body_bytes:
            message = await receive()
            received += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                return


def _in_time(receive: Receive, seconds: float, rate: int) -> Receive:
    """Wait only so long for each part of a body, and for all of it so long and as it takes at the slowest rate."""
    complete, received, begin = False, 0, asyncio.get_running_loop().time()

    async def receive_in_time() -> Message:
        nonlocal complete, received
        if complete:
            return await receive()
        now = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(min(now, begin + received / rate) + seconds):
                message = await receive()
        except TimeoutError as error:
            must = f"each part of a body must arrive within {seconds:g} s, and {rate:,} bytes of it in a second"
            raise HTTPException(408, f"{must}, got {received:,} bytes in all") from error
        received += len(message.get("body", b""))
        complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return receive_in_time
