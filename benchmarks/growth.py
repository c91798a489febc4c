"""A large plant from a simulated one: copies of its orders in one event file, and moments to look at them.

    python benchmarks/growth.py --folder out/engine --orders 100000

The copies have order ids, event ids and references of their own and the times of the original. They differ from each
other: bookings of loss, partial confirmations and shipping conditions are left out at random, so that about 40 events
an order remain. The file is in the order in which the events were recorded, as a log is, not sorted by order.
Memory is bounded: each slice of the original's records is written for all copies as one row group. A file that is
there is used again.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.events import write_events
from simulation import load_plant, simulate

BASE_ORDERS = 5000
DAYS = 365
SEED = 7
EVENTS_AN_ORDER = 40
POINTS_AN_ORDER = 10
ROWS_A_GROUP = 200_000
DROPPABLE_TYPES = ("operation.scrapped", "operation.reworked", "readiness.stated")
SECOND = 1_000_000
"""Moments are whole seconds, as the records are."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Plant:
    """Two files of one grown plant, and what is in them."""

    events: Path
    points: Path
    n_events: int
    n_points: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("out/engine"), help="where the files are kept")
    parser.add_argument("--orders", type=int, default=100_000, help=f"a multiple of {BASE_ORDERS:,}")
    asked = parser.parse_args()
    plant = grown(asked.folder, asked.orders)
    print(f"{plant.events}: {plant.n_events:,} events\n{plant.points}: {plant.n_points:,} decision points")


def grown(folder: Path, orders: int) -> Plant:
    """The files of a plant of that many orders, written unless they are there."""
    if orders < BASE_ORDERS or orders % BASE_ORDERS:
        raise ValueError(f"orders must be a multiple of {BASE_ORDERS:,}, got {orders:,}")
    events, points = folder / f"events-{orders}.parquet", folder / f"points-{orders}.parquet"
    if not (events.is_file() and points.is_file()):
        base = base_events(folder)
        _write_whole(events, lambda path: write_copies(base, orders // BASE_ORDERS, path))
        _write_whole(points, lambda path: write_points(base, orders // BASE_ORDERS, path))
    return Plant(events, points, pq.read_metadata(events).num_rows, pq.read_metadata(points).num_rows)


def base_events(folder: Path) -> pa.Table:
    """The simulated plant, in the order of its records."""
    path = folder / "simulated.parquet"
    if not path.is_file():
        write_events(simulate(load_plant("default"), orders=BASE_ORDERS, days=DAYS, seed=SEED), path)
    return pq.read_table(path)


def write_copies(base: pa.Table, copies: int, path: Path) -> None:
    """All copies of every event that is kept, a row group a slice of time."""
    droppable = _droppable(base)
    share = (len(base) - EVENTS_AN_ORDER * BASE_ORDERS) / droppable.sum()
    slice_rows = max(1, ROWS_A_GROUP * len(base) // (EVENTS_AN_ORDER * BASE_ORDERS) // copies)
    with pq.ParquetWriter(path, base.schema, compression="zstd") as file:
        for start in range(0, len(base), slice_rows):
            row = np.repeat(np.arange(start, min(start + slice_rows, len(base))), copies)
            copy = np.tile(np.arange(copies), len(row) // copies)
            kept = ~droppable[row] | (_chance(row * copies + copy) >= share)
            file.write_table(_renamed(base, row[kept], copy[kept]), row_group_size=ROWS_A_GROUP * 2)


def write_points(base: pa.Table, copies: int, path: Path) -> None:
    """Ten moments an order, sorted: nine at random between its first and last record, one on the last to the second."""
    recorded = base["recorded_at"].cast(pa.int64())
    lives = pa.table({"order_id": base["order_id"], "at": recorded}).group_by("order_id")
    lives = lives.aggregate([("at", "min"), ("at", "max")]).sort_by("order_id")
    first, last = lives["at_min"].to_numpy() // SECOND, lives["at_max"].to_numpy() // SECOND
    schema = pa.schema([("order_id", pa.string()), ("as_of", pa.timestamp("us", tz="UTC"))])
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        for copy in range(copies):
            chance = np.random.default_rng([SEED, copy]).random((len(first), POINTS_AN_ORDER))
            moments = np.sort(first[:, None] + np.floor(chance * (last - first + 1)[:, None]).astype(np.int64))
            moments[:, -1] = last
            order = np.repeat(np.arange(len(first)), POINTS_AN_ORDER)
            ids = _prefixed(lives["order_id"].take(order), np.full(len(order), copy))
            as_of = pa.array(moments.ravel() * SECOND).cast(schema.field("as_of").type)
            file.write_table(pa.table([ids, as_of], schema=schema))


def _droppable(base: pa.Table) -> NDArray[np.bool_]:
    """Events a plant could have left unrecorded: other events stay true without them."""
    dull = pc.is_in(base["type"], pa.array(DROPPABLE_TYPES))
    partial = pc.and_(pc.equal(base["type"], "operation.confirmed"), pc.equal(base["state"], "partial"))
    dropped: NDArray[np.bool_] = pc.or_kleene(dull, partial).fill_null(False).to_numpy(zero_copy_only=False)
    return dropped


def _chance(numbers: Ints) -> NDArray[np.float64]:
    """A number in [0, 1) for each integer, by a hash (the finalizer of SplitMix64)."""
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)) / 2.0**53


def _renamed(base: pa.Table, row: Ints, copy: Ints) -> pa.Table:
    """These rows under the names of their copies; a component of a material is the same in every copy."""
    rows = base.take(row)
    shared = pc.equal(rows["type"], "material.stated")
    renamed = {name: _prefixed(rows[name], copy) for name in ("event_id", "order_id", "reference")}
    renamed["reference"] = pc.if_else(shared, rows["reference"], renamed["reference"])
    for name, values in renamed.items():
        rows = rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), values)
    return rows


def _prefixed(names: pa.ChunkedArray, copy: Ints) -> pa.ChunkedArray:
    prefixes = pa.array([f"C{number:03}" for number in range(int(copy.max(initial=0)) + 1)])
    return pc.binary_join_element_wise(prefixes.take(pa.array(copy)), names.combine_chunks(), "-")


def _write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write beside the path and rename, so that a run that was stopped leaves no half file."""
    beside = path.with_suffix(".part")
    write(beside)
    beside.replace(path)


if __name__ == "__main__":
    main()
