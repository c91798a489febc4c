"""Reading and writing event tables: Parquet and CSV, pandas in and out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InvalidEvents
from features.events.schema import COLUMNS, MOMENT, NUMBER, STRING
from features.events.validation import checked_events

ARROW = pa.schema(
    [
        (
            column,
            pa.timestamp("us", tz="UTC") if kind == MOMENT else pa.float64() if kind == NUMBER else pa.string(),
        )
        for column, kind in COLUMNS.items()
    ]
)


def read_events(path: Path | str, zone: str = "UTC") -> pd.DataFrame:
    """The validated event table of a Parquet or CSV file, (n_events, 20).

    Raises ``InvalidEvents`` when the file is not there, is empty, is no table, or any row breaks a rule.
    """
    path = Path(path)
    if not path.is_file():
        raise InvalidEvents(f"the events must be a Parquet or CSV file, got {path}, which is not there")
    if path.stat().st_size == 0:
        raise InvalidEvents(f"the events must be a Parquet or CSV file with rows, got {path}, which is empty")
    try:
        frame = _csv(path) if path.suffix == ".csv" else _parquet(path)
    except (pa.ArrowException, ValueError, pd.errors.EmptyDataError) as error:
        raise InvalidEvents(f"the events must be a Parquet or CSV file, got {path}: {error}") from error
    if frame.empty:
        raise InvalidEvents(f"the events must have at least one row, got none in {path}")
    return checked_events(frame, zone, where=str(path))


def _parquet(path: Path) -> pd.DataFrame:
    """Ids that are numbers are read as text before pandas makes floats of them."""
    table = pq.read_table(path).replace_schema_metadata(None)
    for place, name in enumerate(table.column_names):
        kind = table.schema.field(place).type
        if COLUMNS.get(name) == STRING and (pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
            table = table.set_column(place, name, table.column(place).cast(pa.string()))
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _csv(path: Path) -> pd.DataFrame:
    text = dict.fromkeys(COLUMNS, "str")
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])


def write_events(events: pd.DataFrame, path: Path | str) -> None:
    """Write an event table; the ending decides the format (.csv, otherwise Parquet)."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        stamped = events.copy()
        for column in (name for name, kind in COLUMNS.items() if kind == MOMENT):
            stamped[column] = stamped[column].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        stamped.to_csv(path, index=False)
        return
    table = pa.Table.from_pandas(events[list(COLUMNS)], schema=ARROW, preserve_index=False)
    pq.write_table(table.replace_schema_metadata(None), path, compression="zstd")
