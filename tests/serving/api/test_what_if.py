"""Hypothetical events over the wire: the answer adds up, nothing is stored, what cannot happen is refused in words."""

from __future__ import annotations

import time
from typing import Any, get_args

import httpx
import pytest

from features.what_if.words import KINDS
from serving.contract.what_if import MoveKind
from tests.serving.api.conftest import NOW
from tests.serving.api.test_api import problem
from tests.serving.api.test_records import send
from tests.support.stories import created, event, shipped


def suppose(client: httpx.Client, order: str, *events: dict[str, Any], **more: Any) -> httpx.Response:
    return client.post(f"/v1/orders/{order}/what-if", json={"events": list(events), **more})


def says(what: str, **data: Any) -> dict[str, Any]:
    return {"type": what, "data": data}


@pytest.fixture(scope="module")
def held(client: httpx.Client) -> str:
    """Two lines due on the 21st, a hold on one of them and a component short, seen on the 4th."""
    begin_the_day(client)
    send(
        client,
        created(0, 20, order="Held", line="10", plant="Kiel"),
        created(0, 20, order="Held", line="20"),
        event("hold.placed", 1, "Held", kind="quality", reference="H1", line="20"),
        event("material.stated", 1, "Held", state="short", reference="steel", line="10", quantity=60, date=10),
        event("readiness.stated", 2, "Held", kind="labels", state="met", line="10"),
        event("delivery.planned", 2, "Held", reference="D1", date=19),
    )
    return "Held"


def begin_the_day(client: httpx.Client) -> None:
    """Until the keeper has begun it: all answers rest on the load and track record of this plant, not the model's."""
    send(client, created(0, 20, order="Early", line="10"))
    until = time.monotonic() + 60
    while suppose(client, "Early", says("decision.recorded", kind="expedite")).json()["context_known_until"] > NOW:
        assert time.monotonic() < until, "no morning was begun"
        time.sleep(0.05)


def test_the_change_is_told_by_topic_and_nothing_is_stored(client: httpx.Client, held: str) -> None:
    stored = client.get(f"/v1/orders/{held}"), client.get(f"/v1/orders/{held}/history").json()
    reply = suppose(client, held, says("hold.released", kind="quality", reference="H1"), factors=3)
    assert reply.status_code == 200, reply.text
    told = reply.json()
    assert told["label"] == "the model's response, not a promise"
    assert told["sentence"] == "if quality hold H1 on line 20 is released"
    assert (told["order_id"], told["before"]["order_id"], told["after"]["order_id"]) == (held, held, held)
    assert told["points"] == pytest.approx(told["after"]["risk"] - told["before"]["risk"], abs=1e-15)
    assert sum(one["points"] for one in told["by_topic"]) == pytest.approx(told["points"], abs=1e-12)
    assert len(told["by_topic"]) == 10
    assert told["before"]["risk"] == stored[0].json()["score"]["risk"], "the clock stands still in this service"
    assert len(told["after"]["factors"]) <= 3
    supposed = [{key: one[key] for key in ("source", "id", "type")} for one in told["events"]]
    assert supposed == [{"source": "what-if", "id": "what-if 1", "type": "shiprisk.hold.released"}]
    again = client.get(f"/v1/orders/{held}"), client.get(f"/v1/orders/{held}/history").json()
    assert (again[0].headers["etag"], again[0].json(), again[1]) == (
        stored[0].headers["etag"],
        stored[0].json(),
        stored[1],
    )


def test_the_risk_after_is_the_risk_that_the_events_would_lead_to(client: httpx.Client) -> None:
    send(client, created(0, 20, order="Twin", line="10"))
    placed = says("hold.placed", kind="quality", reference="H9", line_id="10")
    told = suppose(client, "Twin", placed | {"time": "2024-01-04T10:00:00Z"}).json()
    placed_in_truth = {"kind": "quality", "reference": "H9", "line": "10", "event_id": "H9 placed"}
    posted = send(client, event("hold.placed", 2 + 22 / 24, "Twin", late=2 / 24, **placed_in_truth))
    assert posted["orders"][0]["after"]["risk"] == told["after"]["risk"]


def test_events_are_supposed_one_after_another(client: httpx.Client, held: str) -> None:
    placed = says("hold.placed", kind="credit", reference="C1")
    released = says("hold.released", kind="credit", reference="C1")
    assert suppose(client, held, placed, released).status_code == 200
    assert problem(suppose(client, held, released, placed), 422)["errors"][0]["pointer"] == "/events/0/data/reference"


def test_an_order_that_ships_has_no_risk_and_no_difference(client: httpx.Client, held: str) -> None:
    told = suppose(client, held, says("goods.issued", state="complete")).json()
    assert (told["after"]["state"], told["after"]["risk"], told["points"], told["by_topic"]) == (
        "shipped",
        None,
        None,
        None,
    )


def test_a_first_plan_of_work_is_told_as_one(client: httpx.Client, held: str) -> None:
    planned = says("production.rescheduled", date="2024-01-12", line_id="10")
    told = suppose(client, held, planned).json()
    assert told["sentence"] == "if work on line 10 is planned to end Fri 12 Jan"
    assert told["notes"] == ["no production order of it is known: what is supposed is a first planned end of its work"]
    released = says("production.released", reference="P1", line_id="10", date="2024-01-11")
    moved = says("production.rescheduled", reference="P1", line_id="10", date="2024-01-12")
    assert suppose(client, held, released, moved).json()["notes"] == []


def test_a_decision_changes_nothing_and_the_reply_says_why(client: httpx.Client, held: str) -> None:
    told = suppose(client, held, says("decision.recorded", kind="expedite")).json()
    assert "does not hear of decisions" in told["notes"][0]


def test_one_more_truck_beside_one_that_takes_all_is_for_nothing(client: httpx.Client, held: str) -> None:
    """Line 10 is due on the 11th, line 20 on the 21st, and a truck of the 9th takes both."""
    send(
        client,
        *(created(0, due, order="Full", line=line) for line, due in (("10", 10), ("20", 20))),
        event("delivery.planned", 1, "Full", reference="D1", date=9, quantity=20),
    )
    more = says("delivery.planned", date="2024-01-20", reference="D2")
    told = suppose(client, "Full", more).json()
    assert told["notes"][0] == (
        "the trucks before it take all that is left: the model counts it as one more plan of a truck, no more"
    )
    smaller = says("delivery.planned", date="2024-01-09T12:00:00Z", reference="D1", quantity=15)
    assert not any("take all" in note for note in suppose(client, "Full", smaller, more).json()["notes"])


IMPOSSIBLE: dict[str, tuple[dict[str, Any], str, str]] = {
    "a hold that is not open": (
        says("hold.released", kind="quality", reference="H2"),
        "data/reference",
        "must be one of the open holds (quality hold H1 on line 20), got quality hold H2",
    ),
    "a hold that is open already": (
        says("hold.placed", kind="quality", reference="H1"),
        "data/reference",
        "must be that of a hold that is not open, got quality hold H1 on line 20, open since Tue 2 Jan",
    ),
    "a component that is not short": (
        says("material.stated", state="available", reference="tin", line_id="10"),
        "data/reference",
        "must be one of the components that are short (steel (60, line 10)), got tin (line 10)",
    ),
    "a shortage stated again": (
        says("material.stated", state="short", reference="steel", line_id="10", quantity=60),
        "data/state",
        "must change something, got steel (60, line 10), which is short already",
    ),
    "a line that is not there": (
        says("hold.placed", kind="credit", line_id="30"),
        "data/line_id",
        "must be a line of the order (10 and 20), got '30'",
    ),
    "more than is open": (
        says("goods.issued", quantity=11, line_id="10"),
        "data/quantity",
        "must be at most what is still to ship (10), got 11",
    ),
    "a promise that has passed": (
        says("commitment.changed", date="2024-01-02"),
        "data/date",
        "must lie ahead, as it is that of a promise, got Tue 2 Jan",
    ),
    "the same promise": (
        says("commitment.changed", date="2024-01-21T12:00:00Z"),
        "data/date",
        "must change something, got Sun 21 Jan, which is promised already",
    ),
    "a truck that has passed": (
        says("delivery.planned", date="2024-01-03", reference="D1"),
        "data/date",
        "must lie ahead, as it is that of a truck, got Wed 3 Jan",
    ),
    "the same truck": (
        says("delivery.planned", date="2024-01-20T12:00:00Z", reference="D1"),
        "data/date",
        "must change something, got D1, which is planned already for Sat 20 Jan",
    ),
    "a plan that has passed": (
        says("production.rescheduled", date="2024-01-01", reference="P1"),
        "data/date",
        "must lie ahead, as it is that of a planned end, got Mon 1 Jan",
    ),
    "a production order that is not known": (
        says("production.rescheduled", date="2024-01-12", reference="P1", line_id="10"),
        "data/reference",
        "must be left out, as no production order of line 10 is known, got P1 of line 10",
    ),
    "a condition that is met already": (
        says("readiness.stated", kind="labels", state="met", line_id="10"),
        "data/state",
        "must change something, got labels, met already since Wed 3 Jan",
    ),
    "reopening what is open": (
        says("order_line.reopened", line_id="10"),
        "type",
        "must be of a line that is closed (none), got one that is not",
    ),
    "the same quantity": (
        says("order_line.changed", quantity=10, line_id="10"),
        "data/quantity",
        "must change something, got 10, which is ordered already",
    ),
    "a line that is there already": (
        says("order_line.created", quantity=5, line_id="10"),
        "data/line_id",
        "must be a line that is not there yet, got 10, which is ordered already",
    ),
    "a booking of nothing": (
        says("operation.confirmed", quantity=0, line_id="10"),
        "data/quantity",
        "must change something, got 0",
    ),
    "goods back that never left": (
        says("goods.returned", quantity=3, line_id="10"),
        "data/quantity",
        "must be at most what has been issued (0), got 3",
    ),
    "a rule of the event table": (
        says("hold.released", kind="boredom"),
        "data/kind",
        "must be one of quality, material, engineering, credit, delivery, documents for hold.released, got 'boredom'",
    ),
    "a fact that lies ahead": (
        says("hold.placed", kind="credit") | {"time": "2024-01-05T00:00:00Z"},
        "time",
        "must not lie in the future (now is 2024-01-04T12:00:00Z), as hold.placed is a fact, got 2024-01-05T00:00:00Z",
    ),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_cannot_happen_is_refused_in_words(client: httpx.Client, held: str, what: str) -> None:
    supposed, pointer, detail = IMPOSSIBLE[what]
    refused = problem(suppose(client, held, supposed), 422)
    assert refused["errors"] == [{"pointer": f"/events/0/{pointer}", "detail": detail}]


def test_nothing_happens_to_an_order_that_has_shipped_but_reopening(client: httpx.Client) -> None:
    send(client, created(0, 20, order="Gone", line="10"), shipped(1, 4, "Gone", line="10"))
    send(client, event("order_line.closed", 2, "Gone", reason="short", line="10", event_id="Gone closed"))
    placed = says("hold.placed", kind="credit")
    refused = problem(suppose(client, "Gone", placed), 422)["errors"][0]
    assert refused == {
        "pointer": "/events/0/type",
        "detail": "must be order_line.reopened before anything else of an order that has left, got one that is shipped",
    }
    told = suppose(client, "Gone", says("order_line.reopened", line_id="10"), placed).json()
    assert (told["before"]["state"], told["after"]["state"]) == ("shipped", "open")


def test_an_id_that_is_stored_and_an_order_that_is_not(client: httpx.Client, held: str) -> None:
    taken = says("hold.placed", kind="credit") | {"id": "Held 0", "source": "test"}
    assert problem(suppose(client, held, taken), 422)["errors"][0]["pointer"] == "/events/0/id"
    assert suppose(client, "Nobody", says("hold.placed", kind="credit")).status_code == 404
    assert problem(suppose(client, held), 422)["errors"][0]["pointer"] == "/events"


def test_an_event_without_an_id_takes_the_first_that_is_free(client: httpx.Client) -> None:
    send(
        client,
        created(0, 20, order="Named", line="10", source="what-if", event_id="what-if 1"),
        event("hold.placed", 1, "Named", kind="credit", source="what-if", event_id="what-if 3"),
    )
    released, placed = says("hold.released", kind="credit"), says("hold.placed", kind="quality", reference="Q")
    reply = suppose(client, "Named", released, placed | {"id": "what-if 4"}, says("decision.recorded", kind="expedite"))
    assert reply.status_code == 200, reply.text
    assert [one["id"] for one in reply.json()["events"]] == ["what-if 2", "what-if 4", "what-if 5"]


# -- moves worth trying --------------------------------------------------------------------------------------


def test_each_move_answers_as_its_events_supposed_do(client: httpx.Client, held: str) -> None:
    told = client.get(f"/v1/orders/{held}/moves").json()
    assert (told["label"], told["reason"]) == ("the model's response, not a promise", None)
    assert told["tried"] >= len(told["moves"]) > 0
    points = [move["points"] for move in told["moves"]]
    assert points == sorted(points)
    assert all(one <= -0.001 for one in points)
    for move in told["moves"]:
        again = suppose(client, held, *move["events"])
        assert again.status_code == 200, again.text
        assert again.json()["points"] == pytest.approx(move["points"], abs=1e-12)
        assert sum(one["points"] for one in move["by_topic"]) == pytest.approx(move["points"], abs=1e-12)


def test_an_order_that_is_not_to_ship_has_no_moves_and_the_reply_says_why(client: httpx.Client) -> None:
    send(client, created(0, 20, order="Left", line="10"), shipped(1, order="Left", line="10"))
    told = client.get("/v1/orders/Left/moves").json()
    assert (told["moves"], told["tried"], told["lateness"], told["blockers"]) == ([], 0, None, [])
    assert told["reason"] == "only an open or late order has moves to weigh, this one is shipped"
    assert client.get("/v1/orders/Nobody/moves").status_code == 404


def test_a_late_order_says_why_it_is_what_is_in_the_way_and_which_moves_win_days(client: httpx.Client) -> None:
    send(
        client,
        created(-9, 2, order="Overdue", line="10"),
        created(-9, 1, order="Overdue", line="20"),
        shipped(2, order="Overdue", line="20"),
        event("readiness.stated", 2, "Overdue", kind="packaging", state="met", line="10"),
        event("readiness.stated", 2, "Overdue", kind="labels", state="not_met", line="20"),
    )
    told = client.get("/v1/orders/Overdue/moves").json()
    late = told["lateness"]
    assert [line["sentence"] for line in late["lines"]] == [
        "line 10 is 1 day late: promised Wed 3 Jan 12:00, nothing of it has shipped",
        "line 20 left 1 day late on Wed 3 Jan, promised Tue 2 Jan 12:00",
    ]
    assert [line["left_at"] for line in late["lines"]] == [None, "2024-01-03T12:00:00Z"]
    assert [blocker["sentence"] for blocker in told["blockers"]] == ["no truck is planned"], "moot ones are left out"
    assert (told["reason"], told["label"]) == (None, "the model's response, not a promise")
    assert told["tried"] >= len(told["moves"]) > 0
    days = [move["days_won"] for move in told["moves"]]
    assert days == sorted(days, reverse=True)
    assert days[-1] >= 1
    best = told["moves"][0]
    assert (best["sentence"], best["points"], best["risk"]) == ("ship all that is left of line 10 (10 units)", 0.0, 1.0)
    assert (best["risk_after"], best["expected_ship_after"], best["by_topic"]) == (None, None, None)
    order = client.get("/v1/orders/Overdue").json()
    assert order["lateness"] == late
    assert order["order"]["main_blocker"] == told["blockers"][0]["sentence"]


def test_the_moves_of_a_plant_are_the_best_of_each_order_and_only_these_add_up(client: httpx.Client) -> None:
    for name in ("M1", "M2"):
        send(
            client,
            created(0, 12, order=name, line="10", plant="Moving", value=1000.0),
            event("hold.placed", 1, name, kind="quality", reference=f"{name} H1", line="10"),
            event("material.stated", 1, name, state="short", reference="steel", line="10", quantity=60, date=11),
        )
    told = client.get("/v1/moves", params={"plant": "Moving", "consent": True}).json()
    assert told["orders"] == 2
    orders = [move["order_id"] for move in told["moves"]]
    assert len(orders) == len(set(orders)) == told["headline"]["moves"]
    total = -sum(move["points"] for move in told["moves"])
    assert told["headline"]["points"] == pytest.approx(total, abs=1e-12)
    value = sum(move["value_at_risk"] for move in told["moves"])
    assert told["headline"]["value_at_risk"] == pytest.approx(value, abs=1e-9)
    for kind in told["by_kind"]:
        assert 1 <= kind["moves"] <= 2
        assert kind["sentence"].endswith("off the list")
    moves = {move["sentence"]: move for move in client.get("/v1/orders/M1/moves").json()["moves"]}
    shown = next(move for move in told["moves"] if move["order_id"] == "M1")
    same = ("order_id", "kind", "events", "needs_consent")  # a morning may begin between the two, and move the risks
    assert [moves[shown["sentence"]][key] for key in same] == [shown[key] for key in same]
    without = client.get("/v1/moves", params={"plant": "Moving"}).json()["moves"]
    assert not any(move["needs_consent"] for move in without)
    assert client.get("/v1/moves", params={"plant": "Nowhere"}).json()["headline"]["sentence"] == (
        "no move takes risk off the list"
    )
    assert client.get("/v1/moves", params={"orders": 201}).status_code == 422
    assert (told["orders_skipped"], told["not_tried"]) == (0, 0)


def test_moves_are_asked_for_by_kinds_that_there_are(client: httpx.Client, held: str) -> None:
    assert get_args(MoveKind) == KINDS
    assert problem(client.get("/v1/moves", params={"kind": "bogus"}), 422)["errors"]
    reply = client.get("/v1/moves", params={"kind": ["release_hold", "component_here"], "limit": 200})
    assert {move["kind"] for move in reply.json()["moves"]} <= {"release_hold", "component_here"}
    assert held in {move["order_id"] for move in reply.json()["moves"]}


def test_of_an_order_with_many_lines_the_moves_beyond_the_first_are_counted(client: httpx.Client) -> None:
    rows = []
    for number in range(45):
        rows.append(created(0, 20, order="Wide", line=f"{number}"))
        rows.append(event("hold.placed", 1, "Wide", kind="quality", reference=f"H{number}", line=f"{number}"))
    send(client, *rows)
    reply = client.get("/v1/orders/Wide/moves").json()
    assert reply["tried"] == 40
    assert reply["not_tried"] == 8, "five holds, a truck and two promises"
