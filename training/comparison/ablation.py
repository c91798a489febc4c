"""What signals bring: the model fitted again without them, judged on the same later orders. "Did my signal help?"

Fitted the same way: the same parameters, as many trees, the same split. Trees are drawn by a seed, and with other
signals they are drawn otherwise, so both sides are means over the risks of a few seeds, the same on both. What is left
of chance is measured: refits with all signals and other seeds say how large a difference means nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import catalogue
from features.errors import InvalidRequest, with_nearest
from features.progress import Progress, no_progress
from features.times import isoformat
from training.data.labelled import LabelledPoints
from training.data.snapshots import Snapshots
from training.data.split import of_other_orders, split_by_time
from training.evaluate.importance import SignalImportance
from training.metrics.paired import BETTER, WORSE, PairedEstimate, paired_estimates
from training.metrics.scores import METRICS
from training.model.fit import model_of_risk
from training.model.risk_model import RiskModel
from training.model.trees import Trees

SEEDS = 3
"""So many models are fitted on either side, and their risks averaged."""
SEED_STEP = 1_000
"""By how much the seeds of the trees are apart."""
HELPS, HURTS, UNCLEAR = "helps", "hurts", "cannot tell"


@dataclass(frozen=True)
class SignalSet:
    """Signals that are left out together, such as ``group holds``."""

    name: str
    signals: tuple[str, ...]


@dataclass(frozen=True)
class SignalEffect:
    """What some signals bring.

    Attributes
    ----------
    metrics : by name; the first is the model without them, the second the one with all, so a gain is what they bring
    importance : how far together they move the log-odds of an order on average
    chance : the largest Brier gain, either way, that other seeds give with all signals
    """

    name: str
    signals: tuple[str, ...]
    metrics: dict[str, PairedEstimate]
    importance: float
    chance: float

    @property
    def verdict(self) -> str:
        """By the Brier score: whether they help, hurt, or nobody can tell, as other orders or seeds might say else."""
        brier = self.metrics["brier"]
        if abs(brier.gain.value) <= self.chance:
            return UNCLEAR
        return {BETTER: HELPS, WORSE: HURTS}.get(brier.standing, UNCLEAR)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"verdict": self.verdict}


@dataclass(frozen=True)
class Ablation:
    """What signals bring, those that bring most first.

    Attributes
    ----------
    tested_after : ISO 8601; both models learned from what was known by then
    orders, rows, failures : that judged, none of which they learned from
    rounds : trees of each model
    seeds : models on either side, whose risks are averaged
    chance : all signals on both sides, with the seeds that are furthest apart: a gain of that size means nothing
    left_out : sets that there was no time for
    """

    tested_after: str
    orders: int
    rows: int
    failures: int
    rounds: int
    seeds: int
    chance: SignalEffect
    effects: list[SignalEffect]
    left_out: list[str]

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {
            "chance": self.chance.to_json(),
            "effects": [one.to_json() for one in self.effects],
        }


@dataclass(frozen=True)
class AblationBench:
    """Models with all signals, fitted on what was known at the cut, and the later orders that judge.

    They are fitted and judged as the twin of a training is: the figures of ``model`` are those of ``train``.

    Attributes
    ----------
    model : with the seed of ``trees``; it says how many trees all others grow
    """

    snapshots: Snapshots
    past: LabelledPoints
    test: LabelledPoints
    cut: int
    trees: Trees
    model: RiskModel
    draws: int = 500

    @classmethod
    def of(cls, snapshots: Snapshots, trees: Trees | None = None, draws: int = 500) -> AblationBench:
        """Raises ``InvalidRequest`` where too few orders are there to learn from or to judge by."""
        trees = trees or Trees()
        whole, _ = snapshots.labelled()
        cut = split_by_time(whole).at
        past, _ = snapshots.labelled(cut)
        test = of_other_orders(whole, past, cut)
        about = {"trained_until": isoformat(cut), "zone": snapshots.zone}
        model = model_of_risk(past, snapshots.context, about, trees)
        return cls(snapshots, past, test, cut, trees, model, draws)

    @property
    def rounds(self) -> int:
        """Trees of each model."""
        return int(self.model.about["rounds"])

    @cached_property
    def risks(self) -> Floats:
        """(2 * SEEDS, n) of the test rows, by models with all signals; the first ``SEEDS`` are those compared with."""
        others = self.risks_of(self.past, range(1, 2 * SEEDS))
        return np.concatenate([self.model.risk_as_served(self.test)[None], others])

    @cached_property
    def risk(self) -> Floats:
        """(n,) of the test rows, with all signals."""
        return np.asarray(self.risks[:SEEDS].mean(axis=0))

    @cached_property
    def chance(self) -> SignalEffect:
        """All signals on both sides: of all ways to part the seeds in halves, the one with the largest gain."""
        numbers = range(len(self.risks))
        means = {half: self.risks[list(half)].mean(axis=0) for half in itertools.combinations(numbers, SEEDS)}
        brier = {
            half: float(METRICS["brier"](self.test.failed, risk, self.test.weight)) for half, risk in means.items()
        }
        rest = {half: tuple(number for number in numbers if number not in half) for half in means}
        worst = max(means, key=lambda half: brier[half] - brier[rest[half]])
        metrics = self._against(means[worst], means[rest[worst]])
        return SignalEffect("other seeds", (), metrics, 0.0, metrics["brier"].gain.value)

    @cached_property
    def importance(self) -> SignalImportance:
        return SignalImportance.on(self.model, self.test)

    def by_importance(self, sets: Iterable[SignalSet]) -> list[SignalSet]:
        """Those that move risks most first, so that time that runs out leaves the least."""
        return sorted(sets, key=lambda one: -self.importance.of_set(one.signals))

    def effect_of(self, some: SignalSet) -> SignalEffect:
        """What a set brings: the models without it against those with all."""
        names = [name for name in self.past.names if name not in some.signals]
        if not names:
            raise InvalidRequest(f"a model needs signals, got none left without {some.name}")
        without = self.risks_of(self.past.with_signals(names), range(SEEDS)).mean(axis=0)
        importance = self.importance.of_set(some.signals)
        return SignalEffect(some.name, some.signals, self.gains_over(without), importance, self.chance.chance)

    def gains_over(self, risk: Floats) -> dict[str, PairedEstimate]:
        """By how much the models with all signals are better than a risk (n,) of the test rows."""
        return self._against(risk, self.risk)

    def risks_of(self, points: LabelledPoints, numbers: Iterable[int]) -> Floats:
        """(n_seeds, n) of the test rows, by models fitted on points with the seeds of these numbers, 0 being ours."""
        return np.stack([self._fit(points, number).risk_as_served(self.test) for number in numbers])

    def _fit(self, points: LabelledPoints, number: int) -> RiskModel:
        trees = replace(self.trees, seed=self.trees.seed + number * SEED_STEP)
        return model_of_risk(points, self.snapshots.context, self.model.about, trees, self.rounds)

    def _against(self, first: Floats, second: Floats) -> dict[str, PairedEstimate]:
        test = self.test
        return paired_estimates(test.order, test.week, test.failed, test.weight, first, second, draws=self.draws)

    def measure(
        self,
        sets: Iterable[SignalSet],
        progress: Progress = no_progress,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> Ablation:
        """What each set brings, ``SEEDS`` refits a set, those that move risks most first, as long as it ``goes_on``."""
        ordered, effects = self.by_importance(sets), list[SignalEffect]()
        for place, some in enumerate(ordered):
            if effects and not goes_on():
                break
            progress(f"fitting without {some.name}", place, len(ordered))
            effects.append(self.effect_of(some))
        test = self.test
        return Ablation(
            tested_after=str(isoformat(self.cut)),
            orders=test.n_orders,
            rows=len(test),
            failures=len(np.unique(test.order[test.failed == 1])),
            rounds=self.rounds,
            seeds=SEEDS,
            chance=self.chance,
            effects=sorted(effects, key=lambda one: -one.metrics["brier"].gain.value),
            left_out=[one.name for one in ordered[len(effects) :]],
        )


def signal_sets(groups: Iterable[str] = (), signals: Iterable[str] = ()) -> list[SignalSet]:
    """The groups and the single signals asked for; every group where nothing is. Raises ``InvalidRequest``."""
    groups, signals = list(groups), list(signals)
    by_group: dict[str, list[str]] = {}
    for one in catalogue().values():
        by_group.setdefault(one.group, []).append(one.name)
    wrong = [name for name in groups if name not in by_group]
    if wrong:
        raise InvalidRequest(f"a group must be one of {', '.join(by_group)}, got {_named(wrong, by_group)}")
    unknown = [name for name in signals if name not in catalogue()]
    if unknown:
        raise InvalidRequest(
            f"a signal must be one of the catalogue (docs/signals.md), got {_named(unknown, catalogue())}"
        )
    chosen = groups if groups or signals else list(by_group)
    return [SignalSet(f"group {name}", tuple(by_group[name])) for name in dict.fromkeys(chosen)] + [
        SignalSet(f"signal {name}", (name,)) for name in dict.fromkeys(signals)
    ]


def _named(wrong: list[str], known: Iterable[str]) -> str:
    return ", ".join(with_nearest(name, known) for name in wrong)


def ablate(
    snapshots: Snapshots,
    *,
    groups: Iterable[str] = (),
    signals: Iterable[str] = (),
    trees: Trees | None = None,
    draws: int = 500,
    progress: Progress = no_progress,
) -> Ablation:
    """Fit the model again without each set of signals, and judge both on the same later orders.

    Parameters
    ----------
    groups, signals : what is left out, one after the other; every group where nothing is given
    trees : the parameters of all models
    draws : bootstrap draws of the intervals
    """
    sets = signal_sets(groups, signals)
    progress("fitting with all signals", 0, len(sets))
    bench = AblationBench.of(snapshots, trees, draws)
    return bench.measure(sets, progress)
