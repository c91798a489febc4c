"""History replayed as it was lived: train on what was known, score what was open, judge by what became of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from features.arrays import Floats
from features.errors import InvalidRequest
from features.ladder import Rung
from features.progress import Progress, no_progress
from features.times import DAY, isoformat, micros
from training.data.labelled import LabelledPoints, join
from training.data.snapshots import Snapshots
from training.data.worklists import DailyWorklists, worklists_between
from training.evaluate.drift import WEIGHTY, CalibrationInTheLarge, Drift
from training.evaluate.evaluation import (
    MODEL,
    WITHOUT_LEVELS,
    Evaluation,
    RankedWorklists,
    Slice,
    evaluate_risks,
    judge_slice,
)
from training.metrics.bootstrap import Estimate, metric_estimates
from training.model.baselines import fit_baselines
from training.model.fit import fit_model
from training.model.risk_model import RiskModel
from training.model.trees import Trees

FEWEST_TO_START = 200
"""The replay begins when so many orders have matured, unless a moment is given."""
FEWEST_TO_JUDGE = 20


@dataclass(frozen=True)
class Stretch:
    """One model's time: from its training until the next.

    Attributes
    ----------
    trained_at, until : ISO 8601
    learned_from : orders
    open_orders : on the lists of its mornings; ``not_due`` of them are not settled yet
    slice : its mornings judged, beside the baselines of the same moment; ``None`` where too few have matured
    drift : of its mornings against those of as long a time before
    expected : failures foretold and failures that came, over what matured; ``None`` where nothing did
    """

    trained_at: str
    until: str
    learned_from: int
    open_orders: int
    not_due: int
    slice: Slice | None
    drift: Drift
    expected: CalibrationInTheLarge | None

    def to_json(self) -> dict[str, Any]:
        return {"part" if name == "slice" else name: value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Backtest:
    """All stretches, and all mornings judged together.

    ``until`` is the last record that judged them, ISO 8601; ``asked_until`` a later moment that was asked for;
    ``ladder`` how much was on time in full by each promise; ``retraining_gain`` what each training took off the squared
    error of the model before it, had that served on: 1 - Brier score / its Brier score, ``None`` with fewer than two.
    """

    stretches: list[Stretch]
    evaluation: Evaluation
    every_days: float
    until: str
    asked_until: str | None = None
    ladder: list[Rung] = field(default_factory=list)
    retraining_gain: Estimate | None = None

    @property
    def rhythm(self) -> str | None:
        """How often to train by what this backtest has seen, one sentence; ``None`` where it cannot tell."""
        gain, days = self.retraining_gain, f"{self.every_days:g}"
        if gain is None:
            return None
        beside = f"models {days} days older, levels included"
        share = f"{gain.value:.1%} ({gain.low:.1%} to {gain.high:.1%})"
        if gain.low > 0:
            return f"Train every {days} days: it took {share} off the squared error of {beside}."
        if gain.high < 0:
            added = f"{-gain.value:.1%} ({-gain.high:.1%} to {-gain.low:.1%})"
            return f"Train less often than every {days} days: it added {added} to the squared error of {beside}."
        return f"Training every {days} days took {share} off the squared error of {beside}: no more than chance gives."

    def to_json(self) -> dict[str, Any]:
        return {
            "every_days": self.every_days,
            "until": self.until,
            "asked_until": self.asked_until,
            "retraining_gain": None if self.retraining_gain is None else asdict(self.retraining_gain),
            "rhythm": self.rhythm,
            "stretches": [stretch.to_json() for stretch in self.stretches],
            "on_time_in_full": [asdict(rung) for rung in self.ladder],
            "evaluation": self.evaluation.to_json(),
        }


@dataclass(frozen=True)
class ReplayedStretch:
    """The mornings of one stretch with the risks that were shown then, by model; and those of as long before it."""

    worklists: DailyWorklists
    risks: dict[str, Floats]
    learned: LabelledPoints
    model: RiskModel
    before: LabelledPoints

    @property
    def due(self) -> LabelledPoints:
        """The looks that are settled."""
        return self.worklists.points.take(self.worklists.points.settled)

    def risk_had_it_served_on(self, points: LabelledPoints, whole: LabelledPoints) -> Floats:
        """(n,) the risks of its model after its time, levels by what of the ``whole`` came since its training."""
        trained = micros(str(self.model.about["trained_until"]))
        since = whole.take((whole.as_of > trained) & ~np.isin(whole.order, self.learned.order))
        return self.model.risk_as_served(points, since)


def run_backtest(
    snapshots: Snapshots,
    every: int,
    since: int | None = None,
    trees: Trees | None = None,
    draws: int = 500,
    progress: Progress = no_progress,
) -> Backtest:
    """Train every so often on what was known, score each morning until the next, and judge by what is known now.

    Parameters
    ----------
    snapshots : of all that is recorded; its scheme is what models learn from, they score every morning
    every : microseconds between trainings
    since : the first training, microseconds (default: when ``FEWEST_TO_START`` orders had matured)
    draws : bootstrap draws of the intervals
    progress : called with what is being done, the stretches done and the stretches in all
    """
    if every < DAY:
        raise InvalidRequest(f"a backtest must train at most once a day, got every {every / DAY:g} days")
    begin = first_training(snapshots) if since is None else since
    if begin >= snapshots.until:
        raise InvalidRequest(
            f"a backtest must begin before the records end ({isoformat(snapshots.until)}), got {isoformat(begin)}"
        )
    moments = list(range(begin, snapshots.until, every))
    daily = snapshots.with_scheme("daily")
    replayed, stretches = [], []
    for number, moment in enumerate(moments, start=1):
        progress("living through it", number - 1, len(moments))
        ends = min(moment + every, snapshots.until)
        stretch = _replay_stretch(snapshots, daily, moment, ends, trees)
        replayed.append(stretch)
        stretches.append(_judge_stretch(stretch, moment, ends, draws))
    if not any(stretch.worklists.points.settled.any() for stretch in replayed):
        raise InvalidRequest(f"a backtest needs orders with an outcome after {isoformat(begin)}, got none yet")
    progress("judging all mornings together", len(moments), len(moments))
    asked = None if snapshots.asked_until is None else isoformat(snapshots.asked_until)
    evaluation = _evaluate_all(replayed, begin, draws)
    gain = _gain_of_retraining(snapshots, replayed, draws)
    return Backtest(stretches, evaluation, every / DAY, str(isoformat(snapshots.until)), asked, snapshots.ladder, gain)


def first_training(snapshots: Snapshots) -> int:
    """The start of the day after ``FEWEST_TO_START`` orders had matured, microseconds."""
    whole, _ = snapshots.labelled(moves=False)
    _, first = np.unique(whole.order, return_index=True)
    ripe = np.sort(np.minimum.reduceat(whole.known_at, first)) if len(first) else first
    if len(ripe) <= FEWEST_TO_START:
        raise InvalidRequest(f"a backtest needs more than {FEWEST_TO_START} orders with an outcome, got {len(ripe)}")
    return int(snapshots.calendar.end_of_day(ripe[FEWEST_TO_START - 1 : FEWEST_TO_START])[0]) + 1


def _replay_stretch(
    snapshots: Snapshots, daily: Snapshots, moment: int, ends: int, trees: Trees | None
) -> ReplayedStretch:
    learned, _ = snapshots.labelled(moment)
    model = fit_model(learned, snapshots.context, {"trained_until": isoformat(moment), "zone": snapshots.zone}, trees)
    worklists = worklists_between(daily, moment - 1, ends - 1, without=np.unique(learned.order))
    predict = {MODEL: model.risk_as_served} | fit_baselines(learned) | {WITHOUT_LEVELS: model.risk_of}
    risks = {name: risk_of(worklists.points) for name, risk_of in predict.items()}
    return ReplayedStretch(worklists, risks, learned, model, daily.between(2 * moment - ends - 1, moment - 1))


def _judge_stretch(replayed: ReplayedStretch, moment: int, ends: int, draws: int) -> Stretch:
    points, settled = replayed.worklists.points, replayed.worklists.points.settled
    due = points.take(settled)
    risks = {name: risk[settled] for name, risk in replayed.risks.items()}
    before_risk, weighty = replayed.model.risk_of(replayed.before), replayed.model.leans_on(WEIGHTY)
    enough = due.n_orders >= FEWEST_TO_JUDGE
    return Stretch(
        trained_at=str(isoformat(moment)),
        until=str(isoformat(ends)),
        learned_from=replayed.learned.n_orders,
        open_orders=points.n_orders,
        not_due=points.n_orders - due.n_orders,
        slice=judge_slice(str(isoformat(moment))[:10], due, risks, draws) if enough else None,
        drift=Drift.between(replayed.before, points, before_risk, replayed.risks[WITHOUT_LEVELS], weighty),
        expected=CalibrationInTheLarge.of(due, risks[MODEL], draws) if enough else None,
    )


def _gain_of_retraining(snapshots: Snapshots, replayed: list[ReplayedStretch], draws: int) -> Estimate | None:
    """Each model on its mornings beside the one before it on the same, over all stretches but the first."""
    pairs = [pair for pair in pairwise(replayed) if pair[1].worklists.points.settled.any()]
    if not pairs:
        return None
    points = join([now.due for _, now in pairs])
    ours = np.concatenate([now.risks[MODEL][now.worklists.points.settled] for _, now in pairs])
    whole, _ = snapshots.labelled(moves=False)
    theirs = np.concatenate([before.risk_had_it_served_on(now.due, whole) for before, now in pairs])
    found = metric_estimates(
        points.order, points.week, points.failed, ours, points.weight, metrics={}, draws=draws, reference=theirs
    )
    return found["brier_skill"]


def _evaluate_all(replayed: list[ReplayedStretch], begin: int, draws: int) -> Evaluation:
    points = join([stretch.worklists.points for stretch in replayed])
    by = np.lexsort((points.as_of, points.order))
    risks = {name: np.concatenate([stretch.risks[name] for stretch in replayed])[by] for name in replayed[0].risks}
    points = points.take(by)
    test = points.take(points.settled)
    listed = {name: risk for name, risk in risks.items() if name != WITHOUT_LEVELS}
    ranked = RankedWorklists(DailyWorklists.of(points), listed)
    return evaluate_risks(begin, {name: risk[points.settled] for name, risk in risks.items()}, test, ranked, draws)
