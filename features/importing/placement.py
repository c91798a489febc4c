"""What no order can place: events of lines that were never created, releases of holds that were never placed."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays import Mask
from features.events.schema import INSTALMENT_MARK

EXAMPLES = 3
JOINT = "\x1f"
"""Stands between the parts of a key, and in no text of an export."""
LAST_PART = rf"{INSTALMENT_MARK}[^{INSTALMENT_MARK}]*$"
"""The name of an instalment, with the mark before it."""
BLANKS, LEADING_ZEROS = r"\s+", rf"(^|{INSTALMENT_MARK})0+(?=[^{INSTALMENT_MARK}])"


@dataclass(frozen=True)
class Unplaced:
    """What the events of an import speak of although nobody created it.

    Attributes
    ----------
    lines : by type, the events that name a line which was never created in their order
    examples : at most three of them, each with ``order``, ``line`` and ``type``
    orders : the orders of which no line was created
    releases : the releases of holds that were never placed in their order
    hints : how many of these would find their line or order if ids were written alike, in words
    """

    lines: dict[str, int] = field(default_factory=dict)
    examples: list[dict[str, str]] = field(default_factory=list)
    orders: int = 0
    releases: int = 0
    hints: list[str] = field(default_factory=list)


def find_unplaced(events: pd.DataFrame) -> Unplaced:
    """Look for the line and the hold of each event of a validated event table, (n_events, n_columns).

    A line is created by ``order_line.created``, whenever that is. An event that names a line belongs to its
    instalments, where those were created.
    """
    created = (events["type"] == "order_line.created").to_numpy()
    orders, lines = events["order_id"], _line_names(events)
    known, known_orders = _with_owners(orders[created], lines[created]), orders[created].drop_duplicates()
    unknown = ~created & lines.notna().to_numpy() & ~_are_among(_keys(orders, lines), known)
    others = orders[~_are_among(orders, known_orders)].drop_duplicates()
    hints = [
        *_line_hint(orders[unknown], lines[unknown], orders[created], lines[created]),
        *_order_hint(others, known_orders),
    ]
    return Unplaced(
        {str(name): int(count) for name, count in events.loc[unknown, "type"].value_counts().items()},
        _examples(orders[unknown], lines[unknown], events.loc[unknown, "type"]),
        len(others),
        _releases_without_hold(events),
        hints,
    )


def _line_names(events: pd.DataFrame) -> pd.Series:
    """(n_events,) the line that each event names, an instalment of it by its own name; missing for the whole order."""
    lines, instalments = events["line_id"], events["instalment"]
    if instalments.isna().all():
        return lines
    return lines.where(instalments.isna(), lines + INSTALMENT_MARK + instalments)


def _keys(orders: pd.Series, lines: pd.Series) -> pd.Series:
    return orders + JOINT + lines


def _are_among(texts: pd.Series, known: pd.Series) -> Mask:
    """(n,) whether each text is a known one."""
    found: Mask = pc.is_in(_arrow(texts), value_set=_arrow(known)).to_numpy(zero_copy_only=False)
    return found


def _arrow(texts: pd.Series) -> pa.Array:
    return pa.array(texts, type=pa.large_string(), from_pandas=True)


def _with_owners(orders: pd.Series, lines: pd.Series) -> pd.Series:
    """The keys of created lines, and of the lines of which they are instalments."""
    owners = lines.str.replace(LAST_PART, "", regex=True)
    keys: pd.Series = pd.concat([_keys(orders, lines), _keys(orders, owners)]).dropna()
    return keys


def _alike(ids: pd.Series) -> pd.Series:
    """Ids without blanks and leading zeros."""
    alike: pd.Series = ids.str.replace(BLANKS, "", regex=True).str.replace(LEADING_ZEROS, r"\1", regex=True)
    return alike


def _line_hint(orders: pd.Series, lines: pd.Series, known_orders: pd.Series, known_lines: pd.Series) -> list[str]:
    if orders.empty:
        return []
    known = _with_owners(_alike(known_orders), _alike(known_lines))
    count = int(_are_among(_keys(_alike(orders), _alike(lines)), known).sum())
    return _hint(count, f"of the {len(orders):,} events that name a line which was never created", "find it")


def _order_hint(orders: pd.Series, known_orders: pd.Series) -> list[str]:
    count = int(_are_among(_alike(orders), _alike(known_orders)).sum()) if len(orders) else 0
    return _hint(count, f"of the {len(orders):,} orders without a line", "have one")


def _hint(count: int, of_these: str, would: str) -> list[str]:
    if not count:
        return []
    return [
        f"{count:,} {of_these} would {would} if ids were written alike, without leading zeros and blanks: "
        "let the mapping write order_id and line_id alike in every select"
    ]


def _examples(orders: pd.Series, lines: pd.Series, types: pd.Series) -> list[dict[str, str]]:
    """The first of each type, then others."""
    unknown = pd.DataFrame({"order": orders, "line": lines, "type": types}).drop_duplicates()
    repeated = unknown.duplicated("type").to_numpy(dtype=bool)
    first = pd.concat([unknown[~repeated], unknown[repeated]]).head(EXAMPLES)
    return [{str(name): str(value) for name, value in row.items()} for row in first.to_dict("records")]


def _releases_without_hold(events: pd.DataFrame) -> int:
    """Holds of an order are told apart by their reference; those without one by their kind."""
    placed, released = (_holds(events[events["type"] == kind]) for kind in ("hold.placed", "hold.released"))
    return int((~_are_among(released, placed)).sum())


def _holds(events: pd.DataFrame) -> pd.Series:
    return _keys(events["order_id"], events["reference"].fillna(JOINT + events["kind"]))
