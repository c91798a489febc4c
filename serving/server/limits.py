"""The limits of connections."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ConnectionLimits:
    """Of one process.

    Attributes
    ----------
    header_bytes : of a request that is not complete yet
    header_seconds : until a request's headers have arrived, from the first connection on
    connections : beyond, the one that has rested longest is closed; if none rests, the new one
    reply_seconds : that a caller may read nothing of a reply, which is held in memory meanwhile
    """

    header_bytes: int
    header_seconds: float
    connections: int
    reply_seconds: float
