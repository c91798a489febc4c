"""One peer in a process of its own: ``python -m engine_peers PEER EVENTS POINTS``. Prints its figures as JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import resource
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine_peers.run import SIGNALS, Run

PEERS = {
    "ours": ("ours", "every_signal"),
    "polars, plain": ("with_polars", "plain"),
    "polars, one at a time": ("with_polars", "one_at_a_time"),
    "polars, all at once": ("with_polars", "all_at_once"),
    "duckdb, plain": ("with_duckdb", "plain"),
    "duckdb, one at a time": ("with_duckdb", "one_at_a_time"),
    "duckdb, all at once": ("with_duckdb", "all_at_once"),
    "pandas, naive": ("with_pandas", "naive"),
    "ours, streamed": ("ours", "streamed"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("events", type=Path)
    parser.add_argument("points", type=Path)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--values", type=Path, help="where to keep the numbers; a stream must have it")
    asked = parser.parse_args()
    keep_to(asked.cores)
    run = function(asked.peer)(*([asked.events, asked.points] + [asked.values] * (asked.peer == "ours, streamed")))
    held = peak_bytes()
    if asked.values and asked.peer != "ours, streamed":
        keep(run, asked.values)
    told = {"seconds": run.seconds, "cpu_seconds": run.cpu_seconds, "peak_bytes": held}
    print(json.dumps(told | {"n_signals": len(run.names), "n_points": len(run.values)}))


def keep_to(cores: int) -> None:
    """Every peer gets the same cores, and is told so before it is imported."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    for name in ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "DUCKDB_THREADS"):
        os.environ[name] = str(cores)


def function(peer: str) -> Callable[..., Run]:
    """What runs a peer. Its packages are imported here: importing is no part of what is timed."""
    module, name = PEERS[peer]
    found: Callable[..., Run] = getattr(importlib.import_module(f"engine_peers.{module}"), name)
    return found


def keep(run: Run, path: Path) -> None:
    """The numbers of the signals that all peers have, for the comparison."""
    names = list(run.names)
    shared = [name for name in SIGNALS if name in names]
    rows = np.arange(len(run.values)) if run.rows is None else run.rows
    np.savez(path, names=shared, values=run.values[:, [names.index(name) for name in shared]], rows=rows)


def peak_bytes() -> int:
    """The most memory this process ever held.

    Linux starts ``ru_maxrss`` with what the parent held, so the figure of this process alone is asked first.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
