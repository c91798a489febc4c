"""What a model answers to hypothetical events: the risk of an order with them and without, by topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.arrays import Floats, Ints
from features.catalogue.topics import TOPICS
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.errors import InvalidEvents, InvalidRequest
from features.events.columns import Columns
from features.events.text import Texts
from features.history import History
from features.known.known import Known
from features.pipeline.computation import compute
from features.pipeline.table import states
from features.what_if.copies import checked_events, with_events
from features.what_if.possible import refusals
from training.explanation.topics import points_by_topic
from training.model.morning import levels_of
from training.model.risk_model import RiskModel


@dataclass(frozen=True)
class TopicRisks:
    """Risks of ``n`` decision points and their parts. ``base_risk + topics.sum(axis=1)`` is the risk of open orders.

    Attributes
    ----------
    state : (n,) open, late, shipped, cancelled, unpromised or unknown
    risk : (n,) probability; 1 for late orders, NaN for those that nothing is left to say of
    topics : (n, n_topics) points, probability, in the order of ``TOPICS``; NaN for orders that are not open
    """

    state: Texts
    risk: Floats
    base_risk: float
    topics: Floats


@dataclass(frozen=True)
class Answer:
    """What becomes of a risk.

    Attributes
    ----------
    state : before and after
    before, after : risk, ``None`` where nothing is left to score
    points : after less before, probability; ``None`` where one of them is
    by_topic : by topic, points that add up to ``points``; ``None`` unless the order is open before and after
    """

    state: tuple[str, str]
    before: float | None
    after: float | None
    points: float | None
    by_topic: dict[str, float] | None


class ImpossibleEvents(InvalidEvents):
    """Events that cannot happen to the order as it stands."""


def what_if(
    model: RiskModel,
    history: History,
    order: str,
    as_of: int,
    events: Sequence[Mapping[str, Any]],
    context: Context | None = None,
    zone: str = "UTC",
) -> Answer:
    """What the model answers if events were stated of an order at a moment; nothing is changed.

    Parameters
    ----------
    order : its id
    as_of : microseconds
    events : each its ``type`` and columns of the event table; they happen at ``as_of`` unless they say otherwise
    context : load, track record and levels of all orders; the model's own where ``None``
    zone : the plant's, in which a date alone is the end of that day

    Raises ``InvalidRequest`` for an order that is not known then, ``InvalidEvents`` for events that are none, and
    ``ImpossibleEvents`` for those that cannot happen.
    """
    index = known_order(history, order, as_of)
    added = checked_events(events, order, as_of, zone)
    refused = refusals(history, index, as_of, added, zone)
    if refused:
        raise ImpossibleEvents("; ".join(f"event {one.row}: {one.column} {one}" for one in refused))
    variants = variants_of(history, index, as_of, added)
    return answer_of(risks_by_topic(model, *variants, context or model.context))


def known_order(history: History, order: str, as_of: int) -> int:
    """The index of an order that is known at a moment. Raises ``InvalidRequest`` for any other."""
    at = int(np.searchsorted(history.order_ids, order)) if history.n_orders else 0
    if at == history.n_orders or history.order_ids[at] != order or history.recorded[history.first[at]] > as_of:
        raise InvalidRequest(f"the order must be one of those that are known at as_of, got {order!r}")
    return at


def variants_of(history: History, order: int, as_of: int, added: Columns) -> tuple[History, DecisionPoints]:
    """The order as it stands and with what is added: a history of the two, and the point at which to look at each."""
    moment = np.full(2, as_of, dtype=np.int64)
    copies = np.ones(len(added["date"]), dtype=np.int64)
    history = with_events(history, DecisionPoints(np.full(2, order, dtype=np.int64), moment), added, copies)
    return history, DecisionPoints(np.arange(2), moment)


def answer_of(risks: TopicRisks, before: int = 0, after: int = 1) -> Answer:
    """The change between two of the points."""
    first, second = (None if np.isnan(risk) else float(risk) for risk in risks.risk[[before, after]])
    change = risks.topics[after] - risks.topics[before]
    return Answer(
        state=(str(risks.state[before]), str(risks.state[after])),
        before=first,
        after=second,
        points=None if first is None or second is None else second - first,
        by_topic=None if np.isnan(change).any() else dict(zip(TOPICS, change.tolist(), strict=True)),
    )


def risks_by_topic(model: RiskModel, history: History, points: DecisionPoints, context: Context) -> TopicRisks:
    """The risk of each decision point as it is served, and what each topic adds to it."""
    known = Known(history, points, context)
    state, plants = states(known), known.first_word("plant")
    known.close()
    open_: Ints = np.flatnonzero(state == "open")
    risk = np.where(state == "late", 1.0, np.nan)
    topics = np.full((len(points), len(TOPICS)), np.nan)
    base_risk = np.nan
    if len(open_):
        signals = compute(history, points.take(open_), context, model.names)
        level = levels_of(model, context).log_odds(plants[open_])
        predicted, explanation = model.predict_and_explain(signals, level)
        base_risk, of_signals, of_level = explanation.points()
        risk[open_], topics[open_] = predicted.risk, points_by_topic(model.names, of_signals, of_level)
    return TopicRisks(state, risk, base_risk, topics)
