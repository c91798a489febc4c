"""``shiprisk score``: the worklist of a moment.

What is heavy is imported where it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from serving.commands.console import print_json, print_note, print_table, say, step_progress
from serving.commands.options import AsOf, Bom, Json, Name, Outcome, Zone, check_output, enter, past_moment
from serving.commands.scoring.morning import CHAMPION, one_order, scorer_of_morning
from serving.commands.source import EventsOrStore, Store, read_source, require_source
from serving.settings import Settings

SHOWN = ["", "order", "state", "risk", "due", "ships", "days late", "why"]


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    enter(app, "score", score, "shiprisk score events.parquet --as-of 2015-03-02 --out scores.csv")


def score(
    as_of: AsOf,
    events: EventsOrStore = None,
    store: Store = None,
    out: Annotated[Path | None, typer.Option(help="Where the worklist goes, .csv.")] = None,
    bom: Bom = False,
    order: Annotated[str | None, typer.Option(help="Only this order.")] = None,
    factors: Annotated[int, typer.Option(min=0, max=20, help="Factors an order.")] = 5,
    model: Annotated[str, typer.Option("--model", help="Alias or version number of the model.")] = CHAMPION,
    name: Name = "order-risk",
    outcome: Outcome = None,
    zone: Zone = "UTC",
    as_json: Json = False,
) -> None:
    """Score every order that is open at a moment and sort them: a worklist, the riskiest first."""
    from features.decision_points import standing_orders
    from serving.commands.scoring.worklist import build_worklist, write_worklist

    require_source(events, store)
    moment = past_moment(as_of, "as_of")
    if out is not None:
        check_output(out, ".csv", reads=events)
    with step_progress(4) as step:
        settings = Settings(model=name, outcome=outcome, zone=zone)
        scorer, history = scorer_of_morning(step, settings, model, lambda: read_source(events, store, zone), as_of)
        champion = scorer.loaded
        step("scoring")
        points = standing_orders(history, moment) if order is None else one_order(history, order, moment)
        table = build_worklist(scorer, history, points, factors)
        if out is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
            write_worklist(table, out, bom)
    for reason in scorer.degraded_because(moment):
        print_note(f"note: {reason}")
    if as_json:
        content = table.astype(object).where(table.notna(), None).to_dict("records")
        print_json({"as_of": as_of, "model": champion.name, "version": champion.version, "orders": content})
        return
    shown = table.head(10)
    rows = [_shown(row) for row in shown.astype(object).where(shown.notna(), "").to_dict("records")]
    print_table(f"{len(table):,} open or late orders", SHOWN, rows)
    if out is not None:
        say(f"\nWorklist: {out}")


def _shown(row: dict[Any, Any]) -> list[Any]:
    first = [row["rank"], row["order_id"], row["state"], f"{row['risk']:.1%}", str(row["due_at"])[:10]]
    return [*first, row["expected_ship"], row["days_late"], row["reason_1"]]
