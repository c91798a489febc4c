"""Templates into pages: texts are shown as they are, never read as markup."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from serving.pages.blockers import word_of
from serving.pages.browser import THEMES, TOKEN, ensure_visitor, hand_over, notice_of, theme_of, token_of
from serving.pages.decided import ends_snooze, verb_of
from serving.pages.live.strips import Strip, strips_of
from serving.pages.locale.texts import language, raw_gettext, raw_ngettext
from serving.pages.navigation import NAVIGATION
from serving.pages.static_files import address_of
from serving.pages.wording import FILTERS, plant_clock
from serving.principal import NOBODY
from serving.scores.services import Services

HTML = "text/html; charset=utf-8"


def render(request: Request, template: str, status: int = 200, **content: Any) -> Response:
    """A page, or a part of one, as the reply to a request."""
    ensure_visitor(request)
    shown = environment().get_template(template).render(strips=_strips(request, status), **_around(request), **content)
    response = Response(shown, status, media_type=HTML)
    hand_over(request, response)
    return response


def _strips(request: Request, status: int) -> Callable[[], list[Strip]]:
    """What stands above a page; a part of one does not ask, and a problem must be shown though nothing can be read."""
    state = request.app.state
    route = getattr(request.state, "route", None)
    if status >= 400 or route is None or not route.roles:
        return list
    return lambda: strips_of(state.services, request.state.caller, state.silences)


def _around(request: Request) -> dict[str, Any]:
    """What every page shows around its content."""
    services: Services = request.app.state.services
    caller = getattr(request.state, "caller", NOBODY)
    return {
        "clock": plant_clock(services),
        "zone": services.settings.zone,
        "caller": caller,
        "signed_in": bool(caller.key),
        "theme": theme_of(request),
        "themes": THEMES,
        "token_field": TOKEN,
        "form_token": token_of(request),
        "notice": notice_of(request),
        "navigation": NAVIGATION,
        "language": language().name,
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "search": request.query_params.get("search", ""),
    }


def is_by_script(request: Request) -> bool:
    """Whether a part is asked for by the script of a page that shows it, and not to be a page of its own."""
    return bool(request.headers.get("hx-request")) and not request.headers.get("hx-boosted")


@cache
def environment() -> Environment:
    """The templates, all of them read and compiled, with what they may use."""
    environment = Environment(
        loader=PackageLoader("serving.pages"),
        autoescape=True,
        auto_reload=False,
        cache_size=-1,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(raw_gettext, raw_ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {**FILTERS, "verb": verb_of, "ends_snooze": ends_snooze, "blocker_words": word_of}
    environment.globals |= {"asset": address_of}
    for name in environment.list_templates():
        environment.get_template(name)
    return environment
