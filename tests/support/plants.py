"""The tiny plant of the tests, and plants made from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from simulation.description.description import Plant
from simulation.description.reading import load_plant

TINY = Path(__file__).with_name("tiny.toml")


def tiny() -> Plant:
    return load_plant(TINY)


def loaded(factor: float) -> Plant:
    """The tiny plant with ``factor`` times the load on its machines."""
    plant = tiny()
    centers = tuple(replace(group, load=group.load * factor) for group in plant.work_centers)
    return replace(plant, work_centers=centers)


def queues_only(factor: float) -> Plant:
    """The loaded plant where nothing is ever short or held for its quality: orders are late because of queues."""
    plant = loaded(factor)
    suppliers = tuple(replace(group, in_stock=1.0) for group in plant.suppliers)
    items = tuple(replace(group, fails=0.0, engineering_holds=0.0) for group in plant.items)
    customers = tuple(replace(group, credit_holds=0.0, delivery_stops=0.0) for group in plant.customers)
    return replace(plant, suppliers=suppliers, items=items, customers=customers)
