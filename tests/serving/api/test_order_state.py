"""PUT of an order as it stands: what changed since is found, and again nothing is."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from serving.contract.cloudevents import cloud_events
from tests.serving.api.test_api import BATCH, post, problem
from tests.support.stories import created, shipped, story

LINE: dict[str, Any] = {"line_id": "10", "quantity": 5, "promised": "2024-01-20"}


def put(client: httpx.Client, order: str, *lines: dict[str, Any], **more: Any) -> int:
    """How many events the state leads to; that it leads to none when it is put again."""
    content = {"source": "erp", "lines": list(lines)} | more
    replies = [client.put(f"/v1/orders/{order}/state", json=content) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200], replies[0].text
    first, again = (reply.json()["events"] for reply in replies)
    assert again == []
    return len(first)


def state(client: httpx.Client, order: str) -> str:
    return str(client.get(f"/v1/orders/{order}").json()["order"]["state"])


def due(client: httpx.Client, order: str) -> str:
    return str(client.get(f"/v1/orders/{order}").json()["order"]["due_at"])[:10]


def test_a_closed_line_that_is_shown_open_is_reopened(client: httpx.Client) -> None:
    assert put(client, "Again", LINE | {"issued": 2, "closed": "short"}) == 3
    assert state(client, "Again") == "shipped"
    assert put(client, "Again", LINE | {"issued": 2}) == 1
    assert state(client, "Again") == "open"
    assert put(client, "Again", LINE | {"issued": 2, "closed": "cancelled"}) == 1
    assert state(client, "Again") == "cancelled"
    assert put(client, "Again", LINE | {"issued": 2, "closed": "complete"}) == 1
    assert state(client, "Again") == "shipped"


def test_a_line_that_is_gone_and_comes_back_is_reopened(client: httpx.Client) -> None:
    other = LINE | {"line_id": "20", "promised": "2024-01-10"}
    put(client, "Back", LINE, other)
    assert (due(client, "Back"), put(client, "Back", LINE), due(client, "Back")) == ("2024-01-10", 1, "2024-01-20")
    assert (put(client, "Back", LINE, other), due(client, "Back")) == (1, "2024-01-10")


def test_a_line_of_nothing_is_cancelled_until_something_is_wanted(client: httpx.Client) -> None:
    put(client, "Zero", LINE)
    assert (put(client, "Zero", LINE | {"quantity": 0}), state(client, "Zero")) == (1, "cancelled")
    assert (put(client, "Zero", LINE), state(client, "Zero")) == (1, "open")


def test_blanks_around_what_is_named_mean_nothing(client: httpx.Client) -> None:
    hold = {"reference": "H", "kind": "quality", "reason": "surface", "line_id": "10"}
    assert put(client, "Blank", LINE | {"plant": "Kiel"}, holds=[hold]) == 2
    padded = {"reference": " H", "kind": "quality", "reason": "surface ", "line_id": "\t10"}
    assert put(client, "Blank", LINE | {"line_id": " 10 ", "plant": "  "}, holds=[padded]) == 0
    assert put(client, "Blank", LINE, holds=[hold | {"reason": " "}]) == 0
    nameless = client.put("/v1/orders/Blank/state", json={"source": "erp", "lines": [LINE | {"line_id": " "}]})
    assert problem(nameless, 422)["errors"][0]["pointer"] == "/lines/0/line_id"


def test_a_line_may_have_no_promise_yet(client: httpx.Client) -> None:
    line = {name: value for name, value in LINE.items() if name != "promised"}
    assert (put(client, "Later", line), state(client, "Later")) == (1, "unpromised")
    assert (put(client, "Later", LINE), state(client, "Later")) == (1, "open")
    assert (put(client, "Later", line), state(client, "Later")) == (0, "open")


def test_instalments_are_lines_of_their_own(client: httpx.Client) -> None:
    first = LINE | {"instalment": "1", "promised": "2024-01-10"}
    second = LINE | {"instalment": "2", "promised": "2024-01-20"}
    assert (put(client, "Parts", first, second), due(client, "Parts")) == (2, "2024-01-10")
    assert (put(client, "Parts", first | {"issued": 5}, second), due(client, "Parts")) == (1, "2024-01-20")
    moved = second | {"promised": "2024-01-25", "quantity": 6}
    assert (put(client, "Parts", first | {"issued": 5}, moved), due(client, "Parts")) == (2, "2024-01-25")
    assert (put(client, "Parts", first | {"issued": 5}), state(client, "Parts")) == (1, "shipped")
    twice = client.put("/v1/orders/Parts/state", json={"source": "erp", "lines": [first, first]})
    detail = problem(twice, 422)["detail"]
    assert "must be told once, got more of 10/1" in detail
    assert "Value error" not in detail, "what pydantic calls it says nothing to a caller"


@pytest.mark.parametrize("reference", [None, "D1"])
def test_less_issued_than_is_known_is_a_reversal_however_late(client: httpx.Client, reference: str | None) -> None:
    """It left on day 0, three days ago; of what was posted, 2 did not leave."""
    order = f"Less{reference}"
    told = [created(-1, 20, 5, order, line="10"), shipped(0, 5, order, line="10", reference=reference)]
    post(client, [one | {"id": f"{order} {one['id']}"} for one in cloud_events(story(*told))], BATCH)
    line = LINE | {"promised": "2024-01-21T12:00:00Z"}
    assert (state(client, order), put(client, order, line | {"issued": 5})) == ("shipped", 0)
    assert (put(client, order, line | {"issued": 3}), state(client, order)) == (1, "open")
    assert (put(client, order, line | {"issued": 5}), state(client, order)) == (1, "shipped")


def test_what_left_before_its_line_was_known_is_not_issued_again(client: httpx.Client) -> None:
    post(client, cloud_events(story(shipped(0, 2, "Early", line="10", event_id="early"))), BATCH)
    assert put(client, "Early", LINE | {"issued": 2}) == 1
    assert put(client, "Early", LINE | {"issued": 5}) == 1
    assert state(client, "Early") == "shipped"


def test_a_state_of_before_counts_as_it_comes_in(client: httpx.Client) -> None:
    put(client, "Since", LINE, holds=[{"reference": "H", "kind": "quality"}])
    changed = LINE | {"quantity": 6, "promised": "2024-01-25"}
    hold = {"reference": "H", "kind": "quality", "reason": "surface"}
    assert put(client, "Since", changed, holds=[hold], time="2024-01-02") == 3
    assert due(client, "Since") == "2024-01-25"
    assert put(client, "Since", changed | {"closed": "cancelled"}, time="2024-01-01") == 1
    assert put(client, "Since", changed, time="2024-01-01") == 1
    assert state(client, "Since") == "open"


def test_a_state_of_the_future_is_none(client: httpx.Client) -> None:
    content = {"source": "erp", "lines": [LINE], "time": "2024-01-05"}
    refused = problem(client.put("/v1/orders/Ahead/state", json=content), 422)
    assert refused["errors"][0]["pointer"] == "/time"
    assert "must not lie in the future" in refused["errors"][0]["detail"]


def test_a_state_of_no_time_is_none(client: httpx.Client) -> None:
    content = {"source": "erp", "lines": [LINE], "time": "1970-01-01T00:00:00Z"}
    refused = problem(client.put("/v1/orders/Epoch/state", json=content), 422)
    assert refused["errors"][0]["pointer"] == "/time"
    assert "must lie between 2000-01-01 and 2200-01-01" in refused["errors"][0]["detail"]


@pytest.mark.parametrize("none", ["1970-01-01", "1970-01-01T00:00:00Z", "9999-12-31"])
def test_a_promise_that_stands_for_none_is_none(client: httpx.Client, none: str) -> None:
    order = f"Never {none}"
    truck = {"reference": "D", "planned": none}
    assert (put(client, order, LINE | {"promised": none}), state(client, order)) == (1, "unpromised")
    assert (put(client, order, LINE), put(client, order, LINE | {"promised": none})) == (1, 0)
    refused = problem(client.put(f"/v1/orders/{order}/state", json={"source": "erp", "deliveries": [truck]}), 422)
    assert refused["errors"][0]["pointer"] == "/deliveries/0/planned"


def test_a_line_without_a_name_stays_as_it_is(client: httpx.Client) -> None:
    """Nobody can close it alone: an event without a line closes all."""
    post(client, cloud_events(story(created(0, 9, order="Unnamed", event_id="unnamed"))), BATCH)
    assert put(client, "Unnamed", LINE) == 1
    assert (state(client, "Unnamed"), due(client, "Unnamed")) == ("open", "2024-01-10")
