"""Sign-in and sign-out, light and dark, and the files of the pages."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import RedirectResponse

from serving.api.dependencies import CurrentServices
from serving.auth.sessions import begin_session, end_session
from serving.middleware.authentication import SESSION
from serving.pages.browser import Notice, SentForm, address_within, begin, choose_theme, end, notify, sent_form
from serving.pages.locale.texts import gettext
from serving.pages.rendering import render
from serving.pages.static_files import FOREVER, find_file
from serving.principal import CurrentCaller
from serving.problems import NotFound
from serving.telemetry.logs import request_id

router = APIRouter()


@router.get("/sign-in")
def get_sign_in(request: Request) -> Response:
    """Asks for a key."""
    return render(request, "sign_in.html", next=address_within(request.query_params.get("next", "/")), wrong=False)


@router.post("/sign-in")
def post_sign_in(request: Request, form: SentForm, services: CurrentServices) -> Response:
    """Begin a session with a key that holds."""
    back = address_within(form.get("next"))
    token = begin_session(
        services.database, form.get("key"), request_id.get(), find=getattr(request.state, "find_key", None)
    )
    if token is None:
        return render(request, "sign_in.html", 401, next=back, wrong=True)
    response = RedirectResponse(back, 303)
    begin(request, response, token)
    return response


@router.post("/sign-out", dependencies=[Depends(sent_form)])
def post_sign_out(request: Request, services: CurrentServices, caller: CurrentCaller) -> Response:
    """End the session."""
    if token := request.cookies.get(SESSION):
        end_session(services.database, token, caller, request_id.get())
    response = RedirectResponse("/sign-in", 303)
    end(response)
    notify(request, response, Notice(gettext("You are signed out.")))
    return response


@router.post("/theme")
def post_theme(request: Request, form: SentForm) -> Response:
    """Light, dark, or as the system has it."""
    response = RedirectResponse(address_within(form.get("next")), 303)
    choose_theme(request, response, form.get("theme"))
    return response


@router.get("/assets/{name}")
def get_asset(request: Request, name: str) -> Response:
    """A file that never changes under its name."""
    file = find_file(name)
    if file is None:
        raise NotFound(f"a file must be one that a page names, got {name[:100]!r}")
    headers = {"cache-control": FOREVER, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.compressed, media_type=file.media, headers=headers | {"content-encoding": "gzip"})
    return Response(file.content, media_type=file.media, headers=headers)
