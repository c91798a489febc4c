"""Running it: logs, metrics, limits, timeouts and a graceful end, on the real server."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from serving.auth.api_keys import create_key
from serving.bootstrap import build_app
from serving.clock import system_clock
from serving.contract.cloudevents import cloud_events
from serving.middleware.rate_limit import RateLimiter
from serving.principal import Role
from serving.settings import Settings
from serving.store.database import Database
from serving.store.schema import events, leases
from serving.telemetry.logs import new_request_id
from tests.conftest import Home, free_port, serve, wait_for
from tests.support import commands
from tests.support.commands import Fork
from tests.support.stores import new_database
from tests.support.stories import created, story

NOW = "2024-01-04T12:00:00Z"


JSON = {"content-type": "application/json"}


def order(name: str) -> dict[str, Any]:
    return cloud_events(story(created(0, 20, order=name, event_id=f"{name} created")))[0]


@pytest.fixture(scope="module")
def local(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Path]]:
    """Two processes without keys, started from nothing, and their log."""
    with new_database("sqlite", tmp_path_factory.mktemp("local")) as url:
        here = replace(home, environment=home.environment | {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": NOW})
        for service in serve(here, "--workers", "2", anew=True):
            with httpx.Client(base_url=service.url, timeout=30) as client:
                yield client, service.log


def metrics(client: httpx.Client) -> dict[str, float]:
    """Each sample by its name and labels, from whichever process answers."""
    with httpx.Client(base_url=client.base_url, timeout=30) as other:
        lines = other.get("/metrics").text.splitlines()
    return {name: float(value) for name, value in (re.split(r" (?=\S+$)", line) for line in lines if line[0] != "#")}


def test_metrics_are_those_of_all_processes(local: tuple[httpx.Client, Path]) -> None:
    client, _ = local
    sent = {"events": [order("M1"), order("M2"), order("M1"), {"id": "x"}]}
    for _ in range(3):
        assert httpx.post(f"{client.base_url}/v1/events", json=sent).status_code == 207
    alone = {"content-type": "application/cloudevents+json"}
    refused = [order("M1") | {"time": "2024-01-02T00:00:00Z"}, order("M1") | {"time": "yesterday"}]
    codes = [httpx.post(f"{client.base_url}/v1/events", json=one, headers=alone).status_code for one in refused]
    assert codes == [409, 422]
    httpx.post(f"{client.base_url}/v1/score", json={"events": [order("S")]})
    for _ in range(4):
        found = metrics(client)
        outcomes = ("accepted", "duplicate", "rejected", "conflict")
        assert [found[f'shiprisk_events_total{{outcome="{outcome}"}}'] for outcome in outcomes] == [2, 7, 4, 1]
        assert found['shiprisk_requests_total{route="POST /v1/events",status="207"}'] == 3
        assert found['shiprisk_request_seconds_count{route="POST /v1/events"}'] == 5
        assert found['shiprisk_scores_total{cause="event"}'] == 2
        assert found['shiprisk_scores_total{cause="request"}'] == 1
        assert found['shiprisk_score_seconds_count{cause="request"}'] == 1
        assert (found["shiprisk_open_orders"], found["shiprisk_database_up"]) == (2, 1)
        assert found["shiprisk_degraded"] == 1, "the model has learned from outcomes after this clock"
        assert found['shiprisk_champion{model="order-risk",version="1"}'] == 1
        assert found["shiprisk_oldest_score_age_seconds"] == 0
        assert found["shiprisk_freshness_lag_seconds"] == 0


def test_a_request_has_an_id_that_its_reply_and_its_line_in_the_log_share(local: tuple[httpx.Client, Path]) -> None:
    client, log = local
    reply = client.get("/v1/orders/none", headers={"x-request-id": "abc-1", "x-api-key": "not-to-be-logged"})
    assert (reply.headers["x-request-id"], reply.json()["request_id"]) == ("abc-1", "abc-1")
    client.get("/health/live")  # on the same connection: the line before it is written by then
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    [line] = [line for line in lines if line.get("request_id") == "abc-1"]
    assert (line["route"], line["status"], line["who"]) == ("GET /v1/orders/{order_id}", 404, "local")
    assert "not-to-be-logged" not in log.read_text()
    forged = client.get("/v1/model", headers={"x-request-id": 'a"}{"b'}).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", forged)
    assert new_request_id("") != new_request_id("")


def test_every_reply_has_the_headers_that_keep_browsers_out(local: tuple[httpx.Client, Path]) -> None:
    client, _ = local
    for path in ("/v1/orders", "/v1/orders/none", "/nowhere", "/docs"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert not {"server", "access-control-allow-origin"} & set(headers)
    assert client.get("/v1/orders", headers={"origin": "http://elsewhere"}).headers["cache-control"] == "no-store"


def test_without_keys_a_request_must_name_this_machine(local: tuple[httpx.Client, Path], home: Home) -> None:
    reply = local[0].get("/v1/orders", headers={"host": "plant.example:80"})
    assert (reply.status_code, "loopback" in reply.json()["detail"]) == (403, True)
    assert local[0].get("/v1/orders", headers={"host": "localhost:1"}).status_code == 200
    refused = home.run("serve", "--no-auth", "--host", "0.0.0.0")
    assert (refused.returncode, "loopback" in refused.stderr) == (2, True)


def test_a_throttle_says_what_is_left_and_when_there_is_more() -> None:
    limiter = RateLimiter("key", "2/minute")
    first, second, third = (limiter.hit("a") for _ in range(3))
    assert (first.allowed, first.left, second.left, third.allowed) == (True, 1, 0, False)
    assert limiter.hit("b").allowed
    assert first.headers()["ratelimit-policy"] == '"key";q=2;w=60'
    assert 0 < int(third.headers()["retry-after"]) <= 60
    assert "retry-after" not in first.headers()


@dataclass
class Running:
    """A server in a process of its own, to be ended by hand."""

    process: Fork | subprocess.Popen[bytes]
    port: int
    token: str
    database: Database

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def headers(self) -> dict[str, str]:
        return JSON | {"authorization": f"Bearer {self.token}"}


@contextmanager
def running(home: Home, folder: Path, **settings: str) -> Iterator[Running]:
    with new_database("sqlite", folder) as url:
        database, port = Database(url), free_port()
        _, token = create_key(database, "test", Role.ADMIN, None, 1, system_clock())
        environment = home.environment | {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": NOW} | settings
        environment |= {"SHIPRISK_KEEPER": "process"}
        log = folder / "log"
        process = commands.start(("serve", "--port", str(port)), environment, folder, log)
        try:
            wait_for(f"http://127.0.0.1:{port}/health/live", process, log)
            yield Running(process, port, token, database)
        finally:
            process.kill()
            process.wait(20)
            database.close()


def test_limits_and_a_graceful_end(home: Home, tmp_path: Path) -> None:
    limits = {"SHIPRISK_RATE_LIMIT": "4/hour", "SHIPRISK_RATE_LIMIT_ADDRESS": "3/hour"}
    with running(home, tmp_path, **limits) as server:
        known = [httpx.get(f"{server.url}/v1/model", headers=server.headers()) for _ in range(2)]
        assert [reply.headers["ratelimit"].partition(";")[2][:3] for reply in known] == ["r=3", "r=2"]
        without = [httpx.get(f"{server.url}/v1/orders") for _ in range(4)]
        assert [reply.status_code for reply in without] == [401, 401, 401, 429]
        assert int(without[3].headers["retry-after"]) > 0
        assert httpx.get(f"{server.url}/health/live").status_code == 200
        with _half_a_body(server) as busy:
            server.process.send_signal(signal.SIGTERM)
            _wait_until_refused(server.port)
            busy.sendall(BODY[len(BODY) // 2 :])
            assert busy.recv(65536).startswith(b"HTTP/1.1 200")
        assert server.process.wait(30) in (0, -signal.SIGTERM)
        assert server.database.read(lambda c: c.execute(select(func.count()).select_from(leases)).scalar()) == 0
        assert server.database.read(lambda c: c.execute(select(events.c.order_id)).scalars().all()) == ["Last"]


BODY = json.dumps({"events": [order("Last")]}).encode()


def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    async def half() -> AsyncIterator[bytes]:
        yield BODY[: len(BODY) // 2]
        await asyncio.Event().wait()

    async def ask() -> httpx.Response:
        app = build_app(None, Settings(timeout=0.05))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://plant") as client:
            return await client.post("/v1/score", content=half(), headers=JSON)

    reply = asyncio.run(ask())
    assert (reply.status_code, reply.json()["type"]) == (408, "urn:shiprisk:problem:too-slow")


def keeper_of(server: Running, but: int = 0) -> int:
    """The process that keeps the server's scores fresh, once it holds the lease; another one than ``but``."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        holder = server.database.read(lambda c: c.execute(select(leases.c.holder)).scalar())
        pid = int(holder.split()[1]) if holder else but
        if pid != but:
            return pid
        threading.Event().wait(0.1)
    raise AssertionError("a process must hold the lease")


def test_the_keeper_is_started_again_and_ends_with_the_server(home: Home, tmp_path: Path) -> None:
    with running(home, tmp_path) as server:
        first = keeper_of(server)
        assert first != server.process.pid
        os.kill(first, signal.SIGKILL)
        with server.database.engine.begin() as connection:
            connection.execute(leases.delete())
        second = keeper_of(server, but=first)
        server.process.kill()
        server.process.wait(20)
        until = time.monotonic() + 60
        while Path(f"/proc/{second}").exists() and time.monotonic() < until:
            threading.Event().wait(0.1)
        assert not Path(f"/proc/{second}").exists(), "it must end with the server, killed or not"
        assert server.database.read(lambda c: c.execute(select(func.count()).select_from(leases)).scalar()) == 0


def _half_a_body(server: Running) -> socket.socket:
    """A request that is being sent; the service asked for its body, so it has begun."""
    made = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    headers = {"host": "127.0.0.1", "content-length": str(len(BODY)), "expect": "100-continue"} | server.headers()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    made.sendall(f"POST /v1/events HTTP/1.1\r\n{lines}\r\n".encode())
    assert made.recv(65536).startswith(b"HTTP/1.1 100")
    made.sendall(BODY[: len(BODY) // 2])
    return made


def _wait_until_refused(port: int) -> None:
    for _ in range(100_000):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionError:
            return
    raise AssertionError("the server still takes new connections")
