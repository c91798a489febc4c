"""What a signal read: the evidence of a factor.

The events of one order are few, so a set of them is one integer with a bit an event: joining two sets is one operation,
and signals that read the same events have the same integer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.arrays import Ints


class Trace:
    """Events read, as bits counted from the order's first event.

    Attributes
    ----------
    first : position of the order's first event
    bits : the events read so far
    """

    def __init__(self, first: int) -> None:
        self.first = first
        self.bits = 0

    def add(self, position: int | np.integer[Any]) -> None:
        """Note one event."""
        self.bits |= 1 << (int(position) - self.first)

    def pop(self) -> int:
        """What was read since the last call, as bits."""
        bits, self.bits = self.bits, 0
        return bits


def bits_of(positions: Iterable[int], first: int) -> int:
    """Events at these positions.

    >>> bits_of([7, 9], 7)
    5
    """
    bits = 0
    for position in positions:
        bits |= 1 << (position - first)
    return bits


def bits_where(holds: NDArray[np.bool_]) -> int:
    """Events for which it holds.

    >>> bits_where(np.array([True, False, True]))
    5
    """
    return bits_in(np.packbits(holds, bitorder="little"))


def bits_in(bytes_: NDArray[np.uint8]) -> int:
    """Events packed eight a byte, the first of them the lowest.

    >>> bits_in(np.array([0, 1], dtype=np.uint8))
    256
    """
    return int.from_bytes(bytes_.tobytes(), "little")


def positions_of(bits: int, first: int) -> Ints:
    """(n,) positions, ascending.

    >>> positions_of(5, 7).tolist()
    [7, 9]
    """
    size = (bits.bit_length() + 7) // 8
    holds = np.unpackbits(np.frombuffer(bits.to_bytes(size, "little"), dtype=np.uint8), bitorder="little")
    return np.flatnonzero(holds) + first


def latest_of(bits: int, most: int) -> list[int]:
    """At most so many events, the latest first, counted from the order's first.

    >>> latest_of(0b10110, 2)
    [4, 2]
    """
    written = f"{bits:b}"
    places: list[int] = []
    at = written.find("1")
    while at >= 0 and len(places) < most:
        places.append(len(written) - 1 - at)
        at = written.find("1", at + 1)
    return places
