"""Labelled decision points as a DataFrame, and back: the rows a training learns from.

Each row carries its order, its moment and when its outcome was known in its index, so that whatever scikit-learn takes
of a table still says which order it is and when: splitters and estimators need no other argument.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.arrays import Floats, Ints
from features.errors import InvalidRequest
from features.events.validation import checked_events
from features.outcomes import MISSED, ON_TIME_IN_FULL, PARTIAL
from features.policy import DEFAULT_POLICY, OutcomePolicy
from features.times import DAY, LATEST, timestamps
from training.data.labelled import LabelledPoints
from training.data.required_events import require_frame
from training.data.snapshots import Snapshots
from training.model.risk_trees import DAYS_TO_PROMISE

ORDER, AS_OF, KNOWN_AT = KEYS = ["order_id", "as_of", "known_at"]
LABELS = ["outcome", "partial", "weight", "due", "plant", "rescued"]
"""The columns of a table that are no signals."""


class InvalidTable(InvalidRequest, ValueError):
    """Rows that cannot be learned from or split as they stand; scikit-learn knows it as a ``ValueError``."""


def training_table(
    events: pd.DataFrame,
    *,
    until: object = None,
    scheme: str = "daily",
    zone: str = "UTC",
    policy: OutcomePolicy = DEFAULT_POLICY,
) -> pd.DataFrame:
    """One row a decision point whose outcome is known: what ``train`` learns from, looks and weights alike.

    Parameters
    ----------
    events : event table, validated or not
    until : ISO 8601 text, timestamp, or microseconds; nothing recorded later is read (default: the last record)
    scheme : decision points, one of ``daily``, ``events``, ``all``, ``before=7``
    zone : the plant's time zone
    policy : what counts as on time and in full, see ``docs/outcomes.md``

    Returns
    -------
    (n, n_signals + 6), index ``order_id``, ``as_of``, ``known_at``, sorted. One float column a signal, then
    ``outcome`` (1 missed or partial, 0 on time in full), ``partial`` (1 for partial), ``weight`` (the looks a row
    stands for), ``due`` (the promise at the moment), ``plant``, and ``rescued`` (somebody expedited it afterwards).

    Raises ``InvalidEvents`` and ``InvalidRequest``.
    """
    require_frame(events)
    return labelled_table(Snapshots.of(checked_events(events, zone), scheme, until, zone, policy))


def labelled_table(snapshots: Snapshots, until: int | None = None) -> pd.DataFrame:
    """What a training at a moment, microseconds, learns from snapshots, see ``training_table``."""
    points, _ = snapshots.labelled(until, moves=False)
    return table_of(points, snapshots.history.order_ids)


def table_of(points: LabelledPoints, order_ids: NDArray[np.object_]) -> pd.DataFrame:
    """Labelled points as a table, see ``training_table``; ``order_ids`` are the names of their orders."""
    moments = [pd.DatetimeIndex(timestamps(column)) for column in (points.as_of, points.known_at)]
    index = pd.MultiIndex.from_arrays([order_ids[points.order], *moments], names=KEYS)
    labels = {
        "outcome": points.failed.astype(np.int64),
        "partial": (points.outcome == PARTIAL).astype(np.int64),
        "weight": points.weight,
        "due": pd.DatetimeIndex(timestamps(points.due)),
        "plant": points.plant,
        "rescued": points.rescued,
    }
    described = pd.DataFrame(labels, index=index)
    return pd.concat([pd.DataFrame(points.signals, columns=points.names, index=index), described], axis=1)


def signals_of(table: pd.DataFrame) -> pd.DataFrame:
    """(n, n_signals) the signals of a table with its index: the ``X`` of scikit-learn.

    Where ``reset_index`` has made columns of what rows are, or of some of it, it is the index again.
    """
    flat = [name for name in KEYS if name in table]
    indexed = {*table.index.names} >= {*KEYS} - {*flat}
    keyed = table.set_index(flat, append=len(flat) < len(KEYS)).reorder_levels(KEYS) if flat and indexed else table
    return keyed.drop(columns=[name for name in (*LABELS, *KEYS) if name in keyed])


def carries_keys(rows: Any) -> bool:
    """Whether rows say, in their index or in columns, which order each is of, and when."""
    names = {*getattr(getattr(rows, "index", None), "names", ()), *getattr(rows, "columns", ())}
    return names >= {*KEYS}


def keys_of(rows: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
    """(n,) the order of each row as whole numbers, ``as_of`` and ``known_at`` in microseconds.

    Raises ``InvalidTable`` where a row does not say so.
    """
    index = rows.index.to_frame(index=False)
    given = {name: index[name] if name in index else rows[name].reset_index(drop=True) for name in KEYS}
    absent = [name for name in KEYS if given[name].isna().any()]
    if absent:
        raise InvalidTable(f"every row must have {', '.join(KEYS)}, got rows without {', '.join(absent)}")
    order = pd.factorize(given[ORDER], sort=True)[0].astype(np.int64)
    return order, *(_micros_of(name, given[name]) for name in (AS_OF, KNOWN_AT))  # type: ignore[return-value]


def _micros_of(name: str, moments: pd.Series) -> Ints:
    if not isinstance(moments.dtype, pd.DatetimeTZDtype) and moments.dtype.kind != "M":
        raise InvalidTable(f"{name} must hold timestamps, got {moments.dtype}: use pd.to_datetime(..., utc=True)")
    stamps = pd.DatetimeIndex(moments)
    stamps = stamps.tz_localize("UTC") if stamps.tz is None else stamps.tz_convert("UTC")
    return np.asarray(stamps.as_unit("us").asi8)


def points_of(rows: pd.DataFrame, failed: Floats, weight: Floats, names: list[str], signals: Floats) -> LabelledPoints:
    """Labelled points of rows that carry their keys, sorted by order and moment, whatever the order of the rows.

    Parameters
    ----------
    rows : (n,) whose index, or columns, say of which order each is and when, see ``KEYS``
    failed, weight : (n,)
    names, signals : n_signals, and (n, n_signals); among them ``days_to_promise`` in days tells the promise, and where
        it is missing or has been made something else, rows have none
    """
    order, as_of, known_at = keys_of(rows)
    by = np.lexsort((as_of, order))
    n = len(order)
    points = LabelledPoints(
        names=names,
        signals=signals,
        order=order,
        as_of=as_of,
        due=_due(names, signals, as_of, known_at),
        known_at=known_at,
        outcome=np.where(failed == 1, MISSED, ON_TIME_IN_FULL),
        weight=weight,
        plant=np.full(n, "", dtype=object),
        rescued=np.zeros(n, dtype=bool),
    )
    return points.take(by)


def _due(names: list[str], signals: Floats, as_of: Ints, known_at: Ints) -> Ints:
    """(n,) the promise, microseconds; far away where the signal does not hold days: an outcome is known after it."""
    far = np.full(len(as_of), LATEST, dtype=np.int64)
    if DAYS_TO_PROMISE not in names:
        return far
    days = signals[:, names.index(DAYS_TO_PROMISE)]
    due = as_of + np.rint(np.nan_to_num(days) * DAY).astype(np.int64)
    return due if bool(np.all((days >= 0) & (due <= known_at))) else far
