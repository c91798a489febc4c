"""The whole story on a simulated plant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.console import print_table, say, share_done, steps
from serving.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from serving.scoring import Scorer
    from training.run import Trained

SHOWN = 8
DECISION_POINTS = "daily"


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    app.command("demo", epilog="Example: shiprisk demo --port 8000")(demo)


def demo(
    orders: Annotated[int, typer.Option(min=200, help="Orders of the simulated year.")] = 5000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another year.")] = 7,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to serve on.")] = 8000,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve at the end, until Ctrl-C.")] = True,
) -> None:
    """Simulate a year of a plant, train on it, score its last morning, and serve, with the clock standing there.

    Everything is kept under SHIPRISK_HOME/demo, apart from your own models; a second run is instant.
    """
    folder = Settings().home / "demo" / f"{orders}-{seed}"
    settings = Settings(home=folder, model="demo-risk")
    events = _plant(folder, orders, seed)
    as_of = _morning_after(events)
    trained = _model(settings, events, as_of)
    scorer = _scored(settings, events, as_of)
    _what_to_try(folder, port, as_of, trained)
    if serve:
        _serve(scorer, settings, as_of, port)


def _plant(folder: Path, orders: int, seed: int) -> pd.DataFrame:
    from features.events import read_events, write_events
    from simulation import load_plant, simulate

    path = folder / "events.parquet"
    say("[1] A year in a plant that does not exist: customers, work centres, holds, trucks. Each fact is an event.")
    if not path.exists():
        with share_done("simulating") as tell:
            events = simulate(load_plant("default"), orders, 365, seed, tell)
        folder.mkdir(parents=True, exist_ok=True)
        write_events(events, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)
    events = read_events(path)
    say(f"    {len(events):,} events of {events['order_id'].nunique():,} orders: {path}\n")
    return events


def _morning_after(events: pd.DataFrame) -> int:
    """The start of the day after the last record: where the demo's clock stands."""
    import numpy as np

    from features.times import micros, plant_calendar

    last = np.array([micros(events["recorded_at"].max())])
    return int(plant_calendar().end_of_day(last)[0]) + 1


def _model(settings: Settings, events: pd.DataFrame, as_of: int) -> dict[str, object]:
    from serving.champion import ModelMissing, load_champion

    say("[2] A model that learns from the outcomes known by then, and is judged on later orders.")
    try:
        about = load_champion(settings).model.about
    except ModelMissing:
        about = _train(settings, events, as_of).model.about
    judged = about["judged"]
    auc, low, high = judged["roc_auc"]
    say(f"    {judged['orders']:,} later orders, {judged['failure_share']:.0%} of which failed:")
    say(f"    ROC AUC {auc:.2f} ({low:.2f}-{high:.2f}), Brier skill over the base rate {judged['brier_skill']:.2f}")
    say(f"    Look at the run: mlflow ui --backend-store-uri {settings.tracking_uri}\n")
    return about


def _train(settings: Settings, events: pd.DataFrame, as_of: int) -> Trained:
    from serving.champion import open_registry
    from serving.commands.models import STEPS_OF_TRAINING
    from training.run import train

    with steps(STEPS_OF_TRAINING) as tell:
        trained = train(events, scheme=DECISION_POINTS, until=as_of, tell=tell)
        tell("logging the run")
        open_registry(settings).log(trained, settings.model)
    return trained


def _scored(settings: Settings, events: pd.DataFrame, as_of: int) -> Scorer:
    from features.context import Context
    from features.decision_points import standing_orders
    from features.history import History
    from features.times import isoformat, plant_calendar
    from serving.champion import load_champion
    from serving.cloudevents import cloud_events
    from serving.scoring import Scorer
    from serving.worklist import worklist

    history = History.of(events)
    scorer = Scorer(load_champion(settings), Context.of(history, plant_calendar()))
    table = worklist(scorer, history, standing_orders(history, as_of))
    table.to_csv(settings.home / "scores.csv", index=False)
    opened = table[table["state"] == "open"]
    say(f"[3] The planner's morning, {str(isoformat(as_of))[:10]}: {len(table):,} open orders, the riskiest first.")
    say(f"    {len(table) - len(opened):,} of them are late already; these are the riskiest that are not:\n")
    rows = [
        [row["order_id"], f"{row['risk']:.0%}", str(row["due_at"])[:10], row["customer"], row["factor_1"]]
        for row in opened.head(SHOWN).to_dict("records")
    ]
    print_table("", ["order", "risk", "due", "customer", "first factor"], rows)
    say(f"\n    All of them with five factors each: {settings.home / 'scores.csv'}\n")
    first = opened["order_id"].iloc[0]
    body = {"events": cloud_events(events[(events["order_id"] == first).to_numpy()])}
    (settings.home / "body.json").write_text(json.dumps(body), encoding="utf-8")
    return scorer


def _what_to_try(folder: Path, port: int, as_of: int, about: dict[str, object]) -> None:
    from features.times import isoformat

    url = f"http://127.0.0.1:{port}"
    say(
        f"[4] The service; its clock stands at {isoformat(as_of)}. The riskiest order, the model, and all of the API:\n"
    )
    say(f"    curl -s -H 'content-type: application/json' -d @{folder / 'body.json'} {url}/v1/score")
    say(f"    curl -s {url}/v1/model")
    say(f"    {url}/docs in a browser\n")
    say(
        f"    The plant is simulated: {about['failure_share']:.0%} failed because it was built so (docs/simulation.md)."
    )


def _serve(scorer: Scorer, settings: Settings, as_of: int, port: int) -> None:
    import uvicorn

    from serving.app import create_app

    scorer.warm_up()
    say("    Serving until Ctrl-C.")
    uvicorn.run(create_app(scorer, settings, clock=lambda: as_of), host="127.0.0.1", port=port, log_level="warning")
