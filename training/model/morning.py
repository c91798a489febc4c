"""What a morning adds to a model: the level of each plant by what has become of orders since the model was trained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

import numpy as np
from scipy.special import logit

from features.context.context import Context
from features.decision_points import decision_points
from features.history import History
from features.known.known import Known
from features.times import DAY, micros
from training.data.snapshots import Snapshots
from training.model.level import REACH_DAYS, Levels, MaturedLooks, estimate_levels, first_within
from training.model.risk_model import RiskModel

SETTLED_BY = 60 * DAY
"""A look so long before a model was trained is not asked whether the model has learned of its order."""


def add_levels(context: Context, model: RiskModel, histories: Iterable[History], as_of: int) -> Context:
    """The context with the levels of a model as of a moment, microseconds; ``histories`` are parts of all orders."""
    looks = (looks_since(history, model, context, as_of) for history in histories)
    levels = estimate_levels(reduce(MaturedLooks.join, looks, _own_looks(model)), as_of, model.base)
    return replace(context, levels={**context.levels, model.digest: levels.to_json()})


def levels_of(model: RiskModel, context: Context) -> Levels:
    """The levels that a context has for a model; where it has none, those by the outcomes the model was fitted with."""
    found = context.levels.get(model.digest)
    if found is None:
        return estimate_levels(_own_looks(model), context.known_until, model.base)
    return Levels.from_json(found)


def _own_looks(model: RiskModel) -> MaturedLooks:
    return MaturedLooks.none() if model.looks is None else model.looks


def looks_since(history: History, model: RiskModel, context: Context, as_of: int) -> MaturedLooks:
    """The looks at orders after a model was trained whose outcome is known by a moment, microseconds.

    Orders of which the model has learned are left out. Load and track record are looked up in ``context``.
    """
    notice, trained = _own_looks(model).notice, micros(str(model.about["trained_until"]))
    snapshots = _snapshots(history, model, context, max(trained - SETTLED_BY, as_of - int(REACH_DAYS * DAY)), as_of)
    points = snapshots.points
    since = np.flatnonzero(points.as_of > trained)
    if not len(since):
        return MaturedLooks.none(notice)
    later = points.take(since)
    days = (Known(history, later, context).due() - later.as_of) / DAY
    looked = snapshots.with_outcomes(since[first_within(later.order, later.as_of, days, notice)], as_of)
    looked = looked.take(looked.settled & ~np.isin(looked.order, snapshots.settled_orders(trained)))
    return MaturedLooks.of(looked, logit(model.risk_of(looked)), notice)


def _snapshots(history: History, model: RiskModel, context: Context, after: int, until: int) -> Snapshots:
    """The decision points of orders in (after, until], microseconds, as the model was given them."""
    scheme, zone = str(model.about.get("decision_points", "daily")), context.calendar.zone
    points = decision_points(history, scheme, context.calendar, until=until)
    points = points.take(np.flatnonzero(points.as_of > after))
    return Snapshots(history, context, points, scheme, zone, until, model.names)
