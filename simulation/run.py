"""Running a plant: from a description, a size and a seed to the event table."""

from __future__ import annotations

import pandas as pd

from features.errors import InvalidRequest
from features.progress import Progress, no_progress
from simulation.description.description import Plant
from simulation.plant.calendar import DAY
from simulation.plant.shop import Shop
from simulation.processes.demand import take_orders
from simulation.processes.rounds import make_rounds
from simulation.processes.trucks import run_lane

LONGEST = 3650


def start(plant: Plant, orders: int, days: int, seed: int) -> Shop:
    """A plant on its first morning, ready to run.

    Raises ``InvalidRequest`` when the numbers cannot be simulated.
    """
    for what, got, least, most in (
        ("orders", orders, 1, 10_000_000), ("days", days, 7, LONGEST), ("the seed", seed, 0, 2**63 - 1),
    ):  # fmt: skip
        if not least <= got <= most:
            raise InvalidRequest(f"{what} must lie between {least:,} and {most:,}, got {got:,}")
    shop = Shop(plant, orders, days, seed)
    shop.env.process(take_orders(shop))
    shop.env.process(make_rounds(shop))
    for lane in shop.world.lanes.values():
        shop.env.process(run_lane(shop, lane))
    return shop


def run_until(shop: Shop, day: int, progress: Progress = no_progress) -> None:
    """Run to the start of a day, counted from the plant's first, telling day by day how far it is."""
    for next_day in range(int(shop.now // DAY) + 1, day + 1):
        shop.env.run(until=next_day * DAY)
        progress("simulating", next_day, shop.days)


def simulate(plant: Plant, orders: int, days: int, seed: int, progress: Progress = no_progress) -> pd.DataFrame:
    """The events of a plant.

    Parameters
    ----------
    plant : see ``simulation.load_plant``
    orders : how many arrive over the days; the plant is sized for them
    days : calendar days from the plant's first; what is recorded later is not in the table
    seed : the same seed gives the same table, bit for bit
    progress : called after each day with the days done and the days in all

    Returns
    -------
    (n_events, 23) the validated event table, in the order in which the events were recorded.
    """
    shop = start(plant, orders, days, seed)
    run_until(shop, days, progress)
    return shop.records.frame(days)
