"""Sheets of Excel workbooks as tables."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import BadZipFile

import pyarrow as pa

from features.errors import InvalidMapping, LibraryMissing
from features.importing.tables import are_days, column, column_type

LARGEST_INTEGER = 2**63 - 1


def read_sheet(
    path: Path,
    sheet: str | None = None,
    cells: str | None = None,
    header: bool | None = None,
    all_varchar: bool = False,
) -> pa.Table:
    """A sheet of a workbook (by default the first), or a range of its cells such as ``A3:D10``, as a table.

    Rows without any value are left out. The first row is the header if ``header`` says so, or by default if all that
    stands there is text; a column without a name is called like its first cell, such as ``B3``. With ``all_varchar``
    every value is text; else a column has the type of its values, and is text where they are of several.

    Raises ``InvalidMapping`` for what is no workbook or not in it, ``LibraryMissing`` without openpyxl.
    """
    first_column, first_row, last_column, rows = _cells(path, sheet, cells)
    rows = [row for row in rows if any(value is not None for value in row)]
    width = last_column or max(
        (place + 1 for row in rows for place, value in enumerate(row) if value is not None), default=0
    )
    rows = [(*row, *(None,) * (width - len(row)))[:width] for row in rows]
    names: Sequence[Any] = (None,) * width
    if rows and (header if header is not None else all(isinstance(name, str | None) for name in rows[0])):
        names, *rows = rows
    columns = [_column([row[place] for row in rows], all_varchar) for place in range(width)]
    return pa.table(columns, names=_column_names(names, first_column, first_row))


def _openpyxl() -> ModuleType:
    try:
        import openpyxl
    except ImportError as error:
        raise LibraryMissing(
            "read_xlsx needs the Python package openpyxl, which is not installed here: pip install openpyxl"
        ) from error
    module: ModuleType = openpyxl
    return module


def _cells(path: Path, sheet: str | None, cells: str | None) -> tuple[int, int, int | None, list[tuple[Any, ...]]]:
    """The column and row in which the cells begin, their width where a range says it, and the rows of their values."""
    openpyxl = _openpyxl()
    left, top, right, bottom = _bounds(openpyxl, cells)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of styles and validations that openpyxl does not keep: no value depends on them
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        except (BadZipFile, KeyError, ValueError, openpyxl.utils.exceptions.InvalidFileException) as error:
            raise InvalidMapping(f"read_xlsx must be given an Excel workbook (.xlsx), got {path}: {error}") from error
        try:
            if sheet is not None and sheet not in book.sheetnames:
                raise InvalidMapping(f"the sheet must be one of {', '.join(book.sheetnames)}, got {sheet!r} for {path}")
            page = book.worksheets[0] if sheet is None else book[sheet]
            page.reset_dimensions()  # what a file says of its own size is often wrong
            rows = list(page.iter_rows(top, bottom, left, right, values_only=True))
        finally:
            book.close()
    return left or 1, top or 1, right and right - (left or 1) + 1, rows


def _bounds(openpyxl: ModuleType, cells: str | None) -> tuple[int | None, int | None, int | None, int | None]:
    """First column and row, last column and row; ``None`` where the range leaves them open."""
    if cells is None:
        return None, None, None, None
    try:
        left, top, right, bottom = openpyxl.utils.range_boundaries(cells)
    except (ValueError, TypeError) as error:
        raise InvalidMapping(f"the range of read_xlsx must be of cells, such as 'A3:D10', got {cells!r}") from error
    return left, top, right, bottom


def _column(values: Sequence[Any], all_varchar: bool) -> pa.Array:
    only_days = are_days(values)
    kinds = {str if type(value) is int and abs(value) > LARGEST_INTEGER else type(value) for value in values}
    kind = pa.string() if all_varchar else column_type(kinds - {type(None)}, only_days)
    return column(values, kind, only_days)


def _column_names(names: Sequence[Any], first_column: int, first_row: int) -> list[str]:
    """Names that differ in more than their capitals: ``Line``, ``line_1``."""
    distinct: dict[str, str] = {}
    for place, name in enumerate(names):
        text = f"{_letters(first_column + place)}{first_row}" if name is None else str(name)
        unique, count = text, 0
        while unique.casefold() in distinct:
            count += 1
            unique = f"{text}_{count}"
        distinct[unique.casefold()] = unique
    return list(distinct.values())


def _letters(number: int) -> str:
    """The letters of a column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
