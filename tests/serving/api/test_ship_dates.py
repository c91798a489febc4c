"""When an order ships, over the wire: in the list and its filters, of an order, by what-if, and in a change."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from serving.contract.orders import OrderReply, WorklistReply
from serving.contract.scoring import ScoresReply
from tests.serving.api.test_api import problem
from tests.serving.api.test_records import send, told
from tests.serving.api.test_what_if import says, suppose
from tests.support.stories import created, event, shipped

NAMED: dict[str, Any] = {"plant": "Shipyard", "customer": "C1", "item": "I1"}


@pytest.fixture(scope="module")
def orders(client: httpx.Client) -> dict[str, Any]:
    """Two late orders and three open ones, as they are listed: by their ids."""
    send(
        client,
        created(-20, -10, order="S-long", **NAMED),
        created(-9, 2, order="S-late", **NAMED),
        created(-9, 9, order="S-free", **NAMED),
        created(-9, 9, order="S-held", **NAMED),
        event("hold.placed", 2.5, "S-held", kind="quality", reference="H"),
        created(-1, 25, order="S-far", **NAMED),
    )
    return {row["order_id"]: row for row in listed(client)}


def listed(client: httpx.Client, **params: Any) -> list[dict[str, Any]]:
    reply = client.get("/v1/orders", params={"plant": "Shipyard", "limit": 500, **params})
    assert reply.status_code == 200, reply.text
    rows: list[dict[str, Any]] = WorklistReply.model_validate(reply.json()).model_dump()["orders"]
    return rows


def test_late_orders_come_first_the_latest_before_the_others(orders: dict[str, Any]) -> None:
    assert list(orders)[:2] == ["S-long", "S-late"]
    assert orders["S-long"]["days_late"] > orders["S-late"]["days_late"] > 0
    assert orders["S-free"]["days_late"] <= 0 < orders["S-held"]["days_late"]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["expected_ship", "days_late"])
def test_a_list_is_sorted_by_date_and_by_days_late_page_by_page(
    client: httpx.Client, orders: dict[str, Any], sort: str, order: str
) -> None:
    asked: dict[str, Any] = {"plant": "Shipyard", "sort": sort, "order": order, "limit": 2}
    values: list[Any] = []
    while True:
        page = client.get("/v1/orders", params=asked).json()
        values += [row[sort] for row in page["orders"]]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert values == sorted((row[sort] for row in orders.values()), reverse=order == "desc")


def test_a_list_is_filtered_by_date_and_by_days_late(client: httpx.Client, orders: dict[str, Any]) -> None:
    days = {order_id: row["expected_ship"] for order_id, row in orders.items()}
    day = days["S-held"]
    later, sooner = (
        {row["order_id"] for row in listed(client, **{side: day})} for side in ("ships_after", "ships_before")
    )
    assert later == {order_id for order_id, own in days.items() if own >= day} != set(days)
    assert sooner == {order_id for order_id, own in days.items() if own <= day}
    assert {row["order_id"] for row in listed(client, min_days_late=1)} == {"S-long", "S-late", "S-held"}
    for wrong in ("2024-02-30", "soon", "2024-01-01T00:00:00Z"):
        assert client.get("/v1/orders", params={"ships_after": wrong}).status_code == 422
    detail = problem(client.get("/v1/orders", params={"ships_before": "2024-02-30"}), 422)["detail"]
    assert detail == "ships_before must be a date such as 2015-03-02, got '2024-02-30'"


def test_what_is_planned_for_later_than_an_order_is_expected_is_told_beside_it(
    client: httpx.Client, orders: dict[str, Any]
) -> None:
    assert client.get("/v1/orders/S-free").json()["ship_date_notes"] == []
    truck = says("delivery.planned", date="2024-03-29", reference="T9")
    [note] = suppose(client, "S-free", truck).json()["notes"]
    assert note.startswith("truck T9 leaves later, on Fri 29 Mar: the date before it counts on an earlier truck")
    send(client, event("delivery.planned", 2.5, "S-far", reference="T9", date=80))
    assert (
        client.get("/v1/orders/S-far").json()["ship_date_notes"][0].startswith("truck T9 leaves later, on Thu 21 Mar")
    )


def test_a_late_order_counts_its_days_from_what_is_left(client: httpx.Client) -> None:
    """Line 1, promised for 22 December, makes both late; of one it has left since, and line 2 has until 10 January."""
    dock = NAMED | {"plant": "Dock"}
    for order in ("S-two", "S-one"):
        lines = [created(-20, promise, order=order, line=line, **dock) for line, promise in (("1", -10), ("2", 9))]
        send(client, *lines, *([shipped(-5, 10, order, line="1")] if order == "S-one" else []))
    for order, counted_from in (("S-two", "2023-12-22"), ("S-one", "2024-01-10")):
        reply = client.get(f"/v1/orders/{order}").json()
        found = reply["score"]["ship_date"]
        assert (reply["order"]["state"], reply["order"]["due_at"][:10], found["promised"]) == (
            "late", "2023-12-22", counted_from,
        )  # fmt: skip
        assert found["days_late"] == (date.fromisoformat(found["expected"]) - date.fromisoformat(counted_from)).days


def test_an_order_has_its_curve_and_its_sentence(client: httpx.Client, orders: dict[str, Any]) -> None:
    reply = OrderReply.model_validate(client.get("/v1/orders/S-held").json()).model_dump()
    found, row = reply["score"]["ship_date"], orders["S-held"]
    assert (found["expected"], found["days_late"]) == (row["expected_ship"], row["days_late"])
    assert found["earliest"] <= found["expected"] <= found["latest"]
    assert dict(found["curve"])[found["promised"]] == pytest.approx(1 - reply["score"]["risk"], abs=1e-12)
    assert found["sentence"].startswith("most likely ")
    assert f", {found['days_late']} days late" in found["sentence"]
    history = client.get("/v1/orders/S-held/history").json()["scores"]
    assert [score["ship_date"]["expected"] for score in history][:1] == [found["expected"]]


def test_events_of_a_request_are_dated_as_stored_ones_are(client: httpx.Client, orders: dict[str, Any]) -> None:
    events = told(created(-20, -10, order="S-long", **NAMED))
    content = client.post("/v1/score", json={"events": events}).json()
    score = ScoresReply.model_validate(content).scores[0]
    assert (score.state, score.base_risk) == ("late", None)
    assert score.ship_date is not None
    assert score.ship_date.promised == "2023-12-22"
    assert (score.ship_date.expected or "") >= "2024-01-04"


def test_what_if_says_how_many_days_are_won_or_lost(client: httpx.Client, orders: dict[str, Any]) -> None:
    placed = says("hold.placed", kind="quality", reference="H2")
    answer = suppose(client, "S-free", placed).json()
    before, after = (dict(answer[side]["ship_date"]["curve"]) for side in ("before", "after"))
    assert answer["points"] > 0
    days = sorted(before.keys() & after.keys())
    assert all(after[day] <= before[day] for day in days)
    assert any(after[day] < before[day] for day in days)
    assert answer["days_won"] == answer["before"]["ship_date"]["days_late"] - answer["after"]["ship_date"]["days_late"]
    assert answer["days_won"] <= 0
    gone = suppose(client, "S-free", says("goods.issued", state="complete")).json()
    assert (gone["after"]["ship_date"], gone["days_won"]) == (None, None)


def test_moves_say_when_the_order_ships_with_them_and_without(client: httpx.Client, orders: dict[str, Any]) -> None:
    moves = client.get("/v1/orders/S-held/moves").json()["moves"]
    released = next(move for move in moves if move["kind"] == "release_hold")
    answer = suppose(client, "S-held", *released["events"]).json()
    assert released["expected_ship"] == answer["before"]["ship_date"]["expected"]
    assert released["expected_ship_after"] == answer["after"]["ship_date"]["expected"]
    assert released["days_won"] == answer["days_won"]


def test_a_change_says_how_many_days_each_step_won_or_lost(client: httpx.Client) -> None:
    send(client, created(-9, 9, order="S-turn", **NAMED))
    first = client.get("/v1/orders/S-turn/history").json()["scores"][-1]
    send(client, event("hold.placed", 2.9, "S-turn", kind="quality", reference="H", event_id="held"))
    change = client.get("/v1/orders/S-turn/change").json()
    assert change["before"]["expected_ship"] == first["ship_date"]["expected"]
    assert change["days_won"] == change["before"]["days_late"] - change["after"]["days_late"] < 0
    assert sum(step["days_won"] or 0 for step in change["steps"]) == change["days_won"]
