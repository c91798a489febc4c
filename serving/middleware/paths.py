"""Order ids in paths: one may have a slash in it, sent as %2F, and is one part of its path all the same."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote, unquote

from starlette.datastructures import Headers
from starlette.types import Scope

API = "/v1/"
BEFORE = ("/v1/orders/", "/orders/", "/changes/")
"""What stands before an order's id in a path."""


def is_of_a_browser(scope: Scope) -> bool:
    """Whether a request for an address that is nobody's, and not the API's, comes from somebody who reads pages."""
    return not scope["path"].startswith(API) and "text/html" in Headers(scope=scope).get("accept", "")


def keep_quoted(scope: MutableMapping[str, Any]) -> None:
    """Leave the parts of an order's path as they were sent, so that routes are told apart by the slashes between them.

    The route's parameter is read with ``unquote``.

    >>> scope = {"path": "/v1/orders/SO/1/history", "raw_path": b"/v1/orders/SO%2f1/history"}
    >>> keep_quoted(scope)
    >>> scope["path"]
    '/v1/orders/SO%2F1/history'
    """
    raw = scope.get("raw_path")
    if not raw or not scope["path"].startswith(BEFORE):
        return
    parts = raw.partition(b"?")[0].decode("latin-1").split("/")
    scope["path"] = "/".join(quote(unquote(part), safe="") for part in parts)
