"""Whatever is sent: a documented status, a reply that keeps to its schema, never a 500 and never a traceback."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Home, Service, serve
from tests.serving.api.conftest import NOW
from tests.serving.api.test_api import JSON, order, problem
from tests.support.contract import run
from tests.support.stores import new_database

EXAMPLES = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 4
"""Of each operation."""


@pytest.fixture(scope="module")
def api(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with new_database("sqlite", tmp_path_factory.mktemp("contract")) as url:
        here = replace(home, environment=home.environment | {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": NOW})
        for service in serve(here):
            yield service
            assert "Traceback" not in service.log.read_text()


def test_requests_that_schemathesis_makes_up(api: Service, tmp_path: Path) -> None:
    assert run(api.url, EXAMPLES, tmp_path) > 15 * EXAMPLES
    shown = httpx.get(f"{api.url}/v1/orders", params={"limit": 1}).json()["orders"]
    assert shown, "some of what was made up must have been stored"


EVENT = order("H")
SUPPOSED = ("type", "data", "id", "source", "time")
ROUTES = (
    ("POST", "/v1/events", lambda event: {"events": [event]}),
    ("POST", "/v1/score", lambda event: {"events": [event]}),
    ("PUT", "/v1/orders/H/state", lambda event: {"source": "erp", "lines": [event["data"]]}),
    ("POST", "/v1/orders/H/what-if", lambda event: {"events": [{key: event.get(key) for key in SUPPOSED}]}),
    ("POST", "/v1/orders/H/decisions", lambda event: {"kind": "comment", "comment": event["subject"]}),
)
WRONG: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 10**40, 1e308, -0.0, "", " ", "\0", "\ud800", "é" * 600, "١٢", "2024-01-04T99:00Z",
    "0001-01-01", "9999-12-31T23:59:59.9999999Z", "2024-01-04T00:00:00+99:99", [], {}, [[]], {"a": {"b": None}}, "NaN",
    "../..", "'; --",
)  # fmt: skip


def variants() -> Iterator[dict[str, Any]]:
    """The same event with each of its parts replaced by each wrong value, or left out."""
    for name in EVENT:
        yield {key: value for key, value in EVENT.items() if key != name}
        yield from (EVENT | {name: wrong} for wrong in WRONG)
    for name in ("quantity", "date", "value", "line_id", "kind", "unknown"):
        yield from (EVENT | {"data": EVENT["data"] | {name: wrong}} for wrong in WRONG)


def text_of(content: Any) -> bytes:
    """JSON with lone surrogates escaped, as a careless caller would write it."""
    return json.dumps(content).encode()


def ask(client: httpx.Client, method: str, path: str, content: bytes, **headers: str) -> httpx.Response:
    return client.request(method, path, content=content, headers=JSON | {"if-match": "*"} | headers)


def sane(reply: httpx.Response) -> None:
    assert reply.status_code in (200, 207, 400, 404, 409, 412, 413, 415, 422), reply.text
    if reply.status_code >= 400:
        said = problem(reply, reply.status_code)
        assert said["detail"]
        assert "Traceback" not in reply.text
        assert len(reply.content) < 100_000, "who sends many faults does not get as many back"
    else:
        assert reply.json()


@pytest.mark.parametrize(("method", "path", "body"), ROUTES, ids=[path for _, path, _ in ROUTES])
def test_wrong_values_in_every_place(api: Service, method: str, path: str, body: Any) -> None:
    with httpx.Client(base_url=api.url, timeout=30) as client:
        for event in variants():
            if "data" not in event or "subject" not in event or isinstance(event["data"], dict):
                sane(ask(client, method, path, text_of(body({"data": {}, "subject": None} | event))))


KINDS = ("application/json", "application/cloudevents+json", "application/cloudevents-batch+json", "text/plain", "")
NESTED = b"[" * 100_000 + b"]" * 100_000
HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "deep": NESTED,
    "deep in an event": b'{"events": [{"id": ' + NESTED + b"}]}",
    "deep objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "NaN": b'{"events": [{"data": {"quantity": NaN}}]}',
    "Infinity": b'{"events": [{"data": {"quantity": -Infinity}}]}',
    "a huge number": b'{"events": [{"data": {"quantity": 1e999}}], "factors": ' + b"9" * 5_000 + b"}",
    "many keys": text_of({f"k{number}": number for number in range(100_000)}),
    "many keys in data": text_of({"events": [EVENT | {"data": {f"k{number}": 1 for number in range(20_000)}}]}),
    "many nulls": text_of({"events": [None] * 9_000}),
    "too many events": text_of({"events": [{}] * 10_001}),
    "the same key twice": b'{"events": [], "events": [{}], "source": "a", "source": "b"}',
    "a lone surrogate": b'{"events": [{"id": "\\ud800", "subject": "\\udfff\\ud800"}], "source": "\\ud800"}',
    "not UTF-8": b'{"events": [{"id": "\xff\xfe"}]}',
    "UTF-16": '{"events": []}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"events": []}',
    "cut off": b'{"events": [{"id": "a',
    "a number": b"7",
    "a string": b'"events"',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bodies(api: Service, content: bytes) -> None:
    with httpx.Client(base_url=api.url, timeout=30) as client:
        for method, path, _ in ROUTES:
            for kind in KINDS if path == "/v1/events" else KINDS[:1]:
                sane(ask(client, method, path, content, **{"content-type": kind}))


def test_hostile_parameters(api: Service) -> None:
    """In every parameter of every question."""
    schema = httpx.get(f"{api.url}/openapi.json").json()
    hostile = (
        "",
        "\0",
        "%",
        "a" * 3_000,
        "-1",
        "1e999",
        "99999999999999999999",
        "NaN",
        "é\U0001f600",
        "[]",
        "2024-13-99",
    )
    with httpx.Client(base_url=api.url, timeout=30) as client:
        for path, methods in schema["paths"].items():
            for parameter in methods.get("get", {}).get("parameters", []):
                for said in hostile:
                    told = {"params" if parameter["in"] == "query" else "path": {parameter["name"]: said}}
                    sane(client.get(filled(path, told.get("path", {})), params=told.get("params")))


def filled(path: str, said: dict[str, str]) -> str:
    values = {"order_id": "H", "score_id": "1"} | {
        name: str(httpx.QueryParams({"": one}))[1:] for name, one in said.items()
    }
    return path.format(**values)


def test_a_broken_chunk_is_no_traceback(api: Service) -> None:
    url = httpx.URL(api.url)
    for chunk in (b"zz\r\n{}\r\n", b"5\r\n{", b"-1\r\n{}\r\n0\r\n\r\n", b"FFFFFFFFFFFFFFFFF\r\n{}"):
        with socket.create_connection((url.host, url.port or 80), timeout=10) as wire:
            wire.sendall(
                b"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n" + chunk
            )
            wire.shutdown(socket.SHUT_WR)
            first = wire.recv(65_536)
            assert first == b"" or first.startswith(b"HTTP/1.1 400"), first
    assert httpx.get(f"{api.url}/health/live").status_code == 200
