"""Impact of many events: how long each part of it takes, and how fast steps are made.

    python benchmarks/impact/million.py EVENTS.parquet MODEL_FOLDER

A plant of 19,500 orders (``shiprisk simulate --orders 19500``) has a million events. The model is a folder as
``RiskModel.save`` writes it, such as one of the local cache of models.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.context.context import Context
from features.events.files import validate_event_files
from features.history import History
from features.times import plant_calendar
from training.change.impact import CAUSES, sum_steps
from training.change.steps import change_steps
from training.change.value_at_risk import value_at_risk
from training.model.morning import add_levels
from training.model.risk_model import RiskModel


@contextmanager
def timed(what: str) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    print(f"{what:40} {time.perf_counter() - begin:8.1f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", type=Path)
    parser.add_argument("model", type=Path)
    arguments = parser.parse_args()
    with timed("reading events and model"):
        model = RiskModel.load(arguments.model)
        history = History.of(validate_event_files([arguments.events], "UTC").events, model.policy)
    since, until = int(history.recorded.min()) - 1, int(history.recorded.max())
    with timed("load and track record"):
        context = Context.of(history, plant_calendar("UTC"))
    with timed("levels of the plants"):
        context = add_levels(context, model, [history], plant_calendar("UTC").start_of_day(until))
    with timed(f"steps of {history.n_events:,} events"):
        steps = change_steps(model, history, context, since, until, events_only=True)
    with timed("sums by seven causes"):
        for cause in CAUSES:
            sum_steps(steps, cause)
    with timed("value at risk"):
        value_at_risk(model, history, context, until)
    with timed("steps of events, time and mornings"):
        steps = change_steps(model, history, context, since, until)
    print(f"{len(steps):,} steps; at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20:.1f} GB")


if __name__ == "__main__":
    main()
