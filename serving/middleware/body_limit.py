"""A request body has a limit, whether its length is announced or not."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import problem

PATIENCE = 16
"""So many times the limit is read and thrown away, so that a client that is still sending gets the answer."""


class BodyLimit:
    """Refuse bodies over ``most`` bytes with a problem document."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self.most:
            await self._drain(receive)
            detail = self._detail(f"{int(announced):,}")
            await problem(413, "too-large", "The request is too large", detail)(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.most:
                await self._drain(receive)
                raise HTTPException(413, self._detail("more"))
            return message

        await self.app(scope, counted, send)

    def _detail(self, got: str) -> str:
        return f"a request body must have at most {self.most:,} bytes, got {got}"

    async def _drain(self, receive: Receive) -> None:
        taken = 0
        while taken < PATIENCE * self.most:
            message = await receive()
            taken += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                return
