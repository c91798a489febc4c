"""The client: asks one URL again and again over connections that stay open, in a process of its own.

    python benchmarks/service/serving_load.py URL BODIES --calls 2000 --connections 1

BODIES holds one JSON body a line; they are sent in turn. Prints the figures as JSON.
"""

from __future__ import annotations

import argparse
import http.client
import json
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

WARM_UP = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("bodies", type=Path)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--connections", type=int, default=1)
    asked = parser.parse_args()
    bodies = asked.bodies.read_bytes().splitlines()
    _asked(asked.url, bodies, WARM_UP)
    took: list[float] = []
    share = asked.calls // asked.connections
    callers = [
        threading.Thread(target=lambda: took.extend(_asked(asked.url, bodies, share))) for _ in range(asked.connections)
    ]
    begun = time.perf_counter()
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    lasted = time.perf_counter() - begun
    if len(took) < share * asked.connections:
        raise SystemExit("every call must be answered with 200, got another answer")
    print(json.dumps({
        "median_ms": float(np.median(took)) * 1e3,
        "p99_ms": float(np.quantile(took, 0.99)) * 1e3,
        "per_second": len(took) / lasted,
    }))  # fmt: skip


def _asked(url: str, bodies: list[bytes], calls: int) -> list[float]:
    """Seconds from sending each body to the last byte of its reply, over one connection."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    took = []
    for call in range(calls):
        begun = time.perf_counter()
        connection.request("POST", place.path, bodies[call % len(bodies)], {"content-type": "application/json"})
        reply = connection.getresponse()
        said = reply.read()
        took.append(time.perf_counter() - begun)
        if reply.status != 200:
            raise RuntimeError(f"{url} must answer with 200, got {reply.status}: {said[:500]!r}")
    connection.close()
    return took


if __name__ == "__main__":
    main()
