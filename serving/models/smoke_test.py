"""A model proves itself on made-up orders before it serves."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit

from features.arrays import Floats
from features.errors import ShipriskError
from features.events.validation import checked, validate_columns
from features.history import History
from features.times import DAY, isoformat, micros
from serving.contract.cloudevents import DATA, event_columns
from serving.models.scorer import OrderScore, Scorer
from training.model.risk_model import Prediction

TOLERANCE = 1e-9
ROWS = 256
TRIES = 5
SLOWEST = 0.25
"""Seconds that one order may take, in the best of some tries."""
Seconds = Callable[[], float]
STORY: tuple[tuple[str, float, str, dict[str, Any]], ...] = (
    ("bare", 3, "order_line.created", {"quantity": 10.0, "date": 20}),
    ("held", 30, "order_line.created", {"line_id": "1", "quantity": 10.0, "date": 4, "value": 100.0, "item": "a"}),
    ("held", 29, "order_line.created", {"line_id": "2", "quantity": 5.0, "date": 6, "customer": "b", "plant": "c"}),
    ("held", 20, "production.released", {"quantity": 10.0, "date": 1, "reference": "r"}),
    ("held", 15, "operation.confirmed", {"quantity": 4.0, "reference": "10", "state": "partial", "work_center": "w"}),
    ("held", 12, "production.rescheduled", {"date": 5, "reference": "r"}),
    ("held", 9, "hold.placed", {"kind": "quality", "reference": "h"}),
    ("held", 8, "material.stated", {"reference": "m", "state": "short", "quantity": 2.0, "date": 2}),
    ("held", 6, "readiness.stated", {"kind": "labels", "state": "not_met"}),
    ("held", 2, "commitment.changed", {"date": 9, "actor": "customer"}),
    ("sent", 20, "order_line.created", {"quantity": 10.0, "date": 3}),
    ("sent", 4, "delivery.planned", {"date": 2, "reference": "d", "quantity": 10.0}),
    ("sent", 1, "goods.issued", {"quantity": 4.0, "reference": "d"}),
)
"""(order, days ago, type, what it says); a date is so many days ahead."""


class SmokeTestFailed(ShipriskError):
    """A model that must not serve."""


def verify(scorer: Scorer, seconds: Seconds = time.perf_counter) -> None:
    """Raise ``SmokeTestFailed``, which says what must hold, unless the model answers as a model does."""
    as_of = micros(scorer.model.about["trained_until"])
    history = sample_orders(as_of)
    scores, _ = scorer.score_all(history, as_of, most_factors=len(scorer.model.names))
    for score in scores:
        _require_whole(score)
    _require_coherent(scorer)
    _require_quick(lambda: scorer.score_all(sample_orders(as_of), as_of), seconds)


def sample_orders(as_of: int) -> History:
    """Three open orders at a moment, microseconds."""
    envelopes = [
        {
            "id": f"probe-{number}",
            "source": "probe",
            "subject": order,
            "type": kind,
            "time": isoformat(as_of - int(ago * DAY)),
            "recordedtime": None,
            "sequence": None,
        }
        for number, (order, ago, kind, _) in enumerate(STORY)
    ]
    data = [
        dict.fromkeys(DATA) | fields | ({"date": isoformat(as_of + fields["date"] * DAY)} if "date" in fields else {})
        for _, _, _, fields in STORY
    ]
    return History.of_columns(checked(validate_columns(event_columns(envelopes, data), len(envelopes))).columns)


def _require_whole(score: OrderScore) -> None:
    """The risk of a made-up order is a probability, and its factors add up to it."""
    if score.risk is None or score.missed is None or score.partial is None or score.base_risk is None:
        raise SmokeTestFailed(f"a made-up order must be open and have a risk, got {score.state} and {score.risk}")
    _require_shares(score.risk, score.missed, score.partial)
    total = score.base_risk + sum(factor.points for factor in score.factors)
    because = score.base_risk + sum(reason.points for reason in score.reasons)
    for what, sum_ in (("points", total), ("reasons", because)):
        if not abs(sum_ - score.risk) <= TOLERANCE:
            raise SmokeTestFailed(f"base risk and {what} must add up to the risk {score.risk}, got {sum_}")


def _require_shares(*shares: float) -> None:
    if not all(0 <= share <= 1 for share in shares):
        raise SmokeTestFailed(f"risk, missed and partial must be probabilities in [0, 1], got {shares}")


def _require_coherent(scorer: Scorer) -> None:
    """On rows of anything: probabilities, contributions that add up, trees that say what LightGBM says of them."""
    model, rows = scorer.model, _rows(len(scorer.model.names))
    predicted, explanation = model.predict_and_explain(rows)
    for row in range(ROWS):
        _require_shares(predicted.risk[row], predicted.missed[row], predicted.partial[row])
    reference = expit(model.calibrated(model.risk.predict(model.as_read(rows), raw_score=True, num_threads=1), rows))
    _require_equal("base and contributions", predicted, expit(explanation.log_odds))
    _require_equal("LightGBM's own reading of the trees", predicted, reference)


def _require_equal(what: str, predicted: Prediction, other: Floats) -> None:
    difference = float(np.max(np.abs(other - predicted.risk)))
    if not difference <= TOLERANCE:
        raise SmokeTestFailed(f"{what} must give the risk to {TOLERANCE}, got {difference} apart")


def _rows(n_signals: int) -> Floats:
    """(ROWS, n_signals) numbers of every size, zeros and missing ones; the same on each call."""
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(ROWS, n_signals)) * 10.0 ** draw.integers(-3, 4, size=(ROWS, n_signals))
    rows[draw.random(rows.shape) < 0.2] = np.nan
    rows[draw.random(rows.shape) < 0.2] = 0.0
    return rows


def _require_quick(score: Callable[[], object], seconds: Seconds) -> None:
    durations = []
    for _ in range(TRIES):
        begin = seconds()
        score()
        durations.append(seconds() - begin)
    if min(durations) > SLOWEST:
        raise SmokeTestFailed(f"made-up orders must be scored within {SLOWEST} s, got {min(durations):.2f} s")
