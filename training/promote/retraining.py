"""What is new since the champion was trained, and whether that makes training again worthwhile."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from features.catalogue.fingerprint import features_hash
from features.catalogue.plugins import HOW_TO_LOAD
from features.times import isoformat
from training.data.labelled import LabelledPoints
from training.data.snapshots import Snapshots
from training.evaluate.drift import LARGE_SHIFT, WEIGHTY, CalibrationInTheLarge, Drift
from training.promote.comparison import Incumbent
from training.promote.gate import Limits

FRESH = 0.1
"""Training again is worthwhile once so many orders have matured, as a share of those the champion learned from."""
FEWEST, ENOUGH = 50, 2 * Limits().fewest_orders
"""Orders to judge the champion by; and what a new model needs at least, half of it to be judged by at the gate."""
MOST_SHOWN = 5


@dataclass(frozen=True)
class NewOutcomes:
    """What the champion has not seen.

    Attributes
    ----------
    version, since, until : the champion, and the stretch of time looked at, ISO 8601
    orders : that became known in it
    matured : orders it has not learned from whose outcome has been settled since
    open_points : decision points in it that are not settled
    learned_from : orders the champion learned from
    expected : failures it foretold and those that came, over what was looked at since and has matured
    drift : of the decision points in it against those of as long a time before
    reasons : why training again is worthwhile, in words; empty where it is not
    """

    version: str
    since: str
    until: str
    orders: int
    matured: int
    open_points: int
    learned_from: int
    expected: CalibrationInTheLarge | None
    drift: Drift | None
    reasons: list[str]

    @property
    def worthwhile(self) -> bool:
        return bool(self.reasons)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"worthwhile": self.worthwhile}

    def __str__(self) -> str:
        text = f"Since version {self.version} was trained ({self.since[:10]}): {self.orders:,} new orders, "
        text += f"{self.matured:,} with a new outcome"
        if self.expected is not None:
            came = self.expected.came
            text += f", {came.value:.1%} of which failed ({came.low:.1%}-{came.high:.1%})"
            text += f" where {self.expected.foretold:.1%} was foretold"
        return f"{text}. " + ("; ".join(self.reasons) or "Training again is not worthwhile yet") + "."


def what_is_new(snapshots: Snapshots, champion: Incumbent) -> NewOutcomes:
    """Compare what has been recorded since the champion was trained with what it learned from."""
    since = champion.trained_until
    learned, _ = snapshots.labelled(since, moves=False)
    whole, _ = snapshots.labelled(moves=False)
    matured = len(np.unique(whole.order[(whole.known_at > since) & ~np.isin(whole.order, learned.order)]))
    fresh = whole.take((whole.as_of > since) & ~np.isin(whole.order, learned.order))
    now = snapshots.between(since, snapshots.until)
    before = snapshots.between(2 * since - snapshots.until, since)
    first = snapshots.history.recorded[snapshots.history.first[:-1]]
    missing = champion.missing_signals
    expected = (
        CalibrationInTheLarge.of(fresh, champion.model.risk_as_served(fresh)) if len(fresh) and not missing else None
    )
    drift = _drift(champion, before, now) if len(before) and len(now) and not missing else None
    return NewOutcomes(
        version=champion.version,
        since=str(isoformat(since)),
        until=str(isoformat(snapshots.until)),
        orders=int((first > since).sum()),
        matured=matured,
        open_points=int((~now.settled).sum()),
        learned_from=int(champion.model.about["orders"]),
        expected=expected,
        drift=drift,
        reasons=_reasons(champion, matured, fresh.n_orders, expected, drift),
    )


def _drift(champion: Incumbent, before: LabelledPoints, now: LabelledPoints) -> Drift:
    risks = champion.model.risk_of(before), champion.model.risk_of(now)
    return Drift.between(before, now, *risks, champion.model.leans_on(WEIGHTY))


def _reasons(
    champion: Incumbent, matured: int, n_fresh: int, expected: CalibrationInTheLarge | None, drift: Drift | None
) -> list[str]:
    reasons, missing = [], champion.missing_signals
    learned_from = int(champion.model.about["orders"])
    if missing:
        reasons.append(f"the champion reads signals that are no more: {', '.join(missing)} ({HOW_TO_LOAD})")
    elif champion.model.about.get("features_hash") != features_hash(champion.model.names):
        reasons.append("the code of a signal has changed since")
    if matured >= max(ENOUGH, FRESH * learned_from):
        reasons.append(f"{matured:,} outcomes are new, {matured / learned_from:.0%} of those it learned from")
    if expected is not None and n_fresh >= FEWEST and expected.is_off:
        reasons.append("more or fewer failed than it foretold, by more than chance gives")
    if drift is not None and n_fresh >= FEWEST and drift.scores > LARGE_SHIFT:
        moved = ", ".join(f"{name} {index:.2f}" for name, index in drift.signals[:MOST_SHOWN])
        reasons.append(f"its scores have moved (stability index {drift.scores:.2f}; most of its signals: {moved})")
    return reasons
