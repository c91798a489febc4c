"""Who calls, and which plants they may see. Without keys it is somebody at this machine, who may see all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import orjson
from fastapi import Depends, Request


class Role(StrEnum):
    """What a key is for. Which routes that opens: ``serving.auth.permissions``."""

    PLANNER = "planner"
    INTEGRATOR = "integrator"
    DATA_SCIENTIST = "data-scientist"
    ADMIN = "admin"


@dataclass(frozen=True)
class Caller:
    """Who calls.

    Attributes
    ----------
    name : in words, as decisions show it
    plants : the plants whose orders they may see, ``None`` for every plant
    key : the id of their key, empty where none is asked for
    """

    name: str
    plants: frozenset[str] | None = None
    role: Role = Role.ADMIN
    key: str = ""

    @property
    def id(self) -> str:
        """Who it is in the audit trail, and whose an Idempotency-Key is."""
        return self.key or self.name

    @property
    def scope(self) -> str:
        """Their plants as a JSON list, empty for every plant: what is stored of one scope binds no other."""
        return "" if self.plants is None else orjson.dumps(sorted(self.plants)).decode()

    @property
    def has_many_plants(self) -> bool:
        """Whether their orders may be of more than one plant."""
        return self.plants is None or len(self.plants) > 1

    def sees(self, plants: Iterable[str]) -> bool:
        """Whether an order of these plants is one they may see. One of no plant is only for who may see all."""
        return self.plants is None or not self.plants.isdisjoint(plants)

    def may_name(self, plant: object) -> bool:
        """Whether what they send may speak of a plant."""
        return self.plants is None or plant is None or plant in self.plants


NOBODY = Caller("local")


async def current_caller(request: Request) -> Caller:
    """The caller of a request, whom the authentication has let in."""
    caller: Caller = request.state.caller
    return caller


CurrentCaller = Annotated[Caller, Depends(current_caller)]
