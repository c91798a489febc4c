"""The report of one training: how good the model is, how that was judged, and where it falls short."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import features
from features.catalogue.registry import catalogue
from features.ladder import Rung
from features.policy import DEFAULT_POLICY, OutcomePolicy, Promise
from features.times import isoformat
from training.data.dataset import Dataset
from training.evaluate.backtest import Backtest
from training.evaluate.evaluation import MODEL, WITHOUT_RESCUED, Evaluation, Slice
from training.evaluate.importance import OTHER, SignalImportance
from training.model.pyfunc import MODEL_NEEDS
from training.model.risk_model import RiskModel
from training.promote.external import JudgedClassifier
from training.promote.gate import Verdict
from training.promote.retraining import NewOutcomes
from training.report.formatting import percent_finely
from training.report.page import Section, Table, render
from training.report.plots import evaluation_plots, plots_of, replay_plots
from training.report.sides import Side, list_sides
from training.report.summary import USUAL, summarise
from training.trainer import Trained

MOST_SIGNALS = 20
MOST_MOVED = 8
DRIFT = "Against as long a time before it was trained: below 0.1 nothing much has moved, above 0.25 a lot has."
METRICS = {
    "brier_skill": "Brier skill",
    "average_precision": "average precision",
    "roc_auc": "ROC AUC",
    "calibration_error": "calibration error",
    "log_loss": "log loss",
    "brier": "Brier score",
}
PROMISED: dict[Promise, str] = {
    "last": "the last promise",
    "first": "the first promise",
    "customer": "the first promise, or what the customer asked for since",
    "requested": "the date requested",
}
GLOSSARY = {
    "failure": "An order that is missed (nothing of a due line left by its promise) or partial (not all of it did).",
    "decision point": "An order at a moment of its life, with what was known then. Each morning counts once.",
    "Brier score": "Mean squared distance of the risk from what came (1 failed, 0 did not). Less is better.",
    "Brier skill": "1 - Brier score / Brier score of the base rate: the share of its squared error that is gone.",
    "log loss": "Mean of minus the logarithm of the chance given to what came, in nats. Sure and wrong costs most.",
    "average precision": "The share of failures among those looked at, averaged over the failures, riskiest first.",
    "ROC AUC": "Chance that of a failed and another order the failed one has the higher risk; 0.5 is a coin toss.",
    "calibration error": "Mean distance of risk and failure share over ten bins of equally many rows.",
    "interval": "Whole weeks are redrawn with all orders due in them, which fail together; the middle 95 % of draws.",
    "in time": "Share of the failures among the first of a morning's list 5 days before the promise or earlier.",
    "caught": "The same on any morning before the promise, the last included.",
    "warning": "Days from the first look to the promise; the mean counts a failure that was not caught as none.",
    "false alarm": "An order looked at that was on time in full without anybody having expedited or overridden it.",
    "CRPS": "Squared distance of a distribution over days from what came, added up over the days; one day: days off.",
    "base rate": "The failure share of the orders learned from, for all. As a list: the earliest promise first.",
    "plant share of 180 days": "The failure share of the order's plant over the last 180 days before the cut.",
    "plant share of 365 days": "The same over the last 365 days: all that a table of one number a plant tells.",
    "each plant's share in hindsight": "Each plant's failure share on the very orders judged: nobody could know it.",
    "slack to promise": "Logistic regression on the days to the promise and the slack the plan leaves.",
    "ERP status": "Red where a hold, a shortage or a failed lot is open or a planned date is late; else green.",
    "model without levels": "The trees alone, without the intercept a plant that follows what came of its orders.",
    "logistic regression": "Ridge logistic regression on all signals: ranks, medians for what is missing, and flags.",
    "contribution": "What a signal adds to an order's log-odds (TreeSHAP); with the base they add up to its risk.",
}


@dataclass(frozen=True)
class Report:
    """What the report of a training shows.

    Attributes
    ----------
    sections : more to be told after the answer, such as what is new since the champion
    """

    trained: Trained
    sections: Sequence[Section] = ()

    @property
    def model(self) -> RiskModel:
        return self.trained.model

    @property
    def dataset(self) -> Dataset:
        return self.trained.dataset

    @property
    def evaluation(self) -> Evaluation:
        return self.trained.evaluation

    @cached_property
    def importance(self) -> SignalImportance:
        """Of the registered model, on the test rows."""
        return SignalImportance.on(self.trained.model, self.evaluation.test)

    @cached_property
    def plots(self) -> dict[str, Figure]:
        """By name."""
        return plots_of(self.trained, self.importance)

    @property
    def ladder(self) -> list[Rung]:
        return self.trained.ladder

    @property
    def sides(self) -> list[Side]:
        return list_sides(self.trained)

    @property
    def lead_sections(self) -> list[Section]:
        """The gate's verdict and what was new since the champion, where they were asked for, and what else is told."""
        verdict, news = self.trained.verdict, self.trained.news
        gate = [] if verdict is None else [gate_section(verdict)]
        return [*gate, *([] if news is None else [new_outcomes_section(news)]), *self.sections]

    @property
    def on_time(self) -> Section:
        """How much was on time in full by each promise."""
        return on_time_section(self.ladder, self.model.policy)

    @property
    def nobody_stepped_in(self) -> Slice | None:
        """The test rows on which nobody stepped in, if they are other rows than all."""
        return self.evaluation.slice_named(WITHOUT_RESCUED)

    @property
    def rescued(self) -> dict[str, int]:
        """Test orders that somebody expedited or overrode after they were looked at: all, and those that failed."""
        test = self.evaluation.test
        return {
            "orders": len(np.unique(test.order[test.rescued])),
            "failed": len(np.unique(test.order[test.rescued & (test.failed == 1)])),
        }

    @property
    def signals(self) -> list[tuple[str, str, float]]:
        """Name, definition and mean absolute contribution of the strongest signals."""
        return [(name, definition, mean) for name, _, definition, mean in self.importances[:MOST_SIGNALS] if mean > 0]

    @property
    def importances(self) -> list[tuple[str, str, str, float]]:
        """Name, group, definition and mean absolute contribution of every signal, the strongest first."""
        known = catalogue()
        return [
            (name, known[name].group if name in known else OTHER, known[name].definition if name in known else "", mean)
            for name, mean in self.importance.mean.items()
        ]

    @property
    def groups(self) -> list[tuple[str, str, float]]:
        """Name, no definition and mean absolute contribution of the groups of signals that move the risk."""
        return [(group, "", mean) for group, mean in self.importance.by_group.items() if mean > 0]

    @property
    def data(self) -> dict[str, Any]:
        """Where the model comes from."""
        about, history = self.trained.model.about, self.trained.dataset.history
        first, last = (isoformat(int(moment)) for moment in (history.recorded.min(), history.recorded.max()))
        return {
            "events": f"{history.n_events:,}, fingerprint {self.trained.dataset.fingerprint}",
            "first and last record": f"{first} to {last}",
            "known until": self.trained.snapshots.notice or isoformat(self.trained.dataset.until),
            "outcome policy": f"{self.model.policy}, hash {self.model.policy.digest}",
            "decision points": f"{about['decision_points']}, zone {about['zone']}",
            "learned from": f"{about['orders']:,} orders, {about['rows']:,} decision points",
            "trees": f"{about['rounds']} of missed or partial",
            "parameters": ", ".join(f"{name} {value}" for name, value in about["parameters"].items()),
            "signals": f"{len(self.trained.model.names)}, hash {about['features_hash']}",
            "versions": ", ".join(
                [f"shiprisk {features.__version__}", *(f"{name} {version(name)}" for name in MODEL_NEEDS)]
            ),
        }

    def html(self) -> str:
        """The page, one file that needs no other."""
        return _page("report.html.j2", self.evaluation, self.plots, report=self)


def render_backtest(
    backtest: Backtest, sections: Sequence[Section] = (), policy: OutcomePolicy = DEFAULT_POLICY
) -> str:
    """The page of a backtest: how the models held over time, and all their mornings judged together."""
    on_time = on_time_section(backtest.ladder, policy)
    plots = replay_plots(backtest.stretches) | evaluation_plots(backtest.evaluation)
    return _page("backtest.html.j2", backtest.evaluation, plots, backtest=backtest, sections=sections, on_time=on_time)


def render_classifier(judged: JudgedClassifier) -> str:
    """The page of a classifier that is not ours: the gate's verdict, and how good it is on later orders."""
    sections = [gate_section(judged.verdict), on_time_section(judged.ladder, judged.policy)]
    plots = evaluation_plots(judged.evaluation)
    return _page("classifier.html.j2", judged.evaluation, plots, judged=judged, sections=sections)


def _page(template: str, evaluation: Evaluation, plots: dict[str, Figure], **content: Any) -> str:
    return render(
        template,
        evaluation=evaluation,
        plots=plots,
        summary=summarise(evaluation),
        MODEL=MODEL,
        METRICS=METRICS,
        GLOSSARY=GLOSSARY,
        usual=USUAL,
        day=lambda moment: str(isoformat(moment))[:10],
        **content,
    )


def gate_section(verdict: Verdict) -> Section:
    """What the gate asked for and what it found."""
    whom = f"version {verdict.champion}, the champion" if verdict.champion else "the baselines, as there is no champion"
    passed = "It may become champion." if verdict.passed else "It may not become champion."
    paragraph = (
        f"{passed} It was compared with {whom}, on {verdict.orders:,} orders that neither had learned from, "
        f"{verdict.failures:,} of which failed, looked at from {verdict.after[:10]} to {verdict.until[:10]}."
    )
    rows = [[check.name, check.must, check.got, "yes" if check.passed else "no"] for check in verdict.checks]
    return Section("The gate", [paragraph], [Table(["", "must", "got", "passed"], rows)])


def on_time_section(ladder: Sequence[Rung], policy: OutcomePolicy) -> Section:
    """How much was on time in full by each promise, by line and by order, strictly and by the policy."""
    pairs = zip(ladder[::2], ladder[1::2], strict=True)
    rows = [
        [
            f"{PROMISED[strict.promise]}{', the policy' if strict.promise == policy.rules.promise else ''}",
            *(
                shown
                for of in ("lines", "orders")
                for shown in (
                    f"{getattr(strict, of):,}",
                    _share(strict, f"{of}_on_time", of),
                    _share(tolerant, f"{of}_on_time", of),
                    _share(strict, f"{of}_early", of),
                )
            ),
            f"{strict.unpromised:,}",
            f"{strict.not_due:,}",
        ]
        for strict, tolerant in pairs
    ]
    columns = [
        "held to", "lines", "on time in full", "by the policy", "early", "orders", "on time in full",
        "by the policy", "early", "lines without it", "orders not due",
    ]  # fmt: skip
    told = [
        "Every order that is due, judged once by all that is recorded, against each promise it could be held to. "
        "What a promise that moves hides, the first one shows.",
        f"The outcome policy is {policy}. By the policy is with its tolerances, window and excuses; without them "
        "nothing may lack and nothing be late, however early it is. Early left before the window opened, or before the "
        "day of the promise where there is none.",
    ]
    return Section("On time in full by promise", told, [Table(columns, rows)])


def _share(rung: Rung, part: str, whole: str) -> str:
    total = getattr(rung, whole)
    return percent_finely(getattr(rung, part) / total if total else math.nan)


def new_outcomes_section(news: NewOutcomes) -> Section:
    """What is new since the champion was trained: orders, outcomes, drift."""
    counts = Table(
        ["new orders", "new outcomes", "the champion learned from", "decision points not settled"],
        [[f"{count:,}" for count in (news.orders, news.matured, news.learned_from, news.open_points)]],
    )
    moved = [] if news.drift is None else news.drift.signals[:MOST_MOVED]
    rows = [[name, f"{index:.2f}"] for name, index in moved]
    drift = [] if news.drift is None else [Table(["what the champion leans on", "stability index"], rows, DRIFT)]
    return Section("New since the champion", [str(news)], [counts, *drift])
