"""What is new since the champion was trained, and whether that makes training again worthwhile."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from features.catalogue import catalogue, features_hash
from features.times import isoformat
from training.challenge import Champion
from training.drift import MOVED, WEIGHTY, Drift, Expected
from training.points import LabelledPoints
from training.snapshots import Snapshots

FRESH = 0.1
"""Training again is worthwhile once so many orders have matured, as a share of those the champion learned from."""
FEWEST = 50
SHOWN = 5


@dataclass(frozen=True)
class News:
    """What the champion has not seen.

    Attributes
    ----------
    version, since, until : the champion, and the stretch of time looked at, ISO 8601
    orders : that became known in it
    matured : orders whose outcome is known now and was not when the champion was trained
    open_points : decision points in it that are not settled
    learned_from : orders the champion learned from
    expected : failures foretold by the champion and those that came, over what matured; ``None`` where nothing did
    drift : of the decision points in it against what the champion learned from
    reasons : why training again is worthwhile, in words; empty where it is not
    """

    version: str
    since: str
    until: str
    orders: int
    matured: int
    open_points: int
    learned_from: int
    expected: Expected | None
    drift: Drift | None
    reasons: list[str]

    @property
    def worthwhile(self) -> bool:
        return bool(self.reasons)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"worthwhile": self.worthwhile}

    def __str__(self) -> str:
        told = f"Since version {self.version} was trained ({self.since[:10]}): {self.orders:,} new orders, "
        told += f"{self.matured:,} with a new outcome"
        if self.expected is not None:
            came = self.expected.came
            told += f", {came.value:.1%} of which failed ({came.low:.1%}-{came.high:.1%})"
            told += f" where {self.expected.foretold:.1%} was foretold"
        return f"{told}. " + ("; ".join(self.reasons) or "Training again is not worthwhile yet") + "."


def news(snapshots: Snapshots, champion: Champion) -> News:
    """Compare what has been recorded since the champion was trained with what it learned from."""
    since = champion.trained_until
    learned, _ = snapshots.labelled(max(since, int(snapshots.history.recorded.min())))
    whole, _ = snapshots.labelled()
    fresh = whole.take((whole.as_of > since) & (whole.known_at > since))
    rows = np.flatnonzero(snapshots.points.as_of > since)
    now = snapshots.judged(rows, snapshots.until)
    first = snapshots.history.recorded[snapshots.history.first[:-1]]
    gone = [name for name in champion.model.names if name not in catalogue()]
    expected = Expected.of(fresh, champion.model.risk_of(fresh)) if len(fresh) and not gone else None
    drift = _drift(champion, learned, now) if len(learned) and len(now) and not gone else None
    return News(
        version=champion.version,
        since=str(isoformat(since)),
        until=str(isoformat(snapshots.until)),
        orders=int((first > since).sum()),
        matured=fresh.n_orders,
        open_points=int((~now.settled).sum()),
        learned_from=int(champion.model.about["orders"]),
        expected=expected,
        drift=drift,
        reasons=_reasons(champion, fresh.n_orders, expected, drift, gone),
    )


def _drift(champion: Champion, learned: LabelledPoints, now: LabelledPoints) -> Drift:
    risks = champion.model.risk_of(learned), champion.model.risk_of(now)
    weighty = [name for name, share in champion.model.gains.items() if share >= WEIGHTY]
    return Drift.between(learned, now, *risks, weighty)


def _reasons(
    champion: Champion, matured: int, expected: Expected | None, drift: Drift | None, gone: list[str]
) -> list[str]:
    found = []
    learned_from = int(champion.model.about["orders"])
    if gone:
        found.append(f"the champion reads signals that are no more: {', '.join(gone)}")
    elif champion.model.about.get("features_hash") != features_hash(champion.model.names):
        found.append("the code of a signal has changed since")
    if matured >= max(FEWEST, FRESH * learned_from):
        found.append(f"{matured:,} outcomes are new, {matured / learned_from:.0%} of those it learned from")
    if expected is not None and matured >= FEWEST and expected.off:
        found.append("what it foretold lies outside the interval of what came")
    if drift is not None and matured >= FEWEST and drift.scores > MOVED:
        found.append(f"its scores have moved (stability index {drift.scores:.2f})")
    if drift is not None and matured >= FEWEST and drift.moved:
        moved = ", ".join(f"{name} {index:.2f}" for name, index in drift.moved[:SHOWN])
        found.append(f"{len(drift.moved)} signals it leans on have moved ({moved})")
    return found
