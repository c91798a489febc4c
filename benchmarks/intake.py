"""Events posted one by one at a rate, committed and scored, from this process; latencies count from when each was due.

    SHIPRISK_HOME=... python benchmarks/intake.py --url http://127.0.0.1:8000 --rate 50 --seconds 20

The service must run on a store with open orders (the demo's, say). Each event reschedules an open order.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from uuid import uuid4

import httpx
import numpy as np

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


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    wanted = parser.parse_args()
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=wanted.url, limits=limits, timeout=60) as client:
        listed = (await client.get("/v1/orders", params={"limit": 500, "state": "open"})).json()
        order_ids, now = [row["order_id"] for row in listed["orders"]], listed["as_of"]
        took: list[float] = []
        count = int(wanted.rate * wanted.seconds)
        begun = time.perf_counter() + 0.5

        async def send(number: int) -> None:
            due = begun + number / wanted.rate
            await asyncio.sleep(due - time.perf_counter())
            event = rescheduled(order_ids[number * 7 % len(order_ids)], now, 1 + number % 28)
            reply = await client.post("/v1/events", json=event, headers=HEADERS)
            took.append((time.perf_counter() - due) * 1000)
            assert reply.status_code == 200, reply.text
            assert reply.json()["orders"][0]["after"]["risk"] is not None

        await asyncio.gather(*(send(number) for number in range(count)))
        done = count / (time.perf_counter() - begun)
        figures = ", ".join(f"p{share} {np.percentile(took, share):.1f} ms" for share in (50, 95, 99))
        print(f"{count} events at {wanted.rate:g} a second: {figures}; {done:.0f} a second were done")


if __name__ == "__main__":
    asyncio.run(main())
