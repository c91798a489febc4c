"""Which events are selected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.arrays import Ints
from features.events.selection import Masks, is_selected
from features.jit import compiled


@compiled
def matches(code: Ints, masks: Masks) -> NDArray[np.bool_]:
    """(n_events,) True where an event is selected."""
    out = np.empty(len(code), dtype=np.bool_)
    for i in range(len(code)):
        out[i] = is_selected(code[i], masks)
    return out


@compiled
def packed(code: Ints, masks: Masks, start: int, stop: int) -> NDArray[np.uint8]:
    """Which events from ``start`` to before ``stop`` are selected, eight a byte, the first of them the lowest."""
    out = np.zeros((stop - start + 7) // 8, dtype=np.uint8)
    for i in range(stop - start):
        out[i >> 3] |= np.uint8(is_selected(code[start + i], masks)) << np.uint8(i & 7)
    return out
