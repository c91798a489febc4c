"""What a browser holds of the service, and forms that nobody else can have sent.

A form carries a token made from what the browser holds: from its session, or where nobody signs in from a cookie of
its own. Another site can let a browser send a form, but can neither read that cookie nor make its token.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Annotated, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import orjson
from fastapi import Depends, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from features.errors import InvalidRequest
from features.times import SECOND
from serving.auth.sessions import LIFETIME, form_token
from serving.contract.cloudevents_http import media_type
from serving.middleware.authentication import SESSION
from serving.pages.locale.texts import gettext, language

VISITOR, THEME, NOTICE = "shiprisk_visitor", "shiprisk_theme", "shiprisk_notice"
THEMES = ("system", "light", "dark")
YEAR = 365 * 24 * 3600
"""Seconds that a choice of the reader's is remembered."""
TOKEN = "form_token"  # noqa: S105 the name of a field
MOST_FIELDS, MOST_BYTES = 2_000, 256 * 1024
"""Of a form: it is read between two replies."""
MOST_OF_NOTICE = 3_000
"""Characters of a notice in its cookie; browsers take about 4,000."""
FORM = "application/x-www-form-urlencoded"


class Form:
    """The fields of a form that this browser was given."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def get(self, name: str) -> str:
        """The first value that is not blank, without blanks around it; empty where there is none."""
        return next((value.strip() for field, value in self._pairs if field == name and value.strip()), "")

    def all(self, name: str) -> list[str]:
        """Every value of a field."""
        return [value for field, value in self._pairs if field == name]

    def without(self, name: str) -> Form:
        """The fields but one."""
        return Form([pair for pair in self._pairs if pair[0] != name])


async def sent_form(request: Request) -> Form:
    """The fields of a form. Raises ``HTTPException`` 403 for one that another site may have sent."""
    if media_type(request.headers.get("content-type")) != FORM:
        raise InvalidRequest(gettext("a form must be sent as %(type)s", type=FORM))
    body = await request.body()
    if len(body) > MOST_BYTES:
        must = gettext(
            "a form must have at most %(most)s bytes, got %(size)s",
            most=language().number(MOST_BYTES),
            size=language().number(len(body)),
        )
        raise HTTPException(413, must)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise InvalidRequest(
            gettext("a form must be UTF-8 text of at most %(most)s fields", most=language().number(MOST_FIELDS))
        ) from error
    form = Form(pairs)
    if not _from_here(request) or not hmac.compare_digest(form.get(TOKEN).encode(), token_of(request).encode()):
        raise HTTPException(
            403, gettext("the form must come from this page as it was opened here: go back, reload it, try again")
        )
    return form


SentForm = Annotated[Form, Depends(sent_form)]


def _from_here(request: Request) -> bool:
    """Whether the browser says that a page of this service sent it; older ones say nothing."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site == "same-origin"
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def token_of(request: Request) -> str:
    """What forms of this browser carry; empty where it holds nothing, which no form can match."""
    secret = request.cookies.get(SESSION) or visitor_of(request)
    return form_token(secret) if secret else "-"


def visitor_of(request: Request) -> str:
    """The cookie of a browser that has not signed in, one that it is about to get included."""
    known = request.cookies.get(VISITOR) or getattr(request.state, "visitor", "")
    return str(known)


def ensure_visitor(request: Request) -> None:
    """Have a cookie for this browser, so that its forms have a token."""
    if not request.cookies.get(SESSION) and not visitor_of(request):
        request.state.visitor = secrets.token_urlsafe(32)


def hand_over(request: Request, response: Response) -> None:
    """Give the browser the cookie that its forms were made for, and take back a notice that it has seen."""
    if made := getattr(request.state, "visitor", ""):
        _set(request, response, VISITOR, made, YEAR)
    if request.cookies.get(NOTICE):
        response.delete_cookie(NOTICE)


def begin(request: Request, response: Response, token: str) -> None:
    """Give the browser its session."""
    _set(request, response, SESSION, token, LIFETIME // SECOND)


def end(response: Response) -> None:
    """Take the session from the browser."""
    response.delete_cookie(SESSION)


def choose_theme(request: Request, response: Response, theme: str) -> None:
    """Remember light or dark."""
    _set(request, response, THEME, theme if theme in THEMES else THEMES[0], YEAR)


def theme_of(request: Request) -> str:
    """Light, dark, or as the system has it."""
    chosen = request.cookies.get(THEME, THEMES[0])
    return chosen if chosen in THEMES else THEMES[0]


class Notice(NamedTuple):
    """What the next page says.

    Attributes
    ----------
    text, details : a sentence, and details of it
    warns : whether something was refused
    undo : ids of the orders of which what was decided can be taken back
    """

    text: str
    details: tuple[str, ...] = ()
    warns: bool = False
    undo: tuple[str, ...] = ()


def notify(request: Request, response: Response, notice: Notice) -> None:
    """Have the next page say what was done; of many details as many as a cookie holds, and no undo that it does not."""
    shown = notice._replace(text=notice.text[:500], details=())
    if len(_packed(shown)) > MOST_OF_NOTICE:
        shown = shown._replace(undo=())
    for number, detail in enumerate(notice.details):
        left = len(notice.details) - number
        longer = shown._replace(details=(*shown.details, detail[:500]))
        if len(_packed(longer)) > MOST_OF_NOTICE:
            shown = shown._replace(details=(*shown.details, gettext("And %(number)s more.", number=left)))
            break
        shown = longer
    _set(request, response, NOTICE, _packed(shown), 60)


def go_back(request: Request, address: str, notice: Notice) -> Response:
    """To a page that says what was done, or what was not."""
    response = RedirectResponse(address, 303)
    notify(request, response, notice)
    return response


def notice_of(request: Request) -> Notice | None:
    """What the page before has done; ``None`` where it said nothing, or nothing readable."""
    try:
        text, details, warns, undo = orjson.loads(unquote(request.cookies.get(NOTICE, "")))
        return Notice(str(text), tuple(map(str, details)), bool(warns), tuple(map(str, undo)))
    except (ValueError, TypeError):
        return None


def _packed(notice: Notice) -> str:
    return quote(orjson.dumps(notice[:]).decode())


def _set(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="strict" if name != SESSION else "lax", secure=secure
    )


def address_within(text: str) -> str:
    """An address of this service to go on to; the first page for any other.

    >>> address_within("/orders/A?x=1"), address_within("//evil.test"), address_within("https://evil.test")
    ('/orders/A?x=1', '/', '/')
    """
    plain = text.isprintable() and text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if plain else "/"
