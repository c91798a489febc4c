"""What commands show: progress and tables on standard error, results on standard output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import orjson
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as ProgressBar
from rich.table import Table

from features.progress import Progress

terminal = Console(stderr=True, highlight=False)
output = Console(highlight=False, soft_wrap=True)
output.width = max(output.width, 110)
SHORT = 22
"""Cells of at most so many characters stay on one line."""


class Step(Protocol):
    """Called with what begins; it is a ``Progress``, of which the counts are not shown."""

    def __call__(self, what: str, done: int = 0, total: int = 0, /) -> None: ...


@contextmanager
def step_progress(total: int) -> Iterator[Step]:
    """A progress bar over ``total`` steps; call the function with what begins."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with ProgressBar(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task("starting", total=total)

        def step(what: str, _done: int = 0, _total: int = 0, /) -> None:
            bar.update(task, description=what, advance=1)

        yield step


@contextmanager
def part_progress() -> Iterator[Progress]:
    """A progress bar; call the function with what is being done, the parts done and the parts in all."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with ProgressBar(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task("starting", total=1)

        def step(what: str, done: int, parts: int) -> None:
            bar.update(task, description=what, completed=done, total=max(parts, 1))

        yield step


@contextmanager
def share_progress(what: str) -> Iterator[Progress]:
    """A progress bar with the time left; call the function as work goes on; ``what`` stays as it is."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with ProgressBar(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=terminal, transient=True) as bar:
        task = bar.add_task(what, total=1.0)

        def step(_what: str, done: int, parts: int) -> None:
            bar.update(task, completed=done / max(parts, 1))

        yield step


def say(text: str) -> None:
    """One line of result for a person."""
    output.print(text, markup=False)


def print_json(content: Any) -> None:
    """One JSON object, the last thing on standard output."""
    output.file.write(orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY).decode() + "\n")


def print_table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """A table; numbers stand to the right."""
    table = Table(title=title, title_justify="left", header_style="bold", box=None, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[number], int | float) for row in rows)
        short = bool(rows) and max(len(str(row[number])) for row in rows) <= SHORT
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=short)
    for row in rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    output.print(table)
