"""A database that is away, or full: a clear answer meanwhile, and all is well again without a restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import event, make_url, text

from serving.bootstrap import build_app
from serving.clock import fixed_clock
from serving.models.active import ActiveScorer
from serving.models.cache import LoadedModel
from serving.models.scorer import Scorer
from serving.settings import Settings
from serving.store.database import Database, DatabaseUnavailable
from serving.store.deadline import DeadlineConnection
from serving.store.maintenance.migrate import upgrade
from tests.conftest import free_port
from tests.serving.api.test_api import STRUCTURED, order, post, problem
from tests.support.stores import new_database
from tests.support.stories import moment
from tests.support.wires import Wire
from training.trainer import Trained


@contextmanager
def serving(url: str, trained: Trained) -> Iterator[tuple[httpx.Client, Database]]:
    """The service over a real socket, its database at hand; there is room for nobody to be kept waiting long."""
    made = Database(url)
    upgrade(made)
    made.close()
    settings = Settings(database_url=url)
    scorer = Scorer(LoadedModel("order-risk", "1", trained.model, run_id="run"))
    app = build_app(ActiveScorer(scorer), settings, fixed_clock(moment(3)))
    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        transport = httpx.HTTPTransport(retries=20)
        with httpx.Client(base_url=f"http://127.0.0.1:{server.config.port}", transport=transport, timeout=30) as client:
            yield client, app.state.services.database
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[tuple[Wire, str]]:
    """A wire to PostgreSQL, and the URL of a database at its end."""
    with new_database("postgresql", tmp_path) as made:
        url = make_url(made)
        wire = Wire(url.host or "127.0.0.1", url.port or 5432)
        try:
            yield wire, url.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
        finally:
            wire.cut()


def test_a_database_that_is_away_is_a_503_and_comes_back(wire: tuple[Wire, str], trained: Trained) -> None:
    line, url = wire
    with serving(url, trained) as (client, _):
        assert post(client, order("A"), STRUCTURED).status_code == 200
        line.cut()
        for _ in range(3):
            asked = post(client, order("B"), STRUCTURED), client.get("/v1/orders"), client.get("/v1/orders/A")
            for reply in asked:
                said = problem(reply, 503)
                assert said["type"] == "urn:shiprisk:problem:database-away"
                assert int(reply.headers["retry-after"]) > 0
        assert client.get("/health/live").status_code == 200
        line.mend()
        assert post(client, order("B"), STRUCTURED).json()["accepted"] == 1
        assert post(client, order("A"), STRUCTURED).json()["duplicates"] == 1
        assert {row["order_id"] for row in client.get("/v1/orders").json()["orders"]} == {"A", "B"}


def test_a_database_that_hangs_is_given_up_on_in_time_and_comes_back(
    wire: tuple[Wire, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a connection that is open already the driver would wait for as long as the server hangs."""
    monkeypatch.setattr(DeadlineConnection, "answers_within", 0.3)
    line, url = wire
    database = Database(url, pool=1)
    assert database.read(lambda connection: connection.scalar(text("select 1"))) == 1
    line.passes.clear()
    with pytest.raises(DatabaseUnavailable, match="must answer"):
        database.read(lambda connection: connection.scalar(text("select 2")))
    line.passes.set()
    assert database.read(lambda connection: connection.scalar(text("select 3"))) == 3
    database.close()


def test_a_full_disk_is_a_507_and_all_is_well_when_there_is_room(tmp_path: Path, trained: Trained) -> None:
    with serving(f"sqlite:///{tmp_path / 'small.db'}", trained) as (client, database):
        most: list[int] = []

        @event.listens_for(database.engine, "checkout")
        def limited(connection: Any, *_: Any) -> None:
            connection.execute(f"PRAGMA max_page_count = {most[-1] if most else 1_000_000}").close()

        stored = [name for name in ("A", "B") if post(client, order(name), STRUCTURED).status_code == 200]
        most.append(1)  # SQLite takes this for the pages there are
        for number in range(200):
            reply = post(client, order(f"F{number}"), STRUCTURED)
            if reply.status_code != 200:
                break
            stored.append(f"F{number}")
        said = problem(reply, 507)
        assert said["type"] == "urn:shiprisk:problem:database-full"
        assert "must have room, got none" in said["detail"]
        assert client.get(f"/v1/orders/F{number}").status_code == 404
        asked = client.get("/v1/orders", params={"limit": 500}).json()["orders"]
        assert {row["order_id"] for row in asked} == set(stored)
        most.append(1_000_000)
        assert post(client, order(f"F{number}"), STRUCTURED).json()["accepted"] == 1


def test_who_waits_too_long_to_write_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.store.database.TURN_TIMEOUT", 0.01)
    database = Database(f"sqlite:///{tmp_path / 'busy.db'}")
    with pytest.raises(DatabaseUnavailable, match="must take a write within 0.01 s"):
        database.write(lambda _: database.write(lambda _: None))
    database.write(lambda _: None)
    database.close()
