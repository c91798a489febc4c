"""The worklist as a file: CSV, or a workbook that is ready to print."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from features.times import plant_calendar
from features.wording.dates import EPOCH, WHOLE_DAY
from serving.api.files.worklist_columns import COLUMNS, FileColumn, Row
from serving.spreadsheet_text import as_cell

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOP = {"valign": "top"}
FORMATS = {
    "text": TOP,
    "sentence": TOP | {"text_wrap": True},
    "share": TOP | {"num_format": "0 %"},
    "amount": TOP | {"num_format": "#,##0"},
    "count": TOP | {"num_format": "0"},
    "day": TOP | {"num_format": "ddd d mmm yyyy", "align": "left"},
    "moment": TOP | {"num_format": "ddd d mmm yyyy hh:mm", "align": "left"},
    "header": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
}
NUMBERS = {"share": "{:.1%}", "amount": "{:.2f}", "count": "{}"}
"""How numbers are written in a CSV."""
A4 = 9


def csv_file(rows: Iterable[Row], zone: str, bom: bool = False) -> bytes:
    """UTF-8 with a header, as RFC 4180 has it; moments as ISO 8601 in the plant's zone, whole days as dates.

    ``bom``: with a byte order mark, by which Excel knows that it is UTF-8.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(column.header for column in COLUMNS)
    writer.writerows([_text(column, column.cell(row), zone) for column in COLUMNS] for row in rows)
    return out.getvalue().encode("utf-8-sig" if bom else "utf-8")


def _text(column: FileColumn, cell: Any, zone: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return as_cell(cell)
    if column.style == "moment":
        local = _local(cell, zone)
        return local.isoformat(" ", "minutes") if isinstance(local, datetime) else local.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return NUMBERS[column.style].format(cell)


def _local(moment: int, zone: str) -> date:
    """The moment on the plant's clock, or the day alone where the whole of it is meant."""
    local = (EPOCH + timedelta(microseconds=moment)).astimezone(ZoneInfo(plant_calendar(zone).zone))
    return local.date() if f"{local:%H:%M}" in WHOLE_DAY else local.replace(tzinfo=None)


def xlsx_file(rows: Iterable[Row], zone: str, now: int) -> bytes:
    """One sheet with a filter, its header frozen and repeated on each page; texts stay texts."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": "Worklist", "created": datetime.fromtimestamp(now // 1_000_000, UTC)})
        sheet = book.add_worksheet("Worklist")
        formats = {name: book.add_format(how) for name, how in FORMATS.items()}
        for place, column in enumerate(COLUMNS):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, column.header, formats["header"])
        number = 0
        for number, row in enumerate(rows, start=1):
            for place, column in enumerate(COLUMNS):
                _write(sheet, number, place, column, column.cell(row), zone, formats)
        sheet.autofilter(0, 0, number, len(COLUMNS) - 1)
        _lay_out(sheet, _local(now, zone), zone)
    return out.getvalue()


def _write(
    sheet: Worksheet, row: int, place: int, column: FileColumn, cell: Any, zone: str, formats: dict[str, Any]
) -> None:
    if cell is None:
        sheet.write_blank(row, place, None, formats["text"])
    elif isinstance(cell, str):
        sheet.write_string(row, place, cell, formats["sentence" if column.style == "sentence" else "text"])
    elif column.style == "moment":
        local = _local(cell, zone)
        sheet.write_datetime(row, place, local, formats["moment" if isinstance(local, datetime) else "day"])
    elif isinstance(cell, date):
        sheet.write_datetime(row, place, cell, formats[column.style])
    else:
        sheet.write_number(row, place, cell, formats[column.style])


def _lay_out(sheet: Worksheet, now: date, zone: str) -> None:
    """For the screen and for paper."""
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    shown = f"{now:%Y-%m-%d %H:%M}" if isinstance(now, datetime) else f"{now:%Y-%m-%d}"
    sheet.set_header(f"&LWorklist&R{shown}, {zone}")
    sheet.set_footer("&RPage &P of &N")
