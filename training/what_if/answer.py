"""What a model answers to hypothetical events: the risk of an order with them and without, by topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.catalogue.topics import TOPICS
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.errors import InvalidEvents, InvalidRequest
from features.events.columns import Columns
from features.history import History
from features.what_if.copies import checked_events, with_events
from features.what_if.possible import refusals
from training.change.states import ScoredStates, score_states
from training.model.risk_model import RiskModel
from training.ship_date.forecast import days_won, iso_day


@dataclass(frozen=True)
class Answer:
    """What becomes of a risk.

    Attributes
    ----------
    state : before and after
    before, after : risk, ``None`` where nothing is left to score
    points : after less before, probability; ``None`` where one of them is
    by_topic : by topic, points that add up to ``points``; ``None`` unless the order is open before and after
    expected_ship : before and after, the date by which it is as likely as not that everything has shipped; ``None``
        where none is foretold, or later than any day asked about
    days_won : days by which that date comes sooner, less than nothing for later; ``None`` where one of them is
    """

    state: tuple[str, str]
    before: float | None
    after: float | None
    points: float | None
    by_topic: dict[str, float] | None
    expected_ship: tuple[str | None, str | None] = (None, None)
    days_won: int | None = None


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
    return answer_of(score_states(model, *variants, context or model.context, ship_dates=True))


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


def answer_of(scored: ScoredStates, before: int = 0, after: int = 1) -> Answer:
    """The change between two states; the base risk is that of one model and changes nothing."""
    first, second = (None if np.isnan(risk) else float(risk) for risk in scored.risk[[before, after]])
    day, day_after = (int(day) for day in scored.expected[[before, after]])
    change = (scored.parts[after] - scored.parts[before])[1:]
    return Answer(
        state=(str(scored.state[before]), str(scored.state[after])),
        before=first,
        after=second,
        points=None if first is None or second is None else second - first,
        by_topic=None if np.isnan(change).any() else dict(zip(TOPICS, change.tolist(), strict=True)),
        expected_ship=(iso_day(day), iso_day(day_after)),
        days_won=days_won(day, day_after),
    )
