"""``shiprisk impact``: what added risk in a period, and what removed it.

What is heavy is imported where it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.errors import InvalidRequest
from serving.commands.console import part_progress, print_json, print_table, say, step_progress
from serving.commands.options import Bom, Json, Name, Outcome, Zone, check_output, enter, past_moment
from serving.commands.scoring.morning import CHAMPION
from serving.commands.source import EventsOrStore, Store, read_source, require_source
from serving.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from training.change.impact import Cause, Impact

BY = ("type", "kind", "reason", "work_center", "actor", "component", "topic")
"""What impact is summed by, as ``training.change.impact.CAUSES``, which is not imported for the help alone."""
MOST_SHOWN = 12
"""So many rows of a table are printed; the file and JSON have all."""


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    example = "shiprisk impact events.parquet --from 2015-03-01 --to 2015-03-08 --by reason"
    enter(app, "impact", impact, example)


def impact(
    events: EventsOrStore = None,
    store: Store = None,
    since: Annotated[str | None, typer.Option("--from", help="ISO 8601 (seven days before the end).")] = None,
    until: Annotated[str | None, typer.Option("--to", help="ISO 8601 (the last record).")] = None,
    by: Annotated[str | None, typer.Option(help=f"One of {', '.join(BY)} (all).")] = None,
    plant: Annotated[str | None, typer.Option(help="Only orders that name this plant first.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the sums go, .csv.")] = None,
    bom: Bom = False,
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
    from serving.commands.scoring.worklist import write_worklist
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
        write_worklist(table.drop(columns="top_orders"), out, bom)
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
        **measured.totals,
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
            row["first_orders"],
            round(row["first_value_at_risk"]),
        ]
        for row in measured.at_risk.to_dict("records")
    ]
    print_table(
        "Value at risk by what is in the way",
        ["", "orders", "value at risk", "orders it stops first", "value at risk of those"],
        at_risk,
    )
