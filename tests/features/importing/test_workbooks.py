"""Excel sheets as tables: what stands in the cells comes out, whichever way a mapping asks."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from features.errors import InvalidMapping, LibraryMissing
from features.importing.mapping import import_events
from features.importing.workbooks import read_sheet

DAY, MOMENT = datetime.datetime(2024, 5, 2), datetime.datetime(2024, 5, 2, 14, 30)
needs_openpyxl = pytest.mark.skipif("not __import__('importlib').util.find_spec('openpyxl')", reason="no openpyxl")
ROWS: list[list[Any]] = [
    ["Open lines"],
    [],
    ["Order", "Line", "Qty", "Due", "Loaded", "Rush", None, "order"],
    ["A-7", 10, 2.5, DAY, MOMENT, True, 1, "x"],
    [],
    ["A-8", 20, 4, DAY, DAY, False, "one", "y"],
]


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "dd.mm.yyyy"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, values in enumerate(rows):
                for column, value in enumerate(values):
                    sheet.write(row, column, value)
    return path


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return workbook(tmp_path / "orders.xlsx", {"Open": ROWS, "Other": [["a"], [1]]})


@needs_openpyxl
def test_a_range_with_a_header_has_columns_of_the_types_of_their_values(book: Path) -> None:
    table = read_sheet(book, cells="A3:H9")
    assert table.column_names == ["Order", "Line", "Qty", "Due", "Loaded", "Rush", "G3", "order_1"]
    assert table.to_pylist() == [
        dict(zip(table.column_names, ["A-7", 10, 2.5, DAY.date(), MOMENT, True, "1", "x"], strict=True)),
        dict(zip(table.column_names, ["A-8", 20, 4.0, DAY.date(), DAY, False, "one", "y"], strict=True)),
    ]


@needs_openpyxl
def test_all_as_text(book: Path) -> None:
    """Days without a time; but where one has a time, midnight is one too."""
    table = read_sheet(book, cells="A3:H6", all_varchar=True)
    assert [list(row.values()) for row in table.to_pylist()] == [
        ["A-7", "10", "2.5", "2024-05-02", "2024-05-02 14:30:00", "true", "1", "x"],
        ["A-8", "20", "4", "2024-05-02", "2024-05-02 00:00:00", "false", "one", "y"],
    ]


@needs_openpyxl
def test_without_a_header_columns_are_called_as_their_first_cells(book: Path) -> None:
    table = read_sheet(book, cells="A4:B6")
    assert table.to_pylist() == [{"A4": "A-7", "B4": 10}, {"A4": "A-8", "B4": 20}]
    assert read_sheet(book, "Other", header=False, all_varchar=True).to_pylist() == [{"A1": "a"}, {"A1": "1"}]
    assert read_sheet(book, "Other").to_pylist() == [{"a": 1}]


@needs_openpyxl
def test_columns_beyond_z_and_numbers_beyond_64_bits(tmp_path: Path) -> None:
    wide = workbook(tmp_path / "wide.xlsx", {"S": [[None] * 26 + [1, 2**53 + 2.0]]})
    assert read_sheet(wide, header=False).column_names[-3:] == ["Z1", "AA1", "AB1"]
    assert read_sheet(wide, cells="AB1:AB1", all_varchar=True)["AB1"].to_pylist() == ["9007199254740994"]


@needs_openpyxl
def test_an_empty_sheet_has_no_rows(tmp_path: Path) -> None:
    empty = workbook(tmp_path / "empty.xlsx", {"S": []})
    assert read_sheet(empty).num_rows == 0
    assert read_sheet(empty, cells="A1:B2").to_pylist() == []


@needs_openpyxl
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"sheet": "Closed"}, "one of Open, Other, got 'Closed'"),
        ({"cells": "first ten"}, "such as 'A3:D10', got 'first ten'"),
        ({"cells": 5}, "such as 'A3:D10', got 5"),
    ],
)
def test_what_is_not_there_is_named(book: Path, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidMapping, match=says):
        read_sheet(book, **arguments)


@needs_openpyxl
@pytest.mark.parametrize("name", ["orders.xls", "text.xlsx"])
def test_what_is_no_workbook_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"order;line\n")
    with pytest.raises(InvalidMapping, match=rf"must be given an Excel workbook \(\.xlsx\), got .*{name}"):
        read_sheet(tmp_path / name)


MAPPING = """SET VARIABLE first = 3;
CREATE VIEW lines AS FROM read_xlsx(getvariable('source') || '/orders.xlsx',
    range = 'A' || getvariable('first')::INT || ':H6', header := true, all_varchar => true) AS sheet; -- the open ones
SELECT 'order_line.created' AS type, o."Order" || '-' || o."Line" AS event_id, 'erp' AS source, o."Order" AS order_id,
    o."Line" AS line_id, q."Qty" AS quantity, o."Due" AS date, '2024-01-02' AS occurred_at
FROM lines AS o JOIN READ_XLSX ('orders.xlsx', range='A3:C6') q ON q."Order" = o."Order" ORDER BY 2"""


@needs_openpyxl
def test_a_mapping_reads_sheets_in_views_and_joins(book: Path) -> None:
    mapping = book.with_name("m.sql")
    mapping.write_text(MAPPING)
    events = import_events(mapping, str(book.parent)).events
    assert list(events["event_id"]) == ["A-7-10", "A-8-20"]
    assert list(events["quantity"]) == [2.5, 4.0]
    assert [f"{date:%Y-%m-%d %H:%M}" for date in events["date"]] == ["2024-05-02 23:59"] * 2


def test_without_openpyxl_the_error_names_it(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    mapping = book.with_name("m.sql")
    mapping.write_text("SELECT * FROM read_xlsx('orders.xlsx')")
    with pytest.raises(LibraryMissing, match="needs the Python package openpyxl"):
        import_events(mapping, str(book.parent))
