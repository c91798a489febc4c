"""What a command that asks a model needs: the scorer of a moment, all events, and one order among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from features.errors import InvalidRequest
from serving.commands.console import Step
from serving.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from features.decision_points import DecisionPoints
    from features.history import History
    from serving.models.scorer import Scorer

CHAMPION = "champion"


def one_order(history: History, order: str, moment: int) -> DecisionPoints:
    """An order at a moment, microseconds. Raises ``InvalidRequest`` where nothing of it is known then."""
    import numpy as np

    from features.decision_points import DecisionPoints
    from serving.models.scorer import order_index

    index = order_index(history, order)
    if history.recorded[history.first[index]] > moment:
        raise InvalidRequest(f"the order must be known at as_of, got {order!r}, first recorded later")
    return DecisionPoints(np.array([index], dtype=np.int64), np.array([moment], dtype=np.int64))


def scorer_of_morning(
    step: Step, settings: Settings, model: str, read: Callable[[], pd.DataFrame], as_of: str
) -> tuple[Scorer, History]:
    """The scorer of a moment, with load, track record and levels as they were that morning, and all events."""
    from features.context.context import Context
    from features.history import History
    from features.pipeline.table import moment_in_records
    from features.times import micros, plant_calendar
    from serving.models.cache import load_champion
    from serving.models.scorer import Scorer
    from training.model.morning import add_levels

    step("loading the model")
    champion = load_champion(settings, model)
    step("reading events")
    history = History.of(read(), champion.model.policy)
    moment_in_records(history, as_of)
    step("building load and track record")
    calendar = plant_calendar(settings.zone)
    context = Context.of(history, calendar)
    levels = add_levels(context, champion.model, [history], calendar.start_of_day(micros(as_of)))
    return Scorer(champion, levels), history
