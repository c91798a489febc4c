"""The command that simulates a plant; what is heavy is imported where it is used."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from serving.commands.console import print_json, print_table, say, share_progress
from serving.commands.options import Json, enter

if TYPE_CHECKING:
    import pandas as pd

FUTURES = 200
NOTICE = "before=7"


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    enter(
        app, "simulate", simulate_plant, "shiprisk simulate --orders 5000 --days 365 --seed 7 --out plant/ --oracle 5"
    )


def simulate_plant(
    orders: Annotated[int, typer.Option(min=1, help="Orders that arrive; the plant is sized for them.")] = 5000,
    days: Annotated[int, typer.Option(min=7, help="Calendar days that are simulated.")] = 365,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same files, bit for bit.")] = 7,
    plant: Annotated[
        str, typer.Option(help="default, job_shop, make_to_stock, messy, ships_early, or a TOML file.")
    ] = "default",
    out: Annotated[Path, typer.Option(help="The folder the files go to.")] = Path("plant"),
    oracle: Annotated[
        int | None, typer.Option(min=1, help="Ask the oracle at so many moments in the last fifth of the days.")
    ] = None,
    futures: Annotated[int, typer.Option(min=2, help="How often each future of a moment is played.")] = FUTURES,
    as_json: Json = False,
) -> None:
    """Simulate a plant and write its events, on request with the true risk and ship dates of its orders.

    Writes events.parquet; with --oracle also oracle.parquet (P(missed) and P(partial) of every open order at each
    moment), oracle_ship_dates.parquet (when every open or late order ships, in each future) and
    interventions.parquet (the true effect of decisions), which take minutes.
    """
    from features.events import write_events
    from simulation import load_plant, simulate
    from simulation.oracle.oracle import oracle_days, simulate_with_oracle

    described = load_plant(plant)
    begin = time.perf_counter()
    at_days = [] if oracle is None else oracle_days(days, oracle)
    out.mkdir(parents=True, exist_ok=True)
    written: dict[str, int] = {}
    with share_progress("simulating" if oracle is None else "simulating, and playing futures") as progress:
        if oracle is None:
            events = simulate(described, orders, days, seed, progress)
        else:
            outcome = simulate_with_oracle(described, orders, days, seed, at_days, futures, progress=progress)
            events = outcome.events
            written = outcome.write(out)
        write_events(events, out / "events.parquet")
    written = {"events.parquet": len(events)} | written
    about = _about(events) | {"seconds": round(time.perf_counter() - begin, 1)}
    if as_json:
        print_json({"plant": described.name, "seed": seed, "days": days, "out": str(out), "rows": written} | about)
        return
    print_table(f"Plant {described.name}, seed {seed}", ["", ""], [[what, figure] for what, figure in about.items()])
    say("")
    print_table(f"Written to {out}", ["file", "rows"], [list(entry) for entry in written.items()])


def _about(events: pd.DataFrame) -> dict[str, Any]:
    """Orders, events an order, and what became of those that are settled, judged a week before their promise."""
    from features.decision_points import decision_points
    from features.history import History
    from features.outcomes import OUTCOMES, outcomes
    from features.times import plant_calendar

    history = History.of(events)
    points = decision_points(history, NOTICE, plant_calendar("UTC"))
    outcome, *_ = outcomes(history, points.order, points.as_of)
    names = list(OUTCOMES[outcome])
    settled = max(1, sum(names.count(name) for name in ("on_time_in_full", "missed", "partial")))
    return {
        "orders": history.n_orders,
        "events": len(events),
        "events_per_order": round(len(events) / max(1, history.n_orders), 1),
        "missed_share": round(names.count("missed") / settled, 4),
        "partial_share": round(names.count("partial") / settled, 4),
    }
