"""Events posted one by one at a rate, committed and scored, from this process; latencies count from when each was due.

    SHIPRISK_HOME=... python benchmarks/service/intake.py --url http://127.0.0.1:8000 --rate 50 --seconds 20
        [--key KEY] [--planners KEYS]

The service must run on a store with open orders (the demo's, say). Each event reschedules an open order. KEYS is a file
with one key of a planner a line: as many have signed in, have the worklist open meanwhile, listen to new scores, and
load it anew twice a minute. The first of them lists the orders where keys are asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import numpy as np
import orjson

LINES = 64
PAGE_EVERY = 30.0
"""Seconds after which a planner loads the list anew."""
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

    def __init__(self, url: str, key: str = "", session: str = "") -> None:
        self._place = urlsplit(url)
        self._credentials = {"authorization": f"Bearer {key}"} if key else {}
        self._credentials |= {"cookie": session} if session else {}
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of a reply."""
        reader, status, headers = await self._send(method, path, body)
        return status, await reader.readexactly(int(headers["content-length"]))

    async def listen(self, path: str) -> int:
        """The events of a stream, counted until its connection is cut."""
        reader, status, _ = await self._send("GET", path)
        assert status == 200, status
        count = 0
        try:
            while line := await reader.readline():
                count += line.startswith(b"data:")
        except asyncio.CancelledError:
            return count
        return count

    async def _send(
        self, method: str, path: str, body: bytes = b""
    ) -> tuple[asyncio.StreamReader, int, dict[str, str]]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._place.hostname, self._place.port)
        reader, writer = self._streams
        head = f"{method} {path} HTTP/1.1\r\nhost: {self._place.netloc}\r\ncontent-length: {len(body)}\r\n"
        headers = "".join(f"{name}: {value}\r\n" for name, value in (HEADERS | self._credentials).items())
        writer.write(f"{head}{headers}\r\n".encode() + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        return reader, int(lines[0].split()[1]), dict(line.lower().split(": ", 1) for line in lines[1:] if line)


def signed_in(url: str, key: str) -> str:
    """The cookies of somebody who signed in with a key on the page."""
    with httpx.Client(base_url=url) as client:
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', client.get("/sign-in").text)
        assert token
        reply = client.post("/sign-in", data={"form_token": token[1], "key": key})
        assert reply.status_code == 303, reply.text
        return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


class Planner:
    """Has the worklist open: listens to new scores, and loads the page anew now and then."""

    def __init__(self, url: str, key: str) -> None:
        session = signed_in(url, key)
        self._stream, self._page = Line(url, session=session), Line(url, session=session)
        self.news = 0
        self.pages: list[float] = []

    async def work(self, first: float) -> None:
        """Until cancelled; the first page after so many seconds."""
        stream = asyncio.create_task(self._stream.listen("/stream"))
        try:
            await asyncio.sleep(first)
            while True:
                begin = time.perf_counter()
                status, _ = await self._page.ask("GET", "/")
                assert status == 200, status
                self.pages.append((time.perf_counter() - begin) * 1000)
                await asyncio.sleep(PAGE_EVERY)
        except asyncio.CancelledError:
            stream.cancel()
            self.news = await stream


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--key", default="", help="the key that sends the events, where keys are asked for")
    parser.add_argument("--planners", type=Path, help="a file of keys, one a line: so many planners look on")
    wanted = parser.parse_args()
    lines = [Line(wanted.url, wanted.key) for _ in range(LINES)]
    keys = wanted.planners.read_text().split() if wanted.planners else []
    planners = [Planner(wanted.url, key) for key in keys]
    looking = [
        asyncio.create_task(planner.work(PAGE_EVERY * number / len(planners)))
        for number, planner in enumerate(planners)
    ]
    lister = Line(wanted.url, keys[0]) if keys else lines[0]
    listed = orjson.loads((await lister.ask("GET", "/v1/orders?limit=500&state=open"))[1])
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
    for task in looking:
        task.cancel()
    await asyncio.gather(*looking)
    if pages := [took for planner in planners for took in planner.pages]:
        shown = ", ".join(f"p{share} {np.percentile(pages, share):.1f} ms" for share in (50, 95, 99))
        news = sum(planner.news for planner in planners)
        print(f"{len(planners)} planners: {news} messages of new scores, {len(pages)} pages: {shown}")


if __name__ == "__main__":
    asyncio.run(main())
