"""Readiness and blockers of one order, as tables."""

from __future__ import annotations

import pandas as pd

from features.events import EventKey
from features.readiness.assessment import Condition, Readiness
from features.readiness.lateness import Lateness
from serving.commands.console import print_table, say

MOST_SHOWN = 3
"""A blocker's events beyond these are counted, not named."""
CONDITION = ["condition", "state", "since", "said by", "reason", "not met for lines"]


def print_readiness(readiness: Readiness, zone: str) -> None:
    """The five conditions, what is in the way and what is not due yet; moments are those of the plant's zone."""
    say("")
    title = f"{_title(readiness)} on {_local(readiness.as_of, zone)} ({zone})"
    print_table(title, CONDITION, [_row(condition, zone) for condition in readiness.conditions])
    say("")
    if readiness.lateness is not None:
        print_table("Why it is late", ["what", "events"], _late(readiness.lateness))
        say("")
    if readiness.blockers:
        rows = [[blocker.sentence, _keys(blocker.events)] for blocker in readiness.blockers]
        print_table("In the way", ["what", "events"], rows)
    elif readiness.state in ("open", "late"):
        say("Nothing is in the way.")
    if readiness.not_due:
        say("")
        print_table("Not due yet", ["what"], [[one.sentence] for one in readiness.not_due])


def _late(late: Lateness) -> list[list[str]]:
    rows = [[line.sentence, _keys(line.events)] for line in late.lines]
    return rows + ([[late.still_to_ship, ""]] if late.still_to_ship else [])


def _title(readiness: Readiness) -> str:
    shippable = "shippable" if readiness.shippable else "not shippable"
    return f"{readiness.state}, {shippable}" if readiness.state in ("open", "late") else readiness.state


def _row(condition: Condition, zone: str) -> list[str]:
    said_by = condition.said_by
    return [
        condition.kind,
        condition.state.replace("_", " "),
        _local(condition.since, zone),
        ", ".join(word for word in (said_by.source, said_by.actor) if word) if said_by else "",
        condition.reason or "",
        ", ".join(line or "the line" for line in condition.lines_not_met),
    ]


def _local(moment: int | None, zone: str) -> str:
    """A moment in the plant's zone, to the minute."""
    return "" if moment is None else f"{pd.Timestamp(moment, unit='us', tz='UTC').tz_convert(zone):%Y-%m-%d %H:%M}"


def _keys(events: tuple[EventKey, ...]) -> str:
    """The latest few events, each as its source and id."""
    latest = [f"{event.source} {event.id}" for event in events[-MOST_SHOWN:]]
    more = len(events) - len(latest)
    return ", ".join(latest) + (f" and {more} earlier" if more else "")
