"""Who may come in: before a body is read, a request shows its key, and what the key opens is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.times import SECOND
from serving.auth.api_keys import ApiKeys
from serving.auth.directory import CallerDirectory
from serving.auth.permissions import SIGN_IN, Route, describes_api
from serving.auth.sessions import Sessions
from serving.middleware.paths import is_of_a_browser
from serving.middleware.rate_limit import Quota, RateLimiter
from serving.principal import NOBODY, Caller
from serving.problems import KINDS, problem
from serving.settings import Settings
from serving.store.database import Database

CHALLENGE = {"www-authenticate": 'Bearer realm="shiprisk"'}
WRONG = {"www-authenticate": 'Bearer realm="shiprisk", error="invalid_token"'}
SESSION = "shiprisk_session"
"""The cookie of a browser that has signed in."""
MUST = "a request must have a key that holds in 'Authorization: Bearer KEY' or 'X-API-Key'"


class AuthenticationMiddleware:
    """Lets requests in with a caller, or refuses them with a problem document.

    Parameters
    ----------
    database : where keys are stored; ``None`` asks nobody for a key
    """

    def __init__(self, app: ASGIApp, settings: Settings, database: Database | None) -> None:
        self.app = app
        self._keys = ApiKeys(database) if database else None
        self._sessions = Sessions(database) if database else None
        self._by_key = RateLimiter("key", settings.rate_limit)
        self._by_address = RateLimiter("address", settings.rate_limit_address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["state"]["caller"] = NOBODY
        route: Route | None = scope["state"]["route"]
        if self._keys is not None and route and route.name == SIGN_IN:
            await self._try_key(self._keys, scope, receive, send)
            return
        if self._keys is None or self._sessions is None or (route and not route.roles) or describes_api(scope["path"]):
            await self.app(scope, receive, send)
            return
        page = route.is_page if route is not None else is_of_a_browser(scope)
        token = session_token(Headers(scope=scope)) if page else _token(Headers(scope=scope))
        callers: CallerDirectory = self._sessions if page else self._keys
        caller, quota = await self._identify(callers, token, _address(scope))
        if isinstance(caller, Response):
            await caller(scope, receive, send)
            return
        scope["state"]["caller"] = caller
        scope["state"]["find_again"] = partial(_find, callers, token)
        refusal = _refusal(caller, route, quota)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, _with_headers(quota.headers(), send))

    async def _try_key(self, keys: ApiKeys, scope: Scope, receive: Receive, send: Send) -> None:
        """A sign-in: one with a key that does not hold counts against its address, as a request with it does."""
        address, locked = _address(scope), False
        scope["state"]["find_key"] = partial(self._find_at, keys, address)

        async def send_counted(message: Message) -> None:
            nonlocal locked
            if message["type"] == "http.response.start" and message["status"] == 401:
                quota = self._by_address.hit(address)
                locked = not quota.allowed
                if locked:
                    await _too_many(quota)(scope, receive, send)
            if not locked:
                await send(message)

        await self.app(scope, receive, send_counted)

    async def _identify(self, callers: CallerDirectory, token: str, address: str) -> tuple[Caller | Response, Quota]:
        """Who it is, or why nobody knows. Only requests without a key that holds count against their address.

        The key is looked at first, so that others at an address lock nobody out who has one.
        """
        caller = callers.cached(token) if token else None
        if token and caller is None and self._may_read(callers, address):
            caller = await run_in_threadpool(callers.find, token)
        if caller is not None:
            return caller, self._by_key.hit(caller.id)
        quota = self._by_address.hit(address)
        return _no_key(token) if quota.allowed else _too_many(quota), quota

    def _find_at(self, callers: CallerDirectory, address: str, token: str) -> Caller | None:
        """Whose token it is that somebody at an address tries."""
        return callers.cached(token) or (callers.find(token) if self._may_read(callers, address) else None)

    def _may_read(self, callers: CallerDirectory, address: str) -> bool:
        """Whether the store is read for a token that is not known.

        An address that has tried too many makes it be read for the next ones once a second, whatever their number.
        """
        return self._by_address.peek(address).allowed or not callers.read_within(SECOND)


async def _find(callers: CallerDirectory, token: str) -> Caller | None:
    """Who it is now: a reply that takes long asks again, for a key or a session may have ended meanwhile."""
    return callers.cached(token) or await run_in_threadpool(callers.find, token)


def session_token(headers: Headers) -> str:
    """What a browser holds that has signed in; empty where it has not."""
    return cookie_parser(headers.get("cookie", "")).get(SESSION, "")


def _address(scope: Scope) -> str:
    """Whose request it is, as far as the network says; of the sixth version a network of 64 bits is one caller's.

    >>> _address({"client": ("10.0.0.1", 5)}), _address({"client": ("2001:db8::1", 5)}), _address({"client": None})
    ('10.0.0.1', '2001:db8::/64', 'unknown')
    """
    host = str((scope.get("client") or ("unknown",))[0])
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str(ip_network((int(address) >> 64 << 64, 64))) if isinstance(address, IPv6Address) else host


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


def _with_headers(headers: Mapping[str, str], send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
        await send(message)

    return send_with_headers
