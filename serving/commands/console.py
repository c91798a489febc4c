"""What commands show: progress and notes on standard error, results on standard output; words of users are text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import orjson
import typer
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
from rich.text import Text

from features.progress import Progress
from serving.telemetry.redaction import redacted, redacted_content
from serving.terminal_text import as_printed, escaped_in_json

terminal = Console(stderr=True, highlight=False, markup=False, emoji=False)
output = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
output.width = max(output.width, 110)
WIDEST = 100_000
SHORT = 22
"""Cells of at most so many characters stay on one line."""


class Step(Protocol):
    """Called with what begins; it is a ``Progress``, of which the counts are not shown."""

    def __call__(self, what: str, done: int = 0, total: int = 0, /) -> None: ...


@contextmanager
def step_progress(total: int) -> Iterator[Step]:
    """A progress bar over ``total`` steps; call the function with what begins."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with ProgressBar(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task("starting", total=total)

        def step(what: str, _done: int = 0, _total: int = 0, /) -> None:
            bar.update(task, description=as_printed(what), advance=1)

        yield step


@contextmanager
def part_progress() -> Iterator[Progress]:
    """A progress bar; call the function with what is being done, the parts done and the parts in all."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with ProgressBar(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task("starting", total=1)

        def step(what: str, done: int, parts: int) -> None:
            bar.update(task, description=as_printed(what), completed=done, total=max(parts, 1))

        yield step


@contextmanager
def share_progress(what: str) -> Iterator[Progress]:
    """A progress bar with the time left; call the function as work goes on; ``what`` stays as it is."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with ProgressBar(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=terminal, transient=True) as bar:
        task = bar.add_task(as_printed(what), total=1.0)

        def step(_what: str, done: int, parts: int) -> None:
            bar.update(task, completed=done / max(parts, 1))

        yield step


def say(text: str) -> None:
    """One or several lines of result for a person; words of users in it come through ``serving.terminal_text``."""
    output.print(as_printed(redacted(text), line_ends=True))


def print_note(text: str) -> None:
    """A line beside the result, on standard error."""
    terminal.print(as_printed(redacted(text), line_ends=True))


def print_failure(text: str) -> None:
    """Why a command failed, on standard error: as it is, whatever the width."""
    typer.echo(f"shiprisk: {as_printed(redacted(text), line_ends=True)}", err=True)


def print_json(content: Any) -> None:
    """One JSON object, the last thing on standard output; texts in it lose their secrets."""
    plain = orjson.loads(orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY))
    output.file.write(escaped_in_json(orjson.dumps(redacted_content(plain)).decode()) + "\n")


def print_result(content: Any, notice: str | None, show: Callable[[], None], as_json: bool) -> None:
    """What a command of models has measured: one JSON object, or a note and what ``show`` prints."""
    if as_json:
        from training.registry.run_metrics import json_ready

        print_json(json_ready(content))
        return
    if notice:
        say(f"note: {notice}")
    show()


def print_table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """A table; numbers stand to the right."""
    table = Table(
        title=Text(as_printed(redacted(title))),
        title_justify="left",
        header_style="bold",
        box=None,
        padding=(0, 2, 0, 0),
    )
    for number, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[number], int | float) for row in rows)
        short = bool(rows) and max(len(as_printed(str(row[number]))) for row in rows) <= SHORT
        table.add_column(
            Text(as_printed(column)), justify="right" if numeric else "left", overflow="fold", no_wrap=short
        )
    for row in rows:
        table.add_row(
            *(Text(f"{cell:,}" if isinstance(cell, int) else as_printed(redacted(str(cell)))) for cell in row)
        )
    width = output.width
    output.width = _width_for(table)
    try:
        output.print(table)
    finally:
        output.width = width


def _width_for(table: Table) -> int:
    """So wide that no figure is cut; where nobody reads at a terminal, so wide that no line is folded."""
    needed = output.measure(table, options=output.options.update(width=WIDEST))
    return max(output.width, needed.minimum) if output.is_terminal else max(needed.maximum, 1)
