"""Who calls, and which plants they may see. Without keys it is somebody at this machine, who may see all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends


@dataclass(frozen=True)
class Caller:
    """Who calls.

    Attributes
    ----------
    plants : the plants whose orders they may see, ``None`` for every plant
    """

    name: str
    plants: frozenset[str] | None = None


NOBODY = Caller("local")


def caller() -> Caller:
    """The caller of a request: the seam where keys are asked for."""
    return NOBODY


Calling = Annotated[Caller, Depends(caller)]
