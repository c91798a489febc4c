"""The worklist as a file: what a planner opens, sorts and prints, and what a spreadsheet must not run."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pandas as pd
import pytest

from features.readiness.kinds import bits_of
from features.times import LATEST
from serving.api.files.export import csv_file, xlsx_file
from serving.api.files.worklist_columns import COLUMNS
from serving.commands.scoring.worklist import write_worklist
from serving.spreadsheet_text import harmless
from serving.store.schema import LATER
from serving.terminal_text import as_printed
from tests.support.stories import moment

ZONE = "Europe/Berlin"
NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
TEXTS = ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "a;=1", "a\t=1", 'a";=1', "a|@b", "x,\n-1"]
ROW: dict[str, Any] = {
    "order_id": "4711", "customer": "=1+1", "item": "+x", "plant": "Kiel", "state": "open", "due_at": moment(4.25),
    "risk": 0.8436120912345678, "missed": 0.5, "partial": 0.3436, "value": 1234.5, "value_at_risk": 1041.0391,
    "expected_ship": 19_730, "ship_earliest": 19_728, "ship_latest": LATER, "days_late": 3,
    "reasons": '[{"topic": "holds", "points": 0.3, "text": "quality hold H-1 stands"},'
    ' {"topic": "work", "points": 0.1, "text": "little work is left"}]',
    "blocking": bits_of(["hold", "plan_after_truck"]), "blockers": "plan_after_truck hold",
    "shippable": 0, "owner": "Ann", "snoozed_until": None,
    "decision": "assign", "last_decision": "Ann assigned to Ben, 2024-01-01",
    "as_of": moment(0), "cannot_tell": "[]", "scored_by": "m@1 of run",
}  # fmt: skip


def sheet_of(row: dict[str, Any]) -> dict[str, str]:
    return next(csv.DictReader(io.StringIO(csv_file([row], ZONE).decode())))


class Book:
    """A workbook of one row, taken apart."""

    def __init__(self, content: bytes) -> None:
        files = zipfile.ZipFile(io.BytesIO(content))
        self.sheet = ElementTree.fromstring(files.read("xl/worksheets/sheet1.xml"))
        self.styles = ElementTree.fromstring(files.read("xl/styles.xml"))
        self.names = files.read("xl/workbook.xml").decode()
        shared = ElementTree.fromstring(files.read("xl/sharedStrings.xml"))
        self.texts = ["".join(one.itertext()) for one in shared.findall("m:si", NS)]

    def cell(self, header: str, row: int = 2) -> ElementTree.Element:
        place = [column.header for column in COLUMNS].index(header)
        found = self.sheet.find(f".//m:c[@r='{chr(ord('A') + place)}{row}']", NS)
        assert found is not None
        return found

    def text(self, header: str) -> str:
        cell = self.cell(header)
        assert cell.get("t") == "s"
        return self.texts[int(cell.findtext("m:v", "", NS))]

    def number(self, header: str) -> tuple[float, str]:
        """A number and how it is shown."""
        cell = self.cell(header)
        assert cell.get("t") is None
        style = self.styles.findall("m:cellXfs/m:xf", NS)[int(cell.get("s", "0"))]
        formats = {one.get("numFmtId"): one.get("formatCode") for one in self.styles.findall("m:numFmts/m:numFmt", NS)}
        builtin = {"1": "0", "3": "#,##0"}
        shown = style.get("numFmtId", "")
        return float(cell.findtext("m:v", "", NS)), str(formats.get(shown) or builtin[shown])


def book_of(row: dict[str, Any]) -> Book:
    return Book(xlsx_file([row], ZONE, moment(0)))


def test_a_csv_says_it_in_a_planners_words() -> None:
    found = sheet_of(ROW)
    assert found == {
        "Order": "4711", "Customer": "'=1+1", "Item": "'+x", "Plant": "Kiel", "State": "open",
        "Due": "2024-01-05 19:00", "Last line due": "2024-01-05", "Expected to ship": "2024-01-08", "Days late": "3",
        "Ships from": "2024-01-06", "Ships until": "later",
        "Risk": "84.4%", "Late": "50.0%", "Short": "34.4%", "Value": "1234.50", "Value at risk": "1041.04",
        "Why": "quality hold H-1 stands", "Also": "little work is left", "In the way": "plan after truck, hold",
        "Could ship now": "no", "Owner": "Ann", "Snoozed until": "", "Last decision": "Ann assigned to Ben, 2024-01-01",
        "Scored": "2024-01-01 13:00", "Risk uncertain because": "",
    }  # fmt: skip


def test_a_whole_day_is_a_date_and_what_nobody_knows_is_empty() -> None:
    end_of_day = moment(4.5) - 60 * 60 * 1_000_000 - 1
    undated = ROW | {
        "due_at": None,
        "risk": None,
        "state": "unpromised",
        "reasons": "[]",
        "blocking": None,
        "shippable": None,
        **dict.fromkeys(("expected_ship", "ship_earliest", "ship_latest", "days_late")),
    }
    assert sheet_of(ROW | {"due_at": end_of_day})["Due"] == "2024-01-05"
    found = sheet_of(undated | {"snoozed_until": LATEST})
    assert (found["Due"], found["Risk"], found["In the way"], found["Could ship now"]) == ("", "", "", "")
    assert (found["Expected to ship"], found["Days late"], found["Last line due"]) == ("", "", "")
    assert (found["State"], found["Snoozed until"]) == ("no promise", "something happens")
    assert "no date is promised yet" in found["Why"]
    assert sheet_of(ROW | {"blocking": 0, "blockers": "", "shippable": 1})["In the way"] == "nothing"


def test_a_workbook_has_real_dates_and_numbers() -> None:
    book = book_of(ROW)
    assert book.number("Due") == (pytest.approx(45296 + 19 / 24), "ddd d mmm yyyy hh:mm")
    assert book.number("Expected to ship") == (45299, "ddd d mmm yyyy")
    assert book.number("Days late") == (3, "0")
    assert book.text("Ships until") == "later"
    assert book.number("Risk") == (ROW["risk"], "0 %")
    assert book.number("Value at risk") == (1041.0391, "#,##0")
    assert (book.text("Customer"), book.text("Item")) == ("=1+1", "+x")
    assert (book.text("Why"), book.text("In the way")) == ("quality hold H-1 stands", "plan after truck, hold")
    assert book.sheet.find(".//m:f", NS) is None


def test_a_workbook_can_be_filtered_and_printed() -> None:
    book = book_of(ROW)
    pane, page = book.sheet.find(".//m:pane", NS), book.sheet.find("m:pageSetup", NS)
    filtered, footer = book.sheet.find("m:autoFilter", NS), book.sheet.findtext("m:headerFooter/m:oddFooter", "", NS)
    assert pane is not None
    assert (pane.get("state"), pane.get("ySplit")) == ("frozen", "1")
    assert filtered is not None
    assert filtered.get("ref") == "A1:Y2"
    assert page is not None
    assert (page.get("orientation"), page.get("fitToHeight")) == ("landscape", "0")
    assert "Page &P of &N" in footer
    assert "_xlnm.Print_Titles" in book.names


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("text", TEXTS)
def test_no_text_is_run_whatever_the_separator(text: str, separator: str) -> None:
    sheet = csv_file([ROW | {"customer": text}], ZONE).decode()
    cells = re.split(f'[\r\n"{re.escape(separator)}]', sheet)
    assert [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))] == []
    shown = book_of(ROW | {"customer": text}).text("Customer").replace("_x000D_", "")
    assert shown.split() == text.split()


@pytest.mark.parametrize(
    "text", ["\ufeff=1+1", "\u200b@a", "\xad+1", "\u202e=1", "a =cmd|x", "a -cmd|x", "\x01=1", "﹦1", "a:=1"]
)
def test_what_a_spreadsheet_passes_over_hides_no_formula(text: str) -> None:
    """Marks and control characters before it, and a separator that is a blank or a colon."""
    assert re.search(r"(?:^|[\s:])'[^\w]*[=+\-@﹦]", harmless(text))


@pytest.mark.parametrize(
    "text", ["A\x1b[31mB", "\x1b]0;title\x07", "A\x9b2J", "A\x08B", "A\rB", "A\x00", "A\u202eB", "\x7f"]
)
def test_a_csv_shows_what_a_terminal_would_obey(text: str, tmp_path: Path) -> None:
    """Who looks at a list with ``cat`` sees what a customer is called; it moves and colours nothing there."""
    write_worklist(pd.DataFrame({"order_id": [text], "customer": ["A\nB"]}), tmp_path / "worklist.csv")
    for sheet in (csv_file([ROW | {"customer": text}], ZONE).decode(), (tmp_path / "worklist.csv").read_text()):
        assert as_printed(text) in sheet
        assert as_printed(sheet.replace("\r\n", "\n"), line_ends=True) == sheet.replace("\r\n", "\n")


def test_a_csv_begins_with_a_byte_order_mark_where_it_is_asked_for(client: httpx.Client, tmp_path: Path) -> None:
    for asked, mark in (({}, b""), ({"bom": "true"}, codecs.BOM_UTF8)):
        reply = client.get("/v1/orders", params={"format": "csv", "customer": "nobody"} | asked)
        assert reply.content.removeprefix(mark).startswith(COLUMNS[0].header.encode())
    table = pd.DataFrame({"order_id": ["Ü"], "customer": ["=1"]})
    for bom, encoding in ((False, "utf-8"), (True, "utf-8-sig")):
        write_worklist(table, tmp_path / "worklist.csv", bom)
        assert (tmp_path / "worklist.csv").read_bytes() == "order_id,customer\nÜ,'=1\n".encode(encoding)


def test_a_text_that_is_no_formula_stays_as_it_is() -> None:
    for text in ("Müller & Söhne", "A-1", "2+2", "a, b; c", "x@example.org", "", "2 - 1", "a: -3.2", "(+1.2 points)"):
        assert harmless(text) == text


def test_files_are_those_of_the_question(client: httpx.Client) -> None:
    for kind in ("csv", "xlsx"):
        reply = client.get("/v1/orders", params={"format": kind, "blocker": "nothing", "customer": "nobody"})
        assert reply.status_code == 200
    assert client.get("/v1/orders", params={"format": "csv", "customer": "nobody"}).text.count("\n") == 1
