"""The worklist as a file: CSV, or a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import xlsxwriter

from features.times import LATEST
from serving.api.presenters import moment, reason_of

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FIRST = (
    "order_id",
    "state",
    "risk",
    "missed",
    "partial",
    "value_at_risk",
    "due_at",
    "customer",
    "plant",
    "item",
    "value",
)
LAST = ("owner", "snoozed_until", "decision", "as_of", "reason", "cannot_tell")
REASONS, FACTORS = 3, 5
HEADER = (
    *FIRST,
    *(f"reason_{place}" for place in range(1, REASONS + 1)),
    *(f"factor_{place}" for place in range(1, FACTORS + 1)),
    *LAST,
)
MOMENTS = ("due_at", "snoozed_until", "as_of")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is one that a spreadsheet would run."""


def csv_file(rows: Iterable[Mapping[Any, Any]]) -> bytes:
    """UTF-8 with a header, as RFC 4180 has it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerows([_harmless(cell) for cell in _cells(row)] for row in rows)
    return out.getvalue().encode()


def xlsx_file(rows: Iterable[Mapping[Any, Any]]) -> bytes:
    """One sheet, its header frozen; texts stay texts."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("Worklist")
        share, bold = book.add_format({"num_format": "0.0%"}), book.add_format({"bold": True})
        sheet.write_row(0, 0, HEADER, bold)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(HEADER) - 1, 16)
        sheet.set_column(2, 4, 9, share)
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, _cells(row))
    return out.getvalue()


def _cells(row: Mapping[Any, Any]) -> list[Any]:
    reasons = _in_words(orjson.loads(row["reasons"]), "text", REASONS)
    factors = _in_words(orjson.loads(row["factors"]), "sentence", FACTORS)
    return [*(_cell(row, name) for name in FIRST), *reasons, *factors, *(_cell(row, name) for name in LAST)]


def _in_words(explained: list[dict[str, Any]], words: str, count: int) -> list[str]:
    phrases = [f"{one[words]} ({one['points'] * 100:+.1f} points)" for one in explained[:count]]
    return phrases + [""] * (count - len(phrases))


def _cell(row: Mapping[Any, Any], name: str) -> Any:
    if name == "reason":
        return reason_of(row["state"], scored=bool(row["scored_by"])) or ""
    if name == "cannot_tell":
        return "; ".join(orjson.loads(row[name]))
    if name in MOMENTS:
        return "" if row[name] == LATEST else moment(row[name]) or ""
    return "" if row[name] is None else row[name]


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
