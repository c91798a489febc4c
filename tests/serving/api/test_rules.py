"""The worklist's rules over HTTP: what is in the way, how long an order may be put off, and whose it is."""

from __future__ import annotations

import json
from typing import Any

import httpx

from serving.contract.cloudevents import cloud_events
from tests.support.stories import created, event, story


def send(client: httpx.Client, *rows: dict[str, Any]) -> None:
    batch = {"content-type": "application/cloudevents-batch+json"}
    assert client.post("/v1/events", content=json.dumps(cloud_events(story(*rows))), headers=batch).status_code == 200


def decide(client: httpx.Client, order: str, **fields: Any) -> httpx.Response:
    headers = {"content-type": "application/json", "if-match": "*"}
    return client.post(f"/v1/orders/{order}/decisions", content=json.dumps(fields), headers=headers)


def test_rows_say_what_is_in_the_way_and_the_list_asks_for_it(client: httpx.Client) -> None:
    held = event("hold.placed", 1, "Held", kind="quality", reference="Held-1", event_id="held hold", source="rules")
    send(client, created(0, 60, order="Held", event_id="held", source="rules"), held)
    rows = client.get("/v1/orders", params={"blocker": ["hold", "labels"], "limit": 500}).json()["orders"]
    assert {row["order_id"]: (row["blockers"], row["shippable"]) for row in rows}["Held"] == (
        ["hold", "carrier"],
        False,
    )
    others = client.get("/v1/orders", params={"blocker": "nothing", "limit": 500}).json()["orders"]
    assert "Held" not in {row["order_id"] for row in others}
    assert client.get("/v1/orders", params={"blocker": "luck"}).status_code == 422
    both = client.get("/v1/orders", params={"blocker": ["nothing", "hold"]})
    assert "a blocker must be nothing or kinds of blockers, got nothing and hold" in both.json()["detail"]
    page = client.get("/v1/orders/Held").json()
    assert [(one["kind"], one["rule"]) for one in page["blockers"]] == [("hold", "hold"), ("carrier", "no_truck")]
    assert [one["kind"] for one in page["not_due"]] == ["packing"]
    assert {one["standing"] for one in page["conditions"]} == {"not_yet_due"}


def test_a_snooze_says_how_long_it_lasts_and_a_late_order_has_none(client: httpx.Client) -> None:
    send(
        client,
        created(0, 60, order="Soonish", event_id="soonish", source="rules"),
        created(0, 1, order="Gone", event_id="gone", source="rules"),
    )
    snooze = decide(client, "Soonish", kind="snooze", until="2030-01-01").json()["snooze"]
    assert (snooze["until"], snooze["cut"]) == ("2024-02-28T23:59:59.999999Z", True)
    assert ", at the latest: it is back in the list on " in snooze["sentence"]
    assert decide(client, "Soonish", kind="acknowledge").json()["snooze"] is None
    refused = decide(client, "Gone", kind="snooze", until_change=True)
    assert (refused.status_code, "a late order cannot be snoozed" in refused.json()["detail"]) == (422, True)


def test_an_owner_gives_an_order_back(client: httpx.Client) -> None:
    send(client, created(0, 60, order="Owned", event_id="owned", source="rules"))
    for owner in ("Zoe", ""):
        reply = decide(client, "Owned", kind="assign", owner=owner).json()
        assert reply["decisions"][0]["owner"] == (owner or None)
        listed = client.get("/v1/orders", params={"owner": "Zoe"}).json()["orders"]
        assert [row["order_id"] for row in listed] == (["Owned"] if owner else [])
    assert decide(client, "Owned", kind="assign").status_code == 422


def test_a_word_that_is_none_of_a_few_is_answered_with_the_few(client: httpx.Client) -> None:
    send(client, created(0, 60, order="Worded", event_id="worded", source="rules"))
    few = "must be one of acknowledge, assign, snooze, expedite, override, comment, got"
    for got, shown in (("explode", "'explode'"), ("x" * 1_000, f"'{'x' * 100}...'"), (7, "no text")):
        refused = decide(client, "Worded", kind=got)
        assert refused.status_code == 422
        assert refused.json()["errors"] == [{"pointer": "/kind", "detail": f"{few} {shown}"}]
    listed = client.get("/v1/orders", params={"sort": "luck"})
    assert listed.json()["errors"][0]["detail"].endswith(", got 'luck'")
