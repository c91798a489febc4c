"""Reading and writing event tables: Parquet and CSV, pandas in and out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InvalidEvents
from features.events.columns import Columns, as_frame
from features.events.schema import COLUMNS, MOMENT, NUMBER, STRING, WHOLE
from features.events.validation import Validated, checked, validate_events

_ARROW_TYPES = {STRING: pa.string(), MOMENT: pa.timestamp("us", tz="UTC"), NUMBER: pa.float64(), WHOLE: pa.int64()}
ARROW = pa.schema([(column, _ARROW_TYPES[kind]) for column, kind in COLUMNS.items()])
ENDINGS, REJECTED = (".parquet", ".csv"), ".rejects.csv"
EARLIER_VERSION = "an earlier version of a record of another file: the one recorded later counts"
"""What is assumed of rows of several files that share source and id."""


def read_events(path: Path | str, zone: str = "UTC") -> pd.DataFrame:
    """The validated event table of a Parquet or CSV file, (n_events, n_columns).

    Raises ``InvalidEvents`` when the file is not there, is empty, is no table, or any row breaks a rule.
    """
    return as_frame(read_columns(path, zone))


def read_event_files(paths: Sequence[Path], zone: str = "UTC") -> pd.DataFrame:
    """The event table of several files, (n_events, n_columns), see ``validate_event_files``."""
    return validate_event_files(paths, zone).events.reset_index(drop=True)


def validate_event_files(paths: Sequence[Path], zone: str = "UTC") -> Validated:
    """The events of several files, or of all Parquet and CSV files of a folder, one after the other.

    An event that stands in several of them counts once; of two versions of a record (the same source and id) the one
    with the later ``recorded_at``, which is counted under the assumptions. Raises ``InvalidEvents`` as ``read_events``
    does, and where one id says different things in two files that were recorded at the same moment.
    """
    files = [file for path in paths for file in _event_files(path)]
    if len(files) == 1:
        return _validate_file(files[0], zone)
    together = pd.concat([read_events(file, zone) for file in files], ignore_index=True)
    latest, n_earlier = _latest_versions(together)
    result = checked(validate_events(latest, zone), f"the {len(files)} files together")
    return replace(result, assumptions=result.assumptions | ({EARLIER_VERSION: n_earlier} if n_earlier else {}))


def _latest_versions(events: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The events without earlier versions of the same record, and how many rows those are.

    Each file has been validated by itself, so that rows which share source and id stand in different files. The same
    record sent again is known since it was first recorded.
    """
    key = ["source", "event_id"]
    content = [column for column in events if column != "recorded_at"]
    first = events.sort_values("recorded_at", kind="stable").duplicated(content, keep="first")
    again = first.index[first & events.duplicated(key, keep=False)]
    events = events.drop(index=again)
    shared = events.loc[events.duplicated(key, keep=False), [*key, "recorded_at"]]
    latest = shared.groupby(key, sort=False)["recorded_at"].transform("max")
    earlier = shared.index[(shared["recorded_at"] < latest).to_numpy()]
    return events.drop(index=earlier).reset_index(drop=True), len(earlier)


def _event_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix in ENDINGS and not file.name.endswith(REJECTED))
    if not files:
        raise InvalidEvents(
            f"a folder of events must hold files that end in {' or '.join(ENDINGS)}, got none in {path}"
        )
    return files


def read_columns(path: Path | str, zone: str = "UTC") -> Columns:
    """Read events as columns, which is what ``History.of_columns`` takes: no frame is made."""
    return _validate_file(Path(path), zone).columns


def _validate_file(path: Path, zone: str) -> Validated:
    if not path.is_file():
        raise InvalidEvents(f"the events must be a Parquet or CSV file, got {path}, which is not there")
    if path.stat().st_size == 0:
        raise InvalidEvents(f"the events must be a Parquet or CSV file with rows, got {path}, which is empty")
    try:
        table = _csv(path) if path.suffix == ".csv" else read_parquet_table(path)
    except (pa.ArrowException, ValueError, pd.errors.EmptyDataError) as error:
        raise InvalidEvents(f"the events must be a Parquet or CSV file, got {path}: {error}") from error
    if len(table) == 0:
        raise InvalidEvents(f"the events must have at least one row, got none in {path}")
    return checked(validate_events(table, zone), str(path))


INDEX_LEVEL = re.compile(r"__index_level_\d+__")
"""What pandas names an index that has no name, such as the one that a filter or a sample leaves."""
MANY_WORDS = ("event_id", "reference")
"""Hardly ever equal: coding them while they are read costs more than it saves."""


def read_parquet_table(path: Path) -> pa.Table:
    """A Parquet file, texts coded as they are in it, without the nameless index that pandas may have written."""
    columns = event_columns(pq.read_schema(path))
    return pq.read_table(path, columns=columns, read_dictionary=coded_columns(path), partitioning=None)


def event_columns(schema: pa.Schema) -> list[str]:
    """The columns of a Parquet file but for a nameless index of pandas, whose metadata say that it is one."""
    index = (schema.pandas_metadata or {}).get("index_columns", [])
    nameless = {name for name in index if isinstance(name, str) and INDEX_LEVEL.fullmatch(name)}
    return [name for name in schema.names if name not in nameless]


def coded_columns(path: Path) -> list[str]:
    """The columns of a Parquet file that are read as codes."""
    texts = [field.name for field in pq.read_schema(path) if pa.types.is_string(field.type)]
    return [name for name in texts if COLUMNS.get(name) == STRING and name not in MANY_WORDS]


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
