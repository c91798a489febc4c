"""States of one order that come at once end in one of those sent, and the last one answered holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving.api.test_api import problem

ORDERS = map("overlap {}".format, count())
QUANTITIES = st.integers(1, 9)
DAYS = st.sampled_from(["2024-01-20", "2024-01-22", "2024-01-25"])
LINES = st.builds(
    lambda name, quantity, day, issued: {
        "line_id": name, "quantity": quantity, "promised": day, "issued": min(quantity, issued),
    },
    st.sampled_from(["10", " 20"]), QUANTITIES, DAYS, st.integers(0, 9),
)  # fmt: skip
HOLDS = st.builds(lambda name, kind: {"reference": name, "kind": kind}, st.sampled_from("HJ"), st.just("quality"))
CONDITIONS = st.builds(
    lambda kind, state: {"kind": kind, "state": state},
    st.sampled_from(["labels", "packaging"]), st.sampled_from(["met", "not_met"]),
)  # fmt: skip
TRUCKS = st.builds(lambda name, day: {"reference": name, "planned": day}, st.sampled_from("DE"), DAYS)
STATES = st.fixed_dictionaries(
    {
        "source": st.just("erp"),
        "lines": st.lists(LINES, min_size=1, max_size=2, unique_by=lambda line: line["line_id"]),
        "holds": st.lists(HOLDS, max_size=2, unique_by=lambda hold: hold["reference"]),
        "conditions": st.lists(CONDITIONS, max_size=2, unique_by=lambda condition: condition["kind"]),
        "deliveries": st.lists(TRUCKS, max_size=2, unique_by=lambda truck: truck["reference"]),
    }
)


def put(client: httpx.Client, order: str, state: dict[str, Any]) -> httpx.Response:
    return client.put(f"/v1/orders/{order}/state", json=state)


def at_once(client: httpx.Client, order: str, states: list[dict[str, Any]]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(states)) as callers:
        return list(callers.map(lambda state: put(client, order, state), states))


def version_of(reply: httpx.Response) -> int:
    return int(reply.headers["etag"].strip('"'))


def require_last_holds(client: httpx.Client, order: str, states: list[dict[str, Any]]) -> None:
    """Of states that are put at once, that of the highest version is stored: put again, it leads to nothing."""
    replies = at_once(client, order, states)
    assert [reply.status_code for reply in replies] == [200] * len(states), [reply.text for reply in replies]
    last = max(zip(map(version_of, replies), states, strict=True), key=lambda one: one[0])[1]
    again = put(client, order, last)
    assert (again.json()["derived"], version_of(again)) == ({}, max(map(version_of, replies)))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(states=st.lists(STATES, min_size=6, max_size=6))
def test_states_at_once_end_in_one_of_those_sent(client: httpx.Client, states: list[dict[str, Any]]) -> None:
    require_last_holds(client, next(ORDERS), states)


def test_issues_of_states_at_once_add_up_to_one_of_them(client: httpx.Client) -> None:
    line = {"line_id": "10", "quantity": 100, "promised": "2024-01-20"}
    for _ in range(4):
        states = [{"source": "erp", "lines": [line | {"issued": number}]} for number in range(0, 96, 8)]
        require_last_holds(client, next(ORDERS), states)


def test_versions_that_come_at_once_end_in_the_highest(client: httpx.Client) -> None:
    order = next(ORDERS)
    line = {"line_id": "10", "quantity": 100, "promised": "2024-01-20"}
    states = [
        {"source": "erp", "version": version, "lines": [line | {"issued": 8 * version}]}
        for version in (3, 7, 1, 5, 8, 2, 6, 4)
    ]
    replies = at_once(client, order, states)
    assert {reply.status_code for reply in replies} <= {200, 409}
    assert put(client, order, states[4]).json()["derived"] == {}
    older = problem(put(client, order, states[3]), 409)
    assert older["type"].endswith(":outdated")
    assert "must not be older than the one stored, which erp sent as version 8, got version 5" in older["detail"]
    without = {name: value for name, value in states[4].items() if name != "version"}
    assert put(client, order, without).json()["derived"] == {}
