"""A request body has a limit, whether its length is announced or not."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import KINDS, problem

PATIENCE = 16
"""So many times the limit is read and thrown away, so that a client that is still sending gets the answer."""


class BodyLimitMiddleware:
    """Refuse bodies over ``max_bytes`` with a problem document."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self.max_bytes:
            await self._drain(receive)
            detail = self._detail(f"{int(announced):,}")
            await problem(KINDS[413], detail)(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                await self._drain(receive)
                raise HTTPException(413, self._detail("more"))
            return message

        await self.app(scope, counted, send)

    def _detail(self, got: str) -> str:
        return f"a request body must have at most {self.max_bytes:,} bytes, got {got}"

    async def _drain(self, receive: Receive) -> None:
        received = 0
        while received < PATIENCE * self.max_bytes:
            message = await receive()
            received += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                return
