"""A plant that writes the events a real one would: outcomes emerge from queues, breakdowns and decisions."""

from simulation.cache import simulate_once
from simulation.description.reading import load_plant
from simulation.run import simulate

__all__ = ["load_plant", "simulate", "simulate_once"]
