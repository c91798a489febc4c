"""Requests from this machine alone: the addresses that are its own, and the layer that lets no others in."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.auth.permissions import Route
from serving.contract.cloudevents_http import SHOWN, is_json, media_type
from serving.problems import KINDS, problem

NOT_LOCAL = KINDS[403]._replace(title="Only from this machine")
SAFE = ("GET", "HEAD", "OPTIONS")
FROM_HERE = ("same-origin", "none")
"""What a browser says of a request that a page of this service, or nobody's page, has made."""


def is_loopback(host: str) -> bool:
    """Whether a host, without its port, is this machine for itself alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class LoopbackMiddleware:
    """Without keys, a request must name this machine, and none that acts may come from another site's page.

    The forms of the service's own pages carry a token instead; everything else that is sent must be JSON, which no page
    can send elsewhere unasked.

    Parameters
    ----------
    origins : whose pages may call
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str] = ()) -> None:
        self.app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope, Headers(scope=scope)) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        hosts, route = headers.getlist("host") or [""], scope["state"]["route"]
        host = next((one for one in hosts if not is_loopback(_without_port(one))), hosts[0])
        if not is_loopback(_without_port(host)):
            detail = f"without keys a request must be made to a loopback address, got {host[:100]!r} as its host"
            return problem(NOT_LOCAL, detail)
        if scope["method"] in SAFE or (isinstance(route, Route) and route.is_page):
            return None
        origin = headers.get("origin")
        if not self._is_ours(origin, headers.get("sec-fetch-site", "none"), host):
            detail = (
                f"without keys what is sent must not come from another site's page, got {(origin or 'one')[:100]!r}"
            )
            return problem(NOT_LOCAL, detail)
        media = media_type(headers.get("content-type"))
        if not is_json(media):
            must = "without keys the content-type must be application/json, or another JSON"
            return problem(KINDS[415], f"{must}, got {media[:SHOWN] or 'none'}")
        return None

    def _is_ours(self, origin: str | None, site: str, host: str) -> bool:
        """Whether the page that sends it, if it is one, may."""
        if origin in self._origins:
            return True
        return site in FROM_HERE and origin in (None, f"http://{host}", f"https://{host}")


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
