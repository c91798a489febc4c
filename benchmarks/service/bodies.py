"""What the bodies of a hostile caller cost a service and its other callers.

    python -m benchmarks.service.bodies http://127.0.0.1:8000 [--seconds 60] [--callers 8]

Start the service in a group of its own with as much memory as it may take, without keys, such as

    systemd-run --scope --property MemoryMax=2G shiprisk serve --no-auth --workers 2

Each caller sends the kinds of bodies of ``tests/serving/door/test_bodies.py`` in turn, as large as they may be. Printed
are the memory of the service's processes before and at most, and how long another caller waited meanwhile.
"""

from __future__ import annotations

import argparse
import itertools
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.serving.door.conftest import OpenDoor, listening, send
from tests.serving.door.test_bodies import BODIES, ask_others


def attack(door: OpenDoor, number: int, until: float) -> Counter[str]:
    """Send one kind after another, each caller beginning with another; how often each status came."""
    statuses: Counter[str] = Counter()
    kinds = itertools.islice(itertools.cycle(BODIES.values()), number * 3, None)
    for route, body, headers in kinds:
        if time.monotonic() > until:
            return statuses
        try:
            statuses[str(send(door, *route, body, **headers).status_code)] += 1
        except httpx.TransportError as error:
            statuses[type(error).__name__] += 1
    return statuses


def measure(door: OpenDoor, seconds: float, callers: int) -> dict[str, object]:
    """Attack for so long; what it took of memory, and what others waited, milliseconds."""
    quiet = listen(door, seconds / 4)
    begin, stop, until = door.memory(), threading.Event(), time.monotonic() + seconds
    largest = begin
    with ThreadPoolExecutor(callers + 1) as pool:
        others = pool.submit(ask_others, door, stop)
        attacks = [pool.submit(attack, door, number, until) for number in range(callers)]
        while not all(one.done() for one in attacks):
            largest = max(largest, door.memory())
            time.sleep(0.02)
        stop.set()
        statuses = sum((one.result() for one in attacks), Counter[str]())
        waited = shares_of(others.result())
    megabytes = {"mb_before": begin >> 20, "mb_most": largest >> 20}
    return {"statuses": dict(statuses), **megabytes, "quiet_ms": quiet, "attacked_ms": waited}


def listen(door: OpenDoor, seconds: float) -> dict[str, float]:
    """How long another caller waits while nobody attacks."""
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        others = pool.submit(ask_others, door, stop)
        stop.wait(seconds)
        stop.set()
        return shares_of(others.result())


def shares_of(seconds: list[float]) -> dict[str, float]:
    """Milliseconds that half, 99 of a hundred, and all of the calls took at most, and how many there were."""
    ranked = sorted(seconds)
    shares = {f"p{share}": round(1000 * ranked[int(share / 100 * (len(ranked) - 1))], 1) for share in (50, 99, 100)}
    return {"calls": len(ranked), **shares}


def main() -> None:
    """Attack, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--callers", type=int, default=8)
    asked = parser.parse_args()
    door = OpenDoor(asked.url, listening(int(asked.url.rpartition(":")[2])))
    print(json.dumps(measure(door, asked.seconds, asked.callers), indent=2))


if __name__ == "__main__":
    main()
