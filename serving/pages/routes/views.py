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
from serving.pages.locale.texts import gettext
from serving.pages.wording import amount, plant_clock
from serving.principal import CurrentCaller

router = APIRouter()
LONGEST_NAME, LONGEST_QUERY = 60, 2_000


@router.post("/views")
def post_view(request: Request, form: SentForm, services: CurrentServices, caller: CurrentCaller) -> Response:
    """Save what the page shows under a name, or remove a view."""
    name, back = form.get("name"), address_within(form.get("next"))
    if not 0 < len(name) <= LONGEST_NAME:
        must = gettext(
            "a view must have a name of at most %(most)s characters, got %(length)s",
            most=LONGEST_NAME,
            length=len(name),
        )
        raise InvalidRequest(must)
    if form.get("remove"):
        forget_view(services, caller, name)
        text = gettext("View %(name)s removed.", name=name)
    else:
        address = Address.of(parse_qsl(form.get("query")))
        if len(address.query) > LONGEST_QUERY:
            length = len(address.query)
            must = gettext(
                "a view must have at most %(most)s characters, got %(length)s",
                most=amount(LONGEST_QUERY),
                length=amount(length),
            )
            raise InvalidRequest(must)
        address.params(caller, plant_clock(services))
        keep_view(services, caller, name, address.query, form.get("is_default") == "1")
        text = gettext("View %(name)s saved.", name=name)
    return go_back(request, back, Notice(text))
