"""Keys, roles and plants, on the real server with both databases: every route is tried, generated from the table."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from features.times import DAY
from serving.api.cursors import read_cursor, write_cursor
from serving.auth.api_keys import PREFIX, ApiKeys, create_key, list_keys, revoke
from serving.auth.directory import CACHE_TIME
from serving.auth.permissions import ACCESS, ALL_PLANTS_ONLY, PAGE_ACCESS, UnknownRoute, require_complete, routes_of
from serving.bootstrap import build_app
from serving.clock import system_clock
from serving.contract.cloudevents import cloud_events
from serving.principal import Caller, Role
from serving.settings import Settings
from serving.store.database import Database, DatabaseUnavailable
from serving.store.schema import audit
from serving.store.tables.audit import entries
from serving.store.tables.worklist import WorklistQuery
from tests.conftest import Home, serve
from tests.support.stores import KINDS, new_database
from tests.support.stories import created, event, story

NOW = "2024-01-04T12:00:00Z"
JSON = {"content-type": "application/json"}


@dataclass
class Plants:
    """A service that asks for keys, with an order of Kiel, one of Bremen, and one of no plant."""

    url: str
    database: Database
    log: Path
    tokens: dict[tuple[Role, str], str] = field(default_factory=dict)

    def token(self, role: Role, plant: str = "") -> str:
        """A key of a role, for one plant or for all."""
        if (role, plant) not in self.tokens:
            plants = [plant] if plant else None
            made = create_key(self.database, f"{role} {plant}", role, plants, 1, system_clock())
            self.tokens[role, plant] = made[1]
        return self.tokens[role, plant]

    def call(self, token: str, method: str, path: str, content: Any = None, **headers: str) -> httpx.Response:
        shown = {"authorization": f"Bearer {token}"} if token else {}
        body = None if content is None else json.dumps(content)
        return httpx.request(method, self.url + path, content=body, headers=JSON | shown | headers, timeout=30)

    def score_id(self, order_id: str) -> int:
        history = self.call(self.token(Role.ADMIN), "GET", f"/v1/orders/{order_id}/history").json()
        return int(history["scores"][0]["score_id"])


def order(name: str, plant: str | None, **says: Any) -> dict[str, Any]:
    return cloud_events(story(created(0, 20, order=name, event_id=f"{name} created", plant=plant, **says)))[0]


def hold(name: str, event_id: str, **says: Any) -> dict[str, Any]:
    return cloud_events(story(event("hold.placed", 2, name, kind="quality", event_id=event_id, **says)))[0]


@pytest.fixture(scope="module", params=KINDS)
def plants(request: pytest.FixtureRequest, home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plants]:
    with new_database(request.param, tmp_path_factory.mktemp("store")) as url:
        settings = {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": NOW, "SHIPRISK_RATE_LIMIT_ADDRESS": "1000/second"}
        here = replace(home, environment=home.environment | settings)
        database = Database(url)
        for service in serve(here, keyed=True):
            made = Plants(service.url, database, service.log)
            orders = [order("K1", "Kiel"), order("B1", "Bremen", customer="Nordwind"), order("N1", None)]
            posted = made.call(made.token(Role.ADMIN), "POST", "/v1/events", {"events": orders})
            assert posted.json()["accepted"] == 3, posted.text
            yield made
        written = service.log.read_text()
        assert "Traceback" not in written
        assert not any(token in written for token in made.tokens.values())
        database.close()


def test_every_route_has_an_entry_and_every_entry_a_route() -> None:
    app = build_app(None, Settings())
    assert set(routes_of(app.routes)) == {*ACCESS, *PAGE_ACCESS}

    @app.get("/v1/new")
    def new() -> None:
        """A route that nobody thought of."""

    with pytest.raises(UnknownRoute, match="got none for GET /v1/new"):
        require_complete(app)


# -- roles ---------------------------------------------------------------------------------------------------

STATE = {"source": "erp", "lines": [{"line_id": "1", "quantity": 10, "promised": "2024-01-21", "plant": "Bremen"}]}


def asked(route: str, order_id: str, plants: Plants) -> tuple[str, str, Any]:
    """A request that a route can answer, about an order."""
    method, path = route.split(" ")
    if "{score_id}" in path:
        path = path.replace("{score_id}", str(plants.score_id(order_id)))
    bodies = {
        "POST /v1/score": {"events": [order(order_id, "Bremen")]},
        "POST /v1/events": {"events": [hold(order_id, f"{order_id} asked")]},
        "PUT /v1/orders/{order_id}/state": STATE,
        "POST /v1/orders/{order_id}/what-if": {"events": [{"type": "hold.placed", "data": {"kind": "credit"}}]},
        "POST /v1/orders/{order_id}/decisions": {"kind": "acknowledge"},
    }
    assert method == "GET" or route in bodies, f"say here how {route} is called"
    return method, path.replace("{order_id}", order_id), bodies.get(route)


@pytest.mark.parametrize("route", ACCESS)
def test_each_role_calls_what_the_table_says_and_nothing_else(plants: Plants, route: str) -> None:
    method, path, body = asked(route, "B1", plants)
    without = plants.call("", method, path, body, **{"if-match": "*"})
    if not ACCESS[route]:
        assert without.status_code == 200
        return
    assert (without.status_code, without.headers["www-authenticate"]) == (401, 'Bearer realm="shiprisk"')
    assert without.headers["content-type"] == "application/problem+json"
    for role in Role:
        reply = plants.call(plants.token(role), method, path, body, **{"if-match": "*"})
        assert reply.status_code == (200 if role in ACCESS[route] else 403), (role, reply.text)


# -- plants --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", [route for route, roles in ACCESS.items() if roles])
@pytest.mark.parametrize("foreign", ["B1", "N1"])
def test_a_key_of_kiel_never_sees_an_order_of_another_plant(plants: Plants, route: str, foreign: str) -> None:
    role = min(ACCESS[route])
    method, path, body = asked(route, foreign, plants)
    if route in ALL_PLANTS_ONLY:
        assert plants.call(plants.token(Role.ADMIN, "Kiel"), method, path, body).status_code == 403
        return
    before = plants.call(plants.token(Role.ADMIN), "GET", f"/v1/orders/{foreign}").headers["etag"]
    reply = plants.call(plants.token(role, "Kiel"), method, path, body, **{"if-match": "*"})
    assert "Nordwind" not in reply.text
    assert "etag" not in reply.headers
    if "{order_id}" in route or "{score_id}" in route:
        assert reply.status_code == 404, reply.text
    elif route == "POST /v1/events":
        told = reply.json()
        assert ([event["outcome"] for event in told["events"]], told["orders"]) == (["rejected"], [])
    elif route == "POST /v1/score":
        assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/events/0/data/plant")
    else:
        assert reply.status_code == 200
        assert foreign not in reply.text
    assert plants.call(plants.token(Role.ADMIN), "GET", f"/v1/orders/{foreign}").headers["etag"] == before


def test_a_foreign_order_and_one_that_is_not_there_are_told_alike(plants: Plants) -> None:
    token = plants.token(Role.PLANNER, "Kiel")
    for path in ("/v1/orders/{}", "/v1/orders/{}/history", "/v1/orders/{}/moves"):
        foreign, unknown = (plants.call(token, "GET", path.format(name)).json() for name in ("B1", "no"))
        assert foreign["detail"].replace("B1", "no") == unknown["detail"]
    supposed = {"events": [{"type": "hold.released", "data": {"kind": "quality"}}]}
    foreign, unknown = (
        plants.call(token, "POST", f"/v1/orders/{name}/what-if", supposed).json() for name in ("B1", "no")
    )
    assert (foreign["status"], foreign["detail"].replace("B1", "no")) == (404, unknown["detail"])
    foreign, unknown = (
        plants.call(token, "GET", f"/v1/scores/{number}/replay").json() for number in (plants.score_id("B1"), 10**9)
    )
    assert re.sub(r"\d+", "", foreign["detail"]) == re.sub(r"\d+", "", unknown["detail"])


def test_lists_counts_and_files_hold_the_orders_of_the_keys_plants_alone(plants: Plants) -> None:
    token, everything = plants.token(Role.PLANNER, "Kiel"), plants.token(Role.PLANNER)
    listed = plants.call(token, "GET", "/v1/orders?count=true").json()
    assert {row["order_id"] for row in listed["orders"]} >= {"K1"}
    assert {row["plant"] for row in listed["orders"]} == {"Kiel"}
    assert listed["total"] == len(listed["orders"])
    assert plants.call(token, "GET", "/v1/orders?plant=Bremen").json()["orders"] == []
    assert plants.call(token, "GET", "/v1/freshness").json()["listed"] == listed["total"]
    assert plants.call(everything, "GET", "/v1/freshness").json()["listed"] > listed["total"]
    sheet = plants.call(token, "GET", "/v1/orders?format=csv").text
    assert "K1" in sheet
    assert not {"B1", "N1", "Nordwind"} & set(re.split(r"[,\r\n]", sheet))


def test_events_for_orders_of_another_plant_are_rejected_one_by_one(plants: Plants) -> None:
    token = plants.token(Role.INTEGRATOR, "Kiel")
    sent = [
        order("K2", "Kiel"),
        hold("K1", "k-hold"),
        hold("B1", "b-hold"),
        order("B1", "Kiel") | {"id": "taking B1 over"},
        hold("N1", "n-hold", plant="Kiel"),
        order("K3", "Bremen"),
        order("K4", None),
        hold("B1", "b-hold"),
    ]
    reply = plants.call(token, "POST", "/v1/events", {"events": sent})
    found = [event["outcome"] for event in reply.json()["events"]]
    assert (reply.status_code, found) == (207, ["accepted"] * 2 + ["rejected"] * 6)
    assert {change["order_id"] for change in reply.json()["orders"]} == {"K1", "K2"}
    assert "B1" not in {row["order_id"] for row in plants.call(token, "GET", "/v1/orders/K1").json()["decisions"]}
    assert plants.call(token, "GET", "/v1/orders/B1").status_code == 404
    single = plants.call(token, "POST", "/v1/events", {"events": [hold("B1", "alone")]}).json()
    assert single["events"][0]["errors"][0]["pointer"] == "/subject"


def test_lines_of_another_plant_in_an_order_of_both_are_not_changed_by_events(plants: Plants) -> None:
    """The order is seen whole by both; its line 20 is Bremen's, whatever Kiel says of it."""
    lines = [
        created(0, 20, order="Both", line="10", plant="Kiel", event_id="both 10"),
        created(0, 20, order="Both", line="20", plant="Bremen", event_id="both 20"),
        created(0, 20, order="Both", line="30", instalment="1", plant="Kiel", event_id="both 30/1"),
        created(0, 20, order="Both", line="30", instalment="2", plant="Bremen", event_id="both 30/2"),
    ]
    made = plants.call(plants.token(Role.ADMIN), "POST", "/v1/events", {"events": cloud_events(story(*lines))})
    assert made.json()["accepted"] == 4, made.text
    sent = story(
        event("order_line.closed", 2, "Both", line="20", reason="cancelled", event_id="closes 20"),
        event("order_line.closed", 2, "Both", reason="cancelled", event_id="closes all"),
        created(2, 30, order="Both", line="20", plant="Kiel", event_id="takes 20 over"),
        event("commitment.changed", 2, "Both", line="20", instalment="1", date=30, event_id="part of 20"),
        event("order_line.changed", 2, "Both", quantity=0, event_id="nothing of all"),
        event("goods.issued", 2, "Both", state="complete", event_id="all has left"),
        event("commitment.changed", 2, "Both", date=30, event_id="all later"),
        event("order_line.closed", 2, "Both", line="30", reason="cancelled", event_id="closes both of 30"),
        event("commitment.changed", 2, "Both", line="30", instalment="2", date=30, event_id="theirs of 30"),
        event("commitment.changed", 2, "Both", line="30", instalment="1", date=30, event_id="ours of 30"),
        event("hold.placed", 2, "Both", line="10", kind="quality", event_id="own line"),
        event("hold.placed", 2, "Both", kind="credit", event_id="whole order"),
    )
    token = plants.token(Role.INTEGRATOR, "Kiel")
    told = plants.call(token, "POST", "/v1/events", {"events": cloud_events(sent)}).json()["events"]
    outcomes = {one["id"]: (one["outcome"], [error["pointer"] for error in one["errors"]]) for one in told}
    refused = ("rejected", ["/data/line_id"])
    own = {"ours of 30", "own line", "whole order"}
    assert {name for name, outcome in outcomes.items() if outcome == ("accepted", [])} == own
    assert {name for name, outcome in outcomes.items() if outcome == refused} == {*outcomes} - own


def test_an_id_that_is_taken_elsewhere_tells_nothing_of_what_it_stands_for(plants: Plants) -> None:
    taken = order("K1", "Kiel") | {"id": "B1 created"}
    reply = plants.call(plants.token(Role.INTEGRATOR, "Kiel"), "POST", "/v1/events", {"events": [taken]})
    told = reply.json()["events"][0]
    assert (told["outcome"], [error["pointer"] for error in told["errors"]]) == ("conflict", ["/id"])


def test_a_whole_order_of_another_plant_is_not_taken_in(plants: Plants) -> None:
    token = plants.token(Role.INTEGRATOR, "Kiel")
    reply = plants.call(token, "PUT", "/v1/orders/New/state", STATE)
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/lines/0/plant")
    assert plants.call(plants.token(Role.ADMIN), "GET", "/v1/orders/New").status_code == 404


def test_idempotency_keys_are_those_of_a_key(plants: Plants) -> None:
    for plant in ("Kiel", "Bremen"):
        token = plants.token(Role.INTEGRATOR, plant)
        sent = {"events": [order(f"I {plant}", plant)]}
        reply = plants.call(token, "POST", "/v1/events", sent, **{"idempotency-key": "one"})
        assert (reply.status_code, reply.json()["accepted"]) == (200, 1)


def test_a_cursor_fits_the_plants_it_was_made_for_in_every_process() -> None:
    two = WorklistQuery(0, plants=frozenset({"Kiel", "Bremen"}))
    cursor = write_cursor(two, (0.5, 1, "A"))
    assert read_cursor(replace(two, plants=frozenset(["Bremen", "Kiel"])), cursor) == (0.5, 1, "A")
    with pytest.raises(Exception, match="another question"):
        read_cursor(replace(two, plants=frozenset({"Kiel"})), cursor)


# -- keys ----------------------------------------------------------------------------------------------------


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with new_database(request.param, tmp_path) as url:
        made = Database(url)
        yield made
        made.close()


def test_a_key_holds_until_it_is_revoked_or_expires(database: Database) -> None:
    now = [system_clock()]
    keys = ApiKeys(database, lambda: now[0])
    row, token = create_key(database, "ERP", Role.INTEGRATOR, ["Kiel"], 2, now[0])
    assert keys.cached(token) is None
    assert keys.find(token) == Caller("ERP", frozenset({"Kiel"}), Role.INTEGRATOR, row.id) == keys.cached(token)
    assert [keys.find(wrong) for wrong in ("", "x", token[:-1], token[:-1] + "!", PREFIX + row.id)] == [None] * 5
    forged = token[:20] + token[20:][::-1]
    assert keys.find(forged) is None
    revoke(database, PREFIX + row.id, now[0])
    assert keys.cached(token) is not None
    now[0] += CACHE_TIME
    assert keys.cached(token) is None
    assert keys.find(token) is None
    _, other = create_key(database, "ERP", Role.INTEGRATOR, None, 2, now[0])
    assert keys.find(other) == replace(keys.find(other) or Caller(""), plants=None)
    now[0] += 2 * DAY
    assert (keys.cached(other), keys.find(other)) == (None, None)
    assert {row.state(now[0]) for row in list_keys(database)} == {"revoked", "expired"}


def test_what_is_kept_of_a_key_does_not_give_it_back(database: Database) -> None:
    _, token = create_key(database, "ERP", Role.ADMIN, None, 1, system_clock())
    kept = database.read(lambda connection: connection.execute(text("SELECT * FROM api_keys")).one())
    assert token[20:] not in repr(tuple(kept))


def test_the_audit_trail_is_only_appended_to(database: Database) -> None:
    row, _ = create_key(database, "ERP", Role.ADMIN, None, 1, system_clock())
    revoke(database, row.id, system_clock())
    found = database.read(lambda connection: entries(connection, 10))
    assert [(entry["who"], entry["what"]) for entry in found] == [("shell", "keys revoke"), ("shell", "keys create")]
    for statement in (audit.delete(), audit.update().values(who="nobody")):
        with pytest.raises(Exception, match="only appended to"):
            database.write(lambda connection, statement=statement: connection.execute(statement))
    assert len(database.read(lambda connection: entries(connection, 10))) == 2


def test_without_the_database_nobody_comes_in(tmp_path: Path) -> None:
    away = Database(f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(DatabaseUnavailable):
        ApiKeys(away).find(PREFIX + "a" * 10 + "_" + "A" * 43)
    away.close()


# -- the service ---------------------------------------------------------------------------------------------


def test_the_key_may_come_in_either_header(plants: Plants) -> None:
    token = plants.token(Role.PLANNER)
    assert httpx.get(f"{plants.url}/v1/orders", headers={"x-api-key": token}).status_code == 200
    wrong = httpx.get(f"{plants.url}/v1/orders", headers={"x-api-key": token[:-2] + "xx"})
    assert (wrong.status_code, 'error="invalid_token"' in wrong.headers["www-authenticate"]) == (401, True)


def test_writes_and_refusals_are_in_the_audit_trail_without_bodies(plants: Plants) -> None:
    token, ours = plants.token(Role.PLANNER, "Kiel"), {"x-request-id": "req-7"}
    path = "/v1/orders/K1/decisions"
    said = {"kind": "comment", "comment": "call Ann"}
    assert plants.call(token, "POST", path, said, **ours, **{"if-match": "*"}).status_code == 200
    assert plants.call(token, "POST", "/v1/events", {"events": []}, **ours).status_code == 403
    admin = plants.token(Role.ADMIN)
    key_id = token.removeprefix(PREFIX).partition("_")[0]
    found = plants.call(admin, "GET", f"/v1/audit?who={key_id}&limit=2").json()["entries"]
    assert [(entry["what"], entry["outcome"], entry["request_id"]) for entry in found] == [
        ("POST /v1/events", "403", "req-7"),
        ("POST /v1/orders/{order_id}/decisions", "200", "req-7"),
    ]
    assert (found[1]["order_id"], found[1]["detail"]) == ("K1", "comment")
    everything = plants.call(admin, "GET", "/v1/audit?limit=500").text
    assert "call Ann" not in everything
    assert '"what":"champion"' in everything
    first = plants.call(admin, "GET", "/v1/audit?limit=1").json()
    second = plants.call(admin, "GET", f"/v1/audit?limit=1&cursor={first['next_cursor']}").json()
    assert first["entries"][0]["id"] > second["entries"][0]["id"]


# -- commands ------------------------------------------------------------------------------------------------


def test_keys_are_made_listed_and_revoked_by_command(home: Home, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    here = replace(home, environment=home.environment | {"SHIPRISK_DATABASE_URL": url})
    made = json.loads(here.run("keys", "create", "ERP", "--role", "integrator", "--plant", "Kiel", "--json").stdout)
    assert made["key"].startswith(made["prefix"] + "_")
    assert here.run("keys", "revoke", made["prefix"]).returncode == 0
    [listed] = json.loads(here.run("keys", "list", "--json").stdout)["keys"]
    assert (listed["plants"], listed["role"], listed["state"]) == (["Kiel"], "integrator", "revoked")
    assert made["key"] not in json.dumps(listed)
    told = here.run("audit").stdout
    assert "keys create" in told
    assert "keys revoke" in told
    nowhere = here.run("keys", "create", "ERP", "--role", "admin")
    assert (nowhere.returncode, "--all-plants" in nowhere.stderr) == (2, True)
    assert "got 'none'" in here.run("keys", "revoke", "none").stderr


def test_pages_of_other_origins_may_call_only_where_they_are_named() -> None:
    asked = {"origin": "https://erp.example", "access-control-request-method": "GET"}

    async def preflight(origins: str) -> httpx.Response:
        app = build_app(None, Settings(cors_origins=origins))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://plant") as client:
            return await client.options("/v1/orders", headers=asked)

    allowed, refused, off = (asyncio.run(preflight(one)) for one in ("https://erp.example", "https://a.example", ""))
    assert allowed.headers["access-control-allow-origin"] == "https://erp.example"
    assert "access-control-allow-origin" not in {**refused.headers, **off.headers}
