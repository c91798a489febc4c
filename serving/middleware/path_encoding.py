"""The path of a request is UTF-8: other bytes would fall together, and two orders be one."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.problems import KINDS, problem


class PathEncodingMiddleware:
    """Refuse requests whose decoded path is no UTF-8, with a problem document."""

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
        await self.app(scope, receive, send)
