"""The data set of a run as MLflow shows it: which events, how many, and their digest. No row of them is copied."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.events.schema import COLUMNS, MOMENT, NUMBER, STRING, WHOLE
from training.data.dataset import Dataset

TYPES = {STRING: "string", MOMENT: "datetime", NUMBER: "double", WHOLE: "double"}
"""Ours, as MLflow's schemas have them; whole numbers may be missing."""
CONTEXT = "mlflow.data.context"


@dataclass(frozen=True)
class EventOrigin:
    """Where events were read from.

    Attributes
    ----------
    name : short, such as ``events.parquet``
    uri : the file or folder, or the address of a store without its password
    is_file : whether MLflow can find it by its path
    """

    name: str
    uri: str
    is_file: bool

    @classmethod
    def of_files(cls, paths: list[Path]) -> EventOrigin:
        """Of one file or folder, or of several files: then the first, and how many more."""
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        return cls(f"{paths[0].name}{more}", str(paths[0].resolve()), True)

    @classmethod
    def of_store(cls, address: str) -> EventOrigin:
        return cls("events of the store", address, False)


def dataset_input(dataset: Dataset, origin: EventOrigin) -> Any:
    """MLflow's record of the events that a model learned from; its digest is the fingerprint of their content."""
    from mlflow.entities import Dataset as LoggedDataset
    from mlflow.entities import DatasetInput, InputTag

    counts, events = dataset.counts, dataset.history.n_events
    profile = {
        "num_rows": events,
        "num_elements": events * len(COLUMNS),
        "orders": counts.orders,
        "decision_points": counts.points,
        "decision_points_with_outcome": counts.labelled,
        "known_until": counts.until,
    }
    colspec = [{"type": TYPES[kind], "name": name, "required": False} for name, kind in COLUMNS.items()]
    logged = LoggedDataset(
        name=origin.name,
        digest=dataset.fingerprint,
        source_type="local" if origin.is_file else "code",
        source=json.dumps({"uri": origin.uri} if origin.is_file else {"tags": {"store": origin.uri}}),
        schema=json.dumps({"mlflow_colspec": colspec}),
        profile=json.dumps(profile),
    )
    return DatasetInput(logged, [InputTag(CONTEXT, "training")])
