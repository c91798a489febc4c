"""Every fault of an event table, collected: row, column, value and what must hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from features.arrays import Ints, Mask
from features.errors import InvalidEvents, with_nearest
from features.events.columns import Columns, Read, as_frame, read_column, take
from features.events.schema import COLUMNS, REQUIRED, SPOKEN, TYPE_CODE, TYPES, UNSAID, WORDS, EventType
from features.events.selection import event_codes, state_of, word_at
from features.events.text import Coded, Distinct
from features.jit import compiled
from features.parallel import side_by_side
from features.times import DAY, NEVER, isoformat, plant_calendar


def _allowed(rule: EventType, column: str) -> list[bool]:
    """By the number of each word, whether a type may say it in a column; ``UNSAID`` stands for saying nothing."""
    words = dict(rule.words).get(column)
    may = [words is None] * (UNSAID + 1)
    for word in words or ():
        may[WORDS[word]] = True
    may[UNSAID] = column not in rule.needs
    return may


SHOWN = 20
"""So many faults are shown in words."""
NEAR = 0.75
"""So much alike a column must be to one of the event table to be taken for it, see ``difflib``."""
RANK = {column: rank for rank, column in enumerate(COLUMNS)}
UNSAID_TYPE, UNKNOWN = -1, -2
SIGNED, FACT = (np.array([getattr(rule, name) for rule in TYPES.values()]) for name in ("signed", "fact"))
ISSUED = TYPE_CODE["goods.issued"]
LARGEST_LEAD = 2 * DAY
"""A fact that happens later than so long after it was recorded is a wrong date."""
NEEDED = np.array([[column in rule.needs for column in ("quantity", "date")] for rule in TYPES.values()])
ALLOWED = np.array([[_allowed(rule, column) for column in SPOKEN] for rule in TYPES.values()])


@dataclass(frozen=True)
class Fault:
    """One thing that does not hold in one row (rows count from 0)."""

    row: int
    column: str
    value: str
    must: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.column} must {self.must}, got {self.value}"


@dataclass(frozen=True)
class Validated:
    """The rows that hold, the faults of those that do not, and what was taken for granted.

    Attributes
    ----------
    rows : (n_valid,) their places in the input
    columns : their values, (n_valid,) each, as ``features.events.columns`` has them
    faults : every fault of every rejected row
    duplicates : rows that repeat an earlier row word for word and are left out
    assumptions : what was assumed, with the number of rows
    """

    rows: NDArray[np.int64]
    columns: Columns
    faults: list[Fault]
    duplicates: list[int]
    assumptions: dict[str, int]

    @cached_property
    def events(self) -> pd.DataFrame:
        """(n_valid, n_columns) exactly the columns of the event table, index = row in the input."""
        return as_frame(self.columns, pd.Index(self.rows))


def checked_events(frame: pd.DataFrame, zone: str = "UTC", where: str = "the events") -> pd.DataFrame:
    """The event table, or ``InvalidEvents`` that names every fault (the first twenty in words)."""
    return checked(validate_events(frame, zone), where).events.reset_index(drop=True)


def checked(result: Validated, where: str = "the events") -> Validated:
    """The result itself, or ``InvalidEvents`` that names its faults."""
    if result.faults:
        raise invalid([str(fault) for fault in result.faults[:SHOWN]], len(result.faults), where)
    return result


def invalid(faults: Sequence[str], n_faults: int, where: str) -> InvalidEvents:
    """The error that shows the first of all faults."""
    more = f"\n  and {n_faults - SHOWN:,} more" if n_faults > SHOWN else ""
    shown = "\n  ".join(faults[:SHOWN])
    return InvalidEvents(f"{where}: {n_faults:,} values do not hold\n  {shown}{more}")


def validate_events(table: pd.DataFrame | pa.Table, zone: str = "UTC") -> Validated:
    """Cast a frame, or an Arrow table, to the event table and judge every row by every rule.

    Raises ``InvalidEvents`` only for what no row can mend: a required column that is not there, or a column
    that the event table does not know.
    """
    table = _with_index(table) if isinstance(table, pd.DataFrame) else table
    given = [str(column) for column in (table.column_names if isinstance(table, pa.Table) else table)]
    require_columns(given)
    return validate_columns({column: table[column] for column in given}, len(table), zone)


def require_columns(given: Sequence[str]) -> None:
    """Raise ``InvalidEvents`` unless all required columns are there, none twice, and no unknown one."""
    missing = [column for column in REQUIRED if column not in given]
    unknown = [column for column in given if column not in COLUMNS]
    if missing:
        near = {column: with_nearest(column, missing, NEAR) for column in unknown}
        hints = [text for column, text in near.items() if text != column]
        raise InvalidEvents(
            f"the event table must have the columns {', '.join(REQUIRED)}, "
            f"got {', '.join(given) or 'none'}: {', '.join(missing)} missing{''.join(f'; {hint}' for hint in hints)}"
        )
    if unknown or len(set(given)) < len(given):
        wrong = unknown or [column for column in given if given.count(column) > 1]
        raise InvalidEvents(
            f"the event table must have the columns {', '.join(COLUMNS)}, each once, "
            f"got also {', '.join(one if one in COLUMNS else with_nearest(one, COLUMNS, NEAR) for one in wrong)}"
        )


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """With those levels of its index as columns that are named like one, as Parquet has them."""
    levels = [name for name in frame.index.names if name in COLUMNS and name not in frame.columns]
    return frame.reset_index(level=levels) if levels else frame


def validate_columns(raw: Mapping[str, Any], n: int, zone: str = "UTC") -> Validated:
    """Validate columns of any origin: a Series or a list of ``n`` values each; missing ones are empty."""
    calendar = plant_calendar(zone)
    reading = side_by_side(lambda column: read_column(column, raw.get(column), n, calendar), COLUMNS, n)
    read = dict(zip(COLUMNS, reading, strict=True))
    columns: Columns = {column: reading.values for column, reading in read.items()}
    faults = [fault for reading in read.values() for fault in _unread(reading)]
    unread = {(fault.row, fault.column) for fault in faults}
    faults += [fault for fault in _broken_rules(columns) if (fault.row, fault.column) not in unread]
    duplicates, clashes = _repeated(columns)
    faults += clashes
    rejected = {fault.row for fault in faults}
    faults.sort(key=lambda fault: (fault.row, RANK[fault.column]))
    keep = np.ones(n, dtype=bool)
    keep[[*rejected, *duplicates]] = False
    rows = np.flatnonzero(keep)
    assumptions = {what: rows for reading in read.values() for what, rows in reading.assumed.items() if rows}
    valid = columns if len(rows) == n else take(columns, rows)
    return Validated(rows, valid, faults, [row for row in duplicates if row not in rejected], assumptions)


def _unread(reading: Read) -> Iterator[Fault]:
    for must, bad in reading.wrong:
        for row in np.flatnonzero(bad):
            yield Fault(int(row), reading.column, _shown(reading.raw[row]), must)


def _broken_rules(columns: Columns) -> Iterator[Fault]:
    for column in REQUIRED:
        yield from _failing(_absent(columns[column]).nonzero()[0], columns, column, "be given")
    types = columns["type"]
    code_of = np.array([TYPE_CODE.get(word, UNKNOWN) for word in types.words] + [UNSAID_TYPE], dtype=np.int64)
    codes = code_of[types.codes]
    yield from _failing((codes == UNKNOWN).nonzero()[0], columns, "type", f"be one of {', '.join(TYPES)}")
    words = event_codes(np.maximum(codes, 0), columns)
    breaks = _breaks_a_rule(codes, words, columns["quantity"], columns["date"], ALLOWED, NEEDED, SIGNED)
    alone = ~_absent(columns["instalment"]) & _absent(columns["line_id"])
    yield from _failing(alone.nonzero()[0], columns, "line_id", "be given with an instalment")
    share = columns["tolerance"]
    yield from _failing(((share < 0) | (share >= 1)).nonzero()[0], columns, "tolerance", "be a share in [0, 1)")
    breaks |= _says_nothing(codes, words, columns["quantity"]) | _lies_ahead(codes, columns)
    rows = breaks.nonzero()[0]
    for code in sorted(set(types.codes[rows].tolist())):
        yield from _broken_rules_of_type(types.words[code], rows[types.codes[rows] == code], columns)


@compiled
def _breaks_a_rule(
    types: Ints, code: Ints, quantity: NDArray[np.float64], date: Ints, allowed: Mask, needed: Mask, signed: Mask
) -> Mask:
    """(n,) True where an event lacks what its type needs, or says what its type may not."""
    out = np.zeros(len(types), dtype=np.bool_)
    for i in range(len(types)):
        kind = types[i]
        if kind < 0:
            continue
        out[i] = (
            (needed[kind, 0] and np.isnan(quantity[i]))
            or (needed[kind, 1] and date[i] == NEVER)
            or (quantity[i] < 0 and not signed[kind])
        )
        for place in range(allowed.shape[1]):
            out[i] |= not allowed[kind, place, word_at(code[i], place)]
    return out


def _says_nothing(types: Ints, code: Ints, quantity: NDArray[np.float64]) -> Mask:
    """(n,) True where a goods issue states neither a quantity nor that all that is left went."""
    complete = state_of(code) == WORDS["complete"]  # type: ignore[arg-type]
    return np.asarray((types == ISSUED) & np.isnan(quantity) & ~np.asarray(complete))


def _lies_ahead(types: Ints, columns: Columns) -> Mask:
    """(n,) True where a fact happened after it was known, by more than clocks and time zones explain."""
    ahead = columns["occurred_at"] > columns["recorded_at"] + LARGEST_LEAD
    return np.asarray(ahead & (columns["recorded_at"] != NEVER) & (types >= 0) & FACT[np.maximum(types, 0)])


def _broken_rules_of_type(name: str, rows: Ints, columns: Columns) -> Iterator[Fault]:
    rule = TYPES[name]
    if name == "goods.issued":
        states = columns["state"]
        complete = np.array([word == "complete" for word in states.words] + [False])[states.codes[rows]]
        silent = rows[np.isnan(columns["quantity"][rows]) & ~complete]
        yield from _failing(
            silent, columns, "quantity", "be given for goods.issued, or state be complete: all of it left"
        )
    ahead = columns["occurred_at"][rows] > columns["recorded_at"][rows] + LARGEST_LEAD
    for row in rows[ahead & (columns["recorded_at"][rows] != NEVER)] if rule.fact else ():
        known = isoformat(int(columns["recorded_at"][row]))
        must = f"lie at most two days after recorded_at ({known}), as {name} is a fact"
        yield Fault(int(row), "occurred_at", str(isoformat(int(columns["occurred_at"][row]))), must)
    for column in rule.needs:
        yield from _failing(rows[_absent(columns[column])[rows]], columns, column, f"be given for {name}")
    for column, words in rule.words:
        coded = columns[column]
        foreign = np.array([word not in words for word in coded.words] + [False])
        wrong = rows[foreign[coded.codes[rows]]]
        yield from _failing(wrong, columns, column, f"be one of {', '.join(words)} for {name}")
    if not rule.signed:
        negative = columns["quantity"][rows] < 0
        yield from _failing(rows[negative], columns, "quantity", f"not be negative for {name}")


def _failing(rows: NDArray[np.int64], columns: Columns, column: str, must: str) -> Iterator[Fault]:
    for row in rows:
        yield Fault(int(row), column, _shown(columns[column][row]), must)


def _absent(values: Coded | Distinct | NDArray[Any]) -> Mask:
    if isinstance(values, Coded | Distinct):
        return values.missing
    missing: Mask = np.isnan(values) if values.dtype == np.float64 else values == NEVER
    return missing


def _shown(value: Any) -> str:
    if isinstance(value, np.generic | pa.Scalar):
        value = value.as_py() if isinstance(value, pa.Scalar) else value.item()
    missing = value is None or value is pd.NaT or value is pd.NA or value in (NEVER, "") or value != value
    return "nothing" if missing else repr(value)


def _repeated(columns: Columns) -> tuple[list[int], list[Fault]]:
    """Rows that repeat a row exactly; and faults for rows that reuse its id for something else."""
    ids, sources = columns["event_id"], columns["source"]
    if ids.all_differ:
        return [], []
    keyed = np.flatnonzero(~ids.missing & ~sources.missing)
    key = sources.codes[keyed] * (ids.n_words + 1) + ids.codes[keyed]
    by = np.argsort(key, kind="stable")
    same_key = key[by][1:] == key[by][:-1]
    if not same_key.any():
        return [], []
    again = np.sort(keyed[by[np.append(same_key, False) | np.append(False, same_key)]])
    frame = as_frame(take(columns, again), pd.Index(again))
    same = frame.duplicated(keep="first")
    variants = frame[~same].groupby(["source", "event_id"], sort=False)["type"].transform("size")
    faults = []
    for row in variants.index[variants > 1]:
        must = f"be unique within source {sources[row]!r} unless the whole event is the same"
        faults.append(Fault(int(row), "event_id", repr(ids[row]), must))
    return [int(row) for row in frame.index[same]], faults
