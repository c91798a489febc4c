"""Problems of pages as pages: whatever layer refuses, a person reads what is wrong and what to do."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.middleware.paths import is_of_a_browser
from serving.pages.locale.texts import gettext, message
from serving.pages.rendering import is_by_script, render
from serving.pages.rows import path_of
from serving.problems import MEDIA_TYPE

ADVICE = {
    403: message("Your key does not open this, or the page is too old. Go back, reload, or sign in with another key."),
    404: message("There is no such order or page, or none that you may see."),
    405: message("This address takes what a form sends, and has no page to read."),
    412: message("Somebody recorded something about the order since you opened it. Look at it again, then decide."),
    413: message("What was sent is too large."),
    422: message("What was asked for cannot be done as it stands."),
    429: message("There were too many requests. Wait a moment, then reload."),
    503: message("The service is not ready. Reload in a few seconds."),
    507: message("The database is full. Nothing was stored; tell who runs the service."),
}
"""By status, what it means to who reads it."""
UNEXPECTED = message("Something went wrong here. Reload; if it stays, give the number below to who runs the service.")
TITLES = {404: message("There is no such page"), 405: message("There is no page here")}
"""By status, what stands above the advice in the place of the API's words."""
SILENT = (404,)
"""Said without details: they would tell whether there is an order that one may not see."""


class ProblemPagesMiddleware:
    """Turns problem documents that leave on the route of a page into pages, and sends to the sign-in who has none."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def hold_problems(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(scope, Headers(raw=message["headers"])):
                held.append(message)
            elif not held:
                await send(message)
            elif message["type"] == "http.response.body":
                held.append(message)

        await self.app(scope, receive, hold_problems)
        if held:
            body = b"".join(message.get("body", b"") for message in held[1:])
            await _page(Request(scope, receive), held[0], orjson.loads(body))(scope, receive, send)


def _is_problem(scope: Scope, headers: Headers) -> bool:
    """Of a page, or of an address that is nobody's, where a browser asks for it."""
    if headers.get("content-type") != MEDIA_TYPE:
        return False
    route = scope.get("state", {}).get("route")
    return is_of_a_browser(scope) if route is None else bool(route.is_page)


def _page(request: Request, start: Message, problem: dict[str, Any]) -> Response:
    status: int = problem["status"]
    response = _sign_in(request) if status == 401 else _problem(request, status, problem)
    own = Headers(raw=response.raw_headers)
    response.raw_headers += [
        (name, value)
        for name, value in start["headers"]
        if name.decode().lower() not in {*own.keys(), "content-length"}
    ]
    return response


def _sign_in(request: Request) -> Response:
    """To the sign-in, and from there back; a form is not sent again."""
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "") if request.method == "GET" else "/"
    address = f"/sign-in?next={quote(back, safe='')}" if back != "/" else "/sign-in"
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"hx-redirect": "/sign-in"})
    return RedirectResponse(address, 303)


def _problem(request: Request, status: int, problem: dict[str, Any]) -> Response:
    errors = [str(error["detail"]) for error in problem.get("errors") or []]
    detail = "" if status in TITLES else problem["detail"]
    order_path = request.scope.get("path_params", {}).get("order_id") if status not in SILENT else None
    return render(
        request,
        "parts/problem.html" if is_by_script(request) else "problem.html",
        status,
        back=path_of(order_path) if order_path else "",
        title=gettext(TITLES[status]) if status in TITLES else problem["title"],
        advice=gettext(ADVICE.get(status, UNEXPECTED)),
        errors=errors or ([detail] if detail and status < 500 else []),
        number=problem.get("request_id", "") if status >= 500 else "",
    )
