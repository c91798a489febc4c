"""A small world with one known cause: orders with a hold on them in the last week fail more often."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.support.stories import created, event, shipped, story


def little_plant(orders: int = 600, seed: int = 1) -> pd.DataFrame:
    """Events of orders with two lines each; the risk is 5 % without and 70 % with a hold."""
    draw = np.random.default_rng(seed)
    rows = []
    for number in range(orders):
        order, begin = f"O{number:04}", float(number) / 2
        promise = begin + float(draw.integers(10, 20))
        named = {"customer": f"C{number % 7}", "item": f"I{number % 5}", "plant": f"P{number % 2}"}
        for line in ("1", "2"):
            rows.append(created(begin, promise, order=order, line=line, value=100.0, **named))
        held = draw.random() < 0.3
        if held:
            rows.append(event("hold.placed", promise - 8, order, kind="quality", reference=f"H{number}"))
        fails = draw.random() < (0.7 if held else 0.05)
        partial = fails and draw.random() < 0.4
        for line in ("1", "2"):
            late = fails and not (partial and line == "1")
            rows.append(shipped(promise + (3 if late else -1), 10, order, line=line, late=float(draw.integers(0, 2))))
    return story(*rows)
