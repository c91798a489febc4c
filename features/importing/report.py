"""The report of an import: what went in, what came out, what was assumed, and what nobody can place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from features.engine.ordering import count_ties
from features.events.validation import Fault, Validated
from features.importing.placement import find_unplaced

WHOLE_ROW = "the row"
"""Stands for the column in a fault that a mapping finds itself."""


@dataclass
class ImportReport:
    """What went in, what came out, and what became of the rest.

    ``rows_in`` = ``rows_imported`` + ``rows_rejected`` + ``rows_without_event``; a row is rejected when any event it
    yields is. ``events_yielded`` = ``events_out`` + ``events_rejected`` + ``duplicates``.

    Attributes
    ----------
    orders_without_line : orders of which there are events, but no line is created; they are not scored
    events_of_unknown_lines : by type, the events that name a line which was never created in their order
    unknown_line_examples : at most three of them, each with ``order``, ``line`` and ``type``
    releases_without_hold : releases of holds that were never placed in their order
    hints : how many of these would find their line or order if ids were written alike, in words
    ties : statements of one order and one moment that were put in order ``by_sequence``, ``by_precedence`` of their
        types, or ``by_id`` alone
    """

    mapping: str
    source: str
    rows_in: int = 0
    rows_imported: int = 0
    rows_rejected: int = 0
    rows_without_event: int = 0
    events_yielded: int = 0
    events_out: int = 0
    events_rejected: int = 0
    duplicates: int = 0
    orders: int = 0
    orders_without_line: int = 0
    events_by_type: dict[str, int] = field(default_factory=dict)
    rejected_because: dict[str, int] = field(default_factory=dict)
    assumed: dict[str, int] = field(default_factory=dict)
    events_of_unknown_lines: dict[str, int] = field(default_factory=dict)
    unknown_line_examples: list[dict[str, str]] = field(default_factory=list)
    releases_without_hold: int = 0
    hints: list[str] = field(default_factory=list)
    ties: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def account(
    names: tuple[str, str],
    yielded: pd.DataFrame,
    source_rows: pd.Series | None,
    judged: Validated,
    rejects: pd.DataFrame,
    assumed: Mapping[str, int],
) -> ImportReport:
    """The report on the rows that a mapping yielded, (n_yielded, ...), and what was judged of them.

    ``names`` are those of mapping and source; ``source_rows`` are all rows of the export, where the mapping has them.
    """
    events = judged.events
    unplaced = find_unplaced(events)
    ties = count_ties(judged.columns["order_id"].ranked(), judged.columns)
    origin = _origin(yielded)
    rows = set(origin) if source_rows is None else set(source_rows) | set(origin)
    rejected_rows = set(origin[rejects.index])
    return ImportReport(
        *names,
        rows_in=len(rows),
        rows_imported=len(set(origin) - rejected_rows),
        rows_rejected=len(rejected_rows),
        rows_without_event=len(rows - set(origin)),
        events_yielded=len(yielded),
        events_out=len(events),
        events_rejected=len(rejects),
        duplicates=len(judged.duplicates),
        orders=int(events["order_id"].nunique()),
        orders_without_line=unplaced.orders,
        events_by_type={str(name): int(count) for name, count in events["type"].value_counts().items()},
        rejected_because=dict(Counter(map(_rule, judged.faults)).most_common()),
        assumed=dict(Counter(assumed).most_common()),
        events_of_unknown_lines=unplaced.lines,
        unknown_line_examples=unplaced.examples,
        releases_without_hold=unplaced.releases,
        hints=unplaced.hints,
        ties=ties._asdict(),
    )


def rejected(yielded: pd.DataFrame, faults: list[Fault]) -> pd.DataFrame:
    """One row for each rejected event: the reasons, then the row as the mapping yielded it."""
    reasons: dict[int, list[str]] = {}
    for fault in faults:
        reasons.setdefault(fault.row, []).append(_reason(fault))
    rows = yielded.loc[sorted(reasons)].drop(columns="rejected", errors="ignore")
    rows.insert(0, "because", ["; ".join(reasons[row]) for row in rows.index])
    if "source_row" in rows:
        rows.insert(0, "source_row", rows.pop("source_row"))
    return rows


def _reason(fault: Fault) -> str:
    return f"{_rule(fault)}, got {fault.value}" if fault.column != WHOLE_ROW else fault.must


def _rule(fault: Fault) -> str:
    return f"{fault.column} must {fault.must}" if fault.column != WHOLE_ROW else fault.must


def _origin(yielded: pd.DataFrame) -> pd.Series:
    """Where each yielded row comes from; one that does not say is a row of its own."""
    own = "yielded row " + yielded.index.to_series().astype("str")
    if "source_row" not in yielded:
        return own
    return yielded["source_row"].astype("str").where(yielded["source_row"].notna(), own)
