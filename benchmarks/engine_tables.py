"""The figures of ``engine.py`` as tables, and the targets they are held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

TIMES_PEERS, TIMES_NAIVE = 4, 1000
MOST_MEMORY, MOST_STREAMED = 6, 4
"""GiB."""
MOST_ONE_ORDER = 1.5
"""Milliseconds."""
STEEPEST = 1.1
LARGEST_EVENTS = 39_000_000

Figures = dict[str, Any]
console = Console(width=160)


def slope(events: Sequence[float], seconds: Sequence[float]) -> float:
    """The exponent b of seconds = a * events ** b, by least squares on the logarithms; 1 is linear.

    >>> round(slope([1, 10, 100], [2, 20, 200]), 6)
    1.0
    """
    return float(np.polyfit(np.log(events), np.log(seconds), 1)[0])


def show_peers(told: list[Figures]) -> None:
    table = Table(title="From the files to the numbers")
    for column, justify in (
        ("peer", "left"), ("stages, s", "left"), ("total, s", "right"), ("CPU, s", "right"), ("signals", "right"),
        ("s a signal", "right"), ("ours faster", "right"), ("peak, GiB", "right"), ("numbers", "left"),
    ):  # fmt: skip
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for one in told:
        table.add_row(
            one["peer"],
            ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in one["stages"].items()),
            f"{one['seconds']:.2f}",
            f"{one['cpu_seconds']:.2f}",
            f"{one['n_signals']}",
            f"{one['nanoseconds_per_number'] * told[0]['n_points'] / 1e9:.4g}",
            f"{times(told, one):,.1f} x",
            f"{one['peak_gib']:.2f}",
            _agreement(one),
        )
    console.print(table)


def times(told: list[Figures], one: Figures) -> float:
    """How many times as fast ours is, per signal and decision point."""
    return float(one["nanoseconds_per_number"] / told[0]["nanoseconds_per_number"])


def _agreement(one: Figures) -> str:
    if "differ" not in one:
        return ""
    if not one["differ"]:
        return "same as ours"
    return "NOT ours: " + ", ".join(f"{signal} at {count:,}" for signal, count in one["differ"].items())


def show_one_order(told: list[Figures]) -> None:
    table = Table(title="One order with 60 events, context of 5,000 orders loaded")
    for column in ("peer", "median, ms", "p99, ms", "signals", "median a signal, ms", "numbers"):
        table.add_column(column, justify="left" if column in ("peer", "numbers") else "right")
    for one in told:
        each = one["median_ms"] / one["n_signals"]
        shown = (f"{one['median_ms']:.3f}", f"{one['p99_ms']:.3f}", f"{one['n_signals']}", f"{each:.4f}")
        table.add_row(one["peer"], *shown, _agreement(one))
    console.print(table)


def show_growth(told: list[Figures]) -> None:
    table = Table(title="Growth: ours, streamed into a file")
    for column in ("events", "decision points", "total, s", "microseconds an event", "peak, GiB"):
        table.add_column(column, justify="right")
    for one in told:
        each = one["seconds"] / one["n_events"] * 1e6
        shown = (f"{one['seconds']:.1f}", f"{each:.2f}", f"{one['peak_gib']:.2f}")
        table.add_row(f"{one['n_events']:,}", f"{one['n_points']:,}", *shown)
    console.print(table)


def targets(told: Figures) -> list[Figures]:
    """Every target that the figures speak of: what must hold, what was got."""
    found = [*_peer_targets(told.get("peers", []))]
    if order := told.get("order"):
        got = order[0]["median_ms"]
        found.append(_target(f"one order in under {MOST_ONE_ORDER} ms", f"{got:.3f} ms", got < MOST_ONE_ORDER))
    return [*found, *_growth_targets(told.get("growth", []))]


def _growth_targets(told: list[Figures]) -> list[Figures]:
    """The bound on memory is for the largest size, the slope for any two."""
    found = []
    if len(told) > 1:
        got = slope([one["n_events"] for one in told], [one["seconds"] for one in told])
        found.append(_target("time grows linearly", f"slope {got:.2f}", got <= STEEPEST))
    if told and told[-1]["n_events"] >= LARGEST_EVENTS:
        what, peak = f"{told[-1]['n_events']:,} events in under {MOST_STREAMED} GiB", told[-1]["peak_gib"]
        found.append(_target(what, f"{peak:.2f} GiB", peak < MOST_STREAMED))
    return found


def _peer_targets(told: list[Figures]) -> list[Figures]:
    if not told:
        return []
    found = []
    for one in told[1:]:
        least = TIMES_NAIVE if one["peer"] == "pandas, naive" else TIMES_PEERS
        got = times(told, one)
        found.append(_target(f"{least:,} times as fast a signal as {one['peer']}", f"{got:,.1f} times", got >= least))
    peak = told[0]["peak_gib"]
    return [*found, _target(f"peak memory under {MOST_MEMORY} GiB", f"{peak:.2f} GiB", peak < MOST_MEMORY)]


def _target(must: str, got: str, holds: bool) -> Figures:
    return {"must": must, "got": got, "holds": bool(holds)}


def show_targets(told: list[Figures]) -> None:
    table = Table(title="Targets")
    for column in ("must", "got", ""):
        table.add_column(column)
    for one in told:
        table.add_row(one["must"], one["got"], "[green]holds[/]" if one["holds"] else "[red]missed[/]")
    console.print(table)
