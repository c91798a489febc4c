"""Databases to test on: a file, and PostgreSQL where one answers; and a service whose clock is moved by hand."""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from features.times import DAY, isoformat
from serving.contract.cloudevents import cloud_events
from serving.ingest.ingest import IngestResult, ingest_events
from serving.models.cache import LoadedModel
from serving.models.scorer import Scorer
from serving.principal import NOBODY
from serving.problems import NotReady
from serving.scores.daily_context import DailyContext
from serving.scores.keeper import Keeper
from serving.scores.services import Services
from serving.settings import Settings
from serving.store.database import Database
from serving.store.maintenance.migrate import upgrade
from serving.store.tables.worklist import WorklistQuery, page
from tests.support.stories import moment, story
from training.model.risk_model import RiskModel

POSTGRES = os.environ.get("SHIPRISK_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
KINDS = ("sqlite", "postgresql")


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database of its own, gone afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / f'{uuid4().hex}.db'}"
        return
    with _created() as name:
        yield _url_of(name)


@contextmanager
def new_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a database of its own with the tables of this version, gone afterwards."""
    template = _template(kind)
    if kind == "sqlite":
        path = folder / f"{uuid4().hex}.db"
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        return
    with _created(template) as name:
        yield _url_of(name)


@cache
def _template(kind: str) -> str:
    """A file or a database with the tables, of which others are copies; made once by each process."""
    end = ExitStack()
    atexit.register(end.close)
    if kind == "sqlite":
        path = Path(end.enter_context(TemporaryDirectory()), "template.db")
        _upgraded(f"sqlite:///{path}")
        return str(path)
    name = end.enter_context(_created())
    _upgraded(_url_of(name))
    return name


def _upgraded(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()


@contextmanager
def _created(template: str = "template1") -> Iterator[str]:
    name = f"shiprisk_test_{uuid4().hex}"
    with _administered() as administrator:
        administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield name
    finally:
        with _administered() as administrator:
            administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _url_of(name: str) -> str:
    return POSTGRES.rpartition("/")[0] + f"/{name}"


@contextmanager
def _administered() -> Iterator[psycopg.Connection[Any]]:
    try:
        connection = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        if "postgresql" in os.environ.get("SHIPRISK_REQUIRE", ""):
            raise
        pytest.skip(f"PostgreSQL must answer at SHIPRISK_TEST_POSTGRES for this test: {error}")
    with connection:
        yield connection


@dataclass
class House:
    """A store with a champion and a clock."""

    services: Services
    now: list[int]
    champion: list[LoadedModel | None]
    keepers: list[Keeper] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.services.database

    def move_to(self, day: float) -> None:
        """Set the clock, days since the stories begin."""
        self.now[0] = moment(day)

    def ingest(self, *rows: dict[str, Any]) -> IngestResult:
        """Events of a story, as they would be posted; the same event has the same id."""
        identified = [{"event_id": f"e{hash(repr(sorted(row.items())))}"} | row for row in rows]
        return self.post(cloud_events(story(*identified)))

    def post(self, events: Sequence[Any], cause: str = "event") -> IngestResult:
        scoring_context = self.services.scoring_context(cause)
        return self.database.write(lambda connection: ingest_events(connection, events, scoring_context))

    def listed(self, **wanted: Any) -> list[dict[str, Any]]:
        rows = self.database.read(lambda c: page(c, WorklistQuery(self.now[0], **wanted), 1000))
        return [dict(row) for row in rows]

    def fresh(self) -> int:
        """Let a keeper do all that is due; how many scores it made."""
        if not self.keepers:
            self.keepers.append(Keeper(self.services))
        total = 0
        while more := self.keepers[0].step():
            total += more
        return total

    def all(self, table: Any) -> list[dict[str, Any]]:
        rows = self.database.read(lambda c: c.execute(table.select()).mappings().all())
        return sorted((dict(row) for row in rows), key=lambda row: [str(value) for value in row.values()])


def house(url: str, model: RiskModel | None, day: float = 0, zone: str = "UTC") -> House:
    now = [moment(day)]
    champion: list[LoadedModel | None] = [
        None if model is None else LoadedModel("order-risk", "1", model, run_id="run")
    ]
    scorers: dict[int, Scorer] = {}

    def current() -> Scorer:
        if champion[0] is None:
            raise NotReady("no model")
        return scorers.setdefault(id(champion[0]), Scorer(champion[0]))

    database = Database(url)
    upgrade(database)
    settings = Settings(database_url=url, zone=zone)
    daily_context = DailyContext(current, database, lambda: now[0])
    return House(Services(database, daily_context, settings, lambda: now[0]), now, champion)


__all__ = ["DAY", "KINDS", "NOBODY", "House", "house", "isoformat", "new_database"]
