"""Dates that are days: the end of the day is meant where all dates of an event type stand at the plant's midnight."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.events import read_events
from features.importing.mapping import Imported, import_events

HEAD = "SELECT 'erp' AS source, 'A' AS order_id, '2024-01-02T08:00:00Z' AS occurred_at, 5 AS quantity"


def dated(folder: Path, created: list[str], zone: str = "Europe/Berlin", as_type: str = "VARCHAR") -> Imported:
    """Lines with these promises, and a truck planned at ten in the morning."""
    promises = ", ".join(f"'{text}'" for text in created)
    (folder / "m.sql").write_text(
        f"{HEAD}, 'order_line.created' AS type, promise AS event_id, CAST(promise AS {as_type}) AS date"
        f" FROM (SELECT unnest([{promises}]) AS promise) UNION ALL BY NAME {HEAD}, 'delivery.planned' AS type,"
        f" 'truck' AS event_id, CAST('2024-02-05 10:00:00' AS {as_type}) AS date"
    )
    return import_events(folder / "m.sql", str(folder), zone)


def promises(imported: Imported) -> list[str]:
    events = imported.events
    return [
        "none" if date is pd.NaT else f"{date:%m-%d %H:%M:%S.%f}"
        for date in events.loc[events["type"] == "order_line.created", "date"]
    ]


@pytest.mark.parametrize("as_type", ["VARCHAR", "TIMESTAMP", "TIMESTAMPTZ"])
def test_all_at_midnight_are_days(tmp_path: Path, as_type: str) -> None:
    """The last is in summer time; with a zone of its own each moment stands at midnight in UTC."""
    zone = "UTC" if as_type == "TIMESTAMPTZ" else "Europe/Berlin"
    found = dated(tmp_path, ["2024-02-10 00:00:00", "2024-04-11 00:00:00.000"], zone, as_type)
    ends = ["02-10 23:59:59.999999", "04-11 23:59:59.999999"]
    assert promises(found) == (ends if zone == "UTC" else ["02-10 22:59:59.999999", "04-11 21:59:59.999999"])
    assumed = f"date of order_line.created at midnight, {zone}, wherever it is given: taken as a day, its end is meant"
    assert found.report.assumed[assumed] == 2
    truck = found.events.loc[found.events["type"] == "delivery.planned", "date"].iloc[0]
    assert truck.tz_convert(zone).hour == 10
    assert not any("delivery.planned" in what for what in found.report.assumed)


def test_one_time_of_day_makes_all_of_its_type_moments(tmp_path: Path) -> None:
    found = dated(tmp_path, ["2024-02-10 00:00:00", "2024-02-11 00:00:00", "2024-02-12 09:30:00"], "UTC")
    assert promises(found) == ["02-10 00:00:00.000000", "02-11 00:00:00.000000", "02-12 09:30:00.000000"]
    assumed = "date of order_line.created at midnight, UTC, in most rows but not in all: taken as that moment"
    assert found.report.assumed[assumed] == 2


def test_dates_alone_and_no_dates_beside_midnights_are_no_moments(tmp_path: Path) -> None:
    found = dated(tmp_path, ["2024-02-10 00:00:00", "2024-02-11", "9999-12-31 00:00:00"], "UTC")
    assert promises(found) == ["02-10 23:59:59.999999", "02-11 23:59:59.999999", "none"]
    assumed = "date of order_line.created at midnight, UTC, wherever it is given: taken as a day, its end is meant"
    assert found.report.assumed[assumed] == 1


def test_midnight_is_that_of_the_plant(tmp_path: Path) -> None:
    """Midnight in UTC is one in the morning in Berlin."""
    found = dated(tmp_path, ["2024-02-10T00:00:00Z", "2024-02-11T00:00:00Z"])
    assert promises(found) == ["02-10 00:00:00.000000", "02-11 00:00:00.000000"]
    assert not any("midnight" in what for what in found.report.assumed)


def test_events_that_are_read_are_not_reinterpreted(tmp_path: Path) -> None:
    row = {"event_id": "1", "source": "erp", "type": "order_line.created", "order_id": "A", "quantity": 5.0}
    row |= dict.fromkeys(("occurred_at", "recorded_at"), "2024-01-02T08:00:00Z") | {"date": "2024-02-10T00:00:00Z"}
    pd.DataFrame([row]).to_csv(tmp_path / "events.csv", index=False)
    assert read_events(tmp_path / "events.csv")["date"].iloc[0] == pd.Timestamp("2024-02-10T00:00:00Z")
