"""The commands as a user runs them."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from features.events import write_events
from serving.cli import main
from tests.conftest import FORCED_BECAUSE, Home, free_port, new_home
from tests.support import commands

AS_OF = "2024-06-01"
Here = Callable[[list[str]], tuple[int, str, str]]


@pytest.fixture
def here(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """Run a command in this process: exit code, standard output, standard error."""
    monkeypatch.chdir(home.folder)
    monkeypatch.setenv("SHIPRISK_HOME", home.environment["SHIPRISK_HOME"])
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def run(arguments: list[str]) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["shiprisk", *(word.format(events=home.events) for word in arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


def test_what_if_answers_by_topic_and_without_events_lists_the_moves_worth_trying(home: Home) -> None:
    asked = ("what-if", str(home.events), "--order", "O0290", "--as-of", AS_OF, "--json")
    told = json.loads(home.run(*asked, "--event", "hold.placed kind=quality reference=H9").stdout.splitlines()[-1])
    assert (told["order_id"], told["state_before"], told["state_after"]) == ("O0290", "open", "open")
    assert told["points"] == pytest.approx(told["after"] - told["before"], abs=1e-15)
    assert sum(told["by_topic"].values()) == pytest.approx(told["points"], abs=1e-12)
    moves = json.loads(home.run(*asked).stdout.splitlines()[-1])
    assert moves["label"] == "the model's response, not a promise"
    assert all(move["points"] <= -0.001 for move in moves["moves"])


def test_score_writes_a_worklist_sorted_by_risk(home: Home) -> None:
    done = home.run("score", str(home.events), "--as-of", AS_OF, "--out", "scores.csv")
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(home.folder / "scores.csv")
    assert list(table["rank"]) == list(range(1, len(table) + 1))
    assert table["risk"].is_monotonic_decreasing
    assert set(table["state"]) <= {"open", "late"}
    opened = table[table["state"] == "open"]
    assert len(opened) > 5
    assert opened["factor_1"].str.contains(r"\([+-]\d+\.\d points\)$").all()
    late = table[table["state"] == "late"]
    assert late["reason_1"].str.contains("a promise has passed and not all of it has shipped").all()
    assert table[["expected_ship", "ship_earliest", "ship_latest", "ship_date"]].notna().all(axis=None)
    assert late["days_late"].is_monotonic_decreasing
    assert ((opened["missed"] + opened["partial"] - opened["risk"]).abs() < 2e-6).all()
    assert "learned from outcomes known until" in done.stderr


def test_json_is_the_last_line_of_standard_output(home: Home) -> None:
    done = home.run("score", str(home.events), "--as-of", AS_OF, "--order", "O0290", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert [order["order_id"] for order in found["orders"]] == ["O0290"]
    assert found["orders"][0]["ship_date"].startswith("most likely ")
    assert isinstance(found["orders"][0]["days_late"], int)


def test_impact_sums_what_added_the_risk_of_a_period(here: Here, tmp_path: Path) -> None:
    period = ["--from", "2024-05-01", "--to", "2024-06-01"]
    code, output, problem = here(["impact", "{events}", *period, "--by", "type", "--json"])
    assert code == 0, problem
    told = json.loads(output.splitlines()[-1])
    rows = {row["type"]: row for row in told["causes"]["type"]}
    assert sum(row["net"] for row in rows.values()) == pytest.approx(told["net"], abs=1e-12)
    assert sum(row["events"] for row in rows.values()) == told["events"]
    assert rows["hold.placed"]["net"] > 0.5, "in this plant a hold is what makes orders fail"
    assert {row["blocker"] for row in told["value_at_risk"]} >= {"hold"}
    sums = tmp_path / "sums.csv"
    code, output, problem = here(["impact", "{events}", *period, "--out", str(sums)])
    assert code == 0, problem
    assert "By work center" in output
    assert set(pd.read_csv(sums)["by"]) == {"type", "kind", "reason", "work_center", "actor", "component", "topic"}
    code, _, problem = here(["impact", "{events}", "--by", "supplier"])
    assert (code, "--by must be one of type, kind" in problem) == (2, True)


def test_features_writes_a_table(home: Home) -> None:
    done = home.run("features", str(home.events), "--snapshots", "daily", "--out", "f.parquet", "--json")
    assert done.returncode == 0, done.stderr
    table = pd.read_parquet(home.folder / "f.parquet")
    said = json.loads(done.stdout)
    assert (said["rows"], said["signals"]) == (len(table), table.shape[1] - 2)
    assert {"partial_completion_ratio", "hold_frequency", "schedule_churn"} <= set(table.columns)


@pytest.mark.nightly
def test_an_equal_model_is_refused_and_can_be_forced_with_a_reason(home: Home) -> None:
    done = home.run("train", str(home.events), "--snapshots", "before=5", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["decision"]["decided"], found["aliases"]) == ("refused", ["challenger"])
    assert "that are new to both, got none: no order is new to both" in found["decision"]["because"]
    version = found["version"]
    refused = home.run("promote", f"order-risk@{version}")
    assert (refused.returncode, "must pass the gate, got: evidence: must have" in refused.stderr) == (1, True)
    assert home.run("promote", f"order-risk@{version}", "--force").returncode == 2
    forced = home.run("promote", f"order-risk@{version}", "--force", "--reason", "the line was rebuilt")
    assert forced.stdout.startswith(
        f"order-risk@{version} is the champion, in place of version 1, by force: the line was"
    )
    assert home.run("promote", "order-risk@1", "--force", "--reason", FORCED_BECAUSE).returncode == 0
    told = json.loads(home.run("champions", "--json").stdout)["decisions"]
    assert [(entry["version"], entry["decided"]) for entry in told] == [
        ("1", "forced"), (version, "forced"), (version, "refused"), ("1", "forced"), ("1", "refused"),
    ]  # fmt: skip
    missing = home.run("promote", "order-risk@99")
    assert (missing.returncode, "must hold order-risk@99" in missing.stderr) == (1, True)


def test_training_only_where_it_is_worthwhile(here: Here) -> None:
    code, said, _ = here(["train", "{events}", "--snapshots", "before=5", "--dry-run"])
    assert (code, "Training again is not worthwhile yet." in said) == (0, True)
    code, said, _ = here(["train", "{events}", "--snapshots", "before=5", "--if-worthwhile", "--json"])
    assert (code, json.loads(said)["trained"], json.loads(said)["news"]["worthwhile"]) == (0, False, False)


def test_a_folder_of_events_is_one_table(home: Home, here: Here, tmp_path: Path) -> None:
    """Two files that overlap: what stands in both counts once."""
    whole = pd.read_parquet(home.events)
    whole[:1500].to_parquet(tmp_path / "a.parquet")
    whole[1000:].to_parquet(tmp_path / "b.parquet")
    by_file = here(["train", "{events}", "--snapshots", "before=5", "--dry-run", "--json"])[1]
    by_folder = here(["train", str(tmp_path), "--snapshots", "before=5", "--dry-run", "--json"])[1]
    assert by_file == by_folder
    (tmp_path / "empty").mkdir()
    code, _, error = here(["train", str(tmp_path / "empty"), "--dry-run"])
    assert (code, "must hold files that end in .parquet or .csv, got none in" in error) == (1, True)


@pytest.mark.nightly
def test_a_backtest_shows_each_model_until_the_next(here: Here, tmp_path: Path) -> None:
    arguments = ["backtest", "{events}", "--every", "13w", "--from", "2024-07-01", "--snapshots", "before=5"]
    code, said, error = here([*arguments, "--no-log", "--out", str(tmp_path / "b.json"), "--json"])
    assert code == 0, error
    found = json.loads(said)
    assert [stretch["trained_at"][:10] for stretch in found["stretches"]] == ["2024-07-01", "2024-09-30"]
    assert json.loads((tmp_path / "b.json").read_text())["stretches"] == found["stretches"]
    code, said, error = here([*arguments, "--no-log", "--out", str(tmp_path / "b.html")])
    assert (code, "Each model until the next" in said) == (0, True), error
    assert (tmp_path / "b.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert here(["backtest", "{events}", "--every", "monthly"])[0] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["score", "{events}", "--as-of", "2190-01-01"], 2, "as_of must not lie in the future"),
        (["score", "{events}", "--as-of", "1999-01-01"], 2, "as_of must not be before the first record"),
        (["score", "{events}", "--as-of", "then"], 2, "a moment must be an ISO 8601 date or time, got 'then'"),
        (["score", "{events}", "--as-of", AS_OF, "--order", "O9"], 2, "must be one of the 600 in the events, got 'O9'"),
        (
            ["what-if", "{events}", "--order", "O9", "--as-of", AS_OF],
            2,
            "must be one of the 600 in the events, got 'O9'",
        ),
        (
            [
                "what-if",
                "{events}",
                "--order",
                "O0290",
                "--as-of",
                AS_OF,
                "--event",
                "hold.released kind=quality reference=?",
            ],
            2,
            "must be one of the open holds",
        ),
        (
            ["what-if", "{events}", "--order", "O0290", "--as-of", AS_OF, "--event", "hold.placed kind=no"],
            2,
            "kind must be one of quality",
        ),
        (
            ["what-if", "{events}", "--order", "O0290", "--as-of", AS_OF, "--event", "kind=quality"],
            2,
            "--event must be a type and then key=value, got 'kind=quality'",
        ),
        (["score", "none.parquet", "--as-of", AS_OF], 1, "got none.parquet, which is not there"),
        (["score", "{events}"], 2, "Missing option '--as-of'"),
        (["impact"], 2, "the events must come from a file or from --store URL, got neither"),
        (["impact", "{events}", "--from", "2024-06-01", "--to", "2024-05-01"], 2, "a change must end after it begins"),
        (["train"], 2, "the events must come from a file or from --store URL, got neither"),
        (["db", "import", "none.parquet"], 1, "got none.parquet, which is not there"),
        (["features", "{events}"], 2, "either as_of (--as-of) or decision points (--snapshots) must be given"),
        (["features", "{events}", "--with-outcomes", "--partitions", "3"], 2, "--engine local, got --partitions"),
        (["features", "{events}", "--snapshots", "hourly"], 2, "decision points must be daily, events, all"),
        (["features", "{events}", "--as-of", AS_OF, "--zone", "Mars"], 2, "must be an IANA time zone"),
        (
            ["features", "{events}", "--snapshots", "daily", "--out", "{events}"],
            2,
            "must be a file other than the events",
        ),
        (["import", "none.sql", "--source", "."], 1, "the mapping must be an SQL file, got none.sql"),
        (["show", "{events}", "--order", "O9"], 2, "the order must be one of the 600"),
        (["promote", "order-risk"], 2, "the model must be NAME@VERSION such as order-risk@3, got 'order-risk'"),
        (["keys", "create", "ERP", "--role", "admin"], 2, "must be for some plants (--plant NAME) or for all"),
        (["serve", "--no-auth", "--host", "0.0.0.0"], 2, "must be a loopback address without API keys, got 0.0.0.0"),
        (["fly"], 2, "No such command 'fly'"),
    ],
)
def test_errors_are_one_sentence_and_the_right_code(here: Here, arguments: list[str], code: int, said: str) -> None:
    returned, _, errors = here(arguments)
    assert returned == code
    assert said in " ".join(errors.replace("│", " ").split())
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    "command", [["score", "{events}", "--as-of", AS_OF], ["serve", "--no-auth", "--port", "{port}"]]
)
def test_a_missing_model_is_a_sentence(empty_home: Home, command: list[str]) -> None:
    done = empty_home.run(*(argument.format(events=empty_home.events, port=free_port()) for argument in command))
    assert done.returncode == 1
    assert "run 'shiprisk train' first" in done.stderr


def test_an_import_ends_with_a_report(empty_home: Home) -> None:
    folder = empty_home.folder
    (folder / "orders.csv").write_text("id,promised\nA,2024-03-01\nB,never\n")
    (folder / "m.sql").write_text(
        "SELECT 'order_line.created' AS type, id AS event_id, 'erp' AS source, id AS order_id, 1 AS quantity, "
        "promised AS date, '2024-01-01' AS occurred_at, id AS source_row "
        "FROM read_csv(getvariable('source') || '/orders.csv', all_varchar = true)"
    )
    done = empty_home.run("import", "m.sql", "--source", str(folder), "--out", "out/events.csv", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["rows_in"], report["rows_imported"], report["rows_rejected"]) == (2, 1, 1)
    rejects = pd.read_csv(folder / "out" / "events.rejects.csv")
    assert rejects["because"].tolist() == ["date must be an ISO 8601 date or time, got 'never'"]
    shown = empty_home.run("import", "m.sql", "--source", str(folder), "--out", "out/events.csv")
    assert "date must be an ISO 8601 date or time" in shown.stdout


def test_an_import_says_what_nobody_can_place_and_reads_other_encodings(empty_home: Home) -> None:
    folder = empty_home.folder
    (folder / "old").mkdir()
    (folder / "old" / "lines.csv").write_bytes(
        "event_id,type,line_id,customer\n1,order_line.created,010,Żółć\n".encode("cp1250")
    )
    (folder / "old" / "issues.csv").write_text("event_id,type,line_id\n2,goods.issued,10\n3,goods.issued,010\n")
    (folder / "m.sql").write_text(
        "SELECT *, 'erp' AS source, 'A' AS order_id, 5 AS quantity, '2024-01-02' AS occurred_at "
        "FROM read_csv(getvariable('source') || '/*.csv', union_by_name = true, all_varchar = true)"
    )
    done = empty_home.run("import", "m.sql", "--source", "old", "--out", "events.csv", "--encoding", "cp1250")
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(folder / "events.csv")["customer"].dropna().tolist() == ["Żółć"]
    words = " ".join(done.stdout.split())
    assert "What nobody can place count goods.issued of a line that was never created 1" in words
    assert "Never created, for example: line 10 of order A (goods.issued)" in words
    assert "1 of the 1 events that name a line which was never created would find it if ids were written alike" in words
    assert "Statements of one moment, put in order by count the precedence of their types 2 event_id alone 2" in words


def test_show_says_what_is_ready_and_what_is_in_the_way(here: Here, home: Home) -> None:
    held = pd.read_parquet(home.events).query("type == 'hold.placed'").iloc[0]
    asked = ["show", "{events}", "--order", held["order_id"], "--as-of", held["recorded_at"].isoformat()]
    returned, shown, _ = here(asked)
    words = " ".join(shown.split())
    assert returned == 0
    assert "open, not shippable on" in words
    assert all(f"{kind} not stated" in words for kind in ("inspection", "packaging", "labels", "documents"))
    assert f"quality hold {held['reference']} stands since" in words
    assert f"{held['source']} {held['event_id']}" in words
    assert set(json.loads(here([*asked, "--json"])[1])) == {"as_of", "events"}


@pytest.mark.parametrize(
    "command",
    [
        "simulate",
        "import",
        "features",
        "show",
        "train",
        "promote",
        "champions",
        "backtest",
        "score",
        "impact",
        "serve",
        "demo",
        "db",
    ],
)
def test_help_has_an_example(here: Here, command: str) -> None:
    returned, shown, _ = here([command, "--help"])
    assert returned == 0
    assert f"Example: shiprisk {command}" in " ".join(shown.split())


def test_a_path_that_cannot_be_written_is_a_sentence(home: Home) -> None:
    target = Path("/proc/shiprisk/scores.csv")
    done = home.run("score", str(home.events), "--as-of", AS_OF, "--out", str(target))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_the_demo_says_in_a_file_what_it_does_while_it_does_it(tmp_path: Path, plant: pd.DataFrame) -> None:
    """Each step stands there before it begins: here the simulation, which finds events that cannot be read."""
    log = tmp_path / "demo.log"
    folder = tmp_path / "home" / "demo" / "450-7"
    write_events(plant.iloc[:0], folder / "events.parquet")
    home = new_home(tmp_path, plant)
    process = commands.start(("demo", "--orders", "450", "--no-serve"), home.environment, tmp_path, log)
    process.wait(300)
    shown = " ".join(log.read_text().split())
    assert f"All of it stays in {folder}" in shown
    assert shown.index("Simulating a year of 450 orders ...") < shown.index("must have at least one row")


def test_the_port_of_the_demo_is_that_of_make() -> None:
    recipe = ["make", "-n", "demo", "PORT=8321"]
    done = subprocess.run(recipe, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    assert "shiprisk demo --port 8321" in done.stdout


@pytest.mark.nightly
def test_the_demo_tells_its_story_and_remembers_it(empty_home: Home) -> None:
    told = empty_home.run("demo", "--orders", "450", "--days", "4", "--no-serve")
    assert told.returncode == 0, told.stderr
    folder = empty_home.folder / "home" / "demo" / "450-7-4"
    model = (folder / "models" / "demo-risk" / "champion.json").read_text()
    worklist = pd.read_csv(folder / "scores.csv")
    assert f"{len(worklist):,} open orders" in told.stdout
    opened = worklist[worklist["state"] == "open"]
    assert opened["order_id"].iloc[0] in told.stdout
    assert json.loads((folder / "event.json").read_text())["subject"] in set(opened["order_id"])
    assert told.stdout.rstrip().endswith("http://127.0.0.1:8000/")
    with closing(sqlite3.connect(folder / "shiprisk.db")) as store:
        scores = pd.read_sql("SELECT order_id, as_of FROM scores WHERE cause = 'morning'", store)
        decided = pd.read_sql("SELECT kind FROM events WHERE source = 'shiprisk'", store)["kind"].value_counts()
    assert scores.groupby("order_id")["as_of"].nunique().max() == 4, "an order that was open on all of its days"
    assert decided["assign"] == decided["acknowledge"] == decided["comment"] == 3, "one each working day"
    assert decided.get("snooze", 0) <= 3
    again = empty_home.run("demo", "--orders", "450", "--days", "4", "--no-serve")
    assert told.stdout.endswith(f"\n{again.stdout}"), "without what was done for it"
    assert (folder / "models" / "demo-risk" / "champion.json").read_text() == model


def test_a_simulated_plant_goes_the_same_way(empty_home: Home) -> None:
    folder = empty_home.folder
    for name in ("a", "b"):
        made = empty_home.run("simulate", "--orders", "60", "--days", "60", "--seed", "3", "--out", name)
        assert made.returncode == 0, made.stderr
    assert (folder / "a" / "events.parquet").read_bytes() == (folder / "b" / "events.parquet").read_bytes()
    done = empty_home.run("features", "a/events.parquet", "--snapshots", "events", "--out", "f.parquet", "--json")
    assert done.returncode == 0, done.stderr
    table = pd.read_parquet(folder / "f.parquet")
    for name in ("partial_completion_ratio", "hold_frequency", "schedule_churn"):
        assert table[name].nunique() > 3
