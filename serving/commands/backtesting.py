"""The command that replays history; what is heavy is imported where it is used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from features.errors import InvalidRequest
from serving.commands.console import part_progress, print_json, print_table, say
from serving.commands.options import Json, Name, Outcome, Zone, check_output, enter, past_moment
from serving.commands.source import FilesOrStore, Store, require_source
from serving.commands.training import Scheme, Until, print_evaluation, read_snapshots
from serving.settings import Settings

if TYPE_CHECKING:
    from features.policy import OutcomePolicy
    from training.evaluate.backtest import Backtest, Stretch

DAYS = {"d": 1.0, "w": 7.0}


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    enter(app, "backtest", backtest, "shiprisk backtest events.parquet --every 30d --out backtest.html")


def backtest(
    events: FilesOrStore = None,
    store: Store = None,
    every: Annotated[str, typer.Option(help="How often a model is trained, in days or weeks: 30d, 4w.")] = "30d",
    since: Annotated[str | None, typer.Option("--from", help="The first training, ISO 8601.")] = None,
    until: Until = None,
    out: Annotated[Path | None, typer.Option(help="Where the report goes, .html or .json.")] = None,
    log: Annotated[bool, typer.Option("--log/--no-log", help="Keep the run in MLflow.")] = True,
    decision_points: Scheme = "daily",
    name: Name = "order-risk",
    outcome: Outcome = None,
    zone: Zone = "UTC",
    as_json: Json = False,
) -> None:
    """Replay history as it would have been lived: train on what was known, score what was open, judge when known.

    Every so often a model is trained on what was recorded by then, and scores the open orders of each morning until
    the next. What moved since its training (signals, scores) and how its risks held is shown for each.
    """
    from serving.models.cache import open_registry
    from training.evaluate.backtest import run_backtest
    from training.report.report import render_backtest

    require_source(events, store)
    days, begin = days_of(every), None if since is None else past_moment(since, "from")
    end = None if until is None else past_moment(until, "until")
    if out is not None:
        check_output(out, ".html", ".json", reads=events[0] if events else None)
    settings = Settings(outcome=outcome, zone=zone)
    policy = settings.policy
    registry = open_registry(settings) if log else None
    if registry is not None:
        registry.check(name)
    with part_progress() as progress:
        snapshots, _ = read_snapshots(events, store, decision_points, end, zone, progress, policy)
        report = run_backtest(snapshots, int(days * 86_400_000_000), begin, progress=progress)
    if out is not None:
        _write(report, out, policy)
    parameters = {
        "every": every,
        "decision_points": decision_points,
        "zone": zone,
        "from": report.stretches[0].trained_at,
        "outcome_policy": str(policy),
        "outcome_policy_hash": policy.digest,
    }
    run = (
        None
        if registry is None
        else registry.log_backtest(report, name, parameters, render_backtest(report, policy=policy))
    )
    if as_json:
        print_json(report.to_json() | {"run_id": run})
        return
    if snapshots.notice:
        say(f"note: {snapshots.notice}")
    _print_report(report)


def _print_report(report: Backtest) -> None:
    _print_stretches(report.stretches)
    say("")
    print_evaluation(report.evaluation)
    if report.rhythm:
        say(f"\n{report.rhythm}")


def days_of(text: str) -> float:
    """Days in ``30d`` or ``4w``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([dw])", text.strip())
    if not match or float(match[1]) <= 0:
        raise InvalidRequest(f"--every must be days or weeks such as 30d or 4w, got {text!r}")
    return float(match[1]) * DAYS[match[2]]


def _write(report: Backtest, out: Path, policy: OutcomePolicy) -> None:
    """The report, or its figures, by the ending."""
    from training.registry.run_metrics import json_ready
    from training.report.report import render_backtest

    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".json":
        out.write_bytes(orjson.dumps(json_ready(report.to_json()), option=orjson.OPT_SERIALIZE_NUMPY))
    else:
        out.write_text(render_backtest(report, policy=policy), encoding="utf-8")


def _print_stretches(stretches: list[Stretch]) -> None:
    columns = ["trained", "learned from", "open", "not due", "ROC AUC", "skill", "foretold", "came", "scores moved"]
    print_table("Each model until the next", [*columns, "signals moved"], [_row(stretch) for stretch in stretches])


def _row(stretch: Stretch) -> list[Any]:
    counts = [stretch.trained_at[:10], stretch.learned_from, stretch.open_orders, stretch.not_due]
    moved = ", ".join(name for name, _ in stretch.drift.large_shifts[:2]) or "none"
    if stretch.slice is None or stretch.expected is None:
        return [*counts, "too few", "", "", "", f"{stretch.drift.scores:.2f}", moved]
    figures, came = stretch.slice.estimates["model"], stretch.expected.came
    shown = [str(figures["roc_auc"]), f"{figures['brier_skill'].value:.2f}", f"{stretch.expected.foretold:.0%}"]
    return [
        *counts,
        *shown,
        f"{came.value:.0%} ({came.low:.0%}-{came.high:.0%})",
        f"{stretch.drift.scores:.2f}",
        moved,
    ]
