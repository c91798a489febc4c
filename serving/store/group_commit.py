"""What comes while something is under way is done together as soon as that is through: a group, one transaction."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from serving.store.database import LINE, DatabaseAway

APART = 2
"""So many are done alone at a time, beside a group."""


class NotBegun(DatabaseAway):
    """What was under way took too long. Nothing was done of what waited for it."""


class Arrival(Protocol):
    """Something to be done.

    Attributes
    ----------
    keys : what it is about; of two that have a key in common, the later one waits for the next group
    size : how much of a group it fills
    """

    @property
    def keys(self) -> frozenset[Hashable]: ...

    @property
    def size(self) -> int: ...


A = TypeVar("A", bound=Arrival)
R = TypeVar("R")


@dataclass(frozen=True)
class _Waiting(Generic[A, R]):
    arrival: A
    loop: asyncio.AbstractEventLoop
    reply: asyncio.Future[R]

    def tell(self, result: R | Exception) -> None:
        """Hand over the result, unless nobody waits for it any more."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._settle, result)

    def _settle(self, result: R | Exception) -> None:
        if self.reply.done():
            return
        if isinstance(result, Exception):
            self.reply.set_exception(result)
        else:
            self.reply.set_result(result)


class Together(Generic[A, R]):
    """Does what arrives in groups, one after the other, in a thread of its own.

    Who comes alone is done at once; nobody waits for others to come.

    Parameters
    ----------
    work : does a group; one result, or an error, for each of it, or ``None`` for one that is to be done alone
    alone : does one that must wait for something, in another thread, so that no group waits with it
    most : the size of a group; a larger arrival is a group by itself
    patience : seconds in which an arrival must have been begun
    """

    def __init__(
        self,
        work: Callable[[Sequence[A]], Sequence[R | Exception | None]],
        alone: Callable[[A], R | Exception],
        most: int,
        patience: float = LINE,
    ) -> None:
        self._work = work
        self._alone = alone
        self._most = most
        self._patience = patience
        self._lock = threading.Lock()
        self._waiting: list[_Waiting[A, R]] = []
        self._under_way = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="together")
        self._apart = ThreadPoolExecutor(APART, thread_name_prefix="alone")

    async def done(self, arrival: A) -> R:
        """The result of an arrival. Raises the error that became of it, and ``NotBegun`` where its turn never came."""
        loop = asyncio.get_running_loop()
        waiting: _Waiting[A, R] = _Waiting(arrival, loop, loop.create_future())
        with self._lock:
            self._waiting.append(waiting)
            if not self._under_way:
                self._thread.submit(self._run)
                self._under_way = True
        await asyncio.wait([waiting.reply], timeout=self._patience)
        if not waiting.reply.done() and self._withdrawn(waiting):
            raise NotBegun(f"a request must be begun within {self._patience:g} s, got no turn: it can be sent again")
        return await waiting.reply

    def _withdrawn(self, waiting: _Waiting[A, R]) -> bool:
        """Take an arrival back; what has been begun is waited for."""
        with self._lock:
            left = [one for one in self._waiting if one is not waiting]
            found = len(left) < len(self._waiting)
            self._waiting = left
            return found

    def _run(self) -> None:
        while group := self._next():
            for one, result in self._results(group):
                if result is None:
                    self._apart.submit(self._do_alone, one)
                else:
                    one.tell(result)

    def _do_alone(self, one: _Waiting[A, R]) -> None:
        try:
            one.tell(self._alone(one.arrival))
        except Exception as error:
            one.tell(error)

    def _results(self, group: list[_Waiting[A, R]]) -> list[tuple[_Waiting[A, R], R | Exception | None]]:
        try:
            return list(zip(group, self._work([one.arrival for one in group]), strict=True))
        except Exception as error:
            return [(one, error) for one in group]

    def _next(self) -> list[_Waiting[A, R]]:
        """Of those that wait, the first and all that go with it, in the order in which they came."""
        with self._lock:
            group, left = _split(self._waiting, self._most)
            self._waiting = left
            self._under_way = bool(group)
            return group


def _split(waiting: list[_Waiting[A, R]], most: int) -> tuple[list[_Waiting[A, R]], list[_Waiting[A, R]]]:
    """A group, and those that are left; none overtakes another that has a key in common with it."""
    group: list[_Waiting[A, R]] = []
    left: list[_Waiting[A, R]] = []
    size, taken = 0, set[Hashable]()
    for one in waiting:
        fits = not group or (size + one.arrival.size <= most and taken.isdisjoint(one.arrival.keys))
        (group if fits else left).append(one)
        size += one.arrival.size if fits else 0
        taken |= one.arrival.keys
    return group, left
