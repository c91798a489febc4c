"""The tiny plant of the tests, and plants made from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from simulation.description import Plant
from simulation.reading import load_plant

TINY = Path(__file__).with_name("tiny.toml")


def tiny() -> Plant:
    return load_plant(TINY)


def loaded(factor: float) -> Plant:
    """The tiny plant with ``factor`` times the load on its machines."""
    plant = tiny()
    centers = tuple(replace(group, load=group.load * factor) for group in plant.work_centers)
    return replace(plant, work_centers=centers)
