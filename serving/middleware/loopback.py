"""Requests from this machine alone: the addresses that are its own, and the layer that lets no others in."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.problems import KINDS, problem

NOT_LOCAL = KINDS[403]._replace(title="Only from this machine")


def is_loopback(host: str) -> bool:
    """Whether a host, without its port, is this machine for itself alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class LoopbackMiddleware:
    """Without keys, a request must name this machine: a browser that another site has led here does not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = Headers(scope=scope).get("host", "") if scope["type"] == "http" else "localhost"
        if is_loopback(_without_port(host)):
            await self.app(scope, receive, send)
            return
        detail = f"without keys a request must be made to a loopback address, got {host[:100]!r} as its host"
        await problem(NOT_LOCAL, detail)(scope, receive, send)


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
