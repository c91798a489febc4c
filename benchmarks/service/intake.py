"""Events posted one by one at a rate, committed and scored, from this process; latencies count from when each was due.

    SHIPRISK_HOME=... python benchmarks/service/intake.py --url http://127.0.0.1:8000 --rate 50 --seconds 20

The service must run on a store with open orders (the demo's, say). Each event reschedules an open order.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from urllib.parse import urlsplit
from uuid import uuid4

import numpy as np
import orjson

LINES = 64
HEADERS = {"content-type": "application/cloudevents+json"}


def rescheduled(order_id: str, now: str, day: int) -> dict[str, object]:
    """A production order of the order ends on another day."""
    data = {"reference": f"bench {order_id}", "date": f"2026-01-{day:02}"}
    return {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": "bench",
        "type": "shiprisk.production.rescheduled",
        "subject": order_id,
        "time": now,
        "data": data,
    }


class Line:
    """A connection that stays open, with so little around it that the client's own work is not what is measured."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of a reply."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._place.hostname, self._place.port)
        reader, writer = self._streams
        head = f"{method} {path} HTTP/1.1\r\nhost: {self._place.netloc}\r\ncontent-length: {len(body)}\r\n"
        told = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
        writer.write(f"{head}{told}\r\n".encode() + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        return int(lines[0].split()[1]), await reader.readexactly(int(headers["content-length"]))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    wanted = parser.parse_args()
    lines = [Line(wanted.url) for _ in range(LINES)]
    listed = orjson.loads((await lines[0].ask("GET", "/v1/orders?limit=500&state=open"))[1])
    order_ids, now = [row["order_id"] for row in listed["orders"]], listed["as_of"]
    took: list[float] = []
    count = int(wanted.rate * wanted.seconds)
    begun = time.perf_counter() + 0.5

    async def send(number: int) -> None:
        due = begun + number / wanted.rate
        await asyncio.sleep(due - time.perf_counter())
        event = orjson.dumps(rescheduled(order_ids[number * 7 % len(order_ids)], now, 1 + number % 28))
        while not lines:
            await asyncio.sleep(0.0005)
        line = lines.pop()
        status, reply = await line.ask("POST", "/v1/events", event)
        lines.append(line)
        took.append((time.perf_counter() - due) * 1000)
        assert status == 200, reply
        assert orjson.loads(reply)["orders"][0]["after"]["risk"] is not None

    await asyncio.gather(*(send(number) for number in range(count)))
    done = count / (time.perf_counter() - begun)
    figures = ", ".join(f"p{share} {np.percentile(took, share):.1f} ms" for share in (50, 95, 99))
    print(f"{count} events at {wanted.rate:g} a second: {figures}; {done:.0f} a second were done")


if __name__ == "__main__":
    asyncio.run(main())
