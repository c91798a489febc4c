"""Commands that train, promote and score.

What is heavy is imported where it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.errors import InvalidRequest
from serving.commands.options import SCHEMES, AsOf, Json, Name, Zone, check_output, enter, past_moment
from serving.commands.source import EventsOrStore, Store, read_source, require_source
from serving.console import print_json, print_table, say, steps, terminal
from serving.settings import Settings

if TYPE_CHECKING:
    from features.decision_points import DecisionPoints
    from features.history import History
    from training.evaluation import Evaluation

CHAMPION = "champion"
STEPS_OF_TRAINING = 14


def add_to(app: typer.Typer) -> None:
    """Enter the commands."""
    enter(app, "train", training, "shiprisk train events.parquet --until 2015-03-01 --snapshots before=7")
    enter(app, "promote", promote, "shiprisk promote order-risk@3")
    enter(app, "score", score, "shiprisk score events.parquet --as-of 2015-03-02 --out scores.csv")


def training(
    events: EventsOrStore = None,
    store: Store = None,
    until: Annotated[str | None, typer.Option(help="Nothing recorded later is learned from, ISO 8601.")] = None,
    decision_points: Annotated[str, typer.Option("--snapshots", help=f"Decision points: {SCHEMES}.")] = "daily",
    name: Name = "order-risk",
    promote_it: Annotated[bool, typer.Option("--promote/--no-promote", help="Make the model the champion.")] = True,
    zone: Zone = "UTC",
    as_json: Json = False,
) -> None:
    """Train a model, judge it on later orders beside its baselines, and register it.

    The figures are of a model that learned from the earlier four fifths of the orders; the registered one
    learned the same way from all.
    """
    from serving.champion import open_registry
    from training.run import train

    require_source(events, store)
    moment = None if until is None else past_moment(until, "until")
    settings = Settings()
    registry = open_registry(settings)
    registry.check(name)
    with steps(STEPS_OF_TRAINING) as tell:
        tell("reading events")
        frame = read_source(events, store, zone)
        trained = train(frame, scheme=decision_points, until=moment, zone=zone, tell=tell)
        tell("logging the run")
        registered = registry.log(trained, name, promote=promote_it)
        tell("done")
    found = {
        "model": registered.name,
        "version": registered.version,
        "aliases": list(registered.aliases),
        "run_id": registered.run_id,
        "tracking_uri": settings.tracking_uri,
    }
    if as_json:
        print_json(found | {"about": trained.model.about, "evaluation": trained.evaluation.to_json()})
        return
    say(f"{trained.dataset.counts}.")
    _print_evaluation(trained.evaluation)
    alias = f", {CHAMPION}" if promote_it else ""
    say(f"\nRegistered {registered.name}@{registered.version}{alias} in {settings.tracking_uri}")
    say(f"Look at the run: mlflow ui --backend-store-uri {settings.tracking_uri}")


def _print_evaluation(evaluation: Evaluation) -> None:
    whole = evaluation.whole
    judged = f"Judged on {whole.orders:,} orders after {evaluation.tested_after[:10]}"
    say(f"{judged}, {whole.failure_share:.1%} of which failed (95 % intervals, orders redrawn).")
    say("")
    columns = ["", "ROC AUC", "Brier", "skill", "calibration"]
    print_table("All", columns, [[model, *_figures(whole, model)] for model in whole.estimates])
    if len(evaluation.parts) > 1:
        say("")
        rows = [
            [part.name, part.orders, f"{part.failure_share:.1%}", *(_figures(part, "model")[i] for i in (0, 1, 3))]
            for part in evaluation.parts[1:]
        ]
        print_table("The model by part", ["", "orders", "failed", "ROC AUC", "Brier", "calibration"], rows)


def _figures(part: Any, model: str) -> list[str]:
    estimates = part.estimates[model]
    skill, error = part.brier_skill[model], estimates["calibration_error"].value
    return [str(estimates["roc_auc"]), str(estimates["brier"]), f"{skill:.2f}", f"{error:.3f}"]


def promote(
    model: Annotated[str, typer.Argument(help="NAME@VERSION, such as order-risk@3.")], as_json: Json = False
) -> None:
    """Make a registered version the champion; services follow when they next load it."""
    from serving.champion import open_registry

    name, separator, version = model.partition("@")
    if not separator or not version.isdigit():
        raise InvalidRequest(f"the model must be NAME@VERSION such as order-risk@3, got {model!r}")
    open_registry(Settings()).promote(name, version)
    if as_json:
        print_json({"model": name, "version": version, "aliases": [CHAMPION]})
    else:
        say(f"{name}@{version} is the {CHAMPION}.")


def score(
    as_of: AsOf,
    events: EventsOrStore = None,
    store: Store = None,
    out: Annotated[Path | None, typer.Option(help="Where the worklist goes, .csv.")] = None,
    order: Annotated[str | None, typer.Option(help="Only this order.")] = None,
    factors: Annotated[int, typer.Option(min=0, max=20, help="Factors an order.")] = 5,
    model: Annotated[str, typer.Option("--model", help="Alias or version number of the model.")] = CHAMPION,
    name: Name = "order-risk",
    zone: Zone = "UTC",
    as_json: Json = False,
) -> None:
    """Score every order that is open at a moment and sort them: a worklist, the riskiest first."""
    from features.context import Context
    from features.decision_points import standing_orders
    from features.history import History
    from features.pipeline import moment_in_records
    from features.times import plant_calendar
    from serving.champion import load_champion
    from serving.scoring import Scorer
    from serving.worklist import worklist

    require_source(events, store)
    moment = past_moment(as_of, "as_of")
    if out is not None:
        check_output(out, ".csv", reads=events)
    with steps(4) as tell:
        tell("loading the model")
        champion = load_champion(Settings(model=name), model)
        tell("reading events")
        history = History.of(read_source(events, store, zone))
        moment_in_records(history, as_of)
        tell("building load and track record")
        scorer = Scorer(champion, Context.of(history, plant_calendar(zone)))
        tell("scoring")
        points = standing_orders(history, moment) if order is None else _one(history, order, moment)
        table = worklist(scorer, history, points, factors)
        if out is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
            table.to_csv(out, index=False)
    for reason in scorer.degraded_because(moment):
        terminal.print(f"note: {reason}", markup=False)
    if as_json:
        kept = table.astype(object).where(table.notna(), None).to_dict("records")
        print_json({"as_of": as_of, "model": champion.name, "version": champion.version, "orders": kept})
        return
    shown = table.head(10)
    rows = [
        [row["rank"], row["order_id"], row["state"], f"{row['risk']:.1%}", str(row["due_at"])[:10], row.get("factor_1")]
        for row in shown.astype(object).where(shown.notna(), "").to_dict("records")
    ]
    print_table(f"{len(table):,} open or late orders", ["", "order", "state", "risk", "due", "first factor"], rows)
    if out is not None:
        say(f"\nWorklist: {out}")


def _one(history: History, order: str, moment: int) -> DecisionPoints:
    import numpy as np

    from features.decision_points import DecisionPoints
    from serving.scoring import order_index

    index = order_index(history, order)
    if history.recorded[history.first[index]] > moment:
        raise InvalidRequest(f"the order must be known at as_of, got {order!r}, first recorded later")
    return DecisionPoints(np.array([index], dtype=np.int64), np.array([moment], dtype=np.int64))
