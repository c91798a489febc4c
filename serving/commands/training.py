"""Commands that train and decide who is champion.

What is heavy is imported where it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.errors import InvalidRequest
from features.policy import DEFAULT_POLICY, OutcomePolicy
from features.progress import Progress
from serving.commands.console import Step, print_json, print_table, say, step_progress
from serving.commands.options import SCHEMES, Json, Name, Outcome, Zone, enter, past_moment
from serving.commands.source import FilesOrStore, Store, read_from, read_source, require_source
from serving.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from training.data.labelled import LabelledPoints
    from training.data.snapshots import Snapshots
    from training.evaluate.evaluation import Evaluation, Slice
    from training.evaluate.worklist_metrics import WorklistMetrics
    from training.model.trees import Trees
    from training.promote.comparison import Incumbent
    from training.promote.gate import Verdict
    from training.promote.retraining import NewOutcomes
    from training.registry.events_logged import EventOrigin
    from training.registry.registry import Registry
    from training.trainer import Trained

STEPS = 16
EFFORT = 25
Scheme = Annotated[str, typer.Option("--snapshots", help=f"Decision points: {SCHEMES}.")]
Until = Annotated[str | None, typer.Option(help="Nothing recorded later is learned from, ISO 8601.")]


def add_to(app: typer.Typer) -> None:
    """Enter the commands."""
    enter(app, "train", train, "shiprisk train events.parquet --until 2015-03-01 --snapshots before=7")
    enter(app, "promote", promote, "shiprisk promote order-risk@3 --events events.parquet")
    enter(app, "champions", champions, "shiprisk champions --name order-risk")


def train(
    events: FilesOrStore = None,
    store: Store = None,
    until: Until = None,
    decision_points: Scheme = "daily",
    name: Name = "order-risk",
    promote_it: Annotated[
        bool, typer.Option("--promote/--no-promote", help="Make the model champion if it passes the gate.")
    ] = True,
    tune: Annotated[int, typer.Option(min=0, help="Try so many settings of the trees on time-ordered folds.")] = 0,
    tune_minutes: Annotated[float, typer.Option(min=0.0, help="Stop trying after so many minutes; 0 for never.")] = 0.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what is new since the champion and whether to train.")
    ] = False,
    if_worthwhile: Annotated[
        bool, typer.Option("--if-worthwhile", help="Train only if enough is new since the champion, for cron.")
    ] = False,
    outcome: Outcome = None,
    zone: Zone = "UTC",
    as_json: Json = False,
) -> None:
    """Train a model, judge it on later orders beside its baselines, register it, and let it challenge the champion.

    The figures are of a model that learned from the earlier four fifths of the orders; the registered one
    learned the same way from all. It becomes champion only if it passes the gate.
    """
    from training.trainer import train_on

    require_source(events, store)
    moment = None if until is None else past_moment(until, "until")
    settings = Settings(outcome=outcome, zone=zone)
    policy = settings.policy
    with step_progress(STEPS + tune) as step:
        registry, champion, notes = _begin(settings, name, step)
        snapshots, frame = read_snapshots(events, store, decision_points, moment, zone, step, policy)
        news = _news(snapshots, champion, step)
        worthwhile = not dry_run and (not if_worthwhile or news is None or news.worthwhile)
        if worthwhile:
            trained = train_on(snapshots, frame, tune=_tuner(tune, tune_minutes, step), progress=step)
            trained = replace(trained, news=news)
            result = register_trained(registry, trained, name, champion, not promote_it, step, read_from(events, store))
    notes += [snapshots.notice] if snapshots.notice else []
    for note in notes:
        say(f"note: {note}")
    if not worthwhile:
        _print_untrained(news, as_json)
    elif as_json:
        print_json(result | {"news": None if news is None else news.to_json(), "notes": notes})
    else:
        _print_training(trained, news, result)


def _begin(settings: Settings, name: str, step: Step) -> tuple[Registry, Incumbent | None, list[str]]:
    """The registry, who is champion, and why not if there is one that cannot be read."""
    from serving.models.cache import open_registry
    from serving.models.registration import read_champion

    step("asking the registry")
    registry = open_registry(settings)
    registry.check(name)
    champion, note = read_champion(registry, name, settings.policy)
    return registry, champion, [] if note is None else [note]


def read_snapshots(
    events: list[Path] | None,
    store: str | None,
    scheme: str,
    until: int | None,
    zone: str,
    progress: Progress,
    policy: OutcomePolicy = DEFAULT_POLICY,
) -> tuple[Snapshots, pd.DataFrame]:
    """The decision points of event files or of a store, and the events they were made of."""
    from training.data.snapshots import Snapshots, recorded_until

    progress("reading events", 0, 0)
    frame = read_source(events, store, zone)
    progress("looking at every order", 0, 0)
    return Snapshots.of(frame, scheme, until, zone, policy), recorded_until(frame, until)[0]


def _news(snapshots: Snapshots, champion: Incumbent | None, step: Step) -> NewOutcomes | None:
    from training.promote.retraining import what_is_new

    step("what is new since the champion")
    return None if champion is None else what_is_new(snapshots, champion)


def _tuner(trials: int, minutes: float, step: Step) -> Callable[[LabelledPoints], Trees] | None:
    if not trials:
        return None
    from training.model.tuning import tune

    return lambda points: tune(points, trials, minutes * 60 or None, step).trees


def register_trained(
    registry: Registry,
    trained: Trained,
    name: str,
    champion: Incumbent | None,
    hold: bool,
    step: Step,
    origin: EventOrigin | None = None,
) -> dict[str, Any]:
    """Log the run, let the gate judge, and say what came of it."""
    from serving.models.registration import enter_version

    made = enter_version(registry, trained, name, champion, hold, step, origin)
    return {
        "model": name,
        "version": made.version.version,
        "aliases": list(made.version.aliases),
        "run_id": made.version.run_id,
        "run": made.run,
        "tracking_uri": registry.address,
        "decision": asdict(made.decision),
        "verdict": made.verdict.to_json(),
        "about": trained.model.about,
        "on_time_in_full": [asdict(rung) for rung in trained.ladder],
        "evaluation": trained.evaluation.to_json(),
    }


def _print_untrained(news: NewOutcomes | None, as_json: bool) -> None:
    summary = str(news) if news else "There is no champion yet: train one."
    if as_json:
        print_json({"trained": False, "news": None if news is None else news.to_json(), "said": summary})
    else:
        say(summary)


def _print_training(trained: Trained, news: NewOutcomes | None, outcome: dict[str, Any]) -> None:
    say(f"{trained.dataset.counts}.")
    if news is not None:
        say(str(news))
    print_evaluation(trained.evaluation)
    say(f"\nRegistered {outcome['model']}@{outcome['version']} in {outcome['tracking_uri']}")
    _print_decision(outcome["model"], outcome["decision"])
    say(f"Look at the run and its report: {outcome['run']}")


def _print_decision(name: str, decision: dict[str, Any]) -> None:
    from serving.models.registration import decision_in_words
    from training.promote.promotion import Decision

    say(decision_in_words(name, Decision(**decision)))


def print_evaluation(evaluation: Evaluation) -> None:
    """Tables of the model beside its baselines, by part, and of what a planner gets."""
    whole, chance = evaluation.whole, evaluation.by_chance
    heading = f"Judged on {whole.orders:,} orders after {evaluation.tested_after[:10]}"
    say(f"{heading}, {whole.failure_share:.1%} of which failed (95 % intervals, weeks redrawn).")
    say(f"A perfectly calibrated model would show a calibration error of {chance} on so few orders.\n")
    columns = ["", "ROC AUC", "Brier", "skill", "calibration"]
    print_table("All", columns, [[model, *_figures(whole, model)] for model in whole.estimates])
    if len(evaluation.slices) > 1:
        rows = [
            [part.name, part.orders, f"{part.failure_share:.1%}", *(_figures(part, "model")[i] for i in (0, 1, 3))]
            for part in evaluation.slices[1:]
        ]
        say("")
        print_table("The model by part", ["", "orders", "failed", "ROC AUC", "Brier", "calibration"], rows)
    _print_worklist_metrics(evaluation)


def _figures(part: Slice, model: str) -> list[str]:
    estimates = part.estimates[model]
    skill, error = part.brier_skill[model], estimates["calibration_error"].value
    return [str(estimates["roc_auc"]), str(estimates["brier"]), f"{skill:.2f}", f"{error:.3f}"]


def _print_worklist_metrics(evaluation: Evaluation) -> None:
    of_models = {
        name: entry
        for name, entries in evaluation.worklist_metrics.items()
        for entry in entries
        if entry.looks == EFFORT
    }
    if not any(entry.failed for entry in of_models.values()):
        return
    columns = ["", "places", "orders", "caught", "5 days ahead", "median warning", "false alarms a catch"]
    for title, watches in (
        (f"Failures caught by the first {EFFORT} places of each morning's list", of_models),
        ("The same with as many orders looked at", evaluation.same_effort),
    ):
        say("")
        print_table(title, columns, [[model, *_caught(entry)] for model, entry in watches.items()])


def _caught(entry: WorklistMetrics) -> list[Any]:
    days, alarms = entry.warning_days.value, entry.false_alarms_per_catch.value
    shares = (f"{share.value:.0%}" for share in (entry.caught, entry.in_time))
    return [entry.looks, entry.looked_at, *shares, f"{days:.0f} days", f"{alarms:.1f}"]


def promote(
    model: Annotated[str, typer.Argument(help="NAME@VERSION, such as order-risk@3.")],
    events: Annotated[
        list[Path] | None, typer.Option(help="Compare with the champion on what these events say came after both.")
    ] = None,
    store: Store = None,
    decision_points: Scheme = "daily",
    forced: Annotated[bool, typer.Option("--force", help="Make it champion whatever the gate says.")] = False,
    reason: Annotated[str, typer.Option(help="Why it is forced; kept in the history.")] = "",
    unproven: Annotated[
        bool, typer.Option("--unproven", help="Let a refused version serve where none does; replies say so.")
    ] = False,
    zone: Zone = "UTC",
    as_json: Json = False,
) -> None:
    """Make a registered version the champion, if the gate lets it; services follow without a restart.

    It goes by the verdict the version was given when it was trained, if that was against the champion of now; with
    --events both are compared on orders that are new to both.
    """
    from serving.models.cache import open_registry
    from training.promote import promotion

    name, separator, version = model.partition("@")
    if not separator or not version.isdigit():
        raise InvalidRequest(f"the model must be NAME@VERSION such as order-risk@3, got {model!r}")
    if forced != bool(reason.strip()):
        raise InvalidRequest("--force and --reason must be given together, got one of them")
    if unproven and (forced or events or store):
        raise InvalidRequest("--unproven must be given alone, got --force, --events or --store beside it")
    registry = open_registry(Settings())
    source = events, store, decision_points, zone
    verdict = _compared(registry, name, version, *source) if events or store else None
    if unproven:
        decision = promotion.serve_unproven(registry, name, version)
    elif forced:
        decision = promotion.force(registry, name, version, reason, verdict)
    else:
        decision = promotion.promote(registry, name, version, verdict)
    if as_json:
        print_json({"model": name, "version": version, "aliases": ["champion"], "decision": asdict(decision)})
    else:
        _print_decision(name, asdict(decision))


def _compared(
    registry: Registry, name: str, version: str, events: list[Path] | None, store: str | None, scheme: str, zone: str
) -> Verdict:
    from serving.models.latency import scoring_latency
    from training.promote.comparison import Incumbent, compare

    with step_progress(4) as step:
        step("loading both models")
        candidate, present = registry.load(registry.resolve(name, version)), registry.champion(name)
        champion = None if present is None else Incumbent(present.version, registry.load(present))
        ours = candidate.policy
        theirs = ours if champion is None else champion.model.policy
        if champion is not None and theirs != ours:
            raise InvalidRequest(
                "both models must be trained under one outcome policy to be compared, "
                f"got {ours} for version {version} and {theirs} for the champion, version {champion.version}: "
                "use --force with a --reason"
            )
        snapshots, _ = read_snapshots(events, store, scheme, None, zone, step, candidate.policy)
        step("comparing them on what came after both")
        return compare(snapshots, candidate, champion, scoring_latency(candidate))


def champions(name: Name = "order-risk", as_json: Json = False) -> None:
    """Show who was champion when: every verdict of the gate and every forced promotion, the latest first."""
    from serving.models.cache import open_registry
    from training.promote.promotion import list_decisions

    entries = list_decisions(open_registry(Settings()), name)
    if as_json:
        print_json({"model": name, "decisions": [asdict(entry) for entry in entries]})
    elif not entries:
        say(f"Nothing has been decided about {name} yet: run 'shiprisk train' first.")
    else:
        rows = [[e.at[:16].replace("T", " "), e.version, e.decided, e.champion or "none", e.because] for e in entries]
        print_table(f"Decisions on {name}", ["at (UTC)", "version", "decided", "champion before", "because"], rows)
