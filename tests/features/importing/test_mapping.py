from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.errors import InvalidMapping
from features.importing.mapping import Imported, import_events

EXPORT = """order,promised,gone,amount,done
A,2024-03-01,2024-02-28,10,yes
B,2024-03-02,soon,5,yes
C,2024-03-02,2024-03-01,,yes
D,2024-03-05,,7,no
E,2024-03-05,,7,skip
"""
MAPPING = """
CREATE TABLE rows AS
    SELECT *, 'line ' || row_number() OVER () + 1 AS source_row
    FROM read_csv(getvariable('source') || '/orders.csv', all_varchar = true);
CREATE VIEW source_rows AS SELECT source_row FROM rows;
SELECT 'order_line.created' AS type, "order" || '-c' AS event_id, 'erp' AS source, source_row, "order" AS order_id,
    promised AS date, amount AS quantity, '2024-01-01' AS occurred_at
FROM rows WHERE done <> 'skip'
UNION ALL BY NAME
SELECT 'goods.issued' AS type, "order" || '-g' AS event_id, 'erp' AS source, source_row, "order" AS order_id,
    amount AS quantity, gone AS occurred_at, 'left by truck' AS assumed
FROM rows WHERE gone IS NOT NULL;
"""


def run(folder: Path, mapping: str = MAPPING, export: str = EXPORT) -> Imported:
    (folder / "orders.csv").write_text(export)
    (folder / "mapping.sql").write_text(mapping)
    return import_events(folder / "mapping.sql", str(folder))


def test_the_report_accounts_for_every_row(tmp_path: Path) -> None:
    report = run(tmp_path).report
    assert (report.rows_in, report.rows_imported, report.rows_rejected, report.rows_without_event) == (5, 2, 2, 1)
    assert (report.events_yielded, report.events_out, report.events_rejected, report.duplicates) == (7, 4, 3, 0)
    assert report.rows_in == report.rows_imported + report.rows_rejected + report.rows_without_event
    assert report.events_yielded == report.events_out + report.events_rejected + report.duplicates
    assert report.events_by_type == {"order_line.created": 3, "goods.issued": 1}
    assert report.rejected_because == {
        "quantity must be given for order_line.created": 1,
        "quantity must be given for goods.issued, or state be complete: all of it left": 1,
        "occurred_at must be an ISO 8601 date or time": 1,
        "recorded_at must be an ISO 8601 date or time": 1,
    }
    assert report.assumed["left by truck"] == 3
    assert report.assumed["no recorded_at: taken as occurred_at"] == 7


def test_rejects_carry_the_row_the_value_and_the_reason(tmp_path: Path) -> None:
    rejects = run(tmp_path).rejects.set_index("source_row")
    assert rejects.loc["line 3", "because"].startswith("occurred_at must be an ISO 8601 date or time, got 'soon'")
    assert list(rejects.loc["line 4", "because"]) == [
        "quantity must be given for order_line.created, got nothing",
        "quantity must be given for goods.issued, or state be complete: all of it left, got nothing",
    ]
    assert list(rejects.loc["line 4", "order_id"]) == ["C", "C"]


def test_a_row_that_the_mapping_refuses_is_rejected_with_its_words(tmp_path: Path) -> None:
    refusing = MAPPING.replace(
        "'2024-01-01' AS occurred_at",
        "'2024-01-01' AS occurred_at, CASE done WHEN 'no' THEN 'not done' END AS rejected",
    )
    found = run(tmp_path, refusing)
    assert found.report.rejected_because["not done"] == 1
    assert "D" not in set(found.events["order_id"])


def test_dates_and_timestamps_of_duckdb_are_understood(tmp_path: Path) -> None:
    typed = """SELECT 'order_line.created' AS type, 'a' AS event_id, 'erp' AS source, 'A' AS order_id,
        DATE '2024-03-01' AS date, 5 AS quantity, TIMESTAMP '2024-01-01 08:00:00' AS occurred_at,
        TIMESTAMPTZ '2024-01-01 08:00:00+01' AS recorded_at"""
    row = run(tmp_path, typed).events.iloc[0]
    assert row["date"] == pd.Timestamp("2024-03-01T23:59:59.999999Z")
    assert row["occurred_at"] == pd.Timestamp("2024-01-01T08:00:00Z")
    assert row["recorded_at"] == pd.Timestamp("2024-01-01T07:00:00Z")


@pytest.mark.parametrize(
    "none", ["DATE '9999-12-31'", "TIMESTAMP '9999-12-31 23:59:59'", "make_timestamp(0)", "'0001-01-01'"]
)
@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles"])
def test_what_stands_for_no_date_is_no_promise(tmp_path: Path, none: str, zone: str) -> None:
    (tmp_path / "mapping.sql").write_text(
        ODD.format("TIMESTAMP '2024-01-01 09:00' AS recorded_at").replace("DATE '2024-03-01'", none)
    )
    found = import_events(tmp_path / "mapping.sql", str(tmp_path), zone)
    assert found.report.events_rejected == 0
    assert found.events["date"].isna().all()
    assert found.report.assumed["date before 2000 or after 2200: taken as no date"] == 1


@pytest.mark.parametrize("none", ["make_timestamp(0)", "'1970-01-01'", "TIMESTAMP '1999-12-31 08:00'"])
def test_a_row_whose_moment_stands_for_none_is_rejected(tmp_path: Path, none: str) -> None:
    """The row of a system that does not know when: when it was recorded is no better then."""
    odd = ODD.replace("TIMESTAMP '2024-01-01 08:00:00'", none).format("'known' AS actor")
    found = run(tmp_path, odd)
    assert found.report.events_out == 0
    assert found.report.rejected_because == {
        f"{column} must lie between 2000-01-01 and 2200-01-01": 1 for column in ("occurred_at", "recorded_at")
    }


ODD = """SELECT 'order_line.created' AS type, 'a' AS event_id, 'erp' AS source, 'A' AS order_id,
    DATE '2024-03-01' AS date, 5 AS quantity, TIMESTAMP '2024-01-01 08:00:00' AS occurred_at, {}"""


@pytest.mark.parametrize(
    ("odd", "because"),
    [
        ("DATE 'infinity' AS recorded_at", "recorded_at must be an ISO 8601"),
        ("DATE '20000-01-01' AS recorded_at", "recorded_at must be an ISO 8601"),
        ("INTERVAL 5 DAY AS recorded_at", "recorded_at must be an ISO 8601"),
        ("[1, 2] AS recorded_at", "recorded_at must be an ISO 8601"),
        ("true AS value", "value must be a number"),
        ("'\\x00'::BLOB AS kind, 'late' AS rejected", "late"),
    ],
)
def test_odd_types_are_rejected_by_name(tmp_path: Path, odd: str, because: str) -> None:
    found = run(tmp_path, ODD.format(odd))
    assert found.report.events_out == 0
    assert found.rejects["because"].iloc[0].startswith(because)


def test_ids_and_rows_that_are_numbers_stay_what_they_are(tmp_path: Path) -> None:
    mapping = """CREATE VIEW source_rows AS SELECT unnest([1, 2, 3]) AS source_row;
    SELECT 'order_line.created' AS type, x AS event_id, 'erp' AS source, 9007199254740992 + x AS order_id,
        CASE WHEN x > 1 THEN 10 END AS line_id, DATE '2024-03-01' AS date, 5 AS quantity,
        TIMESTAMP '2024-01-01 08:00:00' AS occurred_at, x AS source_row FROM (SELECT unnest([1, 2, 3]) AS x)"""
    found = run(tmp_path, mapping)
    assert list(found.events["order_id"]) == ["9007199254740993", "9007199254740994", "9007199254740995"]
    assert list(found.events["line_id"].dropna()) == ["10", "10"]
    assert (found.report.rows_in, found.report.rows_imported) == (3, 3)


def test_a_repeated_row_that_is_refused_is_counted_once(tmp_path: Path) -> None:
    twice = """SELECT * FROM (SELECT 'order_line.created' AS type, 'a' AS event_id, 'erp' AS source, 'A' AS order_id,
        '2024-03-01' AS date, 5 AS quantity, '2024-01-01' AS occurred_at, unnest(['no', NULL, NULL]) AS rejected)"""
    report = run(tmp_path, twice).report
    assert (report.events_yielded, report.events_out, report.events_rejected, report.duplicates) == (3, 1, 1, 1)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("SELEC 1", "Parser Error"),
        ("SELECT * FROM read_csv(getvariable('source') || '/none.csv')", "No files found"),
        ("CREATE TABLE t AS SELECT 1", "last statement of a mapping must be a SELECT"),
        ("SELECT 1 AS one", "event_id missing, source missing, type missing, order_id missing, occurred_at missing"),
        (MAPPING.replace("amount AS quantity", "amount AS amount"), "amount unknown"),
        ("SELECT 1 AS type, 2 AS type", "each column once, got type twice"),
        (MAPPING.replace("done <> 'skip'", "false").replace("gone IS NOT NULL", "false"), "at least one row"),
    ],
)
def test_a_mapping_that_does_not_work_says_why(tmp_path: Path, mapping: str, said: str) -> None:
    with pytest.raises(InvalidMapping, match=said):
        run(tmp_path, mapping)


def test_a_mapping_reads_nothing_from_the_network(tmp_path: Path) -> None:
    with pytest.raises(InvalidMapping, match="httpfs"):
        run(tmp_path, "SELECT * FROM read_csv('https://localhost:1/a.csv')")
