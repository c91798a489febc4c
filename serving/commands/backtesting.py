"""The commands that look back: history replayed, and what added the risk; heavy imports stand where they are used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from features.errors import InvalidRequest
from serving.commands.console import part_progress, print_json, print_table, say, step_progress
from serving.commands.options import Json, Name, Outcome, Zone, check_output, enter, past_moment
from serving.commands.source import EventsOrStore, FilesOrStore, Store, read_source, require_source
from serving.commands.training import Scheme, Until, print_evaluation, read_snapshots
from serving.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from features.policy import OutcomePolicy
    from training.change.impact import Cause, Impact
    from training.evaluate.backtest import Backtest, Stretch

CHAMPION = "champion"
DAYS = {"d": 1.0, "w": 7.0}
BY = ("type", "kind", "reason", "work_center", "actor", "component", "topic")
"""What impact is summed by, as ``training.change.impact.CAUSES``, which is not imported for the help alone."""
MOST_SHOWN = 12
"""So many rows of a table are printed; the file and JSON have all."""


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    enter(app, "backtest", backtest, "shiprisk backtest events.parquet --every 30d --out backtest.html")
    example = "shiprisk impact events.parquet --from 2015-03-01 --to 2015-03-08 --by reason"
    enter(app, "impact", impact, example)


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


def impact(
    events: EventsOrStore = None,
    store: Store = None,
    since: Annotated[str | None, typer.Option("--from", help="ISO 8601 (seven days before the end).")] = None,
    until: Annotated[str | None, typer.Option("--to", help="ISO 8601 (the last record).")] = None,
    by: Annotated[str | None, typer.Option(help=f"One of {', '.join(BY)} (all).")] = None,
    plant: Annotated[str | None, typer.Option(help="Only orders that name this plant first.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the sums go, .csv.")] = None,
    model: Annotated[str, typer.Option("--model", help="Alias or version number of the model.")] = CHAMPION,
    name: Name = "order-risk",
    outcome: Outcome = None,
    zone: Zone = "UTC",
    as_json: Json = False,
) -> None:
    """What added risk and what removed it in a period: the steps of its events, summed by what they say.

    The step of an event is the risk just after it less the risk just before it. Sums are in orders: +1.0 is the risk of
    one order that surely fails. And the value at risk at the end of the period, by what is in the way.
    """
    from features.context.context import Context
    from features.history import History
    from features.times import DAY, isoformat, plant_calendar
    from serving.models.cache import load_champion
    from training.change.impact import measure_impact
    from training.model.morning import add_levels

    require_source(events, store)
    causes = _causes(by)
    end = None if until is None else past_moment(until, "to")
    begin = None if since is None else past_moment(since, "from")
    if out is not None:
        check_output(out, ".csv", reads=events)
    with step_progress(3) as step:
        step("loading the model")
        champion = load_champion(Settings(model=name, outcome=outcome, zone=zone), model)
        step("reading events")
        history = History.of(read_source(events, store, zone), champion.model.policy)
        end = int(history.recorded.max()) if end is None else end
        begin = end - 7 * DAY if begin is None else begin
        step("building load and track record")
        calendar = plant_calendar(zone)
        context = Context.of(history, calendar)
        context = add_levels(context, champion.model, [history], calendar.start_of_day(end))
    with part_progress() as progress:
        measured = measure_impact(
            champion.model, history, context, begin, end, by=causes, plant=plant, progress=progress
        )
    table = _as_one_table(measured)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        table.drop(columns="top_orders").to_csv(out, index=False)
    if as_json:
        period = {"from": isoformat(begin), "to": isoformat(end), "plant": plant}
        print_json({"model": champion.name, "version": champion.version, **period, **_impact_content(measured)})
        return
    _print_impact(measured)
    if out is not None:
        say(f"\nSums: {out}")


def _causes(by: str | None) -> tuple[Cause, ...]:
    """What is summed by. Raises ``InvalidRequest`` for what is no cause."""
    from training.change.impact import CAUSES

    found = tuple(cause for cause in CAUSES if by in (None, cause))
    if not found:
        raise InvalidRequest(f"--by must be one of {', '.join(CAUSES)}, got {by!r}")
    return found


def _as_one_table(measured: Impact) -> pd.DataFrame:
    """The sums of all causes, one under the other."""
    import pandas as pd

    tables = [table.rename(columns={cause: "name"}).assign(by=cause) for cause, table in measured.causes.items()]
    whole = pd.concat(tables, ignore_index=True)
    return whole[["by", "name", *(column for column in whole.columns if column not in ("by", "name"))]]


def _impact_content(measured: Impact) -> dict[str, Any]:
    return {
        "events": measured.events,
        "orders": measured.orders,
        "added": measured.added,
        "removed": measured.removed,
        "net": measured.net,
        "causes": {cause: table.to_dict("records") for cause, table in measured.causes.items()},
        "value_at_risk": measured.at_risk.to_dict("records"),
    }


def _print_impact(measured: Impact) -> None:
    say(
        f"{measured.events:,} events of {measured.orders:,} orders: "
        f"{measured.added:+.1f} and {measured.removed:+.1f}, in all {measured.net:+.1f} orders' risk"
    )
    for cause, table in measured.causes.items():
        rows = [
            [
                str(row[cause] or "not named"),
                row["events"],
                row["orders"],
                *(f"{row[figure]:+.2f}" for figure in ("added", "removed", "net")),
                ", ".join(f"{one['order_id']} {one['points'] * 100:+.0f}" for one in row["top_orders"][:3]),
            ]
            for row in table.head(MOST_SHOWN).to_dict("records")
        ]
        say("")
        columns = ["", "events", "orders", "added", "removed", "net", "most, in points"]
        print_table(f"By {cause.replace('_', ' ')}", columns, rows)
    say("")
    at_risk = [
        [
            row["blocker"].replace("_", " "),
            row["orders"],
            round(row["value_at_risk"]),
            round(row["first_value_at_risk"]),
        ]
        for row in measured.at_risk.to_dict("records")
    ]
    print_table(
        "Value at risk by what is in the way", ["", "orders", "value at risk", "of it first in the way"], at_risk
    )
