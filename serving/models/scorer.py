"""Risk and factors of orders at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from features.arrays import Floats, Ints, Mask
from features.catalogue.registry import catalogue
from features.catalogue.signal import Signal
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.errors import InvalidRequest
from features.events import EventKey
from features.events.columns import EARLIEST_MOMENT
from features.events.validation import checked, validate_columns
from features.history import History
from features.known.known import Known
from features.pipeline.computation import compute, compute_known, compute_with_evidence, evidence_bits
from features.pipeline.table import states
from features.readiness.assessment import assess
from features.readiness.statements import KnownOrder
from features.reasons.slowest_lines import SlowestLines, slowest_lines, slowest_lines_of
from features.times import DAY, NEVER, isoformat, micros
from serving.models.cache import LoadedModel
from serving.models.evidence import Evidence, evidence_of_each
from serving.models.ship_date import ShipDate, ship_dates_of
from training.contributions.reasons_of_each import reasons_of_each
from training.evaluate.doubts import doubts_of
from training.model.morning import levels_of
from training.reasons.reasons import Reason, ReasonWriter
from training.ship_date.forecast import forecast_known

__all__ = ["Factor", "OrderScore", "Scorer", "order_index"]
STALE_AFTER = 7 * DAY
PLANT_LEVEL = "plant_level"
"""The factor that is no signal: the level of the order's plant that morning."""
A_FEW = 20
"""Evidence of so many factors is read sooner than that of all of them."""
REASONS = {
    "unknown": "no line of the order is known at as_of",
    "unpromised": "no date is promised yet: there is nothing to be late for",
    "late": "late already: a promise has passed and not all of it has shipped",
    "shipped": "every line has shipped or is closed: nothing is left to score",
    "cancelled": "every line is cancelled: nothing is left to score",
}


@dataclass(frozen=True)
class Factor:
    """What one signal adds to the risk, and the events that prove it.

    Attributes
    ----------
    value : the signal, ``None`` where the fact is missing
    points : share of the risk in probability; base risk and all points add up to the risk
    contribution : what the signal adds in log-odds
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
    """One order's risk, or the reason why there is none; ``cannot_tell`` says why the risk is worth little.

    Base risk and the points of all ``reasons`` add up to the risk, as do those of all factors and ``other_points``.
    Open and late orders have a ship date, where the model foretells any.
    """

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
    cannot_tell: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    ship_date: ShipDate | None = None


class Scorer:
    """Scores with one model and one context.

    Parameters
    ----------
    champion : the model
    context : load, track record and levels of all orders; the model's own where ``None``
    """

    def __init__(self, champion: LoadedModel, context: Context | None = None) -> None:
        self.loaded = champion
        self.model = champion.model
        self.context = context or champion.model.context
        self.levels = levels_of(self.model, self.context)
        self._signals: list[Signal] = [catalogue()[name] for name in self.model.names]
        self._trained_until = micros(str(self.model.about["trained_until"]))
        self._by_name = np.argsort(np.argsort(self.model.names))
        self._writer = ReasonWriter(self.model.names, self.model.peers, self.context.calendar.zone)

    def score(
        self, history: History, points: DecisionPoints, most_factors: int = 5, reasons: bool = True
    ) -> list[OrderScore]:
        """One score a decision point, in their order; with its reasons in words unless they are not wanted."""
        known = Known(history, points, self.context)
        state, due = states(known), known.due()
        scores = [self._unscored(history, points, i, str(state[i]), int(due[i])) for i in range(len(points))]
        wanted = state == "open"
        if self.model.ship_dates is not None:
            wanted |= state == "late"
        rows = np.flatnonzero(wanted)
        if rows.size == 0:
            return scores
        is_open = state[rows] == "open"
        risk = np.ones(len(rows))
        signals, evidence = self._read(known, rows, rows[is_open], most_factors)
        if is_open.any():
            of_open = signals if is_open.all() else signals[is_open]
            explained = self._explained(known, rows[is_open], of_open, evidence, most_factors, reasons)
            for i, score in zip(rows[is_open].tolist(), explained, strict=True):
                scores[i] = replace(scores[i], **score)
            risk[is_open] = [scores[i].risk for i in rows[is_open]]
        for i, ship_date in zip(rows.tolist(), self._ship_dates(known, rows, signals, ~is_open, risk), strict=False):
            scores[i] = replace(scores[i], ship_date=ship_date)
        known.close()
        return scores

    def _explained(
        self, known: Known, rows: Ints, signals: Floats, evidence: Iterable[Evidence], most_factors: int, reasons: bool
    ) -> Iterator[dict[str, Any]]:
        """What the model says of each open order."""
        plants = known.first_word("plant")[rows]
        predicted, explanation = self.model.predict_and_explain(signals, self.levels.terms(plants))
        doubts = doubts_of(self.model, signals, plants, self.levels)
        parts = explanation.points()
        base_risk, shares, of_levels = parts
        because: Iterable[tuple[Reason, ...]] = [()] * len(rows)
        if reasons:
            points = known.points.take(rows)
            slowest = self._slowest(known, known.history, points)
            because = reasons_of_each(self._writer, self.levels, known.history, points, signals, parts, plants, slowest)
        for row, (proof, why) in enumerate(zip(evidence, because, strict=True)):
            factors = self._factors(proof, signals[row], shares[row], explanation.contributions[row], most_factors)
            if of_levels[row]:
                level = self._level_factor(str(plants[row]), float(of_levels[row]))
                factors = _with_factor(factors, level, most_factors)
            yield {
                "risk": float(predicted.risk[row]),
                "missed": float(predicted.missed[row]),
                "partial": float(predicted.partial[row]),
                "base_risk": base_risk,
                "factors": factors,
                "other_points": float(shares[row].sum() + of_levels[row] - sum(factor.points for factor in factors)),
                "cannot_tell": doubts[row],
                "reasons": why,
            }

    def _ship_dates(self, known: Known, rows: Ints, signals: Floats, late: Mask, risk: Floats) -> Iterable[ShipDate]:
        """When each of these orders ships, by the risk that it is shown with; none where the model foretells none."""
        if self.model.ship_dates is None:
            return ()
        forecast = forecast_known(self.model.ship_dates, self.model.names, signals, known, rows, late, risk)
        return ship_dates_of(forecast, known.as_of[rows], self.context.calendar)

    def with_reasons(self, reasons: tuple[str, ...], since: int | None = None) -> Scorer:
        """This scorer with other reasons why it is not as good as it could be, ``since`` a moment, microseconds."""
        twin = copy(self)
        twin.loaded = replace(self.loaded, degraded_because=reasons, degraded_since=since)
        return twin

    def warm_up(self) -> None:
        """Score, assess and list a made-up order once, so that the first caller does not wait for compilation."""
        created = {
            "event_id": ["created"],
            "source": ["warm-up"],
            "type": ["order_line.created"],
            "order_id": ["order"],
            "occurred_at": [isoformat(EARLIEST_MOMENT)],
            "recorded_at": [isoformat(EARLIEST_MOMENT)],
            "quantity": [1.0],
            "date": [isoformat(EARLIEST_MOMENT + DAY)],
        }
        history = History.of_columns(checked(validate_columns(created, 1)).columns)
        self.score_all(history, EARLIEST_MOMENT)
        assess(history, 0, EARLIEST_MOMENT)
        _ = KnownOrder(history, 0, EARLIEST_MOMENT).issues

    def score_all(
        self, history: History, as_of: int, most_factors: int = 5, reasons: bool = True
    ) -> tuple[list[OrderScore], int]:
        """Every order of a history, those of which nothing is known yet too; and the latest record known."""
        orders = np.arange(history.n_orders, dtype=np.int64)
        points = DecisionPoints(orders, np.full(history.n_orders, as_of, dtype=np.int64))
        recorded = history.recorded[history.recorded <= as_of]
        return self.score(history, points, most_factors, reasons), int(recorded.max(initial=NEVER))

    def degraded_because(self, as_of: int) -> list[str]:
        """Why scores at this moment are not as good as they could be."""
        reasons = list(self.loaded.degraded_because)
        if as_of - self.context.known_until > STALE_AFTER:
            reasons.append(f"other orders are known only until {isoformat(self.context.known_until)}")
        if as_of < self._trained_until:
            trained = self.model.about["trained_until"]
            reasons.append(f"the model has learned from outcomes known until {trained}, after as_of")
        return reasons

    def degradation(self, as_of: int) -> dict[str, Any]:
        """Whether scores at a moment are not as good as they could be, and why, as replies have it."""
        reasons = self.degraded_because(as_of)
        return {"degraded": bool(reasons), "degraded_because": reasons}

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

    def _slowest(self, known: Known, history: History, open_points: DecisionPoints) -> list[SlowestLines]:
        """Which line of each open order decides."""
        one = len(known) == 1
        return slowest_lines_of(known) if one else slowest_lines(history, open_points, self.context)

    def _read(self, known: Known, rows: Ints, open_: Ints, most_factors: int) -> tuple[Floats, Iterable[Evidence]]:
        """Signals of some orders, and the evidence of the open ones among them, read when it is asked for."""
        if len(known) == 1:
            return self._signals_of(known, most_factors if len(open_) else 0)
        history, points = known.history, known.points
        signals = compute(history, points.take(rows), self.context, self.model.names)
        return signals, evidence_of_each(history, points.take(open_), self.context)

    def _signals_of(self, known: Known, most_factors: int) -> tuple[Floats, Iterable[Evidence]]:
        """Signals of one order, and the evidence of all in the same pass where more than a few are shown."""
        history, order, names = known.history, int(known.order[0]), self.model.names
        if most_factors <= A_FEW:
            return compute_known(known, names), [Evidence(history, order, partial(evidence_bits, known))]
        signals, read = compute_with_evidence(known, names)
        return signals, [Evidence(history, order, dict(zip(names, read, strict=True)).__getitem__)]

    def _factors(
        self, evidence: Evidence, signals: Floats, points: Floats, added: Floats, most: int
    ) -> tuple[Factor, ...]:
        """The factors that move the risk most, those that move nothing left out."""
        ranked = np.lexsort((self._by_name, -np.abs(points)))[:most]
        shown = ranked[points[ranked] != 0]
        rows = zip(shown.tolist(), signals[shown].tolist(), points[shown].tolist(), added[shown].tolist(), strict=True)
        return tuple(_factor(self._signals[i], evidence, *row) for i, *row in rows)

    def _level_factor(self, plant: str, points: float) -> Factor:
        """What the level of its plant adds to an order's risk; no event of the order proves it."""
        added = self.levels.of_plant(plant).log_odds
        sentence = self.levels.sentence(plant, points > 0)
        return Factor(PLANT_LEVEL, "track record", "log-odds", added, points, added, sentence, (), 0)


def _with_factor(factors: tuple[Factor, ...], factor: Factor, most: int) -> tuple[Factor, ...]:
    """At most so many factors, one more among them at its place."""
    return tuple(sorted((*factors, factor), key=lambda one: (-abs(one.points), one.signal))[:most])


def _factor(signal: Signal, evidence: Evidence, value: float, points: float, added: float) -> Factor:
    latest, total = evidence.of(signal.name)
    return Factor(
        signal=signal.name,
        group=signal.group,
        unit=signal.unit,
        value=None if value != value else value,
        points=points,
        contribution=added,
        sentence=signal.sentence(value),
        evidence=latest,
        evidence_total=total,
    )


def order_index(history: History, order_id: str) -> int:
    """Where an order stands in a history. Raises ``InvalidRequest`` for an order that is not in it."""
    at = int(np.searchsorted(history.order_ids, order_id)) if history.n_orders else 0
    if at == history.n_orders or history.order_ids[at] != order_id:
        raise InvalidRequest(f"the order must be one of the {history.n_orders:,} in the events, got {order_id!r}")
    return at
