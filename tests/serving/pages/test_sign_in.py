"""Sign-in by key, forms that only this browser can send, and what every page says to a browser."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.event import listen, remove

from features.times import DAY
from serving.auth.api_keys import create_key, revoke
from serving.auth.directory import CACHE_TIME
from serving.auth.permissions import PAGE_ACCESS
from serving.auth.sessions import LIFETIME, Sessions, begin_session, end_session, form_token
from serving.bootstrap import build_app
from serving.clock import system_clock
from serving.middleware.stack import AuthMode
from serving.pages.browser import address_within
from serving.principal import Role
from serving.settings import Settings
from tests.serving.pages.conftest import InProcess, Planned, Reader, text_of
from tests.support.pages import Page
from tests.support.stores import House

PAGES = sorted(route.split(" ")[1] for route in PAGE_ACCESS if route.startswith("GET"))
FORMS = sorted(route.split(" ")[1] for route in PAGE_ACCESS if route.startswith("POST"))
NEEDS_KEY = [path for path in PAGES if PAGE_ACCESS[f"GET {path}"]]


def filled(path: str, order_id: str = "K1") -> str:
    return path.replace("{order_id}", order_id).replace("{kind}", "csv").replace("{name}", "none.css")


def test_who_has_not_signed_in_is_asked_to_and_comes_back_where_they_were_going(planned: Planned) -> None:
    reader = planned.reader()
    sent = reader.get("/orders/K2?x=1")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=%2Forders%2FK2%3Fx%3D1")
    page = reader.get(sent.headers["location"])
    assert 'name="next" value="/orders/K2?x=1"' in page.text
    fields = {"key": planned.key(), "next": "/orders/K2?x=1"}
    signed = reader.post("/sign-in", fields)
    assert (signed.status_code, signed.headers["location"]) == (303, "/orders/K2?x=1")
    assert reader.get("/orders/K2").status_code == 200


@pytest.mark.parametrize("path", NEEDS_KEY)
def test_no_page_opens_without_a_session_and_a_key_in_a_header_is_none(planned: Planned, path: str) -> None:
    for headers in ({}, {"authorization": f"Bearer {planned.key(Role.ADMIN)}"}, {"cookie": "shiprisk_session=wrong"}):
        reply = httpx.get(planned.url + filled(path), headers=headers)
        assert (reply.status_code, "/sign-in" in reply.headers["location"]) == (303, True)
        assert "K1" not in reply.text


def test_a_session_opens_no_route_of_the_api(planned: Planned) -> None:
    assert planned.signed_in(Role.ADMIN).get("/v1/orders").status_code == 401


def test_a_key_that_does_not_hold_begins_nothing(planned: Planned) -> None:
    reader = planned.reader()
    reply = reader.sign_in("shiprisk_aaaaaaaaaa_" + "A" * 43)
    assert (reply.status_code, "does not hold" in text_of(reply)) == (401, True)
    assert "shiprisk_session" not in reader.client.cookies


def test_the_cookie_of_a_session_is_out_of_reach_and_holds_no_key(planned: Planned) -> None:
    reader, key = planned.reader(), planned.key()
    cookie = reader.sign_in(key).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie, "this address is plain http"
    secure = reader.client.post(
        f"{planned.url}/sign-in",
        data={"form_token": reader.token(), "key": key},
        headers={"x-forwarded-proto": "https"},
    )
    assert "Secure" in secure.headers["set-cookie"]
    token = re.findall(r"shiprisk_session=([^;]+)", cookie)[0]
    stored = planned.database.read(lambda connection: connection.execute(text("SELECT * FROM sessions")).all())
    assert key[-43:] not in token
    assert not any(secret in repr(row) for row in stored for secret in (token, key))


def test_sign_out_ends_the_session_for_whoever_kept_its_cookie(planned: Planned) -> None:
    reader = planned.reader()
    reader.sign_in(planned.key())
    kept = dict(reader.client.cookies)
    assert reader.post("/sign-out", {}).headers["location"] == "/sign-in"
    assert reader.get("/").status_code == 303
    found = planned.database.read(
        lambda connection: connection.execute(text("SELECT what FROM audit ORDER BY id DESC")).scalars().first()
    )
    assert (found, "shiprisk_session" in kept) == ("POST /sign-out", True)


def test_a_session_ends_with_its_time_its_key_and_its_sign_out(store: House) -> None:
    database, now = store.database, [system_clock()]
    sessions = Sessions(database, lambda: now[0])
    row, key = create_key(database, "Ann", Role.PLANNER, ["Kiel"], 30, now[0])
    tokens = [begin_session(database, key, "", lambda: now[0]) or "" for _ in range(3)]
    caller = sessions.find(tokens[0])
    assert caller
    assert (caller.name, caller.plants, caller.key) == ("Ann", frozenset({"Kiel"}), row.id)
    assert sessions.cached(tokens[0]) == caller
    end_session(database, tokens[0], caller, "", lambda: now[0])
    now[0] += CACHE_TIME
    assert (sessions.cached(tokens[0]), sessions.find(tokens[0])) == (None, None)
    assert sessions.find(tokens[1]) == caller
    now[0] += LIFETIME
    assert sessions.find(tokens[1]) is None
    later = begin_session(database, key, "", lambda: now[0]) or ""
    assert sessions.find(later) == caller
    revoke(database, row.id, now[0])
    now[0] += CACHE_TIME
    assert sessions.find(later) is None
    assert begin_session(database, key, "", lambda: now[0]) is None
    assert DAY < LIFETIME


# -- forms ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FORMS)
def test_a_form_that_another_site_sends_is_refused(planned: Planned, path: str) -> None:
    reader, stranger = planned.signed_in(Role.ADMIN), planned.signed_in(Role.INTEGRATOR)
    before = reader.get("/orders/K1").text
    fields = {
        "kind": "acknowledge",
        "order": "K1",
        "version": "*",
        "name": "mine",
        "key": planned.key(),
        "theme": "dark",
    }
    own = reader.token()
    for token, headers in (
        ("", {}),
        (stranger.token(), {}),
        (form_token(""), {}),
        (own, {"sec-fetch-site": "cross-site"}),
        (own, {"sec-fetch-site": "same-site"}),
        (own, {"origin": "https://evil.test"}),
        (own, {"origin": "null"}),
    ):
        reply = reader.post(filled(path), fields, token, **headers)
        assert reply.status_code == 403, (token == own, headers)
        assert "set-cookie" not in reply.headers
    as_json = reader.client.post(planned.url + filled(path), json=fields | {"form_token": own})
    assert as_json.status_code == 422
    same = re.sub("form_token.*", "", before)
    assert re.sub("form_token.*", "", reader.get("/orders/K1").text) == same


def test_a_form_of_this_page_is_taken(planned: Planned) -> None:
    reader = planned.signed_in()
    for headers in ({}, {"sec-fetch-site": "same-origin"}, {"origin": planned.url}):
        reply = reader.post("/theme", {"theme": "dark", "next": "/?mine=1"}, **headers)
        assert (reply.status_code, reply.headers["location"]) == (303, "/?mine=1")
    assert 'data-theme="dark"' in reader.get("/").text


@pytest.mark.parametrize(
    "address", ["https://evil.test", "//evil.test", "/\\evil.test", "javascript:alert(1)", "", "/\n/x"]
)
def test_nobody_is_led_away(address: str) -> None:
    assert address_within(address) == "/"


def test_without_keys_nobody_signs_in_and_forms_carry_their_token_all_the_same(store: House) -> None:
    settings = Settings(database_url=store.services.settings.database_url)
    app = build_app(None, settings, store.services.clock, auth=AuthMode.LOCAL)
    reader = Reader(InProcess(app), "")
    assert "No orders yet" in reader.get("/").text
    assert "Sign out" not in reader.get("/").text
    assert reader.post("/views", {"name": "x"}, "").status_code == 403
    assert reader.post("/views", {"name": "x", "query": "mine=1"}).status_code == 303
    assert InProcess(app, "evil.test").get("/").status_code == 403


# -- what every page says ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_a_browser_loads_nothing_but_files_of_the_service(planned: Planned, path: str) -> None:
    reader = planned.signed_in(Role.ADMIN)
    reply = reader.get(filled(path))
    policy = reply.headers["content-security-policy"]
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= set(
        policy.split("; ")
    )
    assert "unsafe" not in policy
    assert (reply.headers["x-content-type-options"], reply.headers["referrer-policy"]) == ("nosniff", "same-origin")
    if "text/html" in reply.headers["content-type"]:
        page = Page(reply.text)
        assert not [name for _, name, _ in page.attributes if name == "style" or name.startswith("on")]
        assert not [
            value for _, name, value in page.attributes if name in ("href", "src") and value[:1] not in ("/", "#")
        ]
        assert page.tags.count("script") == [tag for tag, name, _ in page.attributes if name == "src"].count("script")


def test_files_are_for_ever_under_a_name_of_their_content(planned: Planned) -> None:
    page = planned.reader().get("/sign-in").text
    for name in re.findall(r'(?:href|src)="(/assets/[^"]+)"', page):
        for accepted in ("gzip", "identity"):
            reply = httpx.get(planned.url + name, headers={"accept-encoding": accepted})
            assert (reply.status_code, "immutable" in reply.headers["cache-control"]) == (200, True)
            assert len(reply.content) > 100
    assert planned.reader().get("/assets/pages-000000000000.css").status_code == 404


def test_tries_of_keys_are_counted_by_address(store: House) -> None:
    settings = Settings(database_url=store.services.settings.database_url, rate_limit_address="3/hour")
    reader = Reader(InProcess(build_app(None, settings, auth=AuthMode.KEYS)), "")
    assert [reader.sign_in("wrong").status_code for _ in range(5)] == [401, 401, 401, 429, 429]


def test_an_address_that_has_tried_too_many_keys_costs_no_reads_of_them(store: House) -> None:
    settings = Settings(database_url=store.services.settings.database_url, rate_limit_address="3/hour")
    reader = Reader(InProcess(build_app(None, settings, auth=AuthMode.KEYS)), "")
    token, reads = reader.token(), []

    def count_reads(*about: Any) -> None:
        reads.extend([about[2]] if "FROM api_keys" in about[2] else [])

    listen(Engine, "before_cursor_execute", count_reads)
    try:
        begin = time.monotonic()
        keys = [f"shiprisk_{letter * 10}_{'A' * 43}" for letter in "abcdefghjk"]
        replies = [reader.post("/sign-in", {"key": key}, token).status_code for key in keys]
    finally:
        remove(Engine, "before_cursor_execute", count_reads)
    assert replies == [401] * 3 + [429] * 7
    assert 1 <= len(reads) <= 4 + (time.monotonic() - begin), "once a second from then on"
