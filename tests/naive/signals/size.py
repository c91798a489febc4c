"""How much is ordered. Of an order of which nothing is known yet, not even that is."""

from __future__ import annotations

from features.events.schema import MICRO
from tests.naive.events import NAN
from tests.naive.registry import twin
from tests.naive.seen import Seen


@twin
def order_lines(seen: Seen) -> float:
    return len(seen.lines) if seen.events else NAN


@twin
def open_lines(seen: Seen) -> float:
    return len(seen.open_lines) if seen.events else NAN


@twin
def ordered_quantity(seen: Seen) -> float:
    return seen.ordered if seen.events else NAN


@twin
def order_value(seen: Seen) -> float:
    values = [line.value for line in seen.lines if line.value is not None]
    return sum(values) / MICRO if values else NAN
