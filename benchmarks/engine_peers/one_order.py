"""How long one order takes: ``python -m engine_peers.one_order PEER PLANT``. Prints its figures as JSON.

An order with 60 events, from its columns to all signals, called again and again, after some calls to warm up.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine_peers.__main__ import keep_to
from engine_peers.run import SIGNALS, Floats, OneOrder

CALLERS = {"ours": "ours", "polars": "with_polars", "pandas, naive": "with_pandas"}
EVENTS = 60
WARM_UP = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=CALLERS)
    parser.add_argument("plant", type=Path, help="the simulated plant")
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--cores", type=int, default=2)
    asked = parser.parse_args()
    keep_to(asked.cores)
    order_id, moments = order_of(asked.plant)
    call: OneOrder = importlib.import_module(f"engine_peers.{CALLERS[asked.peer]}").caller(asked.plant, order_id)
    took = timed(call, moments[-1], asked.calls)
    answers = [call(moment) for moment in moments]
    print(json.dumps({
        "median_ms": float(np.median(took)) * 1e3,
        "p99_ms": float(np.quantile(took, 0.99)) * 1e3,
        "n_signals": len(answers[0]),
        "values": [[_or_none(answer[name]) for name in SIGNALS] for answer in answers],
    }))  # fmt: skip


def order_of(plant: Path) -> tuple[str, list[int]]:
    """The first order with that many events, and when they were recorded: the whole of it is timed, all are checked."""
    table = pq.read_table(plant, columns=["order_id", "recorded_at"])
    sizes = table.group_by("order_id").aggregate([("recorded_at", "count")]).sort_by("order_id")
    order_id = sizes.filter(pc.equal(sizes["recorded_at_count"], EVENTS))["order_id"][0].as_py()
    recorded = table.filter(pc.equal(table["order_id"], order_id))["recorded_at"].cast(pa.int64())
    return order_id, sorted(recorded.to_pylist())


def _or_none(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)


def timed(call: OneOrder, moment: int, calls: int) -> Floats:
    """Seconds of each call."""
    for _ in range(WARM_UP):
        call(moment)
    took = np.empty(calls)
    for i in range(calls):
        begun = time.perf_counter()
        call(moment)
        took[i] = time.perf_counter() - begun
    return took


if __name__ == "__main__":
    main()
