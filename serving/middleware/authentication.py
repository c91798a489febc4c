"""Who may come in: before a body is read, a request shows its key, and what the key opens is looked up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.errors import ShipriskError
from serving.auth.api_keys import Keys
from serving.auth.permissions import Route, is_page
from serving.clock import system_clock
from serving.middleware.loopback import is_loopback
from serving.middleware.rate_limit import Quota, Throttle
from serving.principal import NOBODY, Caller
from serving.problems import problem
from serving.settings import Settings
from serving.store.database import Database
from serving.store.tables.audit import Entry, note
from serving.telemetry.logs import request_id

CHALLENGE = {"www-authenticate": 'Bearer realm="shiprisk"'}
WRONG = {"www-authenticate": 'Bearer realm="shiprisk", error="invalid_token"'}
MUST = "a request must have a key that holds in 'Authorization: Bearer KEY' or 'X-API-Key'"


class Gate:
    """Lets requests in with a caller, or refuses them with a problem document.

    Parameters
    ----------
    database : where keys are kept and refusals are noted; ``None`` asks nobody for a key
    """

    def __init__(self, app: ASGIApp, settings: Settings, database: Database | None) -> None:
        self.app = app
        self._database = database
        self._keys = Keys(database) if database else None
        self._by_key = Throttle("key", settings.rate_limit)
        self._by_address = Throttle("address", settings.rate_limit_address)
        self._patience = settings.timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["state"]["caller"] = NOBODY
        route: Route | None = scope["state"]["route"]
        if self._keys is None or (route and not route.roles) or is_page(scope["path"]):
            await self.app(scope, _patient(receive, self._patience), send)
            return
        found, quota = await self._who(self._keys, scope)
        if isinstance(found, Response):
            await found(scope, receive, send)
            return
        scope["state"]["caller"] = found
        refused = _refusal(found, route, quota)
        if refused is not None:
            await self._note(found, route, refused.status_code)
            await refused(scope, receive, send)
            return
        await self.app(scope, _patient(receive, self._patience), _with(quota.headers(), send))

    async def _who(self, keys: Keys, scope: Scope) -> tuple[Caller | Response, Quota]:
        """Who it is, or why nobody knows. Only requests without a key that holds count against their address."""
        token, address = _token(Headers(scope=scope)), str((scope.get("client") or ("unknown",))[0])
        found = keys.known(token) if token else None
        if found is None:
            room = self._by_address.look(address)
            if not room.allowed:
                return _too_many(room), room
            found = await run_in_threadpool(keys.find, token) if token else None
        if found is None:
            room = self._by_address.take(address)
            return _unknown(token), room
        return found, self._by_key.take(found.id)

    async def _note(self, caller: Caller, route: Route | None, status: int) -> None:
        """A key that tries what it may not is in the audit trail, where there is a database to write it to."""
        if status != 403 or self._database is None or route is None:
            return
        entry = Entry(system_clock(), caller.id, route.name, str(status), request_id=request_id.get())
        try:
            await run_in_threadpool(self._database.write, lambda connection: note(connection, entry))
        except ShipriskError:
            return


def _token(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()


def _unknown(token: str) -> Response:
    got = "one that does not: it is unknown, expired or revoked" if token else "none"
    return problem(401, "no-key", "A key is needed", f"{MUST}, got {got}", WRONG if token else CHALLENGE)


def _too_many(quota: Quota) -> Response:
    limit = f"{quota.limit:,} requests in {quota.window} s"
    detail = f"there must be at most {limit} a {quota.name}, got more; come back in {quota.resets_in} s"
    return problem(429, "too-many", "Too many requests", detail, quota.headers())


def _refusal(caller: Caller, route: Route | None, quota: Quota) -> Response | None:
    if not quota.allowed:
        return _too_many(quota)
    if route is None:
        return None
    if not route.opens_to(caller):
        detail = f"{route.name} must be called by {' or '.join(sorted(route.roles))}, got a key of {caller.role}"
    elif not route.is_whole_to(caller):
        detail = f"{route.name} must be called with a key for all plants, got one for some"
    else:
        return None
    return problem(403, "forbidden", "The key does not allow it", detail)


def _patient(receive: Receive, seconds: float) -> Receive:
    """Wait only so long for each part of a body."""
    done = False

    async def patiently() -> Message:
        nonlocal done
        if done:
            return await receive()
        try:
            async with asyncio.timeout(seconds):
                message = await receive()
        except TimeoutError as error:
            raise HTTPException(408, f"each part of a body must arrive within {seconds:g} s, got nothing") from error
        done = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return patiently


def _with(headers: Mapping[str, str], send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
        await send(message)

    return sent


class Local:
    """Without keys, a request must name this machine: a browser that another site has led here does not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = Headers(scope=scope).get("host", "") if scope["type"] == "http" else "localhost"
        if is_loopback(_without_port(host)):
            await self.app(scope, receive, send)
            return
        detail = f"without keys a request must be made to a loopback address, got {host[:100]!r} as its host"
        await problem(403, "forbidden", "Only from this machine", detail)(scope, receive, send)


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
