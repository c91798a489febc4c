"""Risk and factors of orders at a moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.catalogue import Signal, catalogue, compute, evidence
from features.context import Context
from features.decision_points import DecisionPoints
from features.errors import InvalidRequest
from features.events.columns import read_column
from features.events.schema import COLUMNS
from features.events.text import code_objects
from features.history import History
from features.known import Known
from features.pipeline import states
from features.times import DAY, NEVER, isoformat, micros
from serving.champion import Champion
from training.calibration import Floats

STALE_AFTER = 7 * DAY
MOST_EVIDENCE = 20
REASONS = {
    "unknown": "no line of the order is known at as_of",
    "late": "a promise has passed unshipped: the risk is certain and not modelled",
    "shipped": "every line has shipped or is closed: nothing is left to score",
    "cancelled": "every line is cancelled: nothing is left to score",
}


@dataclass(frozen=True)
class EventKey:
    """The event's identity: ids are unique within their source."""

    source: str
    id: str


@dataclass(frozen=True)
class Factor:
    """What one signal adds to the risk, and the events that prove it.

    Attributes
    ----------
    value : the signal, ``None`` where the fact is missing
    points : share of the risk in probability; base risk and all points add up to the risk
    contribution : the same in log-odds
    evidence : the latest events the signal read; ``evidence_total`` counts all of them
    """

    signal: str
    group: str
    unit: str
    value: float | None
    points: float
    contribution: float
    sentence: str
    evidence: tuple[EventKey, ...]
    evidence_total: int


@dataclass(frozen=True)
class OrderScore:
    """One order's risk, or the reason why there is none."""

    order_id: str
    state: str
    risk: float | None
    missed: float | None
    partial: float | None
    due_at: str | None
    days_to_promise: float | None
    reason: str | None
    base_risk: float | None
    factors: tuple[Factor, ...]
    other_points: float | None


class Scorer:
    """Scores with one model and one context.

    Parameters
    ----------
    champion : the model
    context : load and track record of all orders; the model's own where ``None``
    """

    def __init__(self, champion: Champion, context: Context | None = None) -> None:
        self.champion = champion
        self.model = champion.model
        self.context = context or champion.model.context
        self._signals: list[Signal] = [catalogue()[name] for name in self.model.names]

    def score(self, history: History, points: DecisionPoints, most_factors: int = 5) -> list[OrderScore]:
        """One score a decision point, in their order."""
        known = Known(history, points, self.context)
        state, due = states(known), known.due()
        open_ = np.flatnonzero(state == "open")
        scores = [self._unscored(history, points, i, str(state[i]), int(due[i])) for i in range(len(points))]
        if open_.size == 0:
            return scores
        opened = points.take(open_)
        signals = compute(history, opened, self.context, self.model.names)
        predicted = self.model.predict(signals)
        explained = self.model.explain(signals)
        base_risk, shares = explained.points()
        for row, i in enumerate(open_):
            order = int(opened.order[row])
            alone = history.part(order, order + 1)
            point = DecisionPoints(np.zeros(1, dtype=np.int64), opened.as_of[row : row + 1])
            added = explained.contributions[row]
            factors = self._factors(alone, point, signals[row], shares[row], added, most_factors)
            scores[i] = OrderScore(
                order_id=str(history.order_ids[points.order[i]]),
                state="open",
                risk=float(predicted.risk[row]),
                missed=float(predicted.missed[row]),
                partial=float(predicted.partial[row]),
                due_at=isoformat(int(due[i])),
                days_to_promise=float((due[i] - points.as_of[i]) / DAY),
                reason=None,
                base_risk=base_risk,
                factors=factors,
                other_points=float(shares[row].sum() - sum(factor.points for factor in factors)),
            )
        return scores

    def warm_up(self) -> None:
        """Score a made-up order once, so that the first caller does not wait for compilation."""
        moment = np.array([0], dtype=np.int64)
        blank = {column: read_column(column, None, 1, self.context.calendar).values for column in COLUMNS}
        texts = {name: code_objects([name], 1) for name in ("event_id", "source", "order_id")}
        kind = code_objects(["order_line.created"], 1)
        created = texts | {"type": kind, "occurred_at": moment, "recorded_at": moment, "date": moment + DAY}
        self.score_all(History.of_columns(blank | created | {"quantity": np.array([1.0])}), 1)

    def score_all(self, history: History, as_of: int, most_factors: int = 5) -> tuple[list[OrderScore], int]:
        """Every order of a history, those of which nothing is known yet too; and the latest record known."""
        orders = np.arange(history.n_orders, dtype=np.int64)
        points = DecisionPoints(orders, np.full(history.n_orders, as_of, dtype=np.int64))
        recorded = history.recorded[history.recorded <= as_of]
        return self.score(history, points, most_factors), int(recorded.max(initial=NEVER))

    def degraded_because(self, as_of: int) -> list[str]:
        """Why scores at this moment are not as good as they could be."""
        reasons = list(self.champion.degraded_because)
        if as_of - self.context.known_until > STALE_AFTER:
            reasons.append(f"other orders are known only until {isoformat(self.context.known_until)}")
        trained = str(self.model.about["trained_until"])
        if as_of < micros(trained):
            reasons.append(f"the model has learned from outcomes known until {trained}, after as_of")
        return reasons

    def _unscored(self, history: History, points: DecisionPoints, i: int, state: str, due: int) -> OrderScore:
        return OrderScore(
            order_id=str(history.order_ids[points.order[i]]),
            state=state,
            risk=1.0 if state == "late" else None,
            missed=None,
            partial=None,
            due_at=isoformat(due),
            days_to_promise=None if due == NEVER else float((due - points.as_of[i]) / DAY),
            reason=REASONS.get(state),
            base_risk=None,
            factors=(),
            other_points=None,
        )

    def _factors(
        self, history: History, point: DecisionPoints, signals: Floats, points: Floats, added: Floats, most: int
    ) -> tuple[Factor, ...]:
        """The factors that move the risk most, those that move nothing left out."""
        ranked = sorted(range(len(points)), key=lambda i: (-abs(points[i]), self.model.names[i]))
        known = Known(history, point, self.context)
        return tuple(
            self._factor(known, i, float(signals[i]), float(points[i]), float(added[i]))
            for i in ranked[:most]
            if points[i] != 0
        )

    def _factor(self, known: Known, i: int, value: float, points: float, added: float) -> Factor:
        signal, history = self._signals[i], known.history
        read = evidence(known, signal.name)
        latest = read[-MOST_EVIDENCE:][::-1]
        return Factor(
            signal=signal.name,
            group=signal.group,
            unit=signal.unit,
            value=None if np.isnan(value) else value,
            points=points,
            contribution=added,
            sentence=signal.sentence(value),
            evidence=tuple(EventKey(str(history.source[p]), str(history.event_id[p])) for p in latest),
            evidence_total=len(read),
        )


def order_index(history: History, order_id: str) -> int:
    """Where an order stands in a history. Raises ``InvalidRequest`` for an order that is not in it."""
    at = int(np.searchsorted(history.order_ids, order_id)) if history.n_orders else 0
    if at == history.n_orders or history.order_ids[at] != order_id:
        raise InvalidRequest(f"the order must be one of the {history.n_orders:,} in the events, got {order_id!r}")
    return at
