"""Without keys: nothing that another site's page sends is done, whatever the browser. HEAD, and forged cursors."""

from __future__ import annotations

import base64
import socket

import httpx
import orjson
import pytest

from tests.serving.api.test_api import order
from tests.serving.door.conftest import JSON, OpenDoor, send

PAGE = {"origin": "https://evil.example"}
SENT = {
    "a form's text": {"content-type": "text/plain"},
    "a form": {"content-type": "application/x-www-form-urlencoded"},
    "nothing said": {"content-type": ""},
    "binary mode as text": {"content-type": "text/plain", "ce-specversion": "1.0"},
    "JSON from a page": JSON | PAGE,
    "JSON from a page of no name": JSON | {"origin": "null"},
    "JSON from no address": JSON | {"origin": "http://["},
    "JSON from another port": JSON | {"origin": "http://127.0.0.1:1"},
    "another site": JSON | {"sec-fetch-site": "cross-site"},
    "another host of the site": JSON | {"sec-fetch-site": "same-site"},
}


@pytest.mark.parametrize("headers", SENT.values(), ids=SENT)
def test_what_a_page_of_another_site_can_send_is_not_done(door: OpenDoor, headers: dict[str, str]) -> None:
    for method, path in (("POST", "/v1/events"), ("PUT", "/v1/orders/Page/state"), ("POST", "/v1/score")):
        reply = send(door, method, path, {"events": [order("Page")]}, **headers)
        assert reply.status_code in (403, 415), reply.text
        assert "without keys" in reply.json()["detail"]
    assert httpx.get(f"{door.url}/v1/orders/Page", timeout=30).status_code == 404


def test_the_services_own_page_and_programs_may_send(door: OpenDoor) -> None:
    event = {"events": [order("Own")]}
    for headers in ({}, {"origin": door.url, "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}):
        assert send(door, "POST", "/v1/events", event, **headers).status_code == 200


@pytest.mark.parametrize(("second", "status"), [("127.0.0.1", 200), ("evil.example", 403)])
def test_a_request_that_names_two_hosts_names_another_one(door: OpenDoor, second: str, status: int) -> None:
    """A client of Python sends no such thing, so it is written by hand."""
    host, port = door.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        asked = f"GET /v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: {second}\r\nConnection: close\r\n\r\n"
        connection.sendall(asked.encode())
        assert connection.makefile("rb").readline().split()[1] == str(status).encode()


@pytest.mark.parametrize("path", ["/health/live", "/v1/orders", "/", "/openapi.json", "/v1/orders/nobody"])
def test_head_says_what_get_says_without_the_body(door: OpenDoor, path: str) -> None:
    read, asked = httpx.get(door.url + path, timeout=30), httpx.head(door.url + path, timeout=30)
    assert (asked.status_code, asked.content) == (read.status_code, b"")
    assert asked.headers["content-type"] == read.headers["content-type"]


@pytest.mark.parametrize("sort", ["risk", "due", "customer"])
def test_a_forged_cursor_is_refused(door: OpenDoor, sort: str) -> None:
    send(door, "POST", "/v1/events", {"events": [order("C1", customer="A"), order("C2", customer="B")]})
    listed = {"sort": sort, "limit": "1"}
    first = httpx.get(f"{door.url}/v1/orders", params=listed, timeout=30).json()["next_cursor"]
    digest, value, due, order_id = orjson.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    forged = [
        [digest, value, 2**63, order_id],
        [digest, value, -(2**63) - 1, order_id],
        [digest, value, True, order_id],
        [digest, value, due, "\0"],
        [digest, "\0" if sort == "customer" else 2**64 - 1, due, order_id],
        [digest, False, due, order_id],
        [digest, value, due, order_id, 1],
        {"0": digest},
        7,
    ]
    for content in forged:
        text = base64.urlsafe_b64encode(orjson.dumps(content) if not _is_large(content) else _written(content)).decode()
        reply = httpx.get(f"{door.url}/v1/orders", params=listed | {"cursor": text.rstrip("=")}, timeout=30)
        assert (reply.status_code, "a cursor must be" in reply.json()["detail"]) == (422, True), content
    for text in ("-1", "1.5", "a", "9" * 30, "\u0661"):
        reply = httpx.get(f"{door.url}/v1/orders/C1/history", params={"cursor": text}, timeout=30)
        assert reply.status_code == 422, text


def _is_large(content: object) -> bool:
    return isinstance(content, list) and any(isinstance(one, int) and one < -(2**63) for one in content)


def _written(content: object) -> bytes:
    return repr(content).replace("'", '"').encode()
