"""One order as a planner reads it, and the question a worklist asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping

from features.errors import InvalidRequest
from features.history import History
from features.readiness.assessment import assess
from features.readiness.blockers import Facts
from features.readiness.kinds import BlockerKind, bits_of
from features.readiness.pack_time import PackTimes
from features.readiness.planned_work import plans_after
from features.readiness.statements import KnownOrder
from features.times import plant_calendar
from serving.api.presenters import present_decisions, present_order, present_readiness, present_score
from serving.auth.plant_scope import require_seen, unknown_order
from serving.contract.orders import WorklistParams
from serving.plant_time import moment_of
from serving.principal import Caller
from serving.settings import Settings
from serving.store.tables.events import events_of, history_of
from serving.store.tables.orders import order_of, words_of
from serving.store.tables.scores import latest_scores, scores_before
from serving.store.tables.worklist import WorklistQuery
from training.ship_date.forecast import day_number

ASCENDING = ("due", "expected_ship", "customer", "plant", "item", "owner")
MOST_NEAR, MOST_COMPARED = 3, 60
"""So many words that may be meant are named; so many letters of a word are compared."""
SNOOZED = {"exclude": False, "include": None, "only": True}


def worklist_query(params: WorklistParams, caller: Caller, now: int, settings: Settings) -> WorklistQuery:
    """The question in the store's terms."""
    ascending = params.sort in ASCENDING if params.order is None else params.order == "asc"
    words = (("plant", params.plant), ("customer", params.customer), ("item", params.item))
    due = (_bound(params.due_from, settings.zone, end=False), _bound(params.due_to, settings.zone, end=True))
    return WorklistQuery(
        now=now,
        sort=params.sort,
        descending=not ascending,
        states=tuple(sorted(set(params.state))),
        words=tuple((dimension, tuple(sorted(set(values)))) for dimension, values in words if values),
        plants=caller.plants,
        due=due,
        risk=(params.risk_min, params.risk_max),
        ships=(_day("ships_after", params.ships_after), _day("ships_before", params.ships_before)),
        days_late=params.min_days_late,
        owners=tuple(sorted(set(params.owner))),
        blocking=_bits(params.blocker),
        snoozed=SNOOZED[params.snoozed],
        search=None if params.search is None else lower_ascii(params.search),
        recorded_from=_bound(params.recorded_from, settings.zone, end=False),
    )


def _bits(kinds: Sequence[BlockerKind | Literal["nothing"]]) -> int | None:
    """Raises ``InvalidRequest`` where nothing and something are asked for at once."""
    asked: list[BlockerKind] = [kind for kind in kinds if kind != "nothing"]
    if asked and len(asked) < len(kinds):
        raise InvalidRequest(f"a blocker must be nothing or kinds of blockers, got nothing and {', '.join(asked)}")
    return bits_of(asked) if kinds else None


def lower_ascii(text: str) -> str:
    """A text to look for: the databases put ASCII letters alone into lower case.

    >>> lower_ascii("ÄRGER Nord")
    'Ärger nord'
    """
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def nearest_words(text: str, words: Iterable[str]) -> list[str]:
    """At most ``MOST_NEAR`` words that may be meant: the same in another case, else those alike or that contain it.

    >>> nearest_words("p100", ["P100", "P200"]), nearest_words("nord", ["Nordwerft AG", "Helios"])
    (['P100'], ['Nordwerft AG'])
    >>> nearest_words("Nordwreft", ["Nordwerft", "Helios"])
    ['Nordwerft']
    """
    asked = text.casefold()
    folded = {word: word.casefold() for word in words if word}
    if same := [word for word, own in folded.items() if own == asked]:
        return same[:MOST_NEAR]
    by_own = {own[:MOST_COMPARED]: word for word, own in folded.items()}
    alike = [by_own[own] for own in get_close_matches(asked[:MOST_COMPARED], by_own, MOST_NEAR)]
    parts = [word for word, own in folded.items() if asked in own]
    return list(dict.fromkeys([*alike, *parts]))[:MOST_NEAR]


def _day(name: str, text: str | None) -> int | None:
    """Days since 1970-01-01. Raises ``InvalidRequest`` for what is no day of the calendar."""
    try:
        return None if text is None else day_number(text)
    except ValueError as error:
        raise InvalidRequest(f"{name} must be a date such as 2015-03-02, got {text!r}") from error


def _bound(text: str | None, zone: str, *, end: bool) -> int | None:
    return None if text is None else moment_of(text, zone, end=end)


def order_page(
    connection: Connection, order_id: str, caller: Caller, now: int, settings: Settings, usual: PackTimes
) -> tuple[dict[str, Any], int]:
    """How an order stands, why, what is ready, what is in the way, what was decided; and its version."""
    order, words = visible_order(connection, order_id, caller)
    events = [event for event in events_of(connection, [order_id]) if event.seq <= order["seq"]]
    score = latest_scores(connection, [order_id])[order_id]
    history, moment = history_of(events, settings.policy), max(now, order["as_of"])
    shown = present_score(score)
    content = {
        "order": present_order(order),
        **{f"{dimension}s": words[dimension] for dimension in ("plant", "customer", "item")},
        "score": shown,
        "ship_date_notes": _later_plans(history, moment, shown and shown["ship_date"], settings),
        **present_readiness(assess(history, 0, moment, settings.zone, usual)),
        "decisions": present_decisions(events),
    }
    return content, int(order["seq"])


def _later_plans(history: History, now: int, ship_date: Mapping[str, Any] | None, settings: Settings) -> list[str]:
    """What is planned for later than an order, the first of a history, is expected to ship, in words."""
    if ship_date is None or ship_date["expected"] is None:
        return []
    facts = Facts(KnownOrder(history, 0, now), now, ZoneInfo(plant_calendar(settings.zone).zone))
    return plans_after(facts, date.fromisoformat(ship_date["expected"]))


def visible_order(connection: Connection, order_id: str, caller: Caller) -> tuple[RowMapping, dict[str, list[str]]]:
    """An order's row and words. Raises ``NotFound`` where it is not there, or not one the caller may see."""
    order, words = order_of(connection, order_id), words_of(connection, order_id)
    if order is None:
        raise unknown_order(order_id)
    require_seen(caller, words["plant"], order_id)
    return order, words


def score_history(
    connection: Connection, order_id: str, caller: Caller, cursor: str | None, limit: int
) -> dict[str, Any]:
    """A page of an order's scores, the latest first."""
    visible_order(connection, order_id, caller)
    rows = scores_before(connection, order_id, _before(cursor), limit + 1)
    shown = [present_score(row) for row in rows[:limit]]
    following = str(rows[limit - 1]["id"]) if len(rows) > limit else None
    return {"order_id": order_id, "scores": shown, "next_cursor": following}


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit() or int(cursor) >= 1 << 63:
        raise InvalidRequest(f"a cursor must be the next_cursor of the page before, got {cursor[:40]!r}")
    return int(cursor)
