"""What plants keep in their records, over the wire: no promise yet, facts that lie ahead, what nobody can place."""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from serving.contract.cloudevents import cloud_events
from tests.serving.api.test_api import BATCH, STRUCTURED, post, problem
from tests.support.stories import created, event, shipped, story


def told(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    """CloudEvents of a story; their ids say what they are about."""
    named = [{"event_id": f"{row['order_id']} {place}"} | row for place, row in enumerate(rows)]
    return cloud_events(story(*named))


def send(client: httpx.Client, *rows: dict[str, Any]) -> Any:
    reply = post(client, told(*rows), BATCH)
    assert reply.status_code == 200, reply.text
    return reply.json()


def pointers(reply: Any) -> list[list[str]]:
    return [[warning["pointer"] for warning in event["warnings"]] for event in reply["events"]]


# -- no promise yet ------------------------------------------------------------------------------------------


def gauges(client: httpx.Client) -> dict[str, str]:
    lines = client.get("/metrics").text.splitlines()
    return dict(line.split(" ") for line in lines if line.startswith(("shiprisk_listed", "shiprisk_open")))


def test_an_order_without_a_promise_is_listed_last_and_not_scored(client: httpx.Client) -> None:
    send(client, created(0, 20, order="Promised", value=1.0), created(0, 2, order="Late"))
    before = client.get("/v1/freshness").json(), gauges(client)
    change = send(client, created(0, None, order="Undated", value=9.0, plant="Kiel"))["orders"][0]
    assert (change["after"]["state"], change["after"]["risk"], change["after"]["due_at"]) == ("unpromised", None, None)
    assert "no date is promised yet" in change["after"]["reason"]
    rows = client.get("/v1/orders", params={"limit": 500}).json()["orders"]
    last = rows[-1]
    assert (last["order_id"], last["state"], last["risk"]) == ("Undated", "unpromised", None)
    assert "no date is promised yet" in last["reason"]
    assert [row["reason"] for row in rows if row["order_id"] == "Promised"] == [None]
    by_date = client.get("/v1/orders", params={"limit": 500, "sort": "due"}).json()["orders"]
    assert (by_date[0]["order_id"], by_date[-1]["order_id"]) == ("Late", "Undated")
    assert (client.get("/v1/freshness").json(), gauges(client)) == before
    assert gauges(client)
    assert client.get("/health/ready").status_code == 200


def test_orders_without_a_promise_can_be_asked_for(client: httpx.Client) -> None:
    send(client, created(0, None, order="Undated", value=9.0, plant="Kiel"))
    asked = {"state": "unpromised", "count": True}
    only = client.get("/v1/orders", params=asked).json()
    assert ([row["order_id"] for row in only["orders"]], only["total"]) == (["Undated"], 1)
    others = client.get("/v1/orders", params={"state": ["open", "late"], "limit": 500}).json()["orders"]
    assert "Undated" not in [row["order_id"] for row in others]
    sheet = client.get("/v1/orders", params=asked | {"format": "csv"})
    row = next(csv.DictReader(io.StringIO(sheet.text)))
    assert (row["Order"], row["Risk"], row["Due"]) == ("Undated", "", "")
    assert "no date is promised yet" in row["Why"]
    book = zipfile.ZipFile(io.BytesIO(client.get("/v1/orders", params=asked | {"format": "xlsx"}).content))
    assert b"no date is promised yet" in book.read("xl/sharedStrings.xml")
    page = client.get("/v1/orders/Undated").json()
    assert (page["order"]["state"], page["shippable"]) == ("unpromised", False)
    assert client.get(f"/v1/scores/{page['score']['score_id']}/replay").json()["equal"] is True


def test_a_promise_opens_the_order_and_scores_it(client: httpx.Client) -> None:
    send(client, created(0, None, order="Soon", line="1"))
    change = send(client, event("commitment.changed", 1, "Soon", line="1", date=20, event_id="soon"))["orders"][0]
    assert (change["before"]["state"], change["after"]["state"]) == ("unpromised", "open")
    assert 0 < change["after"]["risk"] < 1
    assert client.get("/v1/orders/Soon").json()["order"]["reason"] is None


def test_a_scoring_call_says_why_an_order_without_a_promise_has_no_risk(client: httpx.Client) -> None:
    scored = post(client, {"events": told(created(0, None))}, path="/v1/score").json()["scores"][0]
    assert (scored["state"], scored["risk"], scored["due_at"]) == ("unpromised", None, None)
    assert "no date is promised yet" in scored["reason"]


# -- facts that lie ahead ------------------------------------------------------------------------------------

SECOND_OF_A_DAY = 1 / 86_400


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (301, 422)])
def test_a_fact_may_lie_ahead_by_as_much_as_clocks_differ(client: httpx.Client, seconds: int, status: int) -> None:
    ahead = seconds * SECOND_OF_A_DAY
    left = told(shipped(3 + ahead, 1, "Ahead", late=-ahead, event_id=f"ahead {seconds}"))
    reply = post(client, left[0], STRUCTURED)
    assert reply.status_code == status, reply.text
    scored = post(client, {"events": [*told(created(0, 20)), *left]}, path="/v1/score")
    assert scored.status_code == status, scored.text
    if status == 422:
        error = problem(reply, 422)["errors"][0]
        assert error["pointer"] == "/time"
        assert "must not lie in the future (now is 2024-01-04T12:00:00Z), as goods.issued is a fact" in error["detail"]
        assert problem(scored, 422)["errors"][0]["pointer"] == "/events/1/time"


def test_what_is_planned_promised_or_expected_may_lie_ahead(client: httpx.Client) -> None:
    plans = ("commitment.changed", "commitment.requested", "delivery.planned", "production.rescheduled")
    rows = [event(kind, 9, "Plans", late=-6, date=20, reference="R") for kind in plans]
    short = event("material.stated", 9, "Plans", late=-6, state="short", reference="K")
    assert send(client, created(0, 20, order="Plans"), *rows, short)["accepted"] == 6


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2200-01-01T00:00:00Z"])
def test_a_moment_that_stands_for_none_is_refused(client: httpx.Client, moment: str) -> None:
    """What a system writes that does not know when."""
    one = told(created(0, 20, order="Epoch"))[0]
    for name, alike in (("time", one), ("recordedtime", one)):
        reply = post(client, alike | {name: moment}, STRUCTURED)
        error = problem(reply, 422)["errors"][0]
        assert error["pointer"] == f"/{name}"
        assert error["detail"] == f"must lie between 2000-01-01 and 2200-01-01, got '{moment}'"
    assert client.get("/v1/orders/Epoch").status_code == 404
    scored = post(client, {"events": [one | {"time": moment}]}, path="/v1/score")
    assert problem(scored, 422)["errors"][0]["pointer"] == "/events/0/time"


def test_a_date_without_a_time_is_the_end_of_that_day(client: httpx.Client) -> None:
    """The plant's zone is UTC here; what is promised with a time is that moment."""
    line = {"line_id": "1", "quantity": 1}
    for order, date, due in (
        ("Day", "2024-01-20", "2024-01-20T23:59:59.999999Z"),
        ("Midnight", "2024-01-20T00:00:00Z", "2024-01-20T00:00:00Z"),
    ):
        one = told(created(0, 20, order=order))[0]
        reply = post(client, one | {"data": {"quantity": 1, "date": date}}, STRUCTURED).json()
        assert reply["orders"][0]["after"]["due_at"] == due
        state = {"source": "erp", "lines": [line | {"promised": date}]}
        reply = client.put(f"/v1/orders/{order} state/state", json=state).json()
        assert reply["orders"][0]["after"]["due_at"] == due


# -- what nobody can place -----------------------------------------------------------------------------------


def test_a_line_that_nobody_created_is_said(client: httpx.Client) -> None:
    strange = event("hold.placed", 1, "Lines", line="20", kind="quality", reference="H")
    reply = send(client, created(0, 20, order="Lines", line="10"), strange)
    assert (reply["accepted"], pointers(reply)) == (2, [[], ["/data/line_id"]])
    assert reply["events"][1]["warnings"][0]["detail"].endswith("is created in the order, got '20'")
    together = [
        shipped(1, 1, "Lines", line="30", event_id="l1"),
        created(2, 20, order="Lines", line="30", event_id="l2"),
    ]
    assert pointers(send(client, *together)) == [[], []]
    assert pointers(send(client, strange | {"event_id": "Lines 1"})) == [[]], "what is there already is not new"


def test_an_instalment_that_nobody_created_is_said_and_its_line_is_known(client: httpx.Client) -> None:
    parts = [created(0, day, order="Parts", line="10", instalment=part) for part, day in (("1", 10), ("2", 20))]
    whole = shipped(1, 1, "Parts", line="10")
    third = event("commitment.changed", 1, "Parts", line="10", instalment="3", date=30)
    assert pointers(send(client, *parts, whole, third)) == [[], [], [], ["/data/instalment"]]


def test_a_release_of_a_hold_that_was_never_placed_is_said(client: httpx.Client) -> None:
    placed = event("hold.placed", 1, "Holds", kind="quality", reference="H1")
    released = [
        event("hold.released", 2, "Holds", kind="quality", reference="H1"),
        event("hold.released", 2.1, "Holds", kind="quality", reference="H2"),
        event("hold.released", 2.2, "Holds", kind="credit"),
    ]
    reply = send(client, created(0, 20, order="Holds"), placed, *released)
    assert pointers(reply) == [[], [], [], ["/data/reference"], ["/data/kind"]]
    alone = post(client, told(event("hold.released", 2.5, "Holds", kind="credit", event_id="alone"))[0], STRUCTURED)
    assert (alone.status_code, pointers(alone.json())) == (200, [["/data/kind"]])


def test_statements_of_one_moment_are_said_where_one_overrules_the_other(client: httpx.Client) -> None:
    moved = [event("commitment.changed", 1, "Ties", line="1", date=day, event_id=f"t{day}") for day in (20, 21)]
    reply = send(client, created(0, 20, order="Ties", line="1"), *moved)
    assert pointers(reply) == [[], ["/time"], ["/time"]]
    assert "by their ids alone, beside test t21" in reply["events"][1]["warnings"][0]["detail"]
    assert (reply["ordered_by_precedence"], reply["ordered_by_id"]) == (0, 2)
    hold = {"kind": "quality", "reference": "H"}
    both = [event(kind, 2, "Ties", event_id=kind, **hold) for kind in ("hold.released", "hold.placed")]
    reply = send(client, *both)
    assert pointers(reply) == [["/time"], ["/time"]]
    assert "by precedence, beside test hold.placed" in reply["events"][0]["warnings"][0]["detail"]
    assert (reply["ordered_by_precedence"], reply["ordered_by_id"]) == (2, 2)


def test_statements_of_one_moment_that_have_an_order_or_need_none_are_not(client: httpx.Client) -> None:
    rows = [created(0, 20, order="Order", line=line) for line in ("1", "2")]
    rows += [event("order_line.changed", 0, "Order", line="1", quantity=8)]
    rows += [event("commitment.changed", 1, "Order", line="1", date=day, sequence=day) for day in (20, 21)]
    rows += [shipped(2, 1, "Order", line="1", reference="D") for _ in range(2)]
    reply = send(client, *rows)
    assert pointers(reply) == [[]] * 7
    assert (reply["ordered_by_precedence"], reply["ordered_by_id"]) == (2, 4)


# -- members and extensions ----------------------------------------------------------------------------------


def in_base64(data: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(data).encode()).decode()


def test_data_may_come_as_base64_and_is_checked_like_any(client: httpx.Client) -> None:
    plain = told(created(0, 20, order="Base", line="1"))[0]
    packed = {name: value for name, value in plain.items() if name != "data"}
    assert post(client, packed | {"data_base64": in_base64(plain["data"])}, STRUCTURED).json()["accepted"] == 1
    assert post(client, plain, STRUCTURED).json()["duplicates"] == 1
    for wrong in ("no base64", in_base64({"qty": 1}), "bm8ganNvbg=="):
        refused = problem(post(client, packed | {"data_base64": wrong}, STRUCTURED), 422)
        assert refused["errors"][0]["pointer"] == "/data_base64"


def test_a_sequence_is_a_number_or_its_digits(client: httpx.Client) -> None:
    one = told(created(0, 20, order="Seq"))[0]
    assert post(client, one | {"sequence": "12"}, STRUCTURED).json()["accepted"] == 1
    assert post(client, one | {"sequence": 12}, STRUCTURED).json()["duplicates"] == 1
    assert problem(post(client, one | {"sequence": 13}, STRUCTURED), 409)["errors"][0]["pointer"] == "/sequence"
    for wrong in ("twelve", 1.5, True, 10**18):
        assert problem(post(client, one | {"sequence": wrong}, STRUCTURED), 422)["errors"][0]["pointer"] == "/sequence"


def test_an_extension_that_nobody_reads_is_said(client: httpx.Client) -> None:
    one = told(created(0, 20, order="Extension"))[0]
    sent = {name: value for name, value in one.items() if name != "recordedtime"}
    reply = post(client, sent | {"recordetime": "2024-01-01", "traceparent": "00-1"}, STRUCTURED).json()
    assert (reply["accepted"], pointers(reply)) == (1, [["/recordetime"]])
