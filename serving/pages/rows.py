"""A row of the worklist as the page shows it, from the row that the API gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from features.times import DAY, micros
from serving.api.calls import read_latest_decisions, trace_risks
from serving.pages.blockers import word_of
from serving.pages.decided import Decision, say_decision, say_snooze
from serving.pages.drawing import TRACE_DAYS, Risks, change_since, draw_trace
from serving.pages.locale.texts import gettext, message
from serving.pages.wording import PlantClock
from serving.scores.services import Services
from serving.scores.snooze import latest_snooze

Row = dict[str, Any]
NOTHING_IN_THE_WAY = message("nothing known is in the way")


def path_of(order_id: str) -> str:
    """The page of an order; its id is one part of the path whatever it is."""
    return f"/orders/{quote(order_id, safe='')}"


def show_rows(services: Services, orders: Sequence[Mapping[str, Any]], clock: PlantClock) -> list[Row]:
    """Rows with what only a page shows: the path, the trace, the change since yesterday, the reason as a sentence."""
    since = clock.now - TRACE_DAYS * DAY
    traces = trace_risks(services, [order["order_id"] for order in orders], since) if orders else {}
    decided = read_latest_decisions(services, [order["order_id"] for order in orders if order["decision"]])
    rows = [_row(order, traces[order["order_id"]], decided.get(order["order_id"]), clock) for order in orders]
    return [row | {"number": number} for number, row in enumerate(rows)]


def _row(order: Mapping[str, Any], risks: Risks, decision: Decision | None, clock: PlantClock) -> Row:
    reasons = [reason["text"] for reason in order["reasons"]]
    return {
        **order,
        "path": path_of(order["order_id"]),
        "trace": draw_trace(risks, clock.now),
        "change": change_since(risks, clock.now - DAY),
        "why": reasons[0] if reasons else _without_reasons(order),
        "then": reasons[1:],
        "last_promise": last_promise(order, clock),
        "ways": _ways(order),
        "put_off": say_snooze(order, clock),
        "decided": say_decision(decision, clock) if decision else "",
        "cannot_snooze": _cannot_snooze(order, clock),
    }


def _without_reasons(order: Mapping[str, Any]) -> str:
    """Of a late order what stops it first; of others why there is no risk."""
    if order["state"] == "late" and order["blockers"] is not None:
        return str(order["main_blocker"] or gettext(NOTHING_IN_THE_WAY))
    return str(order["reason"] or "")


def last_promise(order: Mapping[str, Any], clock: PlantClock) -> str | None:
    """The day of the promise from which days late count, where that is not the first; see ``docs/ship_date.md``."""
    expected, late, due = order["expected_ship"], order["days_late"], order["due_at"]
    if expected is None or late is None or due is None:
        return None
    day = date.fromisoformat(expected) - timedelta(days=late)
    return day.isoformat() if day > clock.local(micros(due)).date() else None


def _ways(order: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    """What is in the way: each kind and its word; ``None`` where nobody has looked yet."""
    kinds = order["blockers"]
    return None if kinds is None else [(kind, word_of(kind)) for kind in kinds]


def _cannot_snooze(order: Mapping[str, Any], clock: PlantClock) -> str:
    """Why an order cannot be put off, in few words; empty where it can."""
    if order["state"] == "late":
        return gettext("late: cannot be snoozed")
    due = None if order["due_at"] is None else micros(order["due_at"])
    too_soon = due is not None and latest_snooze(due, clock.zone) < clock.now
    return gettext("due too soon to snooze") if too_soon else ""
