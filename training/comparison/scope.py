"""What two versions have in common, and what that means for a comparison of them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from features.catalogue.fingerprint import features_hash
from features.catalogue.plugins import HOW_TO_LOAD
from features.catalogue.registry import catalogue
from features.errors import InvalidRequest
from features.times import isoformat
from training.comparison.rows import ComparedModel
from training.data.dataset import fingerprint
from training.data.snapshots import recorded_until

MOST_NAMED = 5


def require_comparable(models: tuple[ComparedModel, ComparedModel]) -> None:
    """Raise ``InvalidRequest`` where the risks of both do not speak of the same, or one can have none today."""
    for one in models:
        gone = [name for name in one.model.names if name not in catalogue()]
        if gone:
            raise InvalidRequest(
                f"a model can be compared on rows only if its signals can be computed, got {one.name} that reads "
                f"{_named(gone)}, which are not here: {HOW_TO_LOAD}. What its training found stays in "
                "report.html and evaluation.json of its run"
            )
    first, second = models
    if first.model.policy != second.model.policy:
        raise InvalidRequest(
            "both models must be trained under one outcome policy to be compared, "
            f"got {first.model.policy} for {first.name} and {second.model.policy} for {second.name}"
        )


def notes_on(models: tuple[ComparedModel, ComparedModel], events: pd.DataFrame) -> list[str]:
    """What a reader must know beside the figures: other signals, other zones, other code of signals, other events."""
    return [
        *_on_signals(models),
        *_on_zones(models),
        *(note for one in models for note in (*_on_code(one), *_on_events(one, events))),
    ]


def _on_signals(models: tuple[ComparedModel, ComparedModel]) -> Iterator[str]:
    first, second = models
    for one, other in ((first, second), (second, first)):
        alone = [name for name in one.model.names if name not in other.model.names]
        if alone:
            yield f"Only {one.name} reads {_named(alone)}: what that brings is part of the difference."


def _on_zones(models: tuple[ComparedModel, ComparedModel]) -> Iterator[str]:
    first, second = models
    if first.zone != second.zone:
        yield (
            f"{first.name} was trained in the zone {first.zone} and {second.name} in {second.zone}: signals that ask "
            "for days and hours are those of one zone for both (--zone, by default that of the first)."
        )


def _on_code(one: ComparedModel) -> Iterator[str]:
    then, now = one.model.about.get("features_hash"), features_hash(one.model.names)
    if then != now:
        yield (
            f"The code of signals has changed since {one.name} was trained (features_hash {then}, now {now}). What is "
            "compared is what it makes of today's signals, as a service of this version would; what it would have said "
            "with the signals of its time is not."
        )


def _on_events(one: ComparedModel, events: pd.DataFrame) -> Iterator[str]:
    then = one.model.about.get("events_fingerprint")
    try:
        now = fingerprint(recorded_until(events, one.trained_until)[0])
    except InvalidRequest:
        now = None
    if then != now:
        yield (
            f"{one.name} was trained on other events than these hold until {str(isoformat(one.trained_until))[:16]}. "
            "That it has not learned from an order is told by these events and their moments alone."
        )


def _named(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
