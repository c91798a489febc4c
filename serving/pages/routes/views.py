"""Saved views of the worklist: an address under a name, kept with the key and not in the browser.

A planner changes desks and browsers and finds them again; a cookie would hold a few and lose them with its browser.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response

from features.errors import InvalidRequest
from serving.api.calls import forget_view, keep_view
from serving.api.dependencies import CurrentServices
from serving.pages.address import Address
from serving.pages.browser import Notice, SentForm, address_within, go_back
from serving.pages.wording import plant_clock
from serving.principal import CurrentCaller

router = APIRouter()
LONGEST_NAME, LONGEST_QUERY = 60, 2_000


@router.post("/views")
def post_view(request: Request, form: SentForm, services: CurrentServices, caller: CurrentCaller) -> Response:
    """Save what the page shows under a name, or remove a view."""
    name, back = form.get("name"), address_within(form.get("next"))
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidRequest(f"a view must have a name of at most {LONGEST_NAME} characters, got {len(name)}")
    if form.get("remove"):
        forget_view(services, caller, name)
        text = f"View {name} removed."
    else:
        address = Address.of(parse_qsl(form.get("query")))
        if len(address.query) > LONGEST_QUERY:
            raise InvalidRequest(f"a view must have at most {LONGEST_QUERY:,} characters, got {len(address.query):,}")
        address.params(caller, plant_clock(services))
        keep_view(services, caller, name, address.query, form.get("is_default") == "1")
        text = f"View {name} saved."
    return go_back(request, back, Notice(text))
