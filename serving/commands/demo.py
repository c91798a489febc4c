"""The whole story on a simulated plant."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from serving.commands.console import part_progress, print_table, say, share_progress, step_progress
from serving.commands.options import check_port, enter
from serving.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from training.trainer import Trained

SHOWN = 8
EVENTS, EVENT, STORY, STORE = "events.parquet", "event.json", "story.json", "shiprisk.db"
DECISION_POINTS = "daily"
DAYS = 14
"""For so many the model serves; it has learned from nothing later."""
FORMAT = 7
"""Of what is kept; a story of an earlier version is told anew."""


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    enter(app, "demo", demo, "shiprisk demo --port 8000")


def demo(
    orders: Annotated[int, typer.Option(min=200, help="Orders of the simulated year.")] = 5000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another year.")] = 7,
    days: Annotated[int, typer.Option(min=1, max=60, help="Days at its end that are scored hour by hour.")] = DAYS,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to serve on.")] = 8000,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve at the end, until Ctrl-C.")] = True,
) -> None:
    """Simulate a year of a plant, train on all but its last days, and serve its last morning.

    These days are scored hour by hour as they were known then, and two planners decide about a few orders each. All
    that is in a store of the demo's own, which takes in more events; its clock stands at the last morning.

    Everything is kept under SHIPRISK_HOME/demo, apart from your own models; a second run is instant.
    """
    if serve:
        check_port(port)
    folder = Settings().home / "demo" / (f"{orders}-{seed}" if days == DAYS else f"{orders}-{seed}-{days}")
    store = f"sqlite:///{folder.resolve() / STORE}"
    settings = Settings(home=folder, model="demo-risk", database_url=store, outcome=None)
    path = folder / STORY
    story = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if story.get("format") != FORMAT:
        story = _build_story(settings, orders, seed, days)
    _print_story(story, folder, settings, port)
    if serve:
        _serve(_with_fixed_clock(settings, story["as_of"]), port)


def _build_story(settings: Settings, orders: int, seed: int, days: int) -> dict[str, Any]:
    """Simulate, train and score; everything the story tells, and what the service needs, is kept."""
    folder = settings.home
    say(f"This takes some minutes, once: about 3 to 8 for 5,000 orders on two cores. All of it stays in {folder}")
    say(f"Simulating a year of {orders:,} orders ...")
    events = _plant(folder, orders, seed)
    as_of = _morning_after(events)
    trained_until = _first_morning(as_of, days)
    say(f"Training {settings.model} on all but the last {days} days ...")
    about = _train(settings, events, trained_until).model.about
    story = {
        "format": FORMAT,
        "days": days,
        "as_of": as_of,
        "trained_until": trained_until,
        "events": len(events),
        "orders": events["order_id"].nunique(),
        "about": about,
    }
    say("Scoring the last morning ...")
    story |= _score_morning(settings, events, as_of)
    say(f"Scoring these {days} days hour by hour, with what planners decided ...")
    story |= _fill_store(_with_fixed_clock(settings, as_of), days)
    (folder / STORY).write_text(json.dumps(story), encoding="utf-8")
    say("")
    return story


def _print_story(story: dict[str, Any], folder: Path, settings: Settings, port: int) -> None:
    from serving.commands.models.pages import how_to_open

    about, figures, url = story["about"], story["about"]["judged"], f"http://127.0.0.1:{port}"
    moment = datetime.fromtimestamp(story["as_of"] / 1e6, UTC)
    trained = datetime.fromtimestamp(story["trained_until"] / 1e6, UTC)
    auc, low, high = figures["roc_auc"]
    say("[1] A year in a plant that does not exist: customers, work centres, holds, trucks. Each fact is an event.")
    say(f"    {story['events']:,} events of {story['orders']:,} orders: {folder / EVENTS}\n")
    say(f"[2] A model that learned from the outcomes known by {trained:%A %Y-%m-%d}, and is judged on later orders.")
    say(f"    {figures['orders']:,} later orders, {figures['failure_share']:.0%} of which failed:")
    say(f"    ROC AUC {auc:.2f} ({low:.2f}-{high:.2f}), Brier skill over the base rate {figures['brier_skill']:.2f}")
    say(f"    Look at the run: {how_to_open(settings)}\n")
    say(f"[3] The planner's morning, {moment:%Y-%m-%d}: {story['listed']:,} open orders, the riskiest first.")
    say(f"    {story['late']:,} of them are late already; these are the riskiest that are not:\n")
    print_table("", ["order", "risk", "due", "customer", "why"], story["riskiest"])
    say(f"\n    All of them with three reasons and five factors each: {folder / 'scores.csv'}\n")
    say(f"[4] The service; its clock at {moment:%Y-%m-%dT%H:%M}Z. The {story['days']} days before were scored hour by")
    say(f"    hour, as it was known then: {story['scored']:,} scores. The worklist, an order, a hold on another:\n")
    say(f"    curl -s '{url}/v1/orders?limit=3'")
    say(f"    curl -s {url}/v1/orders/{story['riskiest'][0][0]}")
    say(f"    curl -s -H 'content-type: application/cloudevents+json' -d @{folder / EVENT} {url}/v1/events")
    say(f"    {url}/docs in a browser\n")
    say(f"    The plant is simulated: {about['failure_share']:.0%} failed, as it was built so (docs/simulation.md).\n")
    say(f"[5] The worklist in a browser, with what changed since yesterday: {url}/")


def _plant(folder: Path, orders: int, seed: int) -> pd.DataFrame:
    from features.events import read_events, write_events
    from simulation import load_plant, simulate

    path = folder / EVENTS
    if not path.exists():
        with share_progress("simulating") as step:
            events = simulate(load_plant("default"), orders, 365, seed, step)
        folder.mkdir(parents=True, exist_ok=True)
        write_events(events, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)
    return read_events(path)


def _morning_after(events: pd.DataFrame) -> int:
    """The start of the day after the last record: where the demo's clock stands."""
    import numpy as np

    from features.times import micros, plant_calendar

    last = np.array([micros(events["recorded_at"].max())])
    return int(plant_calendar().end_of_day(last)[0]) + 1


def _first_morning(as_of: int, days: int) -> int:
    """The first of the mornings of which the store has scores."""
    from features.times import DAY

    return as_of - days * DAY


def _train(settings: Settings, events: pd.DataFrame, until: int) -> Trained:
    from serving.commands.source import read_from
    from serving.commands.training import STEPS, register_trained
    from serving.models.cache import open_registry
    from training.promote.promotion import REFUSED, force
    from training.trainer import train

    with step_progress(STEPS) as step:
        trained = train(events, scheme=DECISION_POINTS, until=until, progress=step)
        registry = open_registry(settings)
        origin = read_from([settings.home / EVENTS], None)
        outcome = register_trained(registry, trained, settings.model, None, False, step, origin)
    if outcome["decision"]["decided"] == REFUSED:
        force(registry, settings.model, outcome["version"], "the demo shows whatever it has trained")
    return trained


def _score_morning(settings: Settings, events: pd.DataFrame, as_of: int) -> dict[str, Any]:
    """The worklist of the morning, and an event to try."""
    from features.context.context import Context
    from features.decision_points import standing_orders
    from features.history import History
    from features.times import plant_calendar
    from serving.commands.scoring.worklist import build_worklist, write_worklist
    from serving.models.cache import load_champion
    from serving.models.scorer import Scorer
    from training.model.morning import add_levels

    with step_progress(2) as step:
        step("building load and track record")
        history = History.of(events)
        champion = load_champion(settings)
        context = add_levels(Context.of(history, plant_calendar(), as_of), champion.model, [history], as_of)
        step("scoring")
        table = build_worklist(Scorer(champion, context), history, standing_orders(history, as_of))
    write_worklist(table, settings.home / "scores.csv")
    open_orders = table[table["state"] == "open"]
    shown = open_orders.head(SHOWN)
    (settings.home / EVENT).write_text(
        json.dumps(_hold(open_orders["order_id"].iloc[len(open_orders) // 2], as_of)), "utf-8"
    )
    riskiest = [
        [
            row["order_id"],
            f"{row['risk']:.0%}",
            row["due_at"][:10],
            row["customer"],
            f"{row['reason_1']}; {row['reason_2']}",
        ]
        for row in shown.to_dict("records")
    ]
    return {"listed": len(table), "late": int((table["state"] == "late").sum()), "riskiest": riskiest}


def _hold(order_id: str, as_of: int) -> dict[str, Any]:
    """An event that changes the risk of an order."""
    from features.times import isoformat

    return {
        "specversion": "1.0",
        "id": "demo-hold-1",
        "source": "qms",
        "type": "shiprisk.hold.placed",
        "subject": order_id,
        "time": isoformat(as_of),
        "data": {"kind": "quality", "reference": "demo-hold-1", "reason": "surface"},
    }


def _with_fixed_clock(settings: Settings, as_of: int) -> Settings:
    """The settings of a service whose clock stands."""
    from features.times import isoformat

    return settings.model_copy(update={"now": isoformat(as_of)})


def _fill_store(settings: Settings, days: int) -> dict[str, Any]:
    """The events in a new store, scored each hour of its last days, with what planners decided; how much that was."""
    from serving.bootstrap import build_import, prepare_database
    from serving.commands.demo_planner import Planners
    from serving.ingest.backfill import load_days

    for file in settings.home.glob(f"{STORE}*"):
        file.unlink()
    prepare_database(settings)
    services, clock = build_import(settings)
    try:
        with part_progress() as step:
            result = load_days(services, clock, settings.home / EVENTS, days + 1, step, Planners(services))
    finally:
        services.database.close()
    return {"scored": result["scored"]}


def _serve(settings: Settings, port: int) -> None:
    import uvicorn

    from serving.bootstrap import build_app, clock_of, prepare_database, server_options
    from serving.middleware.stack import AuthMode
    from serving.models.cache import cached_champion
    from serving.models.scorer import Scorer
    from serving.telemetry.logs import log_to

    prepare_database(settings)
    scorer = Scorer(cached_champion(settings))
    scorer.warm_up()
    say("    Serving until Ctrl-C.")
    app = build_app(scorer, settings, clock_of(settings), auth=AuthMode.LOCAL)
    log_to(level="warning")
    uvicorn.run(app, host="127.0.0.1", port=port, **server_options(settings))
