"""What a state may say, and what it leads to: lists are whole, corrections are events, the same again is none."""

from __future__ import annotations

from itertools import count
from typing import Any

import httpx
import pytest

from serving.contract.cloudevents import cloud_events
from serving.contract.order_state import EXAMPLES
from tests.serving.api.test_api import BATCH, order, post, problem
from tests.support.stories import event, story

NAMES = map("state {}".format, count())
LINE: dict[str, Any] = {"line_id": "10", "quantity": 5, "promised": "2024-01-20", "plant": "Kiel"}
OTHER = LINE | {"line_id": "20"}
LABELS, STEEL = {"kind": "labels", "state": "met"}, {"reference": "steel", "state": "short", "quantity": 2}
TRUCK = {"reference": "D", "planned": "2024-01-19", "quantity": 5}
WORK = {"reference": "P", "line_id": "10", "planned_end": "2024-01-15", "quantity": 5}


def put(client: httpx.Client, order: str, **state: Any) -> dict[str, int]:
    """How many events of each type a state leads to; that it leads to none when it is put again."""
    content = {"source": "erp"} | state
    replies = [client.put(f"/v1/orders/{order}/state", json=content) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200], [reply.text for reply in replies]
    derived, again = (dict(reply.json()["derived"]) for reply in replies)
    assert again == {}
    return derived


def refused(client: httpx.Client, status: int = 422, **state: Any) -> dict[str, Any]:
    content = {"source": "erp"} | state
    return dict(problem(client.put(f"/v1/orders/{next(NAMES)}/state", json=content), status))


def blockers(client: httpx.Client, order: str) -> set[str]:
    return {blocker["kind"] for blocker in client.get(f"/v1/orders/{order}").json()["blockers"]}


@pytest.mark.parametrize(
    ("kind", "item", "event_type"),
    [
        ("holds", {"reference": "H", "kind": "quality"}, "hold.released"),
        ("conditions", LABELS, "readiness.stated"),
        ("conditions", LABELS | {"line_id": "10"}, "readiness.stated"),
        ("components", STEEL, "material.stated"),
        ("components", STEEL | {"line_id": "10"}, "material.stated"),
        ("deliveries", TRUCK, "delivery.planned"),
        ("deliveries", TRUCK | {"line_id": "10"}, "delivery.planned"),
        ("production", WORK, "production.rescheduled"),
    ],
)
def test_what_is_not_in_a_list_any_more_is_withdrawn(
    client: httpx.Client, kind: str, item: dict[str, Any], event_type: str
) -> None:
    order = next(NAMES)
    put(client, order, lines=[LINE], **{kind: [item]})
    assert put(client, order, lines=[LINE]) == {}
    assert put(client, order, **{kind: []}) == {event_type: 1}
    assert sum(put(client, order, **{kind: [item]}).values()) == 1


def test_a_truck_that_is_gone_is_none_to_come(client: httpx.Client) -> None:
    order = next(NAMES)
    put(client, order, lines=[LINE], deliveries=[TRUCK])
    put(client, order, deliveries=[])
    assert "carrier" in blockers(client, order)
    put(client, order, deliveries=[{"reference": "D", "planned": "2024-01-19"}])
    assert "carrier" not in blockers(client, order)


def test_a_line_takes_the_statement_of_the_order_once_its_own_is_gone(client: httpx.Client) -> None:
    order, own = next(NAMES), LABELS | {"line_id": "10", "state": "not_met"}
    put(client, order, lines=[LINE, OTHER], conditions=[LABELS, own])
    assert put(client, order, conditions=[LABELS]) == {"readiness.stated": 1}
    assert put(client, order, conditions=[own | {"state": "met"}]) == {"readiness.stated": 2}


def test_a_correction_is_an_event(client: httpx.Client) -> None:
    order = next(NAMES)
    put(client, order, lines=[LINE | {"customer": "Nordwind", "value": 100}])
    for correction in ({"customer": "Südwind"}, {"item": "Pump"}, {"value": 120}, {"plant": "Ulm"}, {"route": "R2"}):
        assert put(client, order, lines=[LINE | {"plant": None} | correction]) == {"order_line.created": 1}
    row = client.get(f"/v1/orders/{order}").json()
    assert (row["order"]["value"], row["order"]["state"], row["order"]["due_at"][:10]) == (120, "open", "2024-01-20")
    assert set(row["customers"]) == {"Nordwind", "Südwind"}, "it is found by either"
    shown = {name: row["order"][name] for name in ("customer", "item", "plant")}
    assert shown == {"customer": "Südwind", "item": "Pump", "plant": "Ulm"}


@pytest.mark.parametrize(
    ("kind", "item", "changed"),
    [
        ("holds", {"reference": "H", "kind": "quality", "line_id": "10"}, {"line_id": "20"}),
        ("holds", {"reference": "H", "kind": "quality"}, {"actor": "Ann"}),
        ("production", WORK, {"quantity": 4}),
        ("production", WORK, {"work_center": "W2"}),
        ("conditions", LABELS, {"reason": "new label"}),
        ("deliveries", TRUCK, {"route": "R2"}),
        ("components", STEEL, {"expected": "2024-01-09"}),
    ],
)
def test_what_is_said_otherwise_is_an_event(
    client: httpx.Client, kind: str, item: dict[str, Any], changed: dict[str, Any]
) -> None:
    order = next(NAMES)
    put(client, order, lines=[LINE, OTHER], **{kind: [item]})
    assert sum(put(client, order, **{kind: [item | changed]}).values()) == 1


def test_blanks_around_words_mean_nothing(client: httpx.Client) -> None:
    order = next(NAMES)
    state = {"holds": [{"reference": "H", "kind": "quality"}], "conditions": [LABELS], "components": [STEEL]}
    put(
        client,
        order,
        lines=[LINE | {"issued": 5, "closed": "complete"}],
        production=[WORK],
        deliveries=[TRUCK],
        **state,
    )
    padded = {
        kind: [
            {name: f" {word}\u2003" if isinstance(word, str) else word for name, word in one.items()} for one in items
        ]
        for kind, items in state.items()
    }
    line = LINE | {"line_id": "10\u00a0", "closed": " complete", "promised": " 2024-01-20 ", "plant": "Kiel\n"}
    work = WORK | {"reference": " P ", "line_id": " 10", "planned_end": "2024-01-15 "}
    trucks = [TRUCK | {"reference": "D ", "planned": " 2024-01-19"}]
    again = put(
        client, order, source=" erp", lines=[line | {"issued": 5}], production=[work], deliveries=trucks, **padded
    )
    assert again == {}


def test_holds_without_a_reference_are_released_one_by_one(client: httpx.Client) -> None:
    order = next(NAMES)
    put(client, order, lines=[LINE])
    placed = story(
        *(event("hold.placed", 1, order, kind=kind, event_id=f"{order} {kind}") for kind in ("quality", "credit"))
    )
    post(client, cloud_events(placed), BATCH)
    assert put(client, order, holds=[]) == {"hold.released": 2}


def test_a_state_says_when_goods_left_and_since_when_things_are_so(client: httpx.Client) -> None:
    """The promise is kept by goods that left on day 1, though it is told on day 3."""
    order = next(NAMES)
    line = LINE | {"promised": "2024-01-03", "since": "2023-12-01T08:00:00Z"}
    put(client, order, lines=[line])
    assert client.get(f"/v1/orders/{order}").json()["order"]["state"] == "late"
    left = line | {"issued": 5, "issued_at": "2024-01-02T10:00:00Z", "closed": "complete"}
    assert put(client, order, lines=[left]) == {"goods.issued": 1, "order_line.closed": 1}
    assert client.get(f"/v1/orders/{order}").json()["order"]["state"] == "shipped"
    other = next(NAMES)
    hold = {"reference": "H", "kind": "quality", "since": "2024-01-02T09:00:00Z"}
    put(client, other, lines=[LINE], holds=[hold], conditions=[LABELS | {"since": "2024-01-01T07:00:00Z"}])
    read = client.get(f"/v1/orders/{other}").json()
    since = {blocker["kind"]: blocker["since"] for blocker in read["blockers"]}
    assert since["hold"] == "2024-01-02T09:00:00Z"
    labels = next(condition for condition in read["conditions"] if condition["kind"] == "labels")
    assert labels["since"] == "2024-01-01T07:00:00Z"


@pytest.mark.parametrize(
    ("state", "pointer"),
    [
        ({"lines": [LINE, OTHER | {"issued": 5, "issued_at": "2024-01-09"}]}, "/lines/1/issued_at"),
        ({"lines": [LINE | {"promised": "soon"}]}, "/lines/0/promised"),
        ({"lines": [LINE], "holds": [{"reference": "H", "kind": "credit", "since": "2024-02-01"}]}, "/holds/0/since"),
        ({"lines": [LINE | {"issued": 1e12}]}, "/lines/0/issued"),
        ({"lines": [LINE], "production": [WORK | {"planned_end": "9999-12-31", "reference": "Q"}] * 2}, "/production"),
        ({"lines": [LINE], "deliveries": [TRUCK | {"planned": "9999-12-31"}]}, "/deliveries/0/planned"),
        ({"lines": [LINE, LINE]}, "/lines"),
        ({"time": "soon", "lines": [LINE]}, "/time"),
    ],
)
def test_what_is_wrong_is_said_by_the_callers_own_field(
    client: httpx.Client, state: dict[str, Any], pointer: str
) -> None:
    assert [error["pointer"] for error in refused(client, **state)["errors"]] == [pointer]


def test_the_reply_lists_what_was_derived_and_the_orders_version(client: httpx.Client) -> None:
    order = next(NAMES)
    content = {"source": "erp", "lines": [LINE | {"issued": 2}], "holds": [{"reference": "H", "kind": "credit"}]}
    reply = client.put(f"/v1/orders/{order}/state", json=content)
    types = ["order_line.created", "goods.issued", "hold.placed"]
    assert [one["type"] for one in reply.json()["events"]] == types
    assert reply.json()["derived"] == dict.fromkeys(sorted(types), 1)
    assert reply.headers["etag"] == client.get(f"/v1/orders/{order}").headers["etag"]


def test_a_version_is_one_state(client: httpx.Client) -> None:
    order = next(NAMES)
    assert put(client, order, version=7, lines=[LINE]) == {"order_line.created": 1}
    changed = {"source": "erp", "version": 7, "lines": [LINE | {"quantity": 6}]}
    clash = problem(client.put(f"/v1/orders/{order}/state", json=changed), 409)
    assert "a version must stand for one state" in clash["detail"]
    assert put(client, order, source="mes", version=1, lines=[LINE | {"quantity": 6}]) == {"order_line.changed": 1}
    assert put(client, order, version=7, lines=[LINE], time="2024-01-03") == {}
    assert put(client, order, version=8, lines=[LINE]) == {"order_line.changed": 1}


def test_the_examples_of_the_contract_can_be_put(client: httpx.Client) -> None:
    order = next(NAMES)
    assert put(client, order, **EXAMPLES[0]) == {"hold.placed": 1, "order_line.created": 1}
    assert put(client, order, **EXAMPLES[1]) == {
        "delivery.planned": 1, "goods.issued": 1, "hold.released": 1, "material.stated": 1, "order_line.created": 1,
        "production.released": 1, "readiness.stated": 1,
    }  # fmt: skip


def test_ids_in_a_path_that_are_no_utf_8_are_not_one_order(client: httpx.Client) -> None:
    """As of a system that writes Latin-1 in addresses: M\u00fcller and M\u00f6ller would be one order."""
    for name in ("M%FCller", "M%F6ller"):
        reply = client.put(f"{client.base_url}/v1/orders/{name}/state", json={"source": "erp", "lines": [LINE]})
        found = problem(reply, 400)
        assert f"the path must be UTF-8, percent-encoded, got the byte %{name[2:4]}" in found["detail"]
    assert put(client, "M%C3%BCller", lines=[LINE]) == {"order_line.created": 1}


@pytest.mark.parametrize("path", ["/v1/orders/a%00b", "/orders/a%00b", "/v1/orders?search=%00", "/?customer=a%00b"])
def test_an_address_with_a_nul_character_is_refused_by_whatever_database(client: httpx.Client, path: str) -> None:
    reply = client.get(f"{client.base_url}{path}")
    assert reply.status_code == 422
    if path.startswith("/v1"):
        assert problem(reply, 422)["detail"] == "the address must have no NUL character, got one, %00"


@pytest.mark.parametrize("name", [".", ".."])
def test_an_id_that_no_address_can_end_with_is_refused(client: httpx.Client, name: str) -> None:
    sent = order(name)
    (told,) = post(client, [sent], BATCH).json()["events"]
    assert told["errors"] == [
        {"pointer": "/subject", "detail": f"must be an id that an address can end with, got {name}"}
    ]
