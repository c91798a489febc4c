"""The latest decision about an order in words: whose, of what kind, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.times import DAY, micros
from serving.pages.locale.texts import gettext
from serving.pages.wording import DECISIONS, PlantClock, word

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
    if until is None:
        return gettext("snoozed until something changes")
    return gettext("snoozed %(until)s", until=clock.snooze_end(until))


def say_decision(decision: Decision, clock: PlantClock) -> str:
    """A decision in words, for a row that says by itself how long a snooze lasts."""
    who, until = decision["actor"] or gettext("Somebody"), decision["until"]
    if decision["kind"] == "snooze" and until is not None and clock.is_past(until) and not ends_snooze(decision):
        return gettext("%(who)s's snooze ended %(day)s", who=who, day=clock.tick(micros(until)))
    when = _when(decision["recorded_at"], clock)
    return gettext("%(who)s %(verb)s, %(when)s", who=who, verb=verb_of(decision), when=when)


def ends_snooze(decision: Decision) -> bool:
    """Whether it is a snooze until a moment that had come when it was decided."""
    until = decision["until"]
    return decision["kind"] == "snooze" and until is not None and micros(until) <= micros(decision["recorded_at"])


def verb_of(decision: Decision) -> str:
    """What somebody did."""
    if ends_snooze(decision):
        return gettext("ended the snooze")
    if decision["kind"] != "assign":
        return word(DECISIONS, decision["kind"])
    if not decision["owner"]:
        return gettext("gave it back")
    if decision["owner"] == decision["actor"]:
        return gettext("took it")
    return gettext("assigned it to %(owner)s", owner=decision["owner"])


def _when(moment: str, clock: PlantClock) -> str:
    day = clock.local(micros(moment)).date()
    if day == clock.today:
        return gettext("today")
    return gettext("yesterday") if day == clock.local(clock.now - DAY).date() else clock.tick(micros(moment))
