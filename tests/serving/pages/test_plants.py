"""A planner of one plant finds nothing of another, on any page: generated from the table of pages."""

from __future__ import annotations

import re

import pytest

from serving.auth.permissions import PAGE_ACCESS
from serving.principal import Role
from tests.serving.pages.conftest import Planned, text_of
from tests.serving.pages.test_sign_in import filled

KEYED = [route for route, roles in PAGE_ACCESS.items() if roles]
FOREIGN = ("B1", "N1", "Bremen", "Helios", "Rotor", "Nowhere", "7,000")
FIELDS = {
    "kind": "acknowledge",
    "version": "*",
    "type": "hold.placed",
    "name": "mine",
    "query": "customer=Nordwerft",
}
SUPPOSED = '[{"type": "hold.placed", "data": {"kind": "credit"}}]'
LISTS = ("/", "/worklist.{kind}")
ASKED = (
    "all=1",
    "state=open&state=late&snoozed=include",
    "plant=Bremen",
    "search=Rotor",
    "customer=Nowhere",
    "risk_min=0",
)
WEEK = "week=2024-01-01"
ABOUT_MANY = {
    "/changes": ("", "since=2024-01-01", "since=2024-01-01&show=new", "plant=Bremen"),
    "/production": (WEEK, f"{WEEK}&whole=1", f"{WEEK}&whole=1&by=reason&plant=Bremen"),
    "/production/causes": (WEEK, *(f"{WEEK}&by={by}" for by in ("hold", "reason", "component", "reschedule"))),
    "/production/orders": (f"{WEEK}&name=New+line+ordered", f"{WEEK}&by=reason&name=dimension"),
}
"""What is asked of pages about many orders."""


@pytest.mark.parametrize("route", KEYED)
@pytest.mark.parametrize("foreign", ["B1", "N1"])
def test_a_planner_of_kiel_sees_nothing_of_another_plant(planned: Planned, route: str, foreign: str) -> None:
    method, path = route.split(" ")
    role = Role.PLANNER if Role.PLANNER in PAGE_ACCESS[route] else min(PAGE_ACCESS[route])
    reader, admin = planned.reader(), planned.signed_in(Role.ADMIN)
    reader.sign_in(planned.key(role, "Kiel"))
    before = text_of(admin.get(f"/orders/{foreign}"))
    address = filled(path, foreign)
    if method == "POST":
        replies = [("", reader.post(address, FIELDS | {"order": foreign, "next": "/"})), ("", reader.get("/"))]
    else:
        asked = ASKED if path in LISTS else ABOUT_MANY.get(path, ("after=0",) if path == "/stream" else ("",))
        replies = [(query, reader.get(f"{address}?{query}")) for query in asked]
    for query, reply in replies:
        echoed = f"{query} {foreign}"
        assert [word for word in FOREIGN if word not in echoed and re.search(rf"\b{word}\b", reply.text)] == []
        assert f'href="/orders/{foreign}' not in reply.text
        if "{order_id}" in path and reply.request.url.path != "/":
            assert reply.status_code == 404
    assert text_of(admin.get(f"/orders/{foreign}")) == before


def test_a_foreign_order_and_one_that_is_not_there_look_alike(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    for path in ("/orders/{}", "/orders/{}/lines", "/orders/{}/events", "/orders/{}/moves", "/orders/{}/change"):
        foreign, unknown = (text_of(reader.get(path.format(name))) for name in ("B1", "no"))
        assert foreign == unknown
        assert "no such order or page, or none that you may see" in foreign
        assert "B1" not in foreign


@pytest.mark.parametrize("route", KEYED)
def test_each_role_opens_what_the_table_says(planned: Planned, route: str) -> None:
    method, path = route.split(" ")
    for role in Role:
        reader = planned.reader() if path == "/sign-out" else planned.signed_in(role)
        if path == "/sign-out":
            reader.sign_in(planned.key(role))
        fields = FIELDS | {
            "order": "R1",
            "next": "/",
            "events": SUPPOSED,
        }
        address = filled(path, "R1") + ("?after=0" if path == "/stream" else "")
        reply = reader.get(address) if method == "GET" else reader.post(address, fields)
        assert (reply.status_code == 403) == (role not in PAGE_ACCESS[route]), (role, reply.text[:300])
        assert reply.status_code in (200, 303, 403)
        is_file = path.startswith(("/worklist", "/stream", "/model/report"))
        assert "text/html" in reply.headers.get("content-type", "text/html") or is_file


def test_a_refusal_is_a_page_and_stands_in_the_audit_trail(planned: Planned) -> None:
    reply = planned.signed_in(Role.INTEGRATOR).get("/")
    assert (reply.status_code, reply.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "Your key does not open this" in text_of(reply)
    found = planned.signed_in(Role.ADMIN)
    key = planned.key(Role.ADMIN)
    audit = found.client.get(f"{planned.url}/v1/audit?limit=20", headers={"authorization": f"Bearer {key}"}).json()
    assert ("GET /", "403") in {(entry["what"], entry["outcome"]) for entry in audit["entries"]}
