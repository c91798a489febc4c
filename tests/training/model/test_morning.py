"""The levels that a morning builds from events are those by which the model is judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from features.context.context import Context
from features.history import History
from features.times import DAY, micros, plant_calendar
from training.data.snapshots import recorded_until
from training.model.level import estimate_levels
from training.model.morning import add_levels, levels_of, looks_since
from training.trainer import Trained


@pytest.fixture(scope="module")
def mornings(trained: Trained) -> np.ndarray:
    """Five starts of day after the twin was trained."""
    day = plant_calendar().day(np.array([trained.twin.until]))[0]
    return plant_calendar().starts_of(day + np.array([5, 20, 40, 60, 75]))


def test_a_service_shows_the_risks_that_the_model_was_judged_by(trained: Trained, mornings: np.ndarray) -> None:
    """Of every order open on five mornings: by a context built that morning, and by the evaluation, years later."""
    model, snapshots = trained.twin.model, trained.snapshots
    points = snapshots.between(trained.twin.until, snapshots.until)
    points = points.take(~np.isin(points.order, trained.twin.learned.order))
    judged, moved = model.risk_as_served(points, points.take(points.settled)), 0
    for morning in mornings.tolist():
        context = add_levels(snapshots.context, model, [snapshots.history], morning)
        rows = points.as_of // DAY == morning // DAY
        terms = levels_of(model, context).terms(points.plant[rows])
        shown = expit(terms.apply(logit(model.risk_of(points.take(rows))), model.base))
        np.testing.assert_allclose(shown, judged[rows], atol=1e-12)
        moved += int((terms.log_odds != 0).sum())
    assert moved > 3


def test_what_is_recorded_after_a_morning_does_not_change_its_levels(
    trained: Trained, plant: pd.DataFrame, mornings: np.ndarray
) -> None:
    model, morning = trained.twin.model, int(mornings[2])
    histories = History.of(plant), History.of(recorded_until(plant, morning)[0])
    one, two = (add_levels(Context.of(part, plant_calendar()), model, [part], morning) for part in histories)
    assert levels_of(model, one) == levels_of(model, two)
    assert levels_of(model, one).overall.orders > 10


def test_parts_of_the_orders_give_the_levels_of_all(
    trained: Trained, plant: pd.DataFrame, mornings: np.ndarray
) -> None:
    """The events read as a service reads them, some orders at a time, in either order of the parts."""
    model, context, as_of = trained.twin.model, trained.snapshots.context, int(mornings[-1])
    early = plant["order_id"].str[-1] < "5"
    parts = [History.of(plant[rows]) for rows in (early, ~early)]
    counts = [len(looks_since(part, model, context, as_of)) for part in parts]
    assert min(counts) > 5
    whole = add_levels(context, model, [History.of(plant)], as_of)
    assert add_levels(context, model, parts, as_of).levels == whole.levels
    assert add_levels(context, model, parts[::-1], as_of).levels == whole.levels


def test_a_model_has_levels_by_what_it_was_fitted_with_where_a_morning_has_none(trained: Trained) -> None:
    """And none at all where it was fitted before there were levels."""
    model, context = trained.model, trained.snapshots.context
    assert model.looks is not None
    assert levels_of(model, context) == estimate_levels(model.looks, context.known_until, model.base)
    assert levels_of(replace(model, looks=None), context).overall.orders == 0


def test_nothing_since_a_training_that_lies_ahead(trained: Trained) -> None:
    snapshots = trained.snapshots
    before = micros(str(trained.model.about["trained_until"])) - DAY
    assert len(looks_since(snapshots.history, trained.model, snapshots.context, before)) == 0


def test_a_context_carries_its_levels(trained: Trained, mornings: np.ndarray) -> None:
    model, snapshots = trained.twin.model, trained.snapshots
    context = add_levels(snapshots.context, model, [snapshots.history], int(mornings[1]))
    read = Context.from_json(context.to_json())
    assert levels_of(model, read) == levels_of(model, context)
    assert "levels" not in snapshots.context.to_json()
