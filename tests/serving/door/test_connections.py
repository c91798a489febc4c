"""Connections have limits of the server's own: long headers, slow ones, slow bodies, and too many at a time."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from serving.auth.api_keys import create_key
from serving.clock import system_clock
from serving.principal import Role
from serving.store.database import Database
from tests.conftest import Home, serve
from tests.serving.api.conftest import NOW
from tests.support.stores import new_database

LIMITS = {
    "SHIPRISK_HEADER_TIMEOUT": "1",
    "SHIPRISK_TIMEOUT": "1",
    "SHIPRISK_BODY_RATE": "100000",
    "SHIPRISK_MAX_HEADER_BYTES": "2048",
    "SHIPRISK_MAX_CONNECTIONS": "20",
    "SHIPRISK_RATE_LIMIT_ADDRESS": "5/hour",
}


class Guarded:
    """A service with small limits that asks for keys, and a key."""

    def __init__(self, url: str, database: Database, log: Path) -> None:
        self.url, self.database, self.log = url, database, log
        self.port = int(url.rpartition(":")[2])
        self.headers = {"authorization": f"Bearer {self.new_key()}"}

    def new_key(self) -> str:
        return create_key(self.database, "ERP", Role.ADMIN, None, 1, system_clock())[1]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


@pytest.fixture(scope="module")
def guarded(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with new_database("sqlite", tmp_path_factory.mktemp("guarded")) as url:
        settings = LIMITS | {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": NOW}
        database = Database(url)
        for service in serve(replace(home, environment=home.environment | settings), keyed=True):
            yield Guarded(service.url, database, service.log)
            assert "Traceback" not in service.log.read_text()
        database.close()


def status_of(wire: socket.socket) -> bytes:
    """The status of what is answered, empty where the connection is just closed."""
    try:
        return wire.recv(65_536).partition(b"\r\n")[0][9:12]
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("begin", [b"", b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n", b"\r\n"])
def test_headers_that_do_not_arrive_are_not_waited_for(guarded: Guarded, begin: bytes) -> None:
    with guarded.connect() as wire:
        wire.sendall(begin)
        assert status_of(wire) == b"408"
        assert wire.recv(1) == b""


def test_a_trickle_of_headers_is_not_waited_for(guarded: Guarded) -> None:
    with guarded.connect() as wire:
        wire.sendall(b"GET /health/live HTTP/1.1\r\nx-a: ")
        wire.settimeout(0.2)
        begin, got = time.monotonic(), b"none"
        while time.monotonic() - begin < 15:
            try:
                wire.sendall(b"a")
                got = status_of(wire)
                break
            except TimeoutError:
                continue
            except BrokenPipeError:
                got = b""
                break
        assert got in (b"408", b"")
        assert time.monotonic() - begin < 15


def test_a_request_after_another_may_come_when_it_likes(guarded: Guarded) -> None:
    with guarded.connect() as wire:
        for _ in range(2):
            wire.sendall(b"GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
            reply = http.client.HTTPResponse(wire)
            reply.begin()
            assert (reply.status, reply.read() != b"") == (200, True)
            wire.settimeout(2)
            with pytest.raises(TimeoutError):
                wire.recv(1)
            wire.settimeout(20)


def test_headers_have_a_size_whole_or_not(guarded: Guarded) -> None:
    for ends in (b"\r\n\r\n", b""):
        with guarded.connect() as wire:
            wire.sendall(b"GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\nx-a: " + b"a" * 4_096 + ends)
            assert status_of(wire) == b"431"
    many = httpx.get(f"{guarded.url}/health/live", headers={f"x-{number}": "" for number in range(120)})
    assert (many.status_code, many.json()["type"]) == (431, "urn:shiprisk:problem:headers-too-large")


def test_a_body_has_a_rate(guarded: Guarded) -> None:
    """Each part comes in time, and all of it would take hours."""
    lines = [f"{name}: {value}" for name, value in guarded.headers.items()]
    head = "\r\n".join(["POST /v1/score HTTP/1.1", "host: 127.0.0.1", "content-type: application/json", *lines])
    with guarded.connect() as wire:
        wire.sendall(f"{head}\r\ncontent-length: 100000\r\n\r\n".encode())
        wire.settimeout(0.3)
        begin, got = time.monotonic(), b""
        while not got and time.monotonic() - begin < 15:
            wire.sendall(b" ")
            try:
                got = status_of(wire)
            except TimeoutError:
                continue
        assert got == b"408"


def test_a_caller_who_reads_nothing_of_the_replies_is_not_waited_for(guarded: Guarded) -> None:
    with guarded.connect() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        wire.settimeout(0.2)
        begin, dropped = time.monotonic(), False
        while not dropped and time.monotonic() - begin < 15:
            try:
                wire.sendall(b"GET /openapi.json HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n" * 20)
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                dropped = True
        assert dropped


def test_a_request_has_one_answer_though_its_body_goes_on(guarded: Guarded) -> None:
    """It is answered without its body, which then does not end."""
    lines = [f"{name}: {value}" for name, value in guarded.headers.items()]
    head = "\r\n".join(["POST /nowhere HTTP/1.1", "host: 127.0.0.1", "content-type: application/json", *lines])
    with guarded.connect() as wire:
        wire.sendall(f"{head}\r\ncontent-length: 100000\r\n\r\n ".encode())
        assert status_of(wire) == b"404"
        wire.sendall(b" ")
        rest = b""
        with suppress(ConnectionResetError):
            while part := wire.recv(65_536):
                rest += part
        assert b"HTTP/1.1" not in rest


def test_connections_that_rest_make_room_for_others(guarded: Guarded) -> None:
    with ExitStack() as stack:
        resting = [stack.enter_context(guarded.connect()) for _ in range(60)]
        assert httpx.get(f"{guarded.url}/health/live", timeout=20).status_code == 200
        resting[0].settimeout(5)
        assert resting[0].recv(65_536) in (b"",) or status_of(resting[0]) in (b"", b"408")


# -- keys ----------------------------------------------------------------------------------------------------


def test_who_has_no_key_locks_nobody_out_at_the_same_address(guarded: Guarded) -> None:
    wrong = {"authorization": "Bearer shiprisk_aaaaaaaaaa_" + "A" * 43}
    refused = [httpx.get(f"{guarded.url}/v1/freshness", headers=headers) for headers in ({}, wrong) * 6]
    assert [reply.status_code for reply in refused[:5]] == [401] * 5
    assert {reply.status_code for reply in refused[5:]} == {429}
    assert httpx.get(f"{guarded.url}/v1/freshness", headers=guarded.headers).status_code == 200
    new, until = {"x-api-key": guarded.new_key()}, time.monotonic() + 10
    while httpx.get(f"{guarded.url}/v1/freshness", headers=new).status_code != 200:
        assert time.monotonic() < until, "a key that was made meanwhile must be found within seconds"
    assert httpx.get(f"{guarded.url}/v1/freshness", headers=wrong).status_code == 429


def test_on_loopback_nobody_says_whom_they_call_for(guarded: Guarded) -> None:
    """Another address each time would be another limit each time."""
    asked = [
        httpx.get(f"{guarded.url}/v1/freshness", headers={"x-forwarded-for": f"10.0.0.{number}"})
        for number in range(12)
    ]
    assert asked[-1].status_code == 429


MOST_SENT = 10 * 1024 * 1024
"""The buffers of both ends take some 3 MB before who sends hears of it."""
CHUNKED = b"GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\n \r\n0\r\n"


@pytest.mark.parametrize("part", [b"a:\r\n" * 16_384, b"x: " + b"y" * 65_536], ids=["many trailers", "an endless one"])
def test_what_follows_a_body_is_not_listened_to_for_long(guarded: Guarded, part: bytes) -> None:
    """Trailers are no headers of the request; the connection is closed before they take room or time."""
    sent = 0
    with guarded.connect() as wire:
        wire.sendall(CHUNKED)
        with suppress(BrokenPipeError, ConnectionResetError):
            while sent < 2 * MOST_SENT:
                wire.sendall(part)
                sent += len(part)
    assert sent < MOST_SENT, "the connection must be closed"
    assert httpx.get(f"{guarded.url}/health/live", timeout=2).status_code == 200


def test_a_body_in_parts_may_have_trailers(guarded: Guarded) -> None:
    with guarded.connect() as wire:
        wire.sendall(CHUNKED + b"x-checksum: 1\r\n\r\n")
        assert status_of(wire) == b"200"


def test_bodies_that_do_not_come_make_room_for_others(guarded: Guarded) -> None:
    """A form of the pages needs no key: more of them than there are connections, each of which begins and rests."""
    with ExitStack() as open_:
        for _ in range(25):
            wire = open_.enter_context(guarded.connect())
            form = "content-type: application/x-www-form-urlencoded"
            wire.sendall(
                f"POST /sign-in HTTP/1.1\r\nhost: 127.0.0.1\r\n{form}\r\ncontent-length: 4000\r\n\r\nkey=".encode()
            )
        reply = httpx.get(f"{guarded.url}/v1/freshness", headers=guarded.headers, timeout=5)
        assert reply.status_code == 200


@pytest.mark.parametrize("protocol", ["websocket", "h2c", "TLS/1.0"])
def test_an_upgrade_is_answered_as_a_request_and_logged_as_one(guarded: Guarded, protocol: str) -> None:
    head = f"connection: Upgrade\r\nupgrade: {protocol}\r\nsec-websocket-version: 13\r\nsec-websocket-key: eA==\r\n"
    with guarded.connect() as wire:
        wire.sendall(f"GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n{head}\r\n".encode())
        answer = b""
        while part := wire.recv(65_536):
            answer += part
    assert (answer[9:12], b"connection: close" in answer.lower()) == (b"200", True)
    assert "upgrade" not in guarded.log.read_text().lower()
