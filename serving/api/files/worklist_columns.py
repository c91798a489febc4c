"""The columns of a worklist that is a file, in a planner's words: one list for both kinds of files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import orjson

from features.times import LATEST
from serving.api.presenters import kinds_in_the_way, reason_of
from serving.scores.decision_state import PAST
from serving.store.schema import LATER

Row = Mapping[Any, Any]
Style = Literal["text", "sentence", "share", "amount", "count", "moment", "day"]
BEGIN = date(1970, 1, 1)
STATES = {"unpromised": "no promise"}


@dataclass(frozen=True)
class FileColumn:
    """A column of the file.

    Attributes
    ----------
    cell : of an order's row: a text, a number, a date, or for a moment microseconds; ``None`` for an empty cell
    style : how it is written: a share of one as percent, an amount of money in units, a moment in the plant's zone
    width : characters
    """

    header: str
    cell: Callable[[Row], Any]
    style: Style = "text"
    width: int = 12


def _field(name: str) -> Callable[[Row], Any]:
    return lambda row: row[name]


def _day(name: str) -> Callable[[Row], Any]:
    """A day on which an order is expected to ship, or "later" than any that was asked about."""

    def cell(row: Row) -> Any:
        day = row[name]
        return None if day is None else "later" if day == LATER else BEGIN + timedelta(days=day)

    return cell


def _last_due(row: Row) -> date | None:
    """The day of the last promise: the expected day less the days it is late by it."""
    expected, late = row["expected_ship"], row["days_late"]
    return None if {expected, late} & {None, LATER} else BEGIN + timedelta(days=expected - late)


def _days_late(row: Row) -> int | None:
    """Of what is expected late alone: a planner counts no days early."""
    late = row["days_late"]
    return None if late is None or late == LATER or late <= 0 else int(late)


def _state(row: Row) -> str:
    return STATES.get(row["state"]) or str(row["state"])


def _why(row: Row) -> str | None:
    """The first reason; of a late order what stops it first; where an order is not scored, why not."""
    texts = _reasons(row)
    if not texts and row["state"] == "late" and row["main_blocker"]:
        return str(row["main_blocker"])
    return texts[0] if texts else reason_of(row["state"], scored=bool(row["scored_by"]))


def _also(row: Row) -> str:
    return "; ".join(_reasons(row)[1:])


def _reasons(row: Row) -> list[str]:
    return [reason["text"] for reason in orjson.loads(row["reasons"])]


def _in_the_way(row: Row) -> str | None:
    kinds = kinds_in_the_way(row)
    return None if kinds is None else ", ".join(kind.replace("_", " ") for kind in kinds) or "nothing"


def _could_ship(row: Row) -> str | None:
    return None if row["shippable"] is None else "yes" if row["shippable"] else "no"


def _snoozed_until(row: Row) -> Any:
    return "something happens" if row["snoozed_until"] == LATEST else row["snoozed_until"]


def _last_decision(row: Row) -> str | None:
    """Whose, of what kind and when, where the row has it; else the kind alone."""
    kind = row["decision"]
    return None if kind is None else str(row.get("last_decision") or PAST.get(kind, kind))


def _uncertain(row: Row) -> str:
    return "; ".join(orjson.loads(row["cannot_tell"]))


COLUMNS = (
    FileColumn("Order", _field("order_id"), width=14),
    FileColumn("Customer", _field("customer"), width=18),
    FileColumn("Item", _field("item"), width=16),
    FileColumn("Plant", _field("plant"), width=9),
    FileColumn("State", _state, width=10),
    FileColumn("Due", _field("due_at"), "moment", 21),
    FileColumn("Last line due", _last_due, "day", 16),
    FileColumn("Expected to ship", _day("expected_ship"), "day", 16),
    FileColumn("Days late", _days_late, "count", 7),
    FileColumn("Ships from", _day("ship_earliest"), "day", 16),
    FileColumn("Ships until", _day("ship_latest"), "day", 16),
    FileColumn("Risk", _field("risk"), "share", 7),
    FileColumn("Late", _field("missed"), "share", 8),
    FileColumn("Short", _field("partial"), "share", 8),
    FileColumn("Value", _field("value"), "amount", 11),
    FileColumn("Value at risk", _field("value_at_risk"), "amount", 13),
    FileColumn("Why", _why, "sentence", 46),
    FileColumn("Also", _also, "sentence", 46),
    FileColumn("In the way", _in_the_way, "sentence", 18),
    FileColumn("Could ship now", _could_ship, width=15),
    FileColumn("Owner", _field("owner"), width=14),
    FileColumn("Snoozed until", _snoozed_until, "moment", 21),
    FileColumn("Last decision", _last_decision, width=28),
    FileColumn("Scored", _field("as_of"), "moment", 21),
    FileColumn("Risk uncertain because", _uncertain, "sentence", 30),
)
