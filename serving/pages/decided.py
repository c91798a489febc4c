"""The latest decision about an order in words: whose, of what kind, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.times import DAY, micros
from serving.pages.wording import DECISIONS, PlantClock

Decision = Mapping[str, Any]
"""As the API has it."""


def is_put_off(order: Mapping[str, Any], clock: PlantClock) -> bool:
    """Whether an order, as the API lists it, is snoozed now."""
    late = order["state"] == "late" or (order["due_at"] is not None and clock.is_past(order["due_at"]))
    until = order["snoozed_until"]
    lasts = order["snoozed_until_change"] if until is None else not clock.is_past(until)
    return bool(lasts) and not late


def say_snooze(order: Mapping[str, Any], clock: PlantClock) -> str:
    """Until when an order is put off; empty where it is not."""
    if not is_put_off(order, clock):
        return ""
    until = order["snoozed_until"]
    return f"snoozed {'until something changes' if until is None else clock.snooze_end(until)}"


def say_decision(decision: Decision, clock: PlantClock) -> str:
    """A decision in words, for a row that says by itself how long a snooze lasts."""
    who, until = decision["actor"] or "Somebody", decision["until"]
    if decision["kind"] == "snooze" and until is not None and clock.is_past(until) and not ends_snooze(decision):
        return f"{who}'s snooze ended {clock.tick(micros(until))}"
    return f"{who} {verb_of(decision)}, {_when(decision['recorded_at'], clock)}"


def ends_snooze(decision: Decision) -> bool:
    """Whether it is a snooze until a moment that had come when it was decided."""
    until = decision["until"]
    return decision["kind"] == "snooze" and until is not None and micros(until) <= micros(decision["recorded_at"])


def verb_of(decision: Decision) -> str:
    """What somebody did."""
    if ends_snooze(decision):
        return "ended the snooze"
    if decision["kind"] != "assign":
        return DECISIONS.get(decision["kind"], decision["kind"])
    if not decision["owner"]:
        return "gave it back"
    return "took it" if decision["owner"] == decision["actor"] else f"assigned it to {decision['owner']}"


def _when(moment: str, clock: PlantClock) -> str:
    day = clock.local(micros(moment)).date()
    if day == clock.today:
        return "today"
    return "yesterday" if day == clock.local(clock.now - DAY).date() else clock.tick(micros(moment))
