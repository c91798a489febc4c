"""``shiprisk what-if``: what the model answers to events that nobody stated, and the moves worth trying.

What is heavy is imported where it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.errors import InvalidEvents, InvalidRequest
from serving.commands.console import print_json, print_table, say, step_progress
from serving.commands.options import AsOf, Events, Json, Name, Outcome, Zone, enter, past_moment
from serving.commands.scoring.morning import CHAMPION, one_order, scorer_of_morning
from serving.commands.source import read_source
from serving.settings import Settings

if TYPE_CHECKING:
    from training.what_if.answer import Answer
    from training.what_if.moves import WeighedMove


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    example = "shiprisk what-if events.parquet --order 4711 --as-of 2015-03-02"
    enter(app, "what-if", what_if, f"{example} --event 'hold.released kind=quality reference=H-9'")


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
        scorer, history = scorer_of_morning(step, settings, model, lambda: read_source(events, None, zone), as_of)
        point = one_order(history, order, moment)
        step("asking the model")
        if supposed:
            try:
                answered = answer.what_if(scorer.model, history, order, moment, supposed, scorer.context, zone)
            except InvalidEvents as error:
                raise InvalidRequest(str(error)) from error
        else:
            weighing = moves.weigh(scorer.model, history, point, scorer.context, zone)
    asked = {"order_id": order, "as_of": as_of, "label": RESPONSE}
    if supposed:
        _show_answer(answered, asked, as_json)
    else:
        worth = [one for one in weighing.moves if one.worth_trying]
        _show_moves(worth, weighing.not_tried, asked, as_json)


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
        dates = dict(zip(("expected_ship", "expected_ship_after"), answered.expected_ship, strict=True))
        print_json({**asked, **states, **risks, **dates, "days_won": answered.days_won, "by_topic": answered.by_topic})
        return
    title = f"{asked['order_id']}: {_risk(answered, 0)} before, {_risk(answered, 1)} after ({asked['label']})"
    topics = sorted((answered.by_topic or {}).items(), key=lambda entry: -abs(entry[1]))
    rows: list[list[Any]] = [[topic, f"{100 * points:+.1f}"] for topic, points in topics]
    points = "" if answered.points is None else f"{100 * answered.points:+.1f}"
    print_table(title, ["topic", "points"], [*rows, ["in all", points]])
    if answered.days_won is not None:
        say("expected to ship {} before, {} after".format(*answered.expected_ship))


def _risk(answered: Answer, which: int) -> str:
    risk = (answered.before, answered.after)[which]
    return answered.state[which] if risk is None else f"{risk:.1%}"


def _points(one: WeighedMove) -> str:
    """Of a late order no move takes any away."""
    return "" if one.is_of_late else f"{-100 * one.removed:+.1f}"


def _show_moves(worth: list[WeighedMove], not_tried: int, asked: dict[str, str], as_json: bool) -> None:
    if as_json:
        content = [
            {"kind": one.move.kind, "sentence": one.move.sentence, "points": -one.removed,
             "needs_consent": one.move.consent, "risk": one.answer.before, "risk_after": one.answer.after,
             "expected_ship": one.answer.expected_ship[0], "expected_ship_after": one.answer.expected_ship[1],
             "days_won": one.days_won}
            for one in worth
        ]  # fmt: skip
        print_json({**asked, "moves": content, "not_tried": not_tried})
        return
    rows = [[one.move.sentence, _points(one), one.days_won or ""] for one in worth]
    left_out = f"; {not_tried:,} more were not tried" if not_tried else ""
    print_table(
        f"Moves worth trying for {asked['order_id']} ({asked['label']}{left_out})", ["move", "points", "days won"], rows
    )
