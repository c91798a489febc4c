"""How far the work is."""

import numpy as np

from features.catalogue import FALLS, RISES, signal
from features.history import Select, Standing
from features.known import Floats, Known

CONFIRMED = Select("operation.confirmed")
PARTIAL = Select("operation.confirmed", state="partial")
FINISHED = Standing(Select("operation.confirmed", state="final"), PARTIAL)
BEGUN = Standing(CONFIRMED, until=Select())
RELEASED = Select("production.released")


@signal(
    "progress",
    "share",
    RISES,
    "{value} of the confirmations booked pieces instead of the whole",
    "no operation is confirmed",
)
def partial_completion_ratio(known: Known) -> Floats:
    """Share of the order's operation confirmations, less reversals, that were booked as partial instead of final."""
    partial = known.total(PARTIAL, "sign") / _or_nan(known.total(CONFIRMED, "sign"))
    return np.clip(partial, 0.0, 1.0)


@signal(
    "progress",
    "operations",
    FALLS,
    "{value} [operation is|operations are] finished",
    "no operation is confirmed",
)
def operations_finished(known: Known) -> Floats:
    """Operations whose latest confirmation is final, operations."""
    return known.standing(FINISHED)


@signal(
    "progress",
    "share",
    FALLS,
    "{value} of the operations that were begun are finished",
    "no operation is confirmed",
)
def begun_operations_finished_ratio(known: Known) -> Floats:
    """Share of the operations with any confirmation whose latest confirmation is final."""
    return known.standing(FINISHED) / _or_nan(known.standing(BEGUN))


@signal("progress", "days", RISES, "the last confirmation was {value} [day|days] ago", "no operation is confirmed")
def days_since_confirmation(known: Known) -> Floats:
    """Days since good quantity was last booked."""
    return known.days_since(known.latest(CONFIRMED, "recorded"))


@signal("progress", "days", RISES, "work was released {value} [day|days] ago", "no work is released")
def days_since_release(known: Known) -> Floats:
    """Days since production was last released to the floor or to a supplier."""
    return known.days_since(known.latest(RELEASED, "recorded"))


def _or_nan(values: Floats) -> Floats:
    return np.where(values > 0, values, np.nan)
