"""What makes the protocol of each connection, as it is handed to workers: they read it before they can say a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from serving.server.limits import ConnectionLimits


@dataclass(frozen=True)
class ProtocolFactory:
    """Makes protocols as uvicorn's own class does; what is heavy is imported by the first connection."""

    limits: ConnectionLimits

    def __call__(self, **about: Any) -> Any:
        from serving.server.protocol import LimitedProtocol

        return LimitedProtocol(self.limits, **about)
