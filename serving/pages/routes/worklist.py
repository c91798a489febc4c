"""The worklist, its files, and what is decided about several orders at once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from starlette.responses import RedirectResponse

from features.errors import InvalidRequest, ShipriskError
from serving.api.calls import (
    FILTERED_BY_WORD,
    export_orders,
    find_order,
    last_score,
    list_orders,
    list_views,
    read_last_change,
    read_owner_before,
    record_decision,
    suggest_words,
)
from serving.api.dependencies import CurrentServices
from serving.pages.address import EVERY_STATE, PLACE, Address
from serving.pages.blockers import CHOICES
from serving.pages.browser import Form, Notice, SentForm, address_within, go_back
from serving.pages.columns import SORTS, headings, is_ascending
from serving.pages.locale.texts import gettext, message, ngettext
from serving.pages.order.decisions import GIVE_BACK, UNDO, Outcome, decision_of, refusals, typed_in_vain, undo_of
from serving.pages.rendering import render
from serving.pages.rows import path_of, show_rows
from serving.pages.summary import FiguresCache, count_fitting
from serving.pages.wording import PlantClock, capitalised, plant_clock
from serving.principal import Caller, CurrentCaller
from serving.problems import VersionMismatch
from serving.scores.services import Services

router = APIRouter()
LATE_SHOWN = 5
MOST_AT_ONCE = 200
MINE = (("mine", "1"),)
SNOOZED = (("snoozed", "only"), ("state", "open"), ("state", "late"), ("state", "unpromised"))
FIELDS = {
    "plant": message("plant"),
    "customer": message("customer"),
    "item": message("item"),
    "owner": message("owner"),
}
"""Filters by a word, as a sentence calls them."""
FILE_KINDS = Literal["csv", "xlsx"]


@router.get("/")
def get_worklist(request: Request, services: CurrentServices, caller: CurrentCaller) -> Response:
    """Open orders, the riskiest first; without an address the view that the caller has made their default."""
    views = list_views(services, caller)
    if not request.query_params and (default := next((view for view in views if view["is_default"]), None)):
        return RedirectResponse(f"/?{default['query']}", 303)
    address = Address.of(pair for pair in request.query_params.multi_items() if pair[0] != "all")
    clock = plant_clock(services)
    params = address.params(caller, clock)
    newest = last_score(services)
    if (found := _named_order(services, address, caller)) is not None:
        return RedirectResponse(path_of(found), 303)
    cached: FiguresCache = request.app.state.figures
    figures = cached.figures(services, caller)
    chips = address.chips(clock)
    listed = list_orders(services, params, caller)
    rows = show_rows(services, listed["orders"], clock)
    late_apart = not (address.get("search") or address.all("state"))
    whole = address.params(caller, clock, state=address.all("state") or list(EVERY_STATE))
    fitting = count_fitting(services, whole, caller) if chips else None
    return render(
        request,
        "worklist.html",
        address=address,
        choices=CHOICES,
        chips=chips,
        fitting=fitting,
        fits=fitting.sentence(figures.open, late_apart=late_apart) if fitting and fitting.total else "",
        headings=headings(rows, address, params, many_plants=caller.has_many_plants),
        many_plants=caller.has_many_plants,
        late=_late(services, caller, address, clock) if figures.late else [],
        ascending=is_ascending(params),
        last_score=newest,
        whole=not address.pairs,
        late_alone=params.state == ["late"],
        next_page=address.page_after(listed["next_cursor"]) if listed["next_cursor"] else "",
        rows=rows,
        sort=params.sort,
        sorts=SORTS,
        summary=figures,
        tabs=cached.tabs(services, caller, [Address.of(tab).params(caller, clock) for tab in (MINE, SNOOZED)], newest),
        unknown=_unknown_words(services, address, caller) if fitting and not fitting.total else [],
        views=views,
    )


def _named_order(services: Services, address: Address, caller: Caller) -> str | None:
    """The order that a search and nothing else names by its id."""
    asked = [name for name, _ in address.pairs]
    return find_order(services, address.get("search"), caller) if asked == ["search"] else None


def _unknown_words(services: Services, address: Address, caller: Caller) -> list[dict[str, Any]]:
    """The filters whose word no listed order has, and words like it with the address that asks for them instead."""
    asked = [(name, word) for name in FILTERED_BY_WORD for word in address.all(name)]
    return [
        {
            "name": gettext(FIELDS[name]),
            "word": word,
            "near": [(other, address.instead(name, word, other)) for other in near],
        }
        for name, word, near in suggest_words(services, asked, caller)
    ]


def _late(services: Services, caller: Caller, address: Address, clock: PlantClock) -> list[dict[str, Any]]:
    """The late orders that are expected latest, of those that the filters leave."""
    fixed: dict[str, Any] = {"state": ["late"], "sort": "days_late", "order": None, "limit": LATE_SHOWN, "cursor": None}
    if address.get("cursor") or address.get("search") or address.all("state"):
        return []
    params = address.params(caller, clock, **fixed)
    return show_rows(services, list_orders(services, params, caller)["orders"], clock)


@router.get("/worklist.{kind}")
def get_file(
    request: Request, kind: Annotated[FILE_KINDS, Path()], services: CurrentServices, caller: CurrentCaller
) -> Response:
    """All that the page lists, on however many pages and apart as late, as a file."""
    address = Address.of(pair for pair in request.query_params.multi_items() if pair[0] not in ("all", *PLACE))
    states = address.all("state") or list(EVERY_STATE)
    params = address.params(caller, plant_clock(services), state=states, limit=None, bom=True)
    view = next((view["name"] for view in list_views(services, caller) if view["query"] == address.query), "")
    return export_orders(services, kind, params, caller, address.file_name(view, plant_clock(services)))


@router.post("/decisions")
def post_decisions(request: Request, form: SentForm, services: CurrentServices, caller: CurrentCaller) -> Response:
    """Decide about the orders that are chosen, or about the one whose button was pressed."""
    back = address_within(form.get("next"))
    if form.get("kind") == UNDO and not form.get("only"):
        return _undo(request, form, services, caller)
    try:
        kind, order_ids = _chosen(form)
        before = read_owner_before(services, order_ids[0], caller) if kind == GIVE_BACK else None
        # What stands in the bar of chosen orders is not seen beside the button of a row.
        fields = form.without("comment") if form.get("only") else form
        decision = decision_of(kind, fields, caller, services.clock(), before or "")
    except InvalidRequest as error:
        return go_back(request, back, Notice(f"{capitalised(str(error))}.", warns=True))
    outcome = Outcome(decision, gives_back=kind == GIVE_BACK)
    if not form.get("only"):
        outcome.left_out = typed_in_vain(form, decision, caller)
    for order_id in order_ids:
        try:
            outcome.add(order_id, record_decision(services, request, order_id, decision, caller, "*"))
        except ShipriskError as error:
            outcome.refused[order_id] = str(error)
    return go_back(request, back, outcome.notice)


def _undo(request: Request, form: Form, services: Services, caller: Caller) -> Response:
    """Bring orders back to how they stood before the caller's last decision about each."""
    done: list[str] = []
    refused: dict[str, str] = {}
    for order_id in list(dict.fromkeys(form.all("order")))[:MOST_AT_ONCE]:
        try:
            change, version = read_last_change(services, order_id)
            decision = undo_of(change, caller, services.clock())
            record_decision(services, request, order_id, decision, caller, version)
            done.append(order_id)
        except VersionMismatch:
            refused[order_id] = gettext("something was recorded of it meanwhile")
        except ShipriskError as error:
            refused[order_id] = str(error)
    what = done[0] if len(done) == 1 else ngettext("%(number)s order", "%(number)s orders", len(done))
    text = gettext("Undone: %(what)s as before.", what=what) if done else gettext("Nothing was undone.")
    notice = Notice(text, refusals(refused), bool(refused))
    return go_back(request, address_within(form.get("next")), notice)


def _chosen(form: Form) -> tuple[str, list[str]]:
    """The kind of decision, and the ids of the orders. Raises ``InvalidRequest`` where none is chosen."""
    kind, _, only = form.get("only").partition(" ")
    if only:
        return kind, [only]
    order_ids = list(dict.fromkeys(form.all("order")))
    if not 0 < len(order_ids) <= MOST_AT_ONCE:
        must = message("choose at least one order and at most %(most)s, got %(number)s")
        raise InvalidRequest(gettext(must, most=MOST_AT_ONCE, number=len(order_ids)))
    return form.get("kind"), order_ids
