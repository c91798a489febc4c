"""The service with its store, over a real socket, on both databases."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pandas as pd
import pytest

from features.events import read_events
from features.times import isoformat
from serving.contract.cloudevents import cloud_events
from serving.store.bulk_reads import event_frame
from serving.store.database import Database
from tests.conftest import Home
from tests.support.stores import KINDS, empty_database, new_database
from tests.support.stories import created, event, moment, story

JSON = {"content-type": "application/json"}
STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}


def order(name: str, **says: Any) -> dict[str, Any]:
    return cloud_events(story(created(0, 20, order=name, event_id=f"{name} created", value=100.0, **says)))[0]


def hold(name: str) -> dict[str, Any]:
    placed = event("hold.placed", 2, name, kind="quality", reference=f"H{name}", event_id=f"{name} held")
    return cloud_events(story(placed))[0]


def post(
    client: httpx.Client, content: Any, headers: dict[str, str] = JSON, path: str = "/v1/events"
) -> httpx.Response:
    return client.post(path, content=json.dumps(content), headers=headers)


def problem(reply: httpx.Response, status: int) -> Any:
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json"), reply.text
    return reply.json()


def test_structured_binary_batch_and_plain(client: httpx.Client) -> None:
    assert post(client, order("S"), STRUCTURED).json()["accepted"] == 1
    attributes = {f"ce-{name}": str(value) for name, value in order("Bin", item="Pümpe").items() if name != "data"}
    binary = post(client, order("Bin")["data"], JSON | attributes)
    assert binary.json()["events"][0] | {"errors": []} == {
        "index": 0, "source": "test", "id": "Bin created", "order_id": "Bin", "outcome": "accepted", "errors": [],
        "warnings": [],
    }  # fmt: skip
    assert post(client, [order("B1"), order("B2")], BATCH).json()["accepted"] == 2
    assert post(client, {"events": [order("P1"), order("B1")]}).json()["duplicates"] == 1
    own = {"content-type": "application/vnd.erp+json"}
    assert post(client, {"events": [order("V1"), order("B1")]}, own).json()["accepted"] == 1
    assert post(client, order("VBin")["data"], own | attributes | {"ce-id": "VBin"}).json()["accepted"] == 1


def test_a_hold_raises_the_risk_of_its_order_in_the_reply_and_on_the_worklist(client: httpx.Client) -> None:
    post(client, order("Held"), STRUCTURED)
    change = post(client, hold("Held"), STRUCTURED).json()["orders"][0]
    assert change["after"]["risk"] > change["before"]["risk"]
    after = change["after"]
    assert after["base_risk"] + sum(f["points"] for f in after["factors"]) + after["other_points"] == pytest.approx(
        after["risk"]
    )
    assert any({"source": "test", "id": "Held held"} in factor["evidence"] for factor in after["factors"])
    shown = client.get("/v1/orders", params={"limit": 1}).json()["orders"][0]
    assert (shown["order_id"], shown["risk"], shown["score_id"]) == ("Held", after["risk"], after["score_id"])


def test_what_became_of_one_event_is_the_status(client: httpx.Client) -> None:
    one = order("One")
    assert post(client, one, STRUCTURED).status_code == 200
    assert post(client, one, STRUCTURED).json()["duplicates"] == 1
    clash = problem(post(client, one | {"time": isoformat(moment(1))}, STRUCTURED), 409)
    assert clash["errors"][0]["pointer"] == "/time"
    wrong = problem(post(client, one | {"data": {"quantity": -1, "date": "soon"}}, STRUCTURED), 422)
    assert {error["pointer"] for error in wrong["errors"]} == {"/data/quantity", "/data/date"}
    mixed = post(client, [order("Two"), {"id": 5}], BATCH)
    assert (mixed.status_code, mixed.json()["accepted"], mixed.json()["rejected"]) == (207, 1, 1)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", STRUCTURED, 400),
        (b"[]", STRUCTURED, 400),
        (b"[]", BATCH, 400),
        (b'{"specversion": "1.0", "id": "1"}', JSON, 400),
        (b'{"events": NaN}', JSON, 400),
        (b"[" * 100_000, BATCH, 400),
        (b"\xff", JSON, 400),
        (b"<a/>", {"content-type": "text/xml"}, 415),
        (b'{"events": [null, [], 7, "x", {"id": "\\u0000", "data": {"quantity": 1e400}}]}', JSON, 207),
    ],
)
def test_hostile_bodies(client: httpx.Client, content: bytes, headers: dict[str, str], status: int) -> None:
    reply = client.post("/v1/events", content=content, headers=headers)
    assert reply.status_code in (status, 400)
    assert status != 207 or reply.status_code == 400 or reply.json()["accepted"] == 0


def test_the_same_key_gets_the_same_reply_and_another_request_does_not(client: httpx.Client) -> None:
    headers = STRUCTURED | {"idempotency-key": "k1"}
    first = post(client, order("Key"), headers)
    again = post(client, order("Key"), headers)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert problem(post(client, order("Other"), headers), 422)["type"] == "urn:shiprisk:problem:key-taken"
    assert client.get("/v1/orders/Other").status_code == 404


def test_a_key_stands_for_attributes_in_headers_too(client: httpx.Client) -> None:
    """The same data as two events in binary mode, which differ in their headers alone."""
    first, other = order("KeyBin"), order("KeyBin") | {"id": "another"}

    def send(sent: dict[str, Any], **headers: str) -> httpx.Response:
        attributes = {f"ce-{name}": str(value) for name, value in sent.items() if name != "data"}
        return post(client, sent["data"], JSON | attributes | {"idempotency-key": "k2"} | headers)

    stored = send(first)
    assert stored.json()["accepted"] == 1
    assert problem(send(other), 422)["type"] == "urn:shiprisk:problem:key-taken"
    assert problem(send(first, **{"ce-subject": "KeyOther"}), 422)
    assert send(first, **{"content-type": "application/json; charset=utf-8"}).content == stored.content
    assert send(other, **{"idempotency-key": "k3"}).json()["accepted"] == 1


def test_the_page_of_an_order_and_decisions_about_it(client: httpx.Client) -> None:
    post(client, [order("Dec", plant="Kiel", item="pump"), hold("Dec")], BATCH)
    page = client.get("/v1/orders/Dec")
    found, version = page.json(), page.headers["etag"]
    assert (found["plants"], found["items"], found["shippable"]) == (["Kiel"], ["pump"], False)
    assert found["blockers"][0]["events"] == [{"source": "test", "id": "Dec held"}]
    assert found["conditions"][0]["kind"] == "inspection"
    assert found["score"]["factors"][0]["evidence"]
    path = "/v1/orders/Dec/decisions"
    assert problem(post(client, {"kind": "acknowledge"}, path=path), 428)
    match = JSON | {"if-match": version, "idempotency-key": "d1"}
    decided = post(client, {"kind": "assign", "owner": "Ann", "actor": "Bob"}, match, path)
    assert (decided.status_code, decided.json()["decisions"][0]["owner"]) == (200, "Ann")
    again = post(client, {"kind": "assign", "owner": "Ann", "actor": "Bob"}, match, path)
    assert (again.content, again.headers["etag"]) == (decided.content, decided.headers["etag"])
    assert problem(post(client, {"kind": "acknowledge"}, JSON | {"if-match": version}, path), 412)
    assert problem(post(client, {"kind": "snooze"}, JSON | {"if-match": "*"}, path), 422)
    owned = client.get("/v1/orders", params={"owner": "Ann"}).json()["orders"]
    assert [row["order_id"] for row in owned] == ["Dec"]


@pytest.mark.parametrize("name", ["SO/2024/7", "SO/history", "50%2F3 ä?#", "../orders"])
def test_an_id_may_have_any_sign_in_it(client: httpx.Client, name: str) -> None:
    path = f"/v1/orders/{quote(name, safe='')}"
    stored = post(client, order(name), STRUCTURED)
    assert stored.json()["orders"][0]["order_id"] == name
    page = client.get(path)
    assert (page.status_code, page.json()["order"]["order_id"]) == (200, name)
    assert len(client.get(f"{path}/history").json()["scores"]) == 1
    said = client.post(
        f"{path}/decisions", json={"kind": "acknowledge", "actor": "Bob"}, headers={"if-match": page.headers["etag"]}
    )
    assert said.json().get("order_id") == name, said.text
    stated = client.put(f"{path}/state", json=STATE)
    assert stated.json()["orders"][0]["order_id"] == name, stated.text
    assert client.get(f"{path}/nothing").status_code == 404


def test_scores_over_time_and_again(client: httpx.Client) -> None:
    post(client, order("Old"), STRUCTURED)
    post(client, hold("Old"), STRUCTURED)
    first = client.get("/v1/orders/Old/history", params={"limit": 1}).json()
    rest = client.get("/v1/orders/Old/history", params={"cursor": first["next_cursor"]}).json()
    assert (len(first["scores"]), len(rest["scores"]), rest["next_cursor"]) == (1, 1, None)
    for score in (*first["scores"], *rest["scores"]):
        again = client.get(f"/v1/scores/{score['score_id']}/replay").json()
        assert (again["equal"], again["differs"], again["notes"]) == (True, [], [])
        assert again["again"]["risk"] == score["risk"]
    assert problem(client.get("/v1/scores/999999999/replay"), 404)


def test_cursors_lead_through_the_worklist_and_fit_one_question(client: httpx.Client) -> None:
    post(client, [order(f"Page{number}") for number in range(7)], BATCH)
    asked: dict[str, Any] = {"limit": 3, "sort": "due", "count": True}
    found, reply = [], client.get("/v1/orders", params=asked).json()
    while True:
        found += [row["order_id"] for row in reply["orders"]]
        if reply["next_cursor"] is None:
            break
        asked["cursor"] = reply["next_cursor"]
        reply = client.get("/v1/orders", params=asked).json()
    assert len(found) == len(set(found)) == reply["total"] >= 7
    assert problem(client.get("/v1/orders", params=asked | {"sort": "risk"}), 422)
    assert problem(client.get("/v1/orders", params=asked | {"cursor": "AAAA"}), 422)
    assert problem(client.get("/v1/orders", params={"sort": "luck"}), 422)
    assert problem(client.get("/v1/orders", params={"colour": "red"}), 422)


def test_the_worklist_as_a_file_runs_no_formula(client: httpx.Client) -> None:
    post(client, order("File", customer="=1+1", item="@x"), STRUCTURED)
    sheet = client.get("/v1/orders", headers={"accept": "text/csv"})
    assert sheet.headers["content-type"].startswith("text/csv")
    rows = {row["Order"]: row for row in csv.DictReader(io.StringIO(sheet.text))}
    assert (rows["File"]["Customer"], rows["File"]["Item"]) == ("'=1+1", "'@x")
    book = client.get("/v1/orders", params={"format": "xlsx"})
    inside = zipfile.ZipFile(io.BytesIO(book.content))
    assert b"<f>" not in inside.read("xl/worksheets/sheet1.xml")
    assert b"=1+1" in inside.read("xl/sharedStrings.xml")


STATE: dict[str, Any] = {
    "source": "erp",
    "lines": [{"line_id": "10", "quantity": 5, "promised": "2024-01-20", "plant": "Kiel"}],
    "holds": [{"reference": "H1", "kind": "quality"}],
    "production": [{"reference": "P1", "planned_end": "2024-01-18"}],
    "conditions": [{"kind": "labels", "state": "not_met"}],
    "components": [{"reference": "K1", "state": "short", "quantity": 2, "expected": "2024-01-10"}],
    "deliveries": [{"reference": "D1", "planned": "2024-01-19"}],
}


def test_a_whole_order_becomes_the_events_that_are_missing(client: httpx.Client) -> None:
    def put(**changes: Any) -> list[str]:
        reply = client.put("/v1/orders/Whole/state", content=json.dumps(STATE | changes), headers=JSON)
        assert reply.status_code == 200, reply.text
        assert reply.json()["orders"][0]["after"]["score_id"]
        return [event["id"] for event in reply.json()["events"]]

    line = STATE["lines"][0]
    assert len(put()) == 6
    assert put() == []
    assert len(put(lines=[line | {"quantity": 6, "promised": "2024-01-21"}])) == 2
    assert len(put()) == 2
    assert len(put(holds=[])) == 1
    assert len(put(holds=None)) == 0
    assert len(put(production=[{"reference": "P1", "planned_end": "2024-01-19"}], lines=None, holds=None)) == 1
    assert len(put(lines=[line | {"issued": 2}], holds=None, production=None)) == 1
    assert len(put(lines=[line | {"issued": 1, "closed": "short"}], holds=None, production=None)) == 2
    page = client.get("/v1/orders/Whole").json()
    assert page["order"]["state"] == "shipped"


def test_a_line_or_a_hold_is_told_once(client: httpx.Client) -> None:
    line, hold = STATE["lines"][0], {"reference": "H", "kind": "quality"}
    for twice in ({"lines": [line, line | {"quantity": 1}]}, {"holds": [hold, hold | {"kind": "credit"}]}):
        reply = client.put("/v1/orders/Twice/state", json=STATE | twice)
        assert "must be told once" in problem(reply, 422)["detail"]
    assert client.get("/v1/orders/Twice").status_code == 404


def test_a_line_that_is_gone_is_cancelled(client: httpx.Client) -> None:
    lines = [{"line_id": line, "quantity": 5, "promised": "2024-01-20"} for line in ("1", "2")]
    for some, missing in ((lines, 2), (lines[:1], 1), (lines[:1], 0), ([], 1)):
        reply = client.put("/v1/orders/Gone/state", content=json.dumps({"source": "erp", "lines": some}), headers=JSON)
        assert len(reply.json()["events"]) == missing
    assert client.get("/v1/orders/Gone").json()["order"]["state"] == "cancelled"
    wrong = client.put("/v1/orders/Gone/state", content=b'{"source": "erp", "lines": [{"line_id": "1"}]}', headers=JSON)
    assert problem(wrong, 422)["errors"][0]["pointer"] == "/lines/0/quantity"


def test_every_reply_is_as_it_is_documented(client: httpx.Client) -> None:
    from jsonschema import Draft202012Validator

    post(client, [order("Doc"), hold("Doc")], BATCH)
    schema = client.get("/openapi.json").json()
    score = client.get("/v1/orders/Doc/history").json()["scores"][0]["score_id"]
    for route, path in (
        ("/v1/orders", "/v1/orders"),
        ("/v1/orders/{order_id}", "/v1/orders/Doc"),
        ("/v1/orders/{order_id}/history", "/v1/orders/Doc/history"),
        ("/v1/scores/{score_id}/replay", f"/v1/scores/{score}/replay"),
        ("/v1/freshness", "/v1/freshness"),
    ):
        said = schema["paths"][route]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator(said | {"components": schema["components"]}).validate(client.get(path).json())


# -- commands ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_imported_once_and_read_again(kind: str, home: Home, tmp_path: Any) -> None:
    with empty_database(kind, tmp_path) as url:
        now = "2024-12-01T00:00:00Z"
        here = replace(home, environment=home.environment | {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": now})
        if kind == "postgresql":
            refused = here.run("serve", "--no-auth", "--port", "0")
            assert (refused.returncode, "run 'shiprisk db upgrade'" in refused.stderr) == (1, True)
            assert here.run("db", "upgrade").returncode == 0
        first = here.run("db", "import", str(home.events), "--json")
        assert first.returncode == 0, first.stderr
        loaded, count = json.loads(first.stdout), len(pd.read_parquet(home.events))
        assert (loaded["accepted"], loaded["orders"], loaded["scored"]) == (count, 600, 600)
        again = json.loads(here.run("db", "import", str(home.events), "--json").stdout)
        assert (again["accepted"], again["duplicates"], again["scored"]) == (0, count, 0)
        stored = json.loads(here.run("db", "status", "--json").stdout)
        assert (stored["events"], stored["orders"], stored["scores"]) == (count, 600, 600)
        database = Database(url)
        found, sent = (
            frame.sort_values("event_id").reset_index(drop=True)
            for frame in (event_frame(database), read_events(home.events))
        )
        database.close()
        pd.testing.assert_frame_equal(found, sent)


def test_a_worklist_from_the_store_is_the_one_from_the_file(home: Home, tmp_path: Any) -> None:
    with new_database("sqlite", tmp_path) as url:
        here = replace(home, environment=home.environment | {"SHIPRISK_DATABASE_URL": url})
        assert here.run("db", "import", str(home.events)).returncode == 0
        asked = ("--as-of", "2024-06-01", "--json")
        by_file = json.loads(home.run("score", str(home.events), *asked).stdout)
        by_store = json.loads(here.run("score", "--store", "default", *asked).stdout)
        assert by_store["orders"] == by_file["orders"]


@pytest.mark.nightly
def test_training_on_the_store_is_training_on_the_file(home: Home, tmp_path: Any) -> None:
    with new_database("sqlite", tmp_path) as url:
        stored = home.environment | {"SHIPRISK_DATABASE_URL": url}
        assert replace(home, environment=stored).run("db", "import", str(home.events)).returncode == 0
        here = replace(home, environment=stored | {"SHIPRISK_HOME": str(tmp_path / "home")})
        done = [
            here.run("train", *source, "--snapshots", "before=5", "--name", name, "--json")
            for name, source in (("of-file", [str(home.events)]), ("of-store", ["--store", "default"]))
        ]
        assert [one.returncode for one in done] == [0, 0], done[1].stderr
        by_file, by_store = (json.loads(one.stdout) for one in done)
        assert by_store["evaluation"] == by_file["evaluation"]
        assert by_store["version"] == "1"
