"""The service over a real socket, with a store of its own on each database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from tests.conftest import Home, serve
from tests.support.stores import KINDS, new_database

NOW = "2024-01-04T12:00:00Z"


@pytest.fixture(scope="module", params=KINDS)
def client(
    request: pytest.FixtureRequest, home: Home, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A server of two processes on an empty database, its clock on the third day."""
    with new_database(request.param, tmp_path_factory.mktemp("store")) as url:
        here = replace(home, environment=home.environment | {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": NOW})
        for service in serve(here, "--workers", "2"):
            with httpx.Client(base_url=service.url, timeout=30) as made:
                yield made
            assert "Traceback" not in service.log.read_text()
