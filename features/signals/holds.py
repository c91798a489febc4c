"""What may not move on."""

import numpy as np

from features.catalogue import RISES, signal
from features.history import Select, Standing
from features.known import Floats, Known

PLACED = Select("hold.placed")
RELEASED = Select("hold.released")
HOLDS = Standing(PLACED, RELEASED)


@signal("holds", "holds", RISES, "{value} [hold is|holds are] open")
def open_holds(known: Known) -> Floats:
    """Holds placed and not released, holds."""
    return known.standing(HOLDS)


@signal("holds", "holds a week", RISES, "{value} [hold|holds] a week since the order is known")
def hold_frequency(known: Known) -> Floats:
    """Holds placed per week of the order's life so far, a life of less than a week counted as one."""
    weeks = known.days_since(known.first_recorded()) / 7
    return known.count(PLACED) / np.maximum(weeks, 1.0)


@signal("holds", "holds", RISES, "{value} [hold was|holds were] placed in the last 7 days")
def holds_last_7_days(known: Known) -> Floats:
    """Holds placed in the last 7 days, holds."""
    return known.count(PLACED, days=7)


@signal("holds", "days", RISES, "holds have stood for {value} [day|days] in total")
def hold_days(known: Known) -> Floats:
    """Days that holds have stood, added up over all holds, released ones included."""
    return known.stood(HOLDS)
