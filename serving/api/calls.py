"""What can be asked of the service about orders, one call each: the routes of the API and the pages ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple, get_args

from fastapi import Request, Response
from sqlalchemy import Connection

from features.errors import InvalidRequest
from features.orders.commitments import OrderStatus
from features.what_if.choices import Choices
from serving.api.change_reply import order_change
from serving.api.cursors import read_cursor, write_cursor
from serving.api.dependencies import write_once
from serving.api.files.decided_rows import day_of, with_decisions
from serving.api.files.export import CSV, XLSX, csv_file, xlsx_file
from serving.api.order_details import order_choices, present_events, present_lines
from serving.api.order_queries import (
    lower_ascii,
    nearest_words,
    order_page,
    score_history,
    visible_order,
    worklist_query,
)
from serving.api.presenters import (
    json_reply,
    moment,
    present_change,
    present_decision,
    present_decisions,
    present_order,
    present_snooze,
    present_why_late,
)
from serving.contract.change import ChangeParams
from serving.contract.decision import DECISION, DecisionRequest
from serving.contract.orders import WorklistParams
from serving.contract.what_if import MovesParams, WhatIfRequest
from serving.ingest.decisions import decide, etag_of
from serving.models.cache import LoadedModel, load_version
from serving.principal import Caller
from serving.problems import NotFound
from serving.scores.decision_state import DecisionState, last_change, latest_decisions, owner_before
from serving.scores.replay import LoadVersion
from serving.scores.services import Services
from serving.store.period_reads import typed_events_of
from serving.store.tables.events import events_of, latest_records
from serving.store.tables.idempotency import Effect, StoredReply
from serving.store.tables.orders import order_of, plants_of
from serving.store.tables.scores import last_score_id, risks_since, scores_after
from serving.store.tables.views import MOST_VIEWS, drop_view, save_view, views_of
from serving.store.tables.worklist import PageKey, WorklistQuery, count, key_of, listed_words, page, totals
from serving.what_if.moves import listed_orders, order_moves, plant_moves
from serving.what_if.suppose import StoredOrder, suppose
from serving.what_if.turns import TURNS

FILTERED_BY_WORD = ("plant", "customer", "item", "owner")
MOST_ASKED = 4
"""So many words of filters that find nothing are looked at."""
PAGE, MOST_FOUND = 50, 500
"""Orders, or scores, of a page; orders among which one is looked for by its id."""


class ScoreNews(NamedTuple):
    """A score that was stored, of an order whose lines name these plants."""

    score_id: int
    order_id: str
    state: str
    risk: float | None
    plants: frozenset[str]


class UnknownWord(NamedTuple):
    """A filter, a word that no listed order has, and words of listed orders that may be meant."""

    name: str
    word: str
    near: list[str]


class EventsPage(NamedTuple):
    """Some events of an order in words, and how many it has."""

    events: list[dict[str, Any]]
    total: int


def list_orders(services: Services, params: WorklistParams, caller: Caller) -> dict[str, Any]:
    """A page of the worklist."""
    query = worklist_query(params, caller, services.clock(), services.settings)
    return services.database.read(lambda connection: _page(connection, query, params))


def _page(connection: Connection, query: WorklistQuery, params: WorklistParams) -> dict[str, Any]:
    limit = params.limit or PAGE
    rows = page(connection, query, limit + 1, _page_key(query, params))
    return {
        "as_of": moment(query.now),
        "orders": [present_order(row) for row in rows[:limit]],
        "next_cursor": write_cursor(query, key_of(rows[limit - 1])) if len(rows) > limit else None,
        "total": count(connection, query) if params.count else None,
    }


def _page_key(query: WorklistQuery, params: WorklistParams) -> PageKey | None:
    return None if params.cursor is None else read_cursor(query, params.cursor)


def export_orders(
    services: Services, kind: str, params: WorklistParams, caller: Caller, name: str = "worklist"
) -> Response:
    """The whole worklist as a file, ``csv`` or ``xlsx``, named after what it lists and its day."""
    query = worklist_query(params, caller, services.clock(), services.settings)
    limit = params.limit or services.settings.max_rows
    zone = services.settings.zone

    def read(connection: Connection) -> list[dict[str, Any]]:
        return with_decisions(connection, page(connection, query, limit, _page_key(query, params)), query.now, zone)

    rows = services.database.read(read)
    content, media = (
        (csv_file(rows, zone, params.bom), CSV) if kind == "csv" else (xlsx_file(rows, zone, query.now), XLSX)
    )
    headers = {"content-disposition": f'attachment; filename="{name}-{day_of(query.now, zone)}.{kind}"'}
    return Response(content, headers=headers, media_type=media)


def read_order(services: Services, order_id: str, caller: Caller) -> tuple[dict[str, Any], int]:
    """How an order stands, and its version. Raises ``NotFound`` where the caller may see none of that id."""
    now, settings, usual = services.clock(), services.settings, services.daily_context.active_model().pack_times
    return services.database.read(lambda connection: order_page(connection, order_id, caller, now, settings, usual))


def read_history(
    services: Services, order_id: str, caller: Caller, cursor: str | None = None, limit: int = PAGE
) -> dict[str, Any]:
    """A page of an order's scores, the latest first."""
    return services.database.read(lambda connection: score_history(connection, order_id, caller, cursor, limit))


def read_change(services: Services, order_id: str, params: ChangeParams, caller: Caller) -> dict[str, Any]:
    """Why the risk of an order moved."""
    now, settings, load = services.clock(), services.settings, _loader(services)
    return services.database.read(
        lambda connection: order_change(connection, order_id, params, caller, now, load, settings)
    )


def _loader(services: Services) -> LoadVersion:
    """Loads a version that has scored; the one that scores now is at hand."""
    scorer = services.daily_context.active_model().scorer

    def load(name: str, version: str, run_id: str) -> LoadedModel:
        champion = scorer.loaded if scorer else None
        if champion and (champion.name, champion.version, champion.run_id) == (name, version, run_id):
            return champion
        return load_version(services.settings, name, version, run_id)

    return load


def read_moves(services: Services, order_id: str, caller: Caller) -> dict[str, Any]:
    """What could be done about an order now. Raises ``NotReady`` without a model."""
    with TURNS.turn():
        scorer = services.daily_context.latest_scorer()
        usual = services.daily_context.active_model().pack_times
        moves, readiness = order_moves(_stored(services, order_id, caller), scorer, services.settings, usual)
    return moves | present_why_late(readiness)


def best_moves(
    services: Services, params: MovesParams, caller: Caller, patience: float | None = None
) -> dict[str, Any]:
    """What would take most risk off the list. Raises ``NotReady`` without a model, ``Busy`` after some seconds."""
    words = (("plant", tuple(sorted(set(params.plant)))),) if params.plant else ()
    query = WorklistQuery(services.clock(), sort=params.sort, states=("open",), words=words, plants=caller.plants)
    with TURNS.turn(patience):
        scorer = services.daily_context.latest_scorer()
        listed = services.database.read(lambda connection: listed_orders(connection, query, params.orders))
        return plant_moves(listed, query.now, params, scorer, services.settings)


def try_events(services: Services, order_id: str, request: WhatIfRequest, caller: Caller) -> dict[str, Any]:
    """An order as it stands and as it would stand after events that nobody sent."""
    with TURNS.turn():
        scorer = services.daily_context.latest_scorer()
        return suppose(_stored(services, order_id, caller), request, scorer, services.settings, caller)


def _stored(services: Services, order_id: str, caller: Caller) -> StoredOrder:
    """What is stored of an order that the caller may see, looked at now. Raises ``NotFound``."""

    def read(connection: Connection) -> StoredOrder:
        order, _ = visible_order(connection, order_id, caller)
        events = events_of(connection, [order_id])
        return StoredOrder(order_id, events, max(services.clock(), order["as_of"]))

    return services.database.read(read)


def record_decision(
    services: Services,
    request: Request,
    order_id: str,
    decision: DecisionRequest,
    caller: Caller,
    version: str | None,
    body: bytes = b"",
    key: str | None = None,
) -> Response:
    """Record what somebody decides, with its entry in the audit trail; ``version`` is what ``If-Match`` says."""
    scoring_context = services.scoring_context("decision")

    def job(connection: Connection) -> StoredReply:
        change, seq, snooze = decide(connection, order_id, decision, version, caller, scoring_context)
        decisions = present_decisions(events_of(connection, [order_id]))
        content = present_change(change) | {"snooze": present_snooze(snooze), "decisions": decisions}
        return json_reply(content, headers={"etag": etag_of(seq)}, effect=Effect(order_id, decision.kind))

    return write_once(services, request, caller, body, key, job, [order_id])


def read_owner_before(services: Services, order_id: str, caller: Caller) -> str | None:
    """Who had an order before the caller took it over."""
    return owner_before(services.database.read(lambda connection: events_of(connection, [order_id])), caller.name)


def read_last_change(services: Services, order_id: str) -> tuple[tuple[Any, DecisionState] | None, str]:
    """The last decision about who has an order or until when it is put off, and how that stood before it.

    ``None`` where there is none. Beside it the version of the order that was looked at.
    """

    def read(connection: Connection) -> tuple[tuple[Any, DecisionState] | None, str]:
        order = order_of(connection, order_id)
        return last_change(events_of(connection, [order_id])), etag_of(order["seq"] if order else 0)

    return services.database.read(read)


# -- what only pages show ------------------------------------------------------------------------------------


def sum_worklist(
    services: Services, params: WorklistParams, caller: Caller, likely: float
) -> dict[str, dict[str, Any]]:
    """By state, how many orders are wanted, their value, and the same of those with at least a risk ``likely``."""
    query = worklist_query(params, caller, services.clock(), services.settings)
    rows = services.database.read(lambda connection: totals(connection, query, likely))
    return {row["state"]: dict(row) for row in rows}


def count_orders(services: Services, params: WorklistParams, caller: Caller) -> int:
    """How many orders are wanted."""
    query = worklist_query(params, caller, services.clock(), services.settings)
    return services.database.read(lambda connection: count(connection, query))


def find_order(services: Services, text: str, caller: Caller) -> str | None:
    """The id of the order that a text names, in any case if it is one alone, whatever became of it."""
    params = WorklistParams(search=text, state=list(get_args(OrderStatus)), snoozed="include", limit=MOST_FOUND)
    query = worklist_query(params, caller, services.clock(), services.settings)

    def read(connection: Connection) -> str | None:
        with suppress(NotFound):
            visible_order(connection, text, caller)
            return text
        rows = page(connection, query, MOST_FOUND)
        same = [row["order_id"] for row in rows if lower_ascii(row["order_id"]) == query.search]
        return same[0] if len(same) == 1 else None

    return services.database.read(read)


def suggest_words(services: Services, asked: Sequence[tuple[str, str]], caller: Caller) -> list[UnknownWord]:
    """Words of filters that no listed order has which the caller may see, each with words like it; of a few at most."""

    def read(connection: Connection) -> list[UnknownWord]:
        unknown = []
        for name, word in asked[:MOST_ASKED]:
            words = listed_words(connection, caller.plants, name, lower_ascii(word))
            if word not in words:
                unknown.append(UnknownWord(name, word, nearest_words(word, words)))
        return unknown

    return services.database.read(read)


def trace_risks(services: Services, order_ids: Sequence[str], since: int) -> dict[str, list[tuple[int, float | None]]]:
    """By order, the moments and risks of its scores since a moment, the earliest first; of orders that were listed."""
    traces: dict[str, list[tuple[int, float | None]]] = {order_id: [] for order_id in order_ids}
    for row in services.database.read(lambda connection: risks_since(connection, order_ids, since)):
        traces[row["order_id"]].append((row["as_of"], row["risk"]))
    return traces


def read_latest_decisions(services: Services, order_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By order, what was decided last, of orders that were listed."""
    events = services.database.read(lambda connection: typed_events_of(connection, DECISION, order_ids))
    return {order_id: present_decision(event) for order_id, event in latest_decisions(events).items()}


def read_latest_records(services: Services, caller: Caller, most: int) -> list[tuple[str, int]]:
    """Source and moment, microseconds, of what came in last about orders that the caller may see."""
    now = services.clock()
    return services.database.read(lambda connection: latest_records(connection, now, most, caller.plants))


def last_score(services: Services) -> int:
    """The id of the score that was stored last."""
    return services.database.read(last_score_id)


def news_after(services: Services, after: int, limit: int) -> list[ScoreNews]:
    """Scores with a higher id, at most ``limit``, the earliest first: of every plant, whoever asks."""

    def read(connection: Connection) -> list[ScoreNews]:
        rows = scores_after(connection, after, limit)
        plants = plants_of(connection, sorted({row["order_id"] for row in rows})) if rows else {}
        return [
            ScoreNews(row["id"], row["order_id"], row["state"], row["risk"], plants.get(row["order_id"], frozenset()))
            for row in rows
        ]

    return services.database.read(read)


def read_lines(services: Services, order_id: str, caller: Caller) -> list[dict[str, Any]]:
    """The lines of an order as they stand now."""
    stored = _stored(services, order_id, caller)
    return present_lines(stored.events, stored.now, services.settings)


def read_choices(services: Services, order_id: str, caller: Caller) -> Choices:
    """What an order has now of which something could be supposed."""
    stored = _stored(services, order_id, caller)
    return order_choices(stored.events, stored.now, services.settings)


def read_events(services: Services, order_id: str, caller: Caller, begin: int, limit: int) -> EventsPage:
    """A page of an order's events in words, the one that arrived last first."""
    stored = _stored(services, order_id, caller)
    events = present_events(stored.events, stored.now, services.settings, begin, limit)
    return EventsPage(events, len(stored.events))


def list_views(services: Services, caller: Caller) -> list[dict[str, Any]]:
    """The views that the caller has saved, by name."""
    return [dict(row) for row in services.database.read(lambda connection: views_of(connection, caller.id))]


def keep_view(services: Services, caller: Caller, name: str, query: str, is_default: bool) -> None:
    """Save a view in the place of one of that name. Raises ``InvalidRequest`` where there are too many."""
    write = services.database.write
    if not write(lambda connection: save_view(connection, caller.id, name, query, is_default)):
        raise InvalidRequest(f"at most {MOST_VIEWS} views can be saved, got one more: remove one first")


def forget_view(services: Services, caller: Caller, name: str) -> None:
    """Remove a view."""
    services.database.write(lambda connection: drop_view(connection, caller.id, name))
