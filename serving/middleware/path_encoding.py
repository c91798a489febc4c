"""The path of a request is UTF-8: other bytes would fall together, and two orders be one.

Nor has an address a NUL character: no database keeps one in a text, and each says so in its own way.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from features.errors import InvalidRequest
from serving.problems import KINDS, problem


class PathEncodingMiddleware:
    """Refuse requests whose decoded path is no UTF-8, or whose address has a NUL character, with a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path") or b""
        try:
            unquote_to_bytes(raw).decode()
        except UnicodeDecodeError as error:
            detail = f"the path must be UTF-8, percent-encoded, got the byte %{error.object[error.start]:02X}"
            await problem(KINDS[400], detail)(scope, receive, send)
            return
        if b"%00" in raw or b"%00" in scope.get("query_string", b""):
            detail = "the address must have no NUL character, got one, %00"
            await problem(KINDS[InvalidRequest], detail)(scope, receive, send)
            return
        await self.app(scope, receive, send)
