"""Simulated plants as files: each is simulated once, and anew when what makes it has changed."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from features.events import read_events, write_events
from features.progress import Progress, no_progress
from features.source import computing_code, without_words
from simulation.description.description import Plant
from simulation.run import simulate

PACKAGE = Path(__file__).parent
ROOMS = ("run.py", "description", "plant", "processes")
"""What decides the events; the oracle only asks about them."""
LIBRARIES = ("numpy", "simpy")
"""Another version may draw or order otherwise."""


def simulate_once(
    plant: Plant, orders: int, days: int, seed: int, progress: Progress = no_progress, folder: Path | None = None
) -> pd.DataFrame:
    """The events of ``simulate``, read from a file if the same plant has been simulated before.

    The file is named after the description, the numbers, and the code that simulates, so a change of any is another.

    Parameters
    ----------
    folder : where the files are, made if need be (default: ``plants`` in SHIPRISK_HOME, or in ~/.shiprisk)

    Returns
    -------
    (n_events, 23) the validated event table, in the order in which the events were recorded.
    """
    folder = default_folder() if folder is None else folder
    path = folder / f"{digest(plant, orders, days, seed)}.parquet"
    if not path.exists():
        events = simulate(plant, orders, days, seed, progress)
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as unfinished:  # whoever reads meanwhile finds a whole file or none
            part = Path(unfinished) / path.name
            write_events(events, part)
            part.replace(path)
    return read_events(path)


def default_folder() -> Path:
    """Where plants are kept: ``plants`` in SHIPRISK_HOME, where everything local lives, or in ~/.shiprisk."""
    return Path(os.environ.get("SHIPRISK_HOME") or Path.home() / ".shiprisk") / "plants"


def digest(plant: Plant, orders: int, days: int, seed: int) -> str:
    """Sixteen hex digits of all that decides the events."""
    settings = json.dumps([asdict(plant), orders, days, seed], default=str, sort_keys=True)
    libraries = " ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return hashlib.sha256("\0".join([settings, libraries, _code()]).encode() + computing_code()).hexdigest()[:16]


def _code() -> str:
    """The code that simulates, without its words."""
    roots = [PACKAGE / room for room in ROOMS]
    files = sorted(file for root in roots for file in ([root] if root.suffix else root.rglob("*.py")))
    return "\0".join(f"{file.relative_to(PACKAGE).as_posix()}\n{without_words(file)}" for file in files)
