"""A classifier that is not ours through the gate: judged on the same orders as a model of ours, and never served.

What is served says of every risk what each signal adds to it, exactly. Other classifiers give probabilities alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from features.ladder import Rung
from features.policy import OutcomePolicy
from features.progress import Progress, no_progress
from training.data.labelled import LabelledPoints
from training.data.snapshots import Snapshots, require_snapshots
from training.data.split import of_other_orders, split_by_time
from training.data.worklists import worklists_between
from training.estimator.classifiers import RiskClassifier, adds_exactly, fit_classifier
from training.estimator.table import table_of
from training.evaluate.evaluation import MODEL, Evaluation, RankedWorklists, evaluate_risks
from training.model.baselines import Predict, fit_baselines
from training.promote.comparison import Incumbent, judging_moment, risk_as_served
from training.promote.gate import Check, Limits, Verdict, judge_candidate


@dataclass(frozen=True)
class JudgedClassifier:
    """A classifier, how good it is on later orders, and the gate's verdict.

    Attributes
    ----------
    name : what it is called
    settings : its parameters as it states them
    evaluation : of a copy that learned from what was known at the cut, on later orders, beside the baselines
    verdict : beside the champion, on orders that are new to both
    predictions : (n_test, 3) outcome, weight and risk of the rows of the evaluation, with the index of a table
    """

    name: str
    settings: dict[str, Any]
    evaluation: Evaluation
    verdict: Verdict
    predictions: pd.DataFrame
    snapshots: Snapshots

    @property
    def ladder(self) -> list[Rung]:
        """How much was on time in full by each promise."""
        return self.snapshots.ladder

    @property
    def policy(self) -> OutcomePolicy:
        return self.snapshots.history.policy


def judge_classifier(
    classifier: RiskClassifier,
    snapshots: Snapshots,
    champion: Incumbent | None = None,
    *,
    name: str | None = None,
    draws: int = 500,
    limits: Limits | None = None,
    progress: Progress = no_progress,
) -> JudgedClassifier:
    """Judge any classifier of scikit-learn as ``train`` and the gate judge a model of ours.

    A copy learns from what was known when four fifths of the orders had been looked at last, and is evaluated on other
    orders after it. The verdict is on orders that are new to it and to the champion; where that has learned until
    later, another copy is fitted, as for a model of ours.

    Parameters
    ----------
    classifier : it learns 0 and 1 from a frame of signals and gives probabilities; what it was fitted on is forgotten
    champion : the version that serves, ``None`` to be judged beside the rules alone
    name : what to call it (default: the name of its class)

    Raises ``InvalidRequest`` where there are too few orders, or where it is no such classifier.
    """
    require_snapshots(snapshots)
    limits, name = limits or Limits(), name or type(classifier).__name__
    if champion is not None and champion.missing_signals:
        champion = None
    whole, _ = snapshots.labelled(moves=False)
    cut = split_by_time(whole).at
    learned, _ = snapshots.labelled(cut, moves=False)
    progress(f"fitting {name}", 0, 0)
    predict = {MODEL: fit_classifier(classifier, learned)} | fit_baselines(learned)
    progress("judging on later orders", 0, 0)
    test = of_other_orders(whole, learned, cut)
    risks = {model: risk_of(test) for model, risk_of in predict.items()}
    daily = worklists_between(snapshots.with_scheme("daily"), cut, snapshots.until, without=learned.order)
    evaluation = evaluate_risks(cut, risks, test, RankedWorklists.of(daily, predict), draws)
    verdict = _verdict(classifier, name, snapshots, (cut, learned, predict), champion, limits)
    predictions = table_of(test, snapshots.history.order_ids)[["outcome", "weight"]].assign(risk=risks[MODEL])
    return JudgedClassifier(name, _settings(classifier), evaluation, verdict, predictions, snapshots)


def _verdict(
    classifier: RiskClassifier,
    name: str,
    snapshots: Snapshots,
    fitted: tuple[int, LabelledPoints, dict[str, Predict]],
    champion: Incumbent | None,
    limits: Limits,
) -> Verdict:
    """The gate's verdict, with the check that no classifier passes of which contributions are not known."""
    moment, learned, predict = fitted
    later = judging_moment(snapshots, moment, champion, limits)
    if later != moment:
        moment, (learned, _) = later, snapshots.labelled(later, moves=False)
        predict = {MODEL: fit_classifier(classifier, learned)} | fit_baselines(learned)
    after = moment if champion is None else max(moment, champion.trained_until)
    window = snapshots.matured_after(after)
    window = window.take(~np.isin(window.order, learned.order))
    risks = {model: risk_of(window) for model, risk_of in predict.items()}
    candidate = risks.pop(MODEL)
    theirs = None if champion is None else (champion.version, risk_as_served(champion.model, snapshots, window, after))
    verdict = judge_candidate(window, candidate, theirs, risks, None, limits)
    return replace(verdict, checks=[*verdict.checks, _check_contributions(classifier, name)])


def _check_contributions(classifier: RiskClassifier, name: str) -> Check:
    must = "say exactly what each signal adds to a risk, as every reason that is served does"
    if adds_exactly(classifier):
        return Check(
            "contributions", must, "exact ones: register(train(events, trees=estimator.trees)) makes it a version", True
        )
    return Check("contributions", must, f"probabilities alone: {name} is compared, and not served", False)


def _settings(classifier: Any) -> dict[str, Any]:
    """What a classifier says of its parameters, as far as it is a number or a word."""
    stated = classifier.get_params(deep=True) if hasattr(classifier, "get_params") else {}
    return {key: value for key, value in stated.items() if isinstance(value, str | int | float | bool)}
