"""Docs are tests: what the software has, the pages name; what they show, runs."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import typer

import features
import training
from features import decision_points
from features.catalogue.document import page
from features.catalogue.registry import catalogue
from features.events import TYPES, validate_events, write_events
from features.events.selection import Select
from serving.bootstrap import build_app
from serving.cli import app
from serving.commands import options
from serving.commands import plant as plant_command
from serving.commands.scoring import morning
from serving.problems import KINDS
from serving.settings import Settings
from simulation.oracle import oracle
from tests.naive.events import orders_of
from tests.naive.others import Records
from tests.naive.seen import Seen
from tests.support.stories import UTC, created, event, known, moment, story
from tools.architecture import picture
from tools.import_graph import PACKAGES
from tools.python_reference import reference
from training.registry import registry as tracking

ROOT = Path(__file__).parents[1]
DOCS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_page_of_signals_is_what_the_catalogue_says() -> None:
    assert DOCS["signals.md"] == page(), "run 'make docs'"


def test_the_page_of_the_python_api_is_what_the_docstrings_say() -> None:
    assert DOCS["python.md"] == reference(), "run 'make docs'"


def test_every_public_name_says_what_it_is() -> None:
    """No heading of the page without a sentence below its signature."""
    parts = re.split(r"\n### ", DOCS["python.md"])[1:]
    assert {part.partition("\n")[0] for part in parts} >= set(training.__all__)
    silent = [part.partition("\n")[0] for part in parts if not part.partition("```\n\n")[2].strip()]
    assert silent == []


def test_every_event_type_is_described() -> None:
    assert [name for name in TYPES if f"`{name}`" not in DOCS["events.md"]] == []


def test_every_route_is_described() -> None:
    routes = {f"{method.upper()} {path}" for path, methods in _paths().items() for method in methods}
    assert routes == set(re.findall(r"^\| `([A-Z]+ /[^`]*)`", DOCS["api.md"], re.M))


def test_every_problem_is_in_the_table_of_errors() -> None:
    named = set(re.findall(r"`(?:urn:shiprisk:problem:)?([a-z-]+)`", DOCS["api.md"].partition("\n## Errors\n")[2]))
    assert {kind.name for kind in KINDS.values()} - named == set()


def _paths() -> dict[str, dict[str, object]]:
    paths: dict[str, dict[str, object]] = build_app(None, Settings()).openapi()["paths"]
    return paths


def test_every_command_is_described() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    everything = README + "".join(DOCS.values())
    assert [name for name in commands if f"shiprisk {name}" not in everything] == []


def test_every_setting_is_described() -> None:
    assert [name for name in Settings.model_fields if f"SHIPRISK_{name.upper()}" not in DOCS["operating.md"]] == []


def test_the_changelog_names_the_version() -> None:
    assert f"## {features.__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    signals = re.search(r"- (\d+) point-in-time signals", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert signals is not None
    assert int(signals[1]) == len(catalogue())


def test_the_python_of_the_readme_runs(tmp_path: Path, plant: pd.DataFrame) -> None:
    code = re.search(r"```python\n(.*?)```", README, re.S)
    assert code is not None
    write_events(plant, tmp_path / "events.parquet")
    code_here = (
        code[1].replace('"events.parquet"', repr(str(tmp_path / "events.parquet"))).replace("2015-05", "2024-05")
    )
    found: dict[str, pd.DataFrame] = {}
    exec(code_here, found)
    assert len(found["signals"]) > 5


def test_the_picture_of_the_architecture_is_drawn_from_the_imports() -> None:
    assert (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8") == picture(), "run 'make docs'"


def test_the_page_of_the_architecture_has_every_room() -> None:
    """In its tree, and nothing that is not there."""
    tree = re.search(r"## The house\n\n```\n(.*?)```", DOCS["architecture.md"], re.S)
    assert tree is not None
    told, package = set(), ""
    for indent, name in re.findall(r"^( *)([\w.]+)/?  ", tree[1], re.M):
        package = package if indent else name
        told.add(f"{package}/{name}" if indent else name)
    rooms = {f"{one.parent.parent.name}/{one.parent.name}" for one in ROOT.glob("*/*/__init__.py")}
    assert {room for room in rooms if room.startswith(PACKAGES)} <= told
    assert [path for path in told if not (ROOT / path).exists()] == []


def test_where_to_look_is_there() -> None:
    """Each path of the table exists, and what is named beside it is defined there."""
    rows = re.findall(r"^\| (.*?) \| (.*?) \|$", DOCS["architecture.md"].partition("## To change")[2], re.M)
    assert len(rows) > 20
    for _, where in rows[1:]:
        told = re.findall(r"`([^`]+)`", where)
        paths = [ROOT / one for one in told if "/" in one]
        assert paths, where
        assert [path for path in paths if not path.exists()] == [], where
        sources = "\n".join(path.read_text(encoding="utf-8") for path in paths if path.is_file())
        for name in (one for one in told if "/" not in one):
            assert re.search(rf"^(def |class |){name}\b", sources, re.M), (name, where)


def test_links_between_pages_lead_somewhere() -> None:
    for folder, text in [(ROOT, README), *((ROOT / "docs", text) for text in DOCS.values())]:
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (folder / target).exists(), target


GERMAN = {
    "german_date": {
        "31.12.2024": "2024-12-31",
        "1.3.2024": "2024-03-01",
        "31.02.2025": "31.02.2025",
        "1.3.24": "1.3.24",
        "03/01/2024": "03/01/2024",
        None: None,
    },
    "german_time": {"01.11.2024 08:30": "2024-11-01 08:30:00", "01.11.24 08:30": "01.11.24 08:30", None: None},
    "german_number": {
        "1.250,5": "1250.5",
        "1.234.567": "1234567",
        " 1250 ": "1250",
        "0,5": "0.5",
        "-5,00": "-5.00",
        "5,000-": "-5.000",
        "": None,
        None: None,
    },
}
NO_GERMAN_NUMBERS = ["12.5", "1,250.5", "1 250,5", "1.25,0", "1.2500", "1250.500,0", "-5,00-", "1,", ",5", "ten", "1e3"]


def test_the_macros_for_another_country_do_what_they_say() -> None:
    code = re.search(r"```sql\n(CREATE MACRO german_date.*?)```", DOCS["importing.md"], re.S)
    assert code is not None
    with duckdb.connect() as connection:
        for statement in connection.extract_statements(code[1]):
            connection.execute(statement)

        def converted(macro: str, texts: Iterable[str | None]) -> list[str | None]:
            return [connection.execute(f"SELECT {macro}($1)", [text]).fetchall()[0][0] for text in texts]

        assert {
            macro: dict(zip(texts, converted(macro, texts), strict=True)) for macro, texts in GERMAN.items()
        } == GERMAN
        others = converted("german_number", NO_GERMAN_NUMBERS)
    assert others == [f"{text} (no German number)" for text in NO_GERMAN_NUMBERS]
    table = pd.DataFrame({"quantity": others, "type": "order_line.created", "order_id": "A", "source": "erp"})
    table = table.assign(event_id=table.index.astype("str"), occurred_at="2024-01-01", recorded_at="2024-01-01")
    rejected = {fault.row: str(fault) for fault in validate_events(table).faults}
    for row, text in enumerate(NO_GERMAN_NUMBERS):
        assert f"quantity must be a number of at most 1e+10 in size, got '{text} (no German number)'" in rejected[row]


def test_what_benchmarks_import_is_there() -> None:
    for path in (ROOT / "benchmarks").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] in (*PACKAGES, "tests"):
                module = importlib.import_module(str(node.module))
                missing = [alias.name for alias in node.names if not hasattr(module, alias.name)]
                assert not missing, f"{path.name}: {node.module} has no {', '.join(missing)}"


def test_what_commands_repeat_to_start_quickly_is_what_the_library_says() -> None:
    assert options.SCHEMES == decision_points.SCHEMES
    assert morning.CHAMPION == tracking.CHAMPION
    assert plant_command.FUTURES == oracle.FUTURES


def test_the_signal_of_the_page_agrees_with_its_twin() -> None:
    """The page's two functions, run as they stand, on a history with two credit holds and another one."""
    code, naive = re.findall(r"```python\n(.*?)```", DOCS["adding_a_signal.md"], re.S)
    told = [
        created(0, 40),
        *(event("hold.placed", d, kind=k) for d, k in ((1, "credit"), (2, "quality"), (3, "credit"))),
    ]
    defined: dict[str, Any] = {"signal": lambda *_: lambda function: function, "RISES": 1, "Select": Select}
    exec("from __future__ import annotations\n" + code, defined)
    exec("from __future__ import annotations\n" + naive, twin := {"twin": lambda function: function})
    events = story(*told)
    records = Records(orders_of(events), UTC, moment(9))
    for day, expected in ((0.5, 0), (2, 1), (5, 2)):
        assert defined["credit_holds"](known(events, day)).tolist() == [expected]
        assert twin["credit_holds"](Seen.of(records, "A", moment(day))) == expected
    assert "credit_holds" not in catalogue()
