"""Which events are selected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.arrays import Ints
from features.events.selection import Masks, _is_one
from features.jit import compiled


@compiled
def matches(saying: Ints, masks: Masks) -> NDArray[np.bool_]:
    """(n_events,) True where an event is selected."""
    out = np.empty(len(saying), dtype=np.bool_)
    for i in range(len(saying)):
        out[i] = _is_one(saying[i], masks)
    return out


@compiled
def packed(saying: Ints, masks: Masks, start: int, stop: int) -> NDArray[np.uint8]:
    """Which events from ``start`` to before ``stop`` are selected, eight a byte, the first of them the lowest."""
    out = np.zeros((stop - start + 7) // 8, dtype=np.uint8)
    for i in range(stop - start):
        out[i >> 3] |= np.uint8(_is_one(saying[start + i], masks)) << np.uint8(i & 7)
    return out
