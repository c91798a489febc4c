"""Group commit: jobs that come while a group runs are the next group, one transaction."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Hashable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from serving.store.database import TURN_TIMEOUT, DatabaseUnavailable

SOLO_WORKERS = 2
"""So many jobs run alone at a time, beside a group."""


class TurnTimeout(DatabaseUnavailable):
    """A job's turn never came: the groups before it took too long. Nothing of it was done."""


class CommitJob(Protocol):
    """One unit of work.

    Attributes
    ----------
    keys : what it is about; of two jobs that have a key in common, the later one waits for the next group
    size : how much of a group it fills
    """

    @property
    def keys(self) -> frozenset[Hashable]: ...

    @property
    def size(self) -> int: ...


J = TypeVar("J", bound=CommitJob)
R = TypeVar("R")


@dataclass(frozen=True)
class _Pending(Generic[J, R]):
    job: J
    loop: asyncio.AbstractEventLoop
    reply: asyncio.Future[R]

    def resolve(self, result: R | Exception) -> None:
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


class GroupCommit(Generic[J, R]):
    """Runs jobs in groups, one after the other, in a thread of its own.

    A job that comes alone runs at once; none waits for others to come.

    Parameters
    ----------
    run_group : runs a group; one result, or an error, for each job of it, or ``None`` for one that is to run alone
    run_alone : runs a job that must wait for something, in another thread, so that no group waits with it
    max_size : the size of a group; a larger job is a group by itself
    timeout : seconds in which a job must have been started
    """

    def __init__(
        self,
        run_group: Callable[[Sequence[J]], Sequence[R | Exception | None]],
        run_alone: Callable[[J], R | Exception],
        max_size: int,
        timeout: float = TURN_TIMEOUT,
    ) -> None:
        self._run_group = run_group
        self._run_alone = run_alone
        self._max_size = max_size
        self._timeout = timeout
        self._lock = threading.Lock()
        self._pending: list[_Pending[J, R]] = []
        self._solo_keys: set[Hashable] = set()
        self._busy = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="groups")
        self._solo = ThreadPoolExecutor(SOLO_WORKERS, thread_name_prefix="alone")

    async def submit(self, job: J) -> R:
        """The result of a job. Raises the error that it ended in, and ``TurnTimeout`` where its turn never came."""
        loop = asyncio.get_running_loop()
        pending: _Pending[J, R] = _Pending(job, loop, loop.create_future())
        with self._lock:
            self._pending.append(pending)
            self._wake()
        await asyncio.wait([pending.reply], timeout=self._timeout)
        if not pending.reply.done() and self._withdraw(pending):
            raise TurnTimeout(f"a request must be begun within {self._timeout:g} s, got no turn: it can be sent again")
        return await pending.reply

    def _wake(self) -> None:
        """Let the groups run, unless they do; with the lock in hand."""
        if self._pending and not self._busy:
            self._thread.submit(self._run)
            self._busy = True

    def _withdraw(self, pending: _Pending[J, R]) -> bool:
        """Take a job back; one that has been started is waited for."""
        with self._lock:
            left = [one for one in self._pending if one is not pending]
            withdrawn = len(left) < len(self._pending)
            self._pending = left
            return withdrawn

    def _run(self) -> None:
        while group := self._next():
            for one, result in self._results(group):
                if result is None:
                    with self._lock:
                        self._solo_keys |= one.job.keys
                    self._solo.submit(self._run_solo, one)
                else:
                    one.resolve(result)

    def _run_solo(self, one: _Pending[J, R]) -> None:
        try:
            one.resolve(self._run_alone(one.job))
        except Exception as error:
            one.resolve(error)
        finally:
            with self._lock:
                self._solo_keys -= one.job.keys
                self._wake()

    def _results(self, group: list[_Pending[J, R]]) -> list[tuple[_Pending[J, R], R | Exception | None]]:
        try:
            return list(zip(group, self._run_group([one.job for one in group]), strict=True))
        except Exception as error:
            return [(one, error) for one in group]

    def _next(self) -> list[_Pending[J, R]]:
        """Of the pending jobs, the first and all that go with it, in the order in which they came.

        What has a key in common with a job that runs alone waits for that, so that nobody waits behind it twice.
        """
        with self._lock:
            group, left = _split(self._pending, self._max_size, self._solo_keys)
            self._pending = left
            self._busy = bool(group)
            return group


def _split(
    pending: list[_Pending[J, R]], max_size: int, taken: Set[Hashable]
) -> tuple[list[_Pending[J, R]], list[_Pending[J, R]]]:
    """A group, and those that are left; none overtakes another that has a key in common with it.

    ``taken`` are the keys that nobody in the group may have.
    """
    group: list[_Pending[J, R]] = []
    left: list[_Pending[J, R]] = []
    size, earlier_keys = 0, set(taken)
    for one in pending:
        fits = (not group or size + one.job.size <= max_size) and earlier_keys.isdisjoint(one.job.keys)
        (group if fits else left).append(one)
        size += one.job.size if fits else 0
        earlier_keys |= one.job.keys
    return group, left
