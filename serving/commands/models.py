"""The commands that score a file, and say what would change a score.

What is heavy is imported where it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.errors import InvalidEvents, InvalidRequest
from serving.commands.console import Step, print_json, print_table, say, step_progress, terminal
from serving.commands.options import AsOf, Events, Json, Name, Outcome, Zone, check_output, enter, past_moment
from serving.commands.source import EventsOrStore, Store, read_source, require_source
from serving.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from features.decision_points import DecisionPoints
    from features.history import History
    from serving.models.scorer import Scorer
    from training.what_if.answer import Answer
    from training.what_if.moves import WeighedMove

CHAMPION = "champion"


def add_to(app: typer.Typer) -> None:
    """Enter the commands."""
    enter(app, "score", score, "shiprisk score events.parquet --as-of 2015-03-02 --out scores.csv")
    example = "shiprisk what-if events.parquet --order 4711 --as-of 2015-03-02"
    enter(app, "what-if", what_if, f"{example} --event 'hold.released kind=quality reference=H-9'")


def score(
    as_of: AsOf,
    events: EventsOrStore = None,
    store: Store = None,
    out: Annotated[Path | None, typer.Option(help="Where the worklist goes, .csv.")] = None,
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
    from serving.commands.worklist import build_worklist

    require_source(events, store)
    moment = past_moment(as_of, "as_of")
    if out is not None:
        check_output(out, ".csv", reads=events)
    with step_progress(4) as step:
        settings = Settings(model=name, outcome=outcome, zone=zone)
        scorer, history = _morning(step, settings, model, lambda: read_source(events, store, zone), as_of)
        champion = scorer.loaded
        step("scoring")
        points = standing_orders(history, moment) if order is None else _one(history, order, moment)
        table = build_worklist(scorer, history, points, factors)
        if out is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
            table.to_csv(out, index=False)
    for reason in scorer.degraded_because(moment):
        terminal.print(f"note: {reason}", markup=False)
    if as_json:
        content = table.astype(object).where(table.notna(), None).to_dict("records")
        print_json({"as_of": as_of, "model": champion.name, "version": champion.version, "orders": content})
        return
    shown = table.head(10)
    rows = [
        [row["rank"], row["order_id"], row["state"], f"{row['risk']:.1%}", str(row["due_at"])[:10], row["reason_1"]]
        for row in shown.astype(object).where(shown.notna(), "").to_dict("records")
    ]
    print_table(f"{len(table):,} open or late orders", ["", "order", "state", "risk", "due", "why"], rows)
    if out is not None:
        say(f"\nWorklist: {out}")


def _one(history: History, order: str, moment: int) -> DecisionPoints:
    import numpy as np

    from features.decision_points import DecisionPoints
    from serving.models.scorer import order_index

    index = order_index(history, order)
    if history.recorded[history.first[index]] > moment:
        raise InvalidRequest(f"the order must be known at as_of, got {order!r}, first recorded later")
    return DecisionPoints(np.array([index], dtype=np.int64), np.array([moment], dtype=np.int64))


def _morning(
    step: Step, settings: Settings, model: str, read: Callable[[], pd.DataFrame], as_of: str
) -> tuple[Scorer, History]:
    """The scorer of a moment, with load, track record and levels as they were that morning, and all events."""
    from features.context.context import Context
    from features.history import History
    from features.pipeline.table import moment_in_records
    from features.times import micros, plant_calendar
    from serving.models.cache import load_champion
    from serving.models.scorer import Scorer
    from training.model.morning import add_levels

    step("loading the model")
    champion = load_champion(settings, model)
    step("reading events")
    history = History.of(read(), champion.model.policy)
    moment_in_records(history, as_of)
    step("building load and track record")
    calendar = plant_calendar(settings.zone)
    context = Context.of(history, calendar)
    levels = add_levels(context, champion.model, [history], calendar.start_of_day(micros(as_of)))
    return Scorer(champion, levels), history


# -- what would change it ------------------------------------------------------------------------------------


def what_if(
    events: Events,
    order: Annotated[str, typer.Option(help="The order's id.")],
    as_of: AsOf,
    event: Annotated[
        list[str] | None,
        typer.Option(help="An event to suppose: its type, and key=value for each column. Repeat it for several."),
    ] = None,
    model: Annotated[str, typer.Option("--model", help="Alias or version number of the model.")] = CHAMPION,
    name: Name = "order-risk",
    outcome: Outcome = None,
    zone: Zone = "UTC",
    as_json: Json = False,
) -> None:
    """What the model answers if events were stated of an order; without --event the moves worth trying.

    It is the model's response, not a promise.
    """
    from features.what_if.words import RESPONSE
    from training.what_if import answer, moves

    moment = past_moment(as_of, "as_of")
    supposed = [parse_event(text) for text in event or []]
    with step_progress(4) as step:
        settings = Settings(model=name, outcome=outcome, zone=zone)
        scorer, history = _morning(step, settings, model, lambda: read_source(events, None, zone), as_of)
        point = _one(history, order, moment)
        step("asking the model")
        if supposed:
            try:
                answered = answer.what_if(scorer.model, history, order, moment, supposed, scorer.context, zone)
            except InvalidEvents as error:
                raise InvalidRequest(str(error)) from error
        else:
            weighed = moves.weigh_moves(scorer.model, history, point, scorer.context, zone)
    asked = {"order_id": order, "as_of": as_of, "label": RESPONSE}
    if supposed:
        _show_answer(answered, asked, as_json)
    else:
        _show_moves([one for one in weighed if one.worth_trying], asked, as_json)


def parse_event(text: str) -> dict[str, Any]:
    """An event as the command line has it. Raises ``InvalidRequest`` for what is none.

    >>> parse_event("hold.released kind=quality reference='H 9'")
    {'type': 'hold.released', 'kind': 'quality', 'reference': 'H 9'}
    """
    try:
        kind, *words = shlex.split(text) or [""]
    except ValueError as error:
        raise InvalidRequest(f"--event must have its quotes in pairs, got {text!r}") from error
    pairs = [word.partition("=") for word in words]
    if "=" in kind or not kind or any(not key or not equals for key, equals, _ in pairs):
        raise InvalidRequest(f"--event must be a type and then key=value, got {text!r}")
    return {"type": kind} | {key: value for key, _, value in pairs}


def _show_answer(answered: Answer, asked: dict[str, str], as_json: bool) -> None:
    if as_json:
        risks = {"before": answered.before, "after": answered.after, "points": answered.points}
        states = {"state_before": answered.state[0], "state_after": answered.state[1]}
        print_json({**asked, **states, **risks, "by_topic": answered.by_topic})
        return
    title = f"{asked['order_id']}: {_risk(answered, 0)} before, {_risk(answered, 1)} after ({asked['label']})"
    topics = sorted((answered.by_topic or {}).items(), key=lambda entry: -abs(entry[1]))
    rows: list[list[Any]] = [[topic, f"{100 * points:+.1f}"] for topic, points in topics]
    points = "" if answered.points is None else f"{100 * answered.points:+.1f}"
    print_table(title, ["topic", "points"], [*rows, ["in all", points]])


def _risk(answered: Answer, which: int) -> str:
    risk = (answered.before, answered.after)[which]
    return answered.state[which] if risk is None else f"{risk:.1%}"


def _show_moves(worth: list[WeighedMove], asked: dict[str, str], as_json: bool) -> None:
    if as_json:
        content = [
            {"kind": one.move.kind, "sentence": one.move.sentence, "points": -one.removed,
             "needs_consent": one.move.consent, "risk": one.answer.before, "risk_after": one.answer.after}
            for one in worth
        ]  # fmt: skip
        print_json({**asked, "moves": content})
        return
    rows = [[one.move.sentence, f"{-100 * one.removed:+.1f}"] for one in worth]
    print_table(f"Moves worth trying for {asked['order_id']} ({asked['label']})", ["move", "points"], rows)
