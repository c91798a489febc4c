"""A training becomes a version: logged, judged by the gate beside the champion, and champion itself if it passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from features.policy import OutcomePolicy
from features.progress import Progress, no_progress
from serving.models.cache import open_registry
from serving.models.latency import scoring_latency
from serving.models.mlflow_pages import how_to_see
from serving.settings import Settings
from training.model_files.manifest import InvalidModel
from training.promote.comparison import Incumbent, challenge
from training.promote.gate import Verdict
from training.promote.promotion import Decision, decide, how_to_serve_unproven
from training.promote.retraining import what_is_new
from training.registry.events_logged import EventOrigin
from training.registry.registry import ModelVersion, Registry
from training.report.report import Report
from training.trainer import Trained

FROM_PYTHON = EventOrigin("events of a DataFrame", "a DataFrame in Python", False)
"""Where events come from that nobody has named a file of."""


@dataclass(frozen=True)
class Registered:
    """A version, what the gate found, and what was decided of it; as a text, what a person wants to know.

    ``run`` says how to look at its run in MLflow, ``note`` why a champion that there is was not compared with.
    """

    version: ModelVersion
    verdict: Verdict
    decision: Decision
    run: str
    note: str | None = None

    def __str__(self) -> str:
        words = decision_in_words(self.version.name, self.decision)
        note = f"Note: {self.note}\n" if self.note else ""
        return f"{note}{words}\nLook at the run and its report: {self.run}"


def register(
    trained: Trained,
    name: str = "order-risk",
    *,
    events: Path | str | Sequence[Path | str] | None = None,
    hold: bool = False,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Registered:
    """Make a training a version and let the gate decide, as ``shiprisk train`` does.

    Parameters
    ----------
    name : of the registered model
    events : the file or files that it learned from, which the run names as its data set
    hold : only judge it, and leave the champion where it is
    settings : where the registry is (default: what the environment says, as for every command)
    """
    registry = open_registry(settings or Settings())
    registry.check(name)
    champion, note = read_champion(registry, name, trained.model.policy)
    if champion is not None and trained.news is None:
        trained = replace(trained, news=what_is_new(trained.snapshots, champion))
    files = [events] if isinstance(events, Path | str) else list(events or ())
    origin = EventOrigin.of_files([Path(file) for file in files]) if files else FROM_PYTHON
    return replace(enter_version(registry, trained, name, champion, hold, progress, origin), note=note)


def read_champion(registry: Registry, name: str, policy: OutcomePolicy) -> tuple[Incumbent | None, str | None]:
    """The champion to be compared with, and why there is one that cannot be."""
    present = registry.champion(name)
    if present is None:
        return None, None
    cannot = f"the champion, version {present.version}, cannot be compared"
    try:
        champion = Incumbent(present.version, registry.load(present))
    except InvalidModel as error:
        return None, f"{cannot}: {error}"
    if champion.model.policy != policy:
        theirs = champion.model.policy
        return None, f"{cannot}: its outcome policy is {theirs}, the one of this training is {policy}"
    return champion, None


def enter_version(
    registry: Registry,
    trained: Trained,
    name: str,
    champion: Incumbent | None,
    hold: bool,
    progress: Progress = no_progress,
    origin: EventOrigin | None = None,
) -> Registered:
    """Log the run, let the gate judge it beside the champion, and enter what was decided."""
    progress("the gate", 0, 0)
    latency, dates = scoring_latency(trained.model), trained.evaluation.ship_dates
    covered = None if dates is None else dates.covered
    verdict = challenge(
        trained.snapshots, trained.twin, champion, latency, trained.trees, progress=progress, covered=covered
    )
    progress("logging the run", 0, 0)
    version = registry.log(Report(replace(trained, verdict=verdict)), name, origin)
    decision = decide(registry, name, version.version, verdict, hold=hold)
    progress("done", 0, 0)
    version = registry.resolve(name, version.version)
    return Registered(version, verdict, decision, how_to_see(registry, version.run_id))


def decision_in_words(name: str, decision: Decision) -> str:
    """What was decided of a version, why, and what can be done about it."""
    whole, because = f"{name}@{decision.version}", decision.because
    before = f", in place of version {decision.champion}" if decision.champion else ""
    says = {
        "promoted": f"{whole} is the champion{before}: {because}.",
        "forced": f"{whole} is the champion{before}, by force: {because}.",
        "passed": f"{whole} has passed the gate and is not promoted: {because}.",
        "unproven": f"{whole} serves as unproven, as nothing else does: {because}.",
        "refused": f"{whole} is not promoted. What falls short: {because}.\n{_all_the_same(name, decision)}",
    }
    return says[decision.decided]


def _all_the_same(name: str, decision: Decision) -> str:
    """How a refused version serves: as unproven where nothing does, else by force."""
    if decision.champion:
        return f"To use it all the same: shiprisk promote {name}@{decision.version} --force --reason WHY"
    return f"Nothing serves yet; {how_to_serve_unproven(name, decision.version)}"
