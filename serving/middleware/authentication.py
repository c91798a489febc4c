"""Who may come in: before a body is read, a request shows its key, and what the key opens is looked up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.errors import ShipriskError
from serving.auth.api_keys import ApiKeys
from serving.auth.permissions import SIGN_IN, Route, describes_api
from serving.auth.sessions import Sessions
from serving.clock import system_clock
from serving.middleware.rate_limit import Quota, RateLimiter
from serving.principal import NOBODY, Caller
from serving.problems import KINDS, problem
from serving.settings import Settings
from serving.store.database import Database
from serving.store.tables.audit import AuditRecord, record
from serving.telemetry.logs import request_id

CHALLENGE = {"www-authenticate": 'Bearer realm="shiprisk"'}
WRONG = {"www-authenticate": 'Bearer realm="shiprisk", error="invalid_token"'}
SESSION = "shiprisk_session"
"""The cookie of a browser that has signed in."""
MUST = "a request must have a key that holds in 'Authorization: Bearer KEY' or 'X-API-Key'"


class CallerFinder(Protocol):
    """Finds who calls: ``ApiKeys`` by a key, ``Sessions`` by the session of a browser."""

    def cached(self, token: str) -> Caller | None: ...

    def find(self, token: str) -> Caller | None: ...


class AuthenticationMiddleware:
    """Lets requests in with a caller, or refuses them with a problem document.

    Parameters
    ----------
    database : where keys are stored and refusals are recorded; ``None`` asks nobody for a key
    """

    def __init__(self, app: ASGIApp, settings: Settings, database: Database | None) -> None:
        self.app = app
        self._database = database
        self._keys = ApiKeys(database) if database else None
        self._sessions = Sessions(database) if database else None
        self._by_key = RateLimiter("key", settings.rate_limit)
        self._by_address = RateLimiter("address", settings.rate_limit_address)
        self._timeout = settings.timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["state"]["caller"] = NOBODY
        route: Route | None = scope["state"]["route"]
        if self._keys is not None and route and route.name == SIGN_IN:
            await self._try_key(scope, _with_timeout(receive, self._timeout), send)
            return
        if self._keys is None or self._sessions is None or (route and not route.roles) or describes_api(scope["path"]):
            await self.app(scope, _with_timeout(receive, self._timeout), send)
            return
        page = route is not None and route.is_page
        token = session_token(Headers(scope=scope)) if page else _token(Headers(scope=scope))
        finder: CallerFinder = self._sessions if page else self._keys
        caller, quota = await self._identify(finder, token, _address(scope))
        if isinstance(caller, Response):
            await caller(scope, receive, send)
            return
        scope["state"]["caller"] = caller
        scope["state"]["find_again"] = partial(_find, finder, token)
        refusal = _refusal(caller, route, quota)
        if refusal is not None:
            await self._record(caller, route, refusal.status_code)
            await refusal(scope, receive, send)
            return
        await self.app(scope, _with_timeout(receive, self._timeout), _with_headers(quota.headers(), send))

    async def _try_key(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A sign-in; one with a key that does not hold counts against its address, as a request with it does."""
        quota = self._by_address.peek(_address(scope))
        if not quota.allowed:
            await _too_many(quota)(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 401:
                self._by_address.hit(_address(scope))
            await send(message)

        await self.app(scope, receive, counted)

    async def _identify(self, keys: CallerFinder, token: str, address: str) -> tuple[Caller | Response, Quota]:
        """Who it is, or why nobody knows. Only requests without a key that holds count against their address."""
        caller = keys.cached(token) if token else None
        if caller is None:
            quota = self._by_address.peek(address)
            if not quota.allowed:
                return _too_many(quota), quota
            caller = await run_in_threadpool(keys.find, token) if token else None
        if caller is None:
            quota = self._by_address.hit(address)
            return _no_key(token), quota
        return caller, self._by_key.hit(caller.id)

    async def _record(self, caller: Caller, route: Route | None, status: int) -> None:
        """A key that tries what it may not is in the audit trail, where there is a database to write it to."""
        if status != 403 or self._database is None or route is None:
            return
        entry = AuditRecord(system_clock(), caller.id, route.name, str(status), request_id=request_id.get())
        try:
            await run_in_threadpool(self._database.write, lambda connection: record(connection, entry))
        except ShipriskError:
            return


async def _find(finder: CallerFinder, token: str) -> Caller | None:
    """Who it is now: a reply that takes long asks again, for a key or a session may have ended meanwhile."""
    return finder.cached(token) or await run_in_threadpool(finder.find, token)


def session_token(headers: Headers) -> str:
    """What a browser holds that has signed in; empty where it has not."""
    return cookie_parser(headers.get("cookie", "")).get(SESSION, "")


def _address(scope: Scope) -> str:
    return str((scope.get("client") or ("unknown",))[0])


def _token(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()


def _no_key(token: str) -> Response:
    got = "one that does not: it is unknown, expired or revoked" if token else "none"
    return problem(KINDS[401], f"{MUST}, got {got}", WRONG if token else CHALLENGE)


def _too_many(quota: Quota) -> Response:
    limit = f"{quota.limit:,} requests in {quota.window} s"
    detail = f"there must be at most {limit} a {quota.name}, got more; come back in {quota.resets_in} s"
    return problem(KINDS[429], detail, quota.headers())


def _refusal(caller: Caller, route: Route | None, quota: Quota) -> Response | None:
    if not quota.allowed:
        return _too_many(quota)
    if route is None:
        return None
    if not route.allows_role(caller):
        detail = f"{route.name} must be called by {' or '.join(sorted(route.roles))}, got a key of {caller.role}"
    elif not route.allows_plants(caller):
        detail = f"{route.name} must be called with a key for all plants, got one for some"
    else:
        return None
    return problem(KINDS[403], detail)


def _with_timeout(receive: Receive, seconds: float) -> Receive:
    """Wait only so long for each part of a body."""
    complete = False

    async def receive_in_time() -> Message:
        nonlocal complete
        if complete:
            return await receive()
        try:
            async with asyncio.timeout(seconds):
                message = await receive()
        except TimeoutError as error:
            raise HTTPException(408, f"each part of a body must arrive within {seconds:g} s, got nothing") from error
        complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return receive_in_time


def _with_headers(headers: Mapping[str, str], send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
        await send(message)

    return send_with_headers
