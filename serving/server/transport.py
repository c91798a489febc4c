"""The transport of a connection, as responses write to it."""

from __future__ import annotations

import asyncio
from typing import Any


class QuietTransport:
    """A transport on which nothing is written for a caller who has gone.

    A request that waits behind others on its connection does not hear that the connection was reset; uvloop raises
    where it writes its response, which is no error of ours.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def write(self, data: bytes) -> None:
        """Write where somebody may still read it."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
