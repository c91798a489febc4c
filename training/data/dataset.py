"""The data set of a training as of a moment: matured outcomes, signals as they were known, and what was left out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.context.context import Context
from features.events.schema import COLUMNS
from features.history import History
from features.policy import DEFAULT_POLICY, OutcomePolicy
from training.data.labelled import LabelCounts, LabelledPoints
from training.data.snapshots import Snapshots, recorded_until

ADDED = ("tolerance",)
"""Columns younger than fingerprints that are in use: events that do not state them have the one they always had."""


@dataclass(frozen=True)
class Dataset:
    """All that was known by ``until``: labelled points, context, and the fingerprint of the events."""

    points: LabelledPoints
    counts: LabelCounts
    context: Context
    history: History
    until: int
    fingerprint: str


def build_dataset(
    events: pd.DataFrame,
    scheme: str = "daily",
    until: object = None,
    zone: str = "UTC",
    policy: OutcomePolicy = DEFAULT_POLICY,
) -> Dataset:
    """Label the decision points of all orders by what was recorded until ``until``.

    Parameters
    ----------
    events : validated event table
    scheme : see ``features.decision_points``
    until : ISO 8601 text, timestamp, or microseconds; nothing recorded later is read (default: the last record, to
        which a later moment is cut)
    policy : what counts as on time and in full
    """
    snapshots = Snapshots.of(events, scheme, until, zone, policy)
    return dataset_of(snapshots, fingerprint(recorded_until(events, until)[0]))


def dataset_of(snapshots: Snapshots, events_fingerprint: str) -> Dataset:
    """The data set that snapshots give at their end."""
    points, counts = snapshots.labelled()
    return Dataset(points, counts, snapshots.context, snapshots.history, snapshots.until, events_fingerprint)


def fingerprint(events: pd.DataFrame) -> str:
    """Sixteen hex digits of the events' content; the order of rows does not matter."""
    said = [column for column in COLUMNS if column not in ADDED or events[column].notna().any()]
    hashes = pd.util.hash_pandas_object(events[said], index=False).to_numpy()
    return hashlib.sha256(np.sort(hashes).tobytes()).hexdigest()[:16]
