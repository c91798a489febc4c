"""No body harms others: twenty kinds of them, at once, while somebody else is served."""

from __future__ import annotations

import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from serving.problems import MAX_ERRORS
from tests.serving.door.conftest import OpenDoor, send

SIZE = 4 * 1024 * 1024 - 64
"""As large as a body may be."""
ROUNDS = 3
"""So many times others may be kept waiting by something else on this machine."""
SCORE, EVENTS, STATE = ("POST", "/v1/score"), ("POST", "/v1/events"), ("PUT", "/v1/orders/A/state")
WHAT_IF, DECISION = ("POST", "/v1/orders/A/what-if"), ("POST", "/v1/orders/A/decisions")


def filled(begin: bytes, part: bytes, end: bytes) -> bytes:
    """As many parts as there is room for."""
    return begin + b",".join([part] * ((SIZE - len(begin) - len(end)) // (len(part) + 1))) + end


def members(most: int) -> bytes:
    return b"{" + b",".join(b'"k%d":0' % number for number in range(most)) + b"}"


EMPTY = filled(b'{"source":"erp","lines":[', b"{}", b"]}")
BATCH = b'{"events":['
BODIES: dict[str, tuple[tuple[str, str], bytes, dict[str, str]]] = {
    "zeros to score": (SCORE, filled(BATCH, b"0", b"]}"), {}),
    "a list of zeros": (SCORE, filled(b"[", b"0", b"]"), {}),
    "empty lines of a state": (STATE, EMPTY, {}),
    "a list of empty objects": (STATE, filled(b"[", b"{}", b"]"), {}),
    "empty events": (EVENTS, filled(BATCH, b"{}", b"]}"), {}),
    "nulls": (EVENTS, filled(BATCH, b"null", b"]}"), {}),
    "empty lists": (SCORE, filled(BATCH, b"[]", b"]}"), {}),
    "decimals": (EVENTS, filled(BATCH, b"1.5e9", b"]}"), {}),
    "ten thousand empty lines": (STATE, b'{"source":"erp","lines":[' + b",".join([b"{}"] * 10_000) + b"]}", {}),
    "ten thousand wrong events": (SCORE, BATCH + b",".join([b'{"a":1,"b":2}'] * 10_000) + b"]}", {}),
    "more events than there may be": (EVENTS, BATCH + b",".join([b"{}"] * 10_001) + b"]}", {}),
    "members of no event": (SCORE, members(290_000), {}),
    "unknown members": (DECISION, members(300_000), {"if-match": "*"}),
    "unknown members of data": (WHAT_IF, b'{"events":[{"type":"x","data":' + members(300_000) + b"}]}", {}),
    "deep lists": (SCORE, b"[" * (SIZE // 2) + b"]" * (SIZE // 2), {}),
    "deep objects": (EVENTS, b'{"a":' * (SIZE // 6) + b"1" + b"}" * (SIZE // 6), {}),
    "one long text": (DECISION, b'{"kind":"comment","comment":"' + b"a" * (SIZE - 40) + b'"}', {"if-match": "*"}),
    "one long number": (SCORE, b'{"factors":' + b"9" * (SIZE - 40) + b"}", {}),
    "one name many times": (STATE, filled(b"{", b'"source":"erp"', b"}"), {}),
    "no UTF-8": (EVENTS, b'{"events":["' + b"\xff" * (SIZE - 40) + b'"]}', {}),
    "escapes": (EVENTS, b'{"events":["' + b"\\ud800" * (SIZE // 6 - 10) + b'"]}', {}),
    "a name that begins like an address": (SCORE, b'{"events":[],"://' + b"a." * 20_000 + b'":1}', {}),
    "a name of many addresses": (STATE, b'{"source":"erp","' + b"a://" * 10_000 + b'":1}', {}),
    "a name of half words and a sign": (EVENTS, b'{"events":[{"' + b"a-" * 20_000 + b'=":1}]}', {}),
    "data in base64": (EVENTS, filled(BATCH, b'{"data_base64":"' + b"e30=" * 9_000 + b'"}', b"]}"), {}),
    "a gzip bomb": (EVENTS, gzip.compress(b"0" * 100_000_000), {"content-encoding": "gzip"}),
}


def ask_others(door: OpenDoor, stop: threading.Event) -> list[float]:
    """Seconds of the calls of somebody else, who asks for what the loop answers and for what a thread does."""
    seconds = []
    with httpx.Client(base_url=door.url, timeout=60) as client:
        while not stop.is_set():
            for path in ("/health/live", "/v1/freshness"):
                begin = time.perf_counter()
                assert client.get(path).status_code == 200
                seconds.append(time.perf_counter() - begin)
            stop.wait(0.01)
    return seconds


def attack(door: OpenDoor) -> tuple[set[int], int, float]:
    """Send each kind twice, three at a time: the statuses, the most memory taken, and the p99 of others' calls."""
    begin, stop = door.memory(), threading.Event()
    largest = begin
    with ThreadPoolExecutor(4) as pool:
        others = pool.submit(ask_others, door, stop)
        replies = [
            pool.submit(send, door, *route, body, **headers) for route, body, headers in BODIES.values() for _ in "ab"
        ]
        while not all(reply.done() for reply in replies):
            largest = max(largest, door.memory())
            time.sleep(0.02)
        stop.set()
        seconds = sorted(others.result())
    return {reply.result().status_code for reply in replies}, largest - begin, seconds[int(0.99 * len(seconds))]


def quiet_p99(door: OpenDoor) -> float:
    """What others wait for while nobody attacks: other things run on this machine."""
    stop = threading.Event()
    threading.Timer(2, stop.set).start()
    seconds = sorted(ask_others(door, stop))
    return seconds[int(0.99 * len(seconds))]


def test_twenty_kinds_of_bodies_take_little_memory_and_keep_nobody_waiting(door: OpenDoor) -> None:
    assert len(BODIES) >= 20
    quiet, waited = quiet_p99(door), []
    for _ in range(ROUNDS):
        statuses, taken, p99 = attack(door)
        assert statuses <= {200, 207, 400, 415, 422}, statuses
        assert taken <= 300 * 1024 * 1024, f"{taken / 1024 / 1024:,.0f} MB"
        waited.append(p99)
        if p99 <= max(0.2, 3 * quiet):
            return
    raise AssertionError(f"others must wait at most 0.2 s, or thrice as long as before, {quiet}, got {waited}")


@pytest.mark.parametrize(
    ("route", "item", "name"),
    [(SCORE, {"a": 1}, "events"), (STATE, {}, "lines")],
    ids=["score", "state"],
)
def test_faults_end_at_the_first_hundred_and_say_so(
    door: OpenDoor, route: tuple[str, str], item: dict[str, int], name: str
) -> None:
    problem = send(door, *route, {"source": "erp", name: [item] * 5_000} if route == STATE else {name: [item] * 5_000})
    assert problem.status_code == 422
    content = problem.json()
    assert len(content["errors"]) == MAX_ERRORS
    assert content["errors_unlisted"] >= 1
    assert f"at least {content['errors_unlisted']} more are not listed" in content["detail"]
    assert content["errors"][0]["pointer"].startswith(f"/{name}/0/")


def test_each_event_of_a_batch_says_what_is_wrong_but_not_all_of_it(door: OpenDoor) -> None:
    events = send(door, *EVENTS, {"events": [{"a": 1}] * 1_000}).json()["events"]
    assert all(event["errors"] for event in events)
    assert sum(len(event["errors"]) for event in events) < MAX_ERRORS + 1_000


def test_items_are_counted_before_they_are_checked(door: OpenDoor) -> None:
    line = {"line_id": "1", "quantity": 1}
    many = send(door, *STATE, {"source": "erp", "lines": [line] * 10_001})
    assert "at most 10,000 lines, got 10,001" in many.json()["detail"]
    few = send(door, *WHAT_IF, {"events": [{}] * 51})
    assert "at most 50 events, got 51" in few.json()["detail"]
    crowded = send(door, *DECISION, members(200), **{"if-match": "*"})
    assert crowded.json()["errors"] == [{"pointer": "/", "detail": "an object must have at most 100 members, got 200"}]


def test_a_form_of_a_page_has_a_size(door: OpenDoor) -> None:
    """It is read between two replies."""
    assert httpx.post(f"{door.url}/theme", data={"theme": "a" * 300_000}, timeout=30).status_code == 413


@pytest.mark.parametrize(
    ("route", "begin", "end"), [(SCORE, '{"events":[],"', '":1}'), (EVENTS, '{"events":[{"', '":1}]}')]
)
@pytest.mark.parametrize("part", ["://" + "a." * 20_000, "a://" * 10_000, "a-" * 20_000 + "="])
def test_a_members_name_is_not_said_back_whole_and_costs_nothing(
    door: OpenDoor, route: tuple[str, str], begin: str, end: str, part: str
) -> None:
    started = time.perf_counter()
    reply = send(door, *route, (begin + part + end).encode())
    assert (reply.status_code, len(reply.content) < 2_000) == (422 if route == SCORE else 207, True)
    assert time.perf_counter() - started < 5
