"""The oracle's tables: their columns and their files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from features.errors import InvalidRequest
from features.times import timestamps

RISKS = {"as_of": "moment", "order_id": "str", "p_missed": "float64", "p_partial": "float64", "n": "int64"}
SHIP_DATES = {
    "as_of": "moment", "order_id": "str", "due": "moment", "late": "bool", "n": "int64", "shipped_at": "moments",
}  # fmt: skip
EFFECTS = {
    "as_of": "moment", "order_id": "str", "decision": "str", "reference": "str", "p_failed_without": "float64",
    "p_failed_with": "float64", "effect": "float64", "standard_error": "float64", "n": "int64",
}  # fmt: skip


def as_table(rows: Iterable[tuple[object, ...]], columns: dict[str, str]) -> pd.DataFrame:
    """A table of rows whose moments are microseconds; a cell of ``moments`` is an array of them, in UTC."""
    table = pd.DataFrame(list(rows), columns=list(columns))
    for name, kind in columns.items():
        if kind == "moment":
            table[name] = timestamps(table[name].to_numpy(dtype=np.int64))
        elif kind == "moments":
            table[name] = pd.Series([cell.astype("datetime64[us]") for cell in table[name]], dtype=object)
        else:
            table[name] = table[name].astype(kind)  # type: ignore[call-overload]
    return table


def write_ship_dates(table: pd.DataFrame, path: Path) -> None:
    """Write the ship dates as Parquet; ``shipped_at`` is a list of UTC timestamps."""
    schema = pa.Schema.from_pandas(table, preserve_index=False)
    dates = pa.field("shipped_at", pa.list_(pa.timestamp("us", tz="UTC")))
    schema = schema.set(schema.get_field_index("shipped_at"), dates)
    table.to_parquet(path, index=False, compression="zstd", schema=schema)


def read_ship_dates(path: Path) -> pd.DataFrame:
    """The ship dates of a file that ``write_ship_dates`` wrote, see ``Oracle.ship_dates``.

    Raises ``InvalidRequest`` where the file has other columns.
    """
    table = pd.read_parquet(path)
    if list(table) != list(SHIP_DATES):
        raise InvalidRequest(
            f"ship dates must have the columns {', '.join(SHIP_DATES)}, got {', '.join(map(str, table))} ({path})"
        )
    return table
