"""Ours, through the public path. The only module here that knows the engine: adapt it when the engine changes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from engine_peers.run import Ints, OneOrder, Run
from features.catalogue.registry import catalogue
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.events import read_columns, read_events
from features.events.columns import as_columns
from features.history import History
from features.pipeline.computation import compute
from features.pipeline.partitions import partitions
from features.pipeline.stream import context_of, tables_of, write_tables
from features.times import plant_calendar


def every_signal(events: Path, points: Path) -> Run:
    """All signals of the catalogue, those that need the context of other orders included."""
    run = Run(names=list(catalogue()))
    with run.stage("read"):
        columns = read_columns(events)
    with run.stage("sort"):
        history = History.of_columns(columns)
    with run.stage("context"):
        context = Context.of(history, plant_calendar())
    with run.stage("points"):
        asked = _points(points, history)
    with run.stage("signals"):
        run.values = compute(history, asked, context, list(run.names))
    return run


def streamed(events: Path, points: Path, out: Path) -> Run:
    """The same in partitions and into a Parquet file, for sizes at which neither is to be held."""
    run = Run(names=list(catalogue()))
    table = pq.read_table(points, read_dictionary=["order_id"])
    codes = table["order_id"].unify_dictionaries().combine_chunks()
    words = codes.dictionary.to_numpy(zero_copy_only=False)
    orders, moments = codes.indices.to_numpy(), table["as_of"].cast("int64").to_numpy()
    place = {word: code for code, word in enumerate(words)}

    def asked(history: History) -> DecisionPoints:
        """The points of the partition's orders; the file is sorted by order, as partitions are."""
        own = np.array([place[order] for order in history.order_ids if order in place], dtype=np.int64)
        low, high = np.searchsorted(orders, own[0]), np.searchsorted(orders, own[-1], side="right")
        order = np.searchsorted(history.order_ids, words[orders[low:high]]).astype(np.int64)
        return DecisionPoints(order, moments[low:high])

    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        with run.stage("split"):
            parts = partitions(events, Path(folder))
        with run.stage("context"):
            context, _ = context_of(parts, plant_calendar())
        with run.stage("signals"):
            write_tables(tables_of(parts, context, asked), out, len(parts))
    return run


def caller(plant: Path, order_id: str) -> OneOrder:
    """What answers for one order while the context tables of the whole plant are loaded."""
    table = read_events(plant)
    history = History.of(table)
    context = Context.of(history, plant_calendar())
    columns = as_columns(table[table["order_id"] == order_id])
    names = list(catalogue())

    def call(as_of: int) -> dict[str, float]:
        alone = History.of_columns(columns)
        point = DecisionPoints(np.zeros(1, dtype=np.int64), np.array([as_of], dtype=np.int64))
        return dict(zip(names, compute(alone, point, context, names)[0], strict=True))

    return call


def _points(points: Path, history: History) -> DecisionPoints:
    """The decision points of the file; its orders are sorted, as the history's are."""
    table = pq.read_table(points)
    codes = table["order_id"].dictionary_encode().unify_dictionaries().combine_chunks()
    places = np.searchsorted(history.order_ids, codes.dictionary.to_numpy(zero_copy_only=False))
    order: Ints = places[codes.indices.to_numpy()].astype(np.int64)
    return DecisionPoints(order, table["as_of"].cast("int64").to_numpy())
