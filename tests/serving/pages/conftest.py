"""The service with keys, two plants, names that would be markup, and somebody who reads its pages."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.auth.api_keys import create_key
from serving.clock import system_clock
from serving.contract.cloudevents import cloud_events
from serving.principal import Role
from serving.store.database import Database
from tests.conftest import Home, serve
from tests.support.stores import KINDS, new_database
from tests.support.stories import created, event, story

NOW = "2024-01-04T12:00:00Z"
SCRIPT = "<script>alert('x')</script>"
MARKUP = '"><img src=x onerror=alert(1)>'
FORMULA = '=HYPERLINK("http://evil.test")'
STYLE = "<style>*{display:none}</style>"


@dataclass
class Reader:
    """A person with a browser that runs no script."""

    client: httpx.Client | InProcess
    url: str

    def get(self, path: str, **headers: str) -> httpx.Response:
        if path.startswith("/stream") and isinstance(self.client, httpx.Client):
            return self.listen(path, **headers)
        return self.client.get(self.url + path, headers=headers)

    def listen(self, path: str, seconds: float = 5.0, **headers: str) -> httpx.Response:
        """What a stream has sent when its first event, or nothing for some seconds, has come."""
        assert isinstance(self.client, httpx.Client)
        timeout = httpx.Timeout(30, read=seconds)
        with self.client.stream("GET", self.url + path, headers=headers, timeout=timeout) as reply:
            lines: list[str] = []
            try:
                for line in reply.iter_lines():
                    lines.append(line)
                    if line.startswith("data:"):
                        break
            except httpx.ReadTimeout:
                pass
            content = "\n".join(lines).encode()
        own = {name: value for name, value in reply.headers.items() if name != "content-length"}
        return httpx.Response(reply.status_code, headers=own, content=content, request=reply.request)

    def token(self, path: str = "/sign-in") -> str:
        """What forms of a page carry."""
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', self.get(path).text)
        assert found, path
        return found[1]

    def post(self, path: str, fields: dict[str, Any], token: str | None = None, **headers: str) -> httpx.Response:
        carried = {"form_token": self.token() if token is None else token}
        return self.client.post(self.url + path, data=carried | fields, headers=headers)

    def sign_in(self, key: str) -> httpx.Response:
        return self.post("/sign-in", {"key": key})


@dataclass
class InProcess:
    """A client of an application in this process, for what needs settings of its own; it runs no background."""

    app: Any
    host: str = "127.0.0.1:8000"
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def get(self, url: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._send("GET", url, options))

    def post(self, url: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._send("POST", url, options))

    async def _send(self, method: str, url: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(
            transport=transport, base_url=f"http://{self.host}", cookies=self.cookies
        ) as client:
            reply = await client.request(method, url, **options)
            self.cookies.update(client.cookies)
            return reply


@dataclass
class Planned:
    """A service with orders of Kiel, Bremen and no plant, and of Wismar and Ulm, which tests may change."""

    url: str
    database: Database
    log: Path
    keys: dict[tuple[Role, str], str] = field(default_factory=dict)
    clients: list[httpx.Client] = field(default_factory=list)
    readers: dict[tuple[Role, str], Reader] = field(default_factory=dict)

    def key(self, role: Role = Role.PLANNER, plant: str = "") -> str:
        """A key of a role, for one plant or for all."""
        if (role, plant) not in self.keys:
            made = create_key(self.database, f"{role} {plant}", role, [plant] if plant else None, 1, system_clock())
            self.keys[role, plant] = made[1]
        return self.keys[role, plant]

    def reader(self) -> Reader:
        """Somebody who has not signed in."""
        self.clients.append(httpx.Client(timeout=30))
        return Reader(self.clients[-1], self.url)

    def signed_in(self, role: Role = Role.PLANNER, plant: str = "") -> Reader:
        """Somebody who has, once for a role and a plant."""
        if (role, plant) not in self.readers:
            self.readers[role, plant] = self.reader()
            assert self.readers[role, plant].sign_in(self.key(role, plant)).status_code == 303
        return self.readers[role, plant]

    def send(self, *rows: dict[str, Any]) -> None:
        """Post events as an integrator does."""
        body = {"events": cloud_events(story(*rows))}
        headers = {"authorization": f"Bearer {self.key(Role.ADMIN)}"}
        reply = httpx.post(f"{self.url}/v1/events", json=body, headers=headers, timeout=30)
        assert reply.json()["accepted"] == len(rows), reply.text


def first_events() -> list[dict[str, Any]]:
    """Orders that are open, late and not promised, and one whose every name is an attack."""
    evil = {"customer": SCRIPT, "item": MARKUP, "plant": "Kiel", "value": 500.0}
    rows = [
        created(0, 20, order="K1", plant="Kiel", customer="Nordwerft", item="Pump", value=1000.0),
        created(0, 9, order="K2", plant="Kiel", customer="Ostsee Bau", item="Valve", value=3000.0),
        created(0, 2, order="K3", plant="Kiel", customer="Nordwerft", item="Pump", value=200.0),
        created(0, None, order="K4", plant="Kiel", customer="Nordwerft", item="Seal"),
        created(0, 20, order="B1", plant="Bremen", customer="Helios", item="Rotor", value=7000.0),
        *(created(0, 20 + n, order=f"W{n}", plant="Wismar", customer="Werft", item="Winch") for n in range(4)),
        created(0, 20, order="R1", plant="Ulm", customer="Rail", item="Rack"),
        created(0, 20, order="N1", customer="Nowhere", item="Cover", value=1.0),
        created(0, 12, order="X/1 <b>", **evil),
        event("hold.placed", 1, "X/1 <b>", kind="quality", reference=STYLE, reason=FORMULA, actor=SCRIPT),
        event("hold.placed", 2.75, "W1", kind="quality", reference="Q-8", reason="dimension"),
        event("hold.placed", 2.75, "K2", kind="quality", reference="Q-117", reason="dimension", actor="QA Lindner"),
        event("material.stated", 2.5, "K2", state="short", reference="steel", quantity=4.0, date=8),
    ]
    return [row | {"event_id": f"first {number}"} for number, row in enumerate(rows)]


@pytest.fixture(scope="package", params=KINDS)
def planned(request: pytest.FixtureRequest, home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planned]:
    with new_database(request.param, tmp_path_factory.mktemp("pages")) as url:
        settings = {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": NOW, "SHIPRISK_RATE_LIMIT_ADDRESS": "1000/second"}
        settings |= {"FORWARDED_ALLOW_IPS": "127.0.0.1"}  # as behind a proxy
        here = replace(home, environment=home.environment | settings)
        database = Database(url)
        for service in serve(here, "--workers", "2", keyed=True):
            made = Planned(service.url, database, service.log)
            made.send(*first_events())
            yield made
            for client in made.clients:
                client.close()
        written = service.log.read_text()
        assert "Traceback" not in written
        assert not any(key in written for key in made.keys.values())
        database.close()


def text_of(response: httpx.Response) -> str:
    """The words of a page, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


def missing(what: str) -> None:
    """Skip a test for want of something; fail where it is required."""
    if "chromium" in os.environ.get("SHIPRISK_REQUIRE", ""):
        pytest.fail(what)
    pytest.skip(what)


def sent(planned: Planned, plant: str, *names: str) -> None:
    """Orders of a plant of their own, due in three weeks."""
    rows = [created(0, 24, order=name, plant=plant, customer="Nordwerft", item="Pump") for name in names]
    planned.send(*[row | {"event_id": f"{row['order_id']} made"} for row in rows])
