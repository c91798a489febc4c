"""How fast the signals are: ours, Polars, DuckDB and naive pandas in one program, on the same events.

    pip install ".[bench]"
    python benchmarks/engine.py --folder out/engine                  # 4 million events, 1 million decision points
    python benchmarks/engine.py --folder out/engine --orders 10000   # a tenth of it, to try it out
    python benchmarks/engine.py --folder out/engine --largest        # growth up to 40 million events

The events are written on the first run (``growth.py``) and used again. Every run of every peer is a process of its
own, one after the other, kept to the same two cores, from the Parquet files to the numbers; importing is not
timed. The figures are medians over ``--repeats``. A peer computes those of our signals that an as-of join can express
(``engine_peers/run.py``), we compute the whole catalogue; times are compared per signal. Their numbers must be ours:
the program ends with status 1 where they are not.

The peers answer in three ways: *plain* (each signal a query of its own: running totals after every event, then as-of
joins at the decision point and, for the last 7 days, 7 days before it), *one at a time* (the same, after dropping the
events a signal does not read) and *all at once* (one wide table, two joins that carry every column).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from engine_peers.__main__ import PEERS
from engine_peers.one_order import CALLERS
from engine_plot import plot_growth
from engine_tables import show_growth, show_one_order, show_peers, show_targets, targets
from growth import Plant, grown

HERE = Path(__file__).parent
GIB = 2**30
PARTS = ("peers", "order", "growth")
GROWTH = (10_000, 100_000)
LARGEST = 1_000_000
Figures = dict[str, Any]


def main() -> None:
    asked = _options().parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    told: Figures = {"cores": asked.cores, "repeats": asked.repeats}
    if "peers" in asked.only:
        told["peers"] = compare_peers(grown(asked.folder, asked.orders), asked)
        show_peers(told["peers"])
    if "order" in asked.only:
        grown(asked.folder, GROWTH[0])
        told["order"] = compare_one_order(asked)
        show_one_order(told["order"])
    if "growth" in asked.only:
        told["growth"] = measure_growth(asked)
        show_growth(told["growth"])
    told["targets"] = targets(told)
    show_targets(told["targets"])
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=2))
    sys.exit(1 if any(one.get("differ") for part in ("peers", "order") for one in told.get(part, [])) else 0)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--folder", type=Path, default=Path("out/engine"), help="where the events and the plot are kept"
    )
    parser.add_argument("--orders", type=int, default=100_000, help="40 events and 10 decision points each")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each peer; medians are told")
    parser.add_argument("--calls", type=int, default=2000, help="calls for one order")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="leave out the rest")
    parser.add_argument("--peers", nargs="+", choices=_compared(), default=_compared(), metavar="PEER")
    parser.add_argument(
        "--largest", action="store_true", help="growth to 40 million events as well; once, not repeated"
    )
    parser.add_argument("--json", type=Path, help="write all figures there")
    return parser


def _compared() -> list[str]:
    return [name for name in PEERS if name != "ours, streamed"]


# -- many orders -------------------------------------------------------------------------------------------------


def compare_peers(plant: Plant, asked: argparse.Namespace) -> list[Figures]:
    """The figures of every peer, ours first, each with where its numbers differ from ours."""
    print(f"{plant.n_events:,} events, {plant.n_points:,} decision points, {asked.cores} cores")
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        ours = Path(folder) / "ours.npz"
        told = [_medians("ours", plant, asked, ours)]
        for name in _installed(asked.peers):
            theirs = Path(folder) / "theirs.npz"
            figures = _medians(name, plant, asked, theirs)
            told.append(figures | {"differ": differences(ours, theirs)})
    return told


def differences(ours: Path, theirs: Path) -> dict[str, int]:
    """For each signal whose numbers are not ours: at how many decision points."""
    mine, other = np.load(ours), np.load(theirs)
    names, found = list(mine["names"]), {}
    for column, name in enumerate(other["names"]):
        if name not in names:
            found[f"{name} (not in our catalogue)"] = len(other["values"])
            continue
        same = np.isclose(
            other["values"][:, column], mine["values"][other["rows"], names.index(name)], atol=1e-9, equal_nan=True
        )
        if not same.all():
            found[str(name)] = int((~same).sum())
    return found


def _medians(name: str, plant: Plant, asked: argparse.Namespace, values: Path) -> Figures:
    """The median of each figure over the repeats."""
    command = ["engine_peers", name, str(plant.events), str(plant.points), "--values", str(values)]
    runs = [child(*command, "--cores", str(asked.cores)) for _ in range(asked.repeats)]
    return summary(name, runs)


def summary(name: str, runs: list[Figures]) -> Figures:
    """One line of the table: seconds by stage and in total, memory, and the time per signal."""
    total = median(sum(run["seconds"].values()) for run in runs)
    n_signals, n_points = runs[0]["n_signals"], runs[0]["n_points"]
    return {
        "peer": name,
        "n_signals": n_signals,
        "n_points": n_points,
        "stages": {stage: median(run["seconds"][stage] for run in runs) for stage in runs[0]["seconds"]},
        "seconds": total,
        "cpu_seconds": median(run["cpu_seconds"] for run in runs),
        "seconds_per_signal": total / n_signals,
        "nanoseconds_per_number": total / n_signals / max(n_points, 1) * 1e9,
        "peak_gib": median(run["peak_bytes"] for run in runs) / GIB,
    }


def _installed(names: list[str]) -> list[str]:
    """The peers but ours, without those whose package is missing."""
    chosen = [name for name in names if name != "ours"]
    missing = {name for name in chosen if importlib.util.find_spec(name.split(",")[0]) is None}
    for name in sorted(missing):
        print(f'{name}: not installed, left out; pip install ".[bench]"')
    return [name for name in chosen if name not in missing]


def child(module: str, *arguments: str) -> Figures:
    """The figures a module prints, run in a process of its own; what it says on the side is passed through."""
    path = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        check=False,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    if done.returncode:
        raise SystemExit(f"{' '.join([module, *arguments])} ended with status {done.returncode}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


# -- one order -----------------------------------------------------------------------------------------------------


def compare_one_order(asked: argparse.Namespace) -> list[Figures]:
    """The latency of each peer for one order, and where its numbers differ from ours."""
    told = [_latency(name, asked) for name in ("ours", *_installed(list(CALLERS)))]
    mine = np.array(told[0].pop("values"), dtype=float)
    for figures in told[1:]:
        same = np.isclose(np.array(figures.pop("values"), dtype=float), mine, atol=1e-9, equal_nan=True)
        figures["differ"] = {} if same.all() else {"numbers": int((~same).sum())}
    return told


def _latency(name: str, asked: argparse.Namespace) -> Figures:
    plant = str(asked.folder / "simulated.parquet")
    arguments = ("--calls", str(asked.calls), "--cores", str(asked.cores))
    return {"peer": name} | child("engine_peers.one_order", name, plant, *arguments)


# -- growth --------------------------------------------------------------------------------------------------------


def measure_growth(asked: argparse.Namespace) -> list[Figures]:
    """Ours, streamed into a file, at each size up to the one asked for; and the plot."""
    told = []
    sizes = [orders for orders in GROWTH if orders <= max(asked.orders, GROWTH[0])]
    for orders in [*sizes, LARGEST] if asked.largest else sizes:
        plant = grown(asked.folder, orders)
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            command = ["engine_peers", "ours, streamed", str(plant.events), str(plant.points)]
            command += ["--values", str(Path(folder) / "signals.parquet"), "--cores", str(asked.cores)]
            runs = [child(*command) for _ in range(1 if orders == LARGEST else asked.repeats)]
        told.append({"n_events": plant.n_events} | summary("ours, streamed", runs) | {"n_points": plant.n_points})
    plot_growth(told, asked.folder / "growth.png")
    return told


if __name__ == "__main__":
    main()
