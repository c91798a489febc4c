"""Words of users are text on a terminal: they colour nothing, move nothing, and add no lines."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator

import pytest
import structlog

from serving.commands import console
from serving.telemetry.logs import log_to
from serving.terminal_text import as_printed, escaped_in_json
from tests.conftest import Home

NASTY = (
    "[bold red]A[/bold red]",
    "[/nothing]",
    "[link=http://example.org]A[/link]",
    ":warning:",
    "\x1b[31mA\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://example.org\x1b\\A",
    "A\nB",
    "A\r\x1b[2KB",
    "A\x08\x08B",
    "\x9b31mA",
    "A\u202eB\u2066C",
    "A\u2028B",
    "\ufeffA",
    "\x00A\x7f",
)
OBEYED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def test_no_figure_of_a_table_is_cut_where_it_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve columns of twenty characters are wider than any screen; each row stays one line."""
    page = io.StringIO()
    monkeypatch.setattr(console.output, "file", page)
    monkeypatch.setattr(console.output, "width", 110)
    cells = [f"0.{column:02}{'1234567890' * 2}"[:20] for column in range(12)]
    console.print_table("All", [f"c{column}" for column in range(12)], [cells])
    (row,) = [line for line in page.getvalue().splitlines() if line.startswith("0.00")]
    assert row.split() == cells


@pytest.fixture
def screen() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    console.output.file = console.terminal.file = stream
    yield stream
    console.output.file, console.terminal.file = sys.stdout, sys.stderr


@pytest.mark.parametrize("text", NASTY)
def test_tables_and_lines_show_it_as_it_is_written(text: str, screen: io.StringIO) -> None:
    console.print_table(text, ["order", text], [[text, 1]])
    console.say(as_printed(text))
    console.print_note(as_printed(text))
    shown = screen.getvalue()
    assert OBEYED.findall(shown) == []
    assert shown.count(as_printed(text)) == 5
    assert len(shown.splitlines()) == 5


@pytest.mark.parametrize("text", NASTY)
def test_progress_bars_show_it_as_it_is_written(text: str) -> None:
    with console.part_progress() as step:
        step(text, 1, 2)
    with console.step_progress(2) as step:
        step(text)
    with console.share_progress(text) as step:
        step(text, 1, 2)


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("text", NASTY)
def test_a_line_of_the_log_is_one_line(text: str, terminal: bool) -> None:
    stream = io.StringIO()
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    log_to(stream)
    structlog.get_logger("shiprisk.test").warning("refused", order=text, why=f"got {text}")
    structlog.reset_defaults()
    shown = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()) if terminal else stream.getvalue()
    assert len(shown.splitlines()) == 1
    assert OBEYED.findall(shown) == []
    if not terminal:
        assert json.loads(shown)["order"] == text, "a program reads what was meant"


@pytest.mark.parametrize("text", NASTY)
def test_json_of_a_command_is_what_was_meant(text: str, screen: io.StringIO) -> None:
    console.print_json({"order": text})
    assert OBEYED.findall(screen.getvalue()) == []
    assert json.loads(screen.getvalue()) == {"order": text}
    assert json.loads(escaped_in_json(json.dumps([text], ensure_ascii=False))) == [text]


def test_letters_of_any_language_stay() -> None:
    for text in ("Müller & Søn", "日本", "אבג", "نص", "क्\u200dष", "👩\u200d🔧", "½ €"):
        assert as_printed(text) == text


def test_keys_and_the_audit_trail_show_names_as_text(empty_home: Home) -> None:
    name = "ERP\x1b[31m [red]Kiel[/red]\u202e"
    made = empty_home.run("keys", "create", name, "--role", "integrator", "--all-plants")
    listed, audit = empty_home.run("keys", "list"), empty_home.run("audit")
    for done in (made, listed, audit):
        assert done.returncode == 0, done.stderr
        assert OBEYED.findall(done.stdout) == []
    assert r"It is for ERP\x1b[31m [red]Kiel[/red]\u202e: integrator" in made.stdout
    assert r"ERP\x1b[31m" in listed.stdout
    assert r"[red]Kiel[/red]\u202e" in listed.stdout
