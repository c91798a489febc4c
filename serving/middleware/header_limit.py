"""The headers of a request have a limit, its address included."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.problems import KINDS, problem
from serving.settings import Settings


class HeaderLimitMiddleware:
    """Refuse requests whose headers are too many or too long, with a problem document."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._bytes = settings.max_header_bytes
        self._fields = settings.max_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope.get("headers", ())
        size = sum(len(name) + len(value) for name, value in headers)
        size += len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
        if scope["type"] != "http" or (size <= self._bytes and len(headers) <= self._fields):
            await self.app(scope, receive, send)
            return
        must = f"a request must have at most {self._fields} headers and {self._bytes:,} bytes of them"
        await problem(KINDS[431], f"{must}, got {len(headers):,} and {size:,}")(scope, receive, send)
