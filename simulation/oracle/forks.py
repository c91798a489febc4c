"""Playing many futures of one process: each in a forked child that sends back a row of numbers."""

from __future__ import annotations

import gc
import os
import selectors
import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from features.errors import ShipriskError

Element = TypeVar("Element", bound=np.generic)


class ForkingFailed(ShipriskError):
    """Futures cannot be played on this machine, or one of them died."""


def cores() -> int:
    """How many children may run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def require_fork() -> None:
    """Raise ``ForkingFailed`` where processes cannot be forked."""
    if not hasattr(os, "fork"):
        raise ForkingFailed(
            "the oracle needs os.fork (Linux or macOS), got a system without it: simulate without --oracle"
        )


def play_futures(
    future: Callable[[int], NDArray[Element]],
    count: int,
    size: int,
    dtype: np.dtype[Element],
    after_each: Callable[[], None] = lambda: None,
) -> NDArray[Element]:
    """``future(0)`` ... ``future(count - 1)``, each in a child of its own that changes nothing here.

    Parameters
    ----------
    future : returns (size,) of ``dtype``; runs in the child, which ends with it
    count, size, dtype : of futures, of what each sends back, and of its elements
    after_each : called in the parent after each future

    Returns
    -------
    (count, size) of ``dtype``, row k that of ``future(k)``, whatever the number of cores.
    """
    require_fork()
    results = np.zeros((count, size), dtype=dtype)
    waiting = iter(range(count))
    gc.freeze()
    try:
        with selectors.DefaultSelector() as selector:
            for number in waiting:
                _begin(selector, future, number)
                while len(selector.get_map()) >= cores():
                    _collect(selector, results, after_each)
            while selector.get_map():
                _collect(selector, results, after_each)
    finally:
        gc.unfreeze()
    return results


def _begin(selector: selectors.BaseSelector, future: Callable[[int], NDArray[Element]], number: int) -> None:
    reading, writing = os.pipe()
    child = _fork()
    if child == 0:
        _run_child(future, number, writing)
    os.close(writing)
    selector.register(reading, selectors.EVENT_READ, (child, number, bytearray()))


def _fork() -> int:
    """Fork without the warning about threads of Python 3.12 and later.

    The warning is right in general: a child inherits locks that other threads hold. Ours takes no such lock. It runs
    this package's own Python and NumPy streams that only the forking thread uses, imports nothing, prints
    nothing and leaves with ``os._exit``.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r".*multi-threaded.*fork", DeprecationWarning)
        return os.fork()


def _run_child(future: Callable[[int], NDArray[Element]], number: int, writing: int) -> None:
    """The child's life: play, send, leave without the parent's clean-up."""
    code = 1
    gc.disable()
    try:
        unsent = memoryview(b"+" + future(number).tobytes())
        while unsent:
            unsent = unsent[os.write(writing, unsent) :]
        code = 0
    except BaseException as error:
        os.write(writing, f"-{type(error).__name__}: {error}".encode()[:4000])
    finally:
        os._exit(code)


def _collect(selector: selectors.BaseSelector, results: NDArray[Element], after_each: Callable[[], None]) -> None:
    """Read what children have sent; take the result of those that are done."""
    for key, _ in selector.select():
        child, number, received = key.data
        chunk = os.read(key.fd, 1 << 16)
        received += chunk
        if chunk:
            continue
        selector.unregister(key.fd)
        os.close(key.fd)
        _, status = os.waitpid(child, 0)
        if received[:1] != b"+" or len(received) != 1 + results[number].nbytes:
            message = received[1:].decode(errors="replace") or f"nothing, exit status {status}"
            _end_all(selector)
            raise ForkingFailed(
                f"every future must send back {results.shape[1]} outcomes, got from {number}: {message}"
            )
        results[number] = np.frombuffer(bytes(received[1:]), dtype=results.dtype)
        after_each()


def _end_all(selector: selectors.BaseSelector) -> None:
    """Close the pipes of the other children and wait for them to end."""
    for key in list(selector.get_map().values()):
        selector.unregister(key.fd)
        os.close(key.fd)
        os.waitpid(key.data[0], 0)
