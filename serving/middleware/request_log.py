"""Around every request: its id, its line in the log, its count, the headers of every reply, and no traceback."""

from __future__ import annotations

from time import perf_counter

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.auth.permissions import STREAM, Route, describes_api, find_route
from serving.middleware.paths import keep_quoted
from serving.problems import as_problem, unexpected_problem
from serving.telemetry.logs import new_request_id, request_id
from serving.telemetry.metrics import REQUEST_SECONDS, REQUESTS

OTHER_ROUTES, DOCS = "other", "pages"
"""Routes that are not in the table, as metrics and logs call them."""
UNLOGGED = ("GET /health/live", "GET /health/ready", "GET /metrics")
"""Asked for again and again; no line in the log while all is well."""
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
DOCS_POLICY = (
    "default-src 'self'; img-src 'self' data:; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
    " frame-ancestors 'none'"
)
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
"""What a browser may load: nothing for a reply of the API, what the description of the API needs, and for the pages
files of the service's own alone, so that no text that came with an event can become a script or a style."""
log = structlog.get_logger("shiprisk.request")


class RequestLogMiddleware:
    """Around every layer but that of HEAD, which asks as GET does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begin, state = perf_counter(), scope.setdefault("state", {})
        current_id = new_request_id(Headers(scope=scope).get("x-request-id", ""))
        request_id.set(current_id)
        keep_quoted(scope)
        route = state["route"] = find_route(scope["method"], scope["path"])
        docs = describes_api(scope["path"])
        name = route.name if route else DOCS if docs else OTHER_ROUTES
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(MutableHeaders(scope=message), current_id, _policy(route, docs))
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            problem = as_problem(error)
            if problem is None:
                log.exception("a request failed", route=name)
            if not status:
                await (problem or unexpected_problem())(scope, receive, send_with_headers)
        finally:
            _count(name, status, perf_counter() - begin, state)


def _policy(route: Route | None, docs: bool) -> str:
    return DOCS_POLICY if docs else PAGE_POLICY if route and route.is_page else API_POLICY


def _add_headers(headers: MutableHeaders, current_id: str, policy: str) -> None:
    headers["x-request-id"] = current_id
    for header, value in SECURITY_HEADERS.items():
        headers[header] = value
    headers["content-security-policy"] = policy
    if policy == PAGE_POLICY:  # without one a browser hides from its own service where a form comes from
        headers["referrer-policy"] = "same-origin"
    if policy != DOCS_POLICY:
        headers.setdefault("cache-control", "no-store")


def _count(name: str, status: int, seconds: float, state: dict[str, object]) -> None:
    REQUESTS.labels(name, str(status)).inc()
    if name != STREAM:  # how long somebody listened says nothing of how fast the service is
        REQUEST_SECONDS.labels(name).observe(seconds)
    if status < 400 and name in UNLOGGED:
        return
    caller = state.get("caller")
    log.info("request", route=name, status=status, ms=round(seconds * 1000, 2), who=getattr(caller, "id", ""))
