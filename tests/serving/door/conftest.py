"""A server of two processes that asks for no keys, and what its processes take of memory."""

from __future__ import annotations

import contextlib
import json
import resource
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Home, serve
from tests.serving.api.conftest import NOW
from tests.support.stores import new_database

JSON = {"content-type": "application/json"}
LISTENS, PAGE = "0A", resource.getpagesize()


@dataclass(frozen=True)
class OpenDoor:
    """A service that whoever is at this machine may call."""

    url: str
    processes: tuple[int, ...]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def memory(self) -> int:
        """Bytes of its processes."""
        return sum(memory_of(pid) for pid in self.processes)

    def audit(self, **wanted: Any) -> list[dict[str, Any]]:
        return list(httpx.get(f"{self.url}/v1/audit", params=wanted, timeout=30).json()["entries"])


def listening(port: int) -> tuple[int, ...]:
    """The processes that hold a port, as the system's tables have them."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    held = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}") and row[3] == LISTENS}
    return tuple(pid for pid in running() if held & opened(pid))


def running() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def opened(pid: int) -> set[str]:
    """What a process has open; nothing of one that has ended."""
    links: set[str] = set()
    with contextlib.suppress(OSError):
        for one in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                links.add(str(one.readlink()))
    return links


def memory_of(pid: int) -> int:
    """Bytes that a process has in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


@pytest.fixture(scope="package")
def door(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    with new_database("sqlite", tmp_path_factory.mktemp("door")) as url:
        here = replace(home, environment=home.environment | {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": NOW})
        for service in serve(here, "--workers", "2"):
            yield OpenDoor(service.url, listening(int(service.url.rpartition(":")[2])))
            assert "Traceback" not in service.log.read_text()


def send(door: OpenDoor, method: str, path: str, content: Any, **headers: str) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return httpx.request(method, door.url + path, content=body, headers=JSON | headers, timeout=60)
