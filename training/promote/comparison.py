"""Champion and candidate on orders that are new to both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import catalogue
from features.errors import InvalidRequest
from features.progress import Progress, no_progress
from features.times import isoformat, micros
from training.data.labelled import LabelledPoints
from training.data.snapshots import Snapshots
from training.metrics.bootstrap import Estimate
from training.model.baselines import fit_baselines
from training.model.fit import fit_model
from training.model.risk_model import RiskModel
from training.model.trees import Trees
from training.promote.gate import Limits, Verdict, judge_candidate


@dataclass(frozen=True)
class Incumbent:
    """The model that holds the place now."""

    version: str
    model: RiskModel

    @property
    def trained_until(self) -> int:
        """Microseconds; what it has learned from was known by then."""
        return micros(self.model.about["trained_until"])

    @property
    def missing_signals(self) -> list[str]:
        """Signals it reads that are no more; with any, it cannot score."""
        return [name for name in self.model.names if name not in catalogue()]


@dataclass(frozen=True)
class Twin:
    """A model fitted the way the candidate is, on what was known at an earlier moment, and what it learned from."""

    model: RiskModel
    learned: LabelledPoints
    until: int


def challenge(
    snapshots: Snapshots,
    twin: Twin,
    champion: Incumbent | None,
    latency_ms: float,
    trees: Trees | None = None,
    limits: Limits | None = None,
    progress: Progress = no_progress,
    covered: Estimate | None = None,
) -> Verdict:
    """Judge a candidate that has learned from everything by its twin, which has not.

    The twin and the champion are compared on what came after both. Where the champion has learned until a later
    moment than the twin, another twin is fitted on what was known when half of the matured decision points that are
    new to the champion had been looked at; it is judged on the other half. A champion that reads signals which are no
    more cannot be compared: the verdict is then against the baselines, and says that there was no champion.

    Parameters
    ----------
    covered : how often orders shipped within the range of the ship date that the twin gave them
    """
    limits = limits or Limits()
    if champion is not None and champion.missing_signals:
        champion = None
    moment = judging_moment(snapshots, twin.until, champion, limits)
    if moment != twin.until:
        progress("growing the trees as they were since the champion", 0, 0)
        twin = _twin_at(snapshots, moment, trees)
    after = twin.until if champion is None else max(twin.until, champion.trained_until)
    window = snapshots.matured_after(after)
    window = window.take(~np.isin(window.order, twin.learned.order))
    return verdict_on(snapshots, window, after, twin.model, twin.learned, champion, latency_ms, limits, covered)


def judging_moment(snapshots: Snapshots, cut: int, champion: Incumbent | None, limits: Limits) -> int:
    """Until when, microseconds, a stand-in of a candidate learns: the cut, or half of what is new to the champion."""
    if champion is not None and champion.trained_until > cut:
        new = snapshots.matured_after(champion.trained_until)
        if new.n_orders >= limits.fewest_orders:
            return int(np.median(new.as_of))
    return cut


def _twin_at(snapshots: Snapshots, moment: int, trees: Trees | None) -> Twin:
    learned, _ = snapshots.labelled(moment)
    about = {"trained_until": isoformat(moment), "zone": snapshots.zone}
    return Twin(fit_model(learned, snapshots.context, about, trees), learned, moment)


def compare(
    snapshots: Snapshots,
    candidate: RiskModel,
    champion: Incumbent | None,
    latency_ms: float,
    limits: Limits | None = None,
) -> Verdict:
    """Judge two finished models on what came after both were trained; without a champion, one beside the baselines.

    Raises ``InvalidRequest`` where the events hold no order whose outcome was known before: the baselines need some.
    """
    trained = micros(candidate.about["trained_until"])
    after = trained if champion is None else max(trained, champion.trained_until)
    learned, _ = snapshots.labelled(after, moves=False)
    if not len(learned):
        raise InvalidRequest(
            f"the events must hold orders with an outcome known by {isoformat(after)}, which the baselines learn from, "
            "got none: give the earlier events too"
        )
    return verdict_on(
        snapshots, snapshots.matured_after(after), after, candidate, learned, champion, latency_ms, limits
    )


def verdict_on(
    snapshots: Snapshots,
    window: LabelledPoints,
    after: int,
    candidate: RiskModel,
    learned: LabelledPoints,
    champion: Incumbent | None,
    latency_ms: float,
    limits: Limits | None = None,
    covered: Estimate | None = None,
) -> Verdict:
    """The gate's verdict on what matured after a moment, on models as they are served.

    The baselines are fitted on ``learned``.
    """
    baselines = {name: predict(window) for name, predict in fit_baselines(learned).items()}
    theirs = None if champion is None else (champion.version, risk_as_served(champion.model, snapshots, window, after))
    ours = risk_as_served(candidate, snapshots, window, after)
    return judge_candidate(window, ours, theirs, baselines, latency_ms, limits, covered)


def risk_as_served(model: RiskModel, snapshots: Snapshots, window: LabelledPoints, after: int) -> Floats:
    """(n,) the risks of a service on what matured after a moment, microseconds.

    Its levels follow all that came since the model was trained.
    """
    trained = micros(str(model.about["trained_until"]))
    return model.risk_as_served(window, window if trained == after else snapshots.matured_after(trained))
