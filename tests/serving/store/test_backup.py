"""A copy of the store, taken while the service runs and put back while it does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from features.errors import InvalidRequest
from serving.clock import system_clock
from serving.store.database import Database
from serving.store.maintenance.backup import backup, restore
from serving.store.schema import events
from tests.conftest import Home
from tests.support.stores import empty_database, house, new_database
from tests.support.stories import created, event
from training.trainer import Trained


def test_a_backup_is_the_store_at_one_moment_while_others_write(tmp_path: Path, trained: Trained) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = house(url, trained.model, day=3)
    store.ingest(created(0, 20, order="Before"))
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            store.ingest(
                created(0, 20, order=f"O{number}"), event("hold.placed", 1, order=f"O{number}", kind="quality")
            )

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copy = tmp_path / "copies" / "one.db"
        assert backup(store.database, copy) == copy.stat().st_size
    finally:
        stop.set()
        writer.join()
    with pytest.raises(InvalidRequest, match="new file"):
        backup(store.database, copy)
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    count = restore(other, copy, replace=False, now=system_clock())
    listed = other.read(lambda c: c.execute(select(events.c.order_id)).scalars().all())
    assert (count, len(listed) % 2, listed[0]) == (len(listed), 1, "Before")
    with pytest.raises(InvalidRequest, match="--replace"):
        restore(other, copy, replace=False, now=system_clock())
    assert restore(other, copy, replace=True, now=system_clock()) == count
    store.fresh()
    with pytest.raises(InvalidRequest, match="no service may run"):
        restore(store.database, copy, replace=True, now=system_clock())
    reader = Database(f"sqlite:///{tmp_path / 'other.db'}")
    reader.read(lambda connection: connection.execute(select(events.c.seq)).first())
    with pytest.raises(InvalidRequest, match="open: stop it"):
        restore(other, copy, replace=True, now=system_clock())
    reader.close()
    assert restore(other, copy, replace=True, now=system_clock()) == count
    broken = tmp_path / "broken.db"
    broken.write_bytes(copy.read_bytes()[:5000])
    with pytest.raises(InvalidRequest, match="whole store"):
        restore(other, broken, replace=True, now=system_clock())
    store.database.close()
    other.close()


def test_the_commands_that_copy_and_put_back(home: Home, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    here = replace(home, environment=home.environment | {"SHIPRISK_DATABASE_URL": url})
    assert here.run("db", "upgrade").returncode == 0
    copy = tmp_path / "copy.db"
    assert json.loads(here.run("db", "backup", str(copy), "--json").stdout)["bytes"] == copy.stat().st_size
    assert json.loads(here.run("db", "restore", str(copy), "--json").stdout)["events"] == 0
    away = here.environment | {"SHIPRISK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    refused = replace(here, environment=away).run("db", "backup", str(tmp_path / "two.db"))
    assert (refused.returncode, "pg_dump" in refused.stderr) == (2, True)


def test_a_dump_of_postgresql_is_the_store_again(tmp_path: Path, trained: Trained) -> None:
    missing = [tool for tool in ("pg_dump", "pg_restore") if shutil.which(tool) is None]
    if missing and "postgresql" not in os.environ.get("SHIPRISK_REQUIRE", ""):
        pytest.skip(f"{' and '.join(missing)} must be there for this test")
    with new_database("postgresql", tmp_path) as url, empty_database("postgresql", tmp_path) as other_url:
        store = house(url, trained.model, day=3)
        store.ingest(created(0, 20), event("hold.placed", 2, kind="quality"))
        dump = tmp_path / "store.dump"
        subprocess.run(["pg_dump", "--format=custom", f"--file={dump}", url], check=True)
        subprocess.run(["pg_restore", "--no-owner", "--exit-on-error", f"--dbname={other_url}", str(dump)], check=True)
        again = house(other_url, trained.model, day=3)
        assert again.all(events) == store.all(events)
        assert again.listed() == store.listed()
        assert again.ingest(created(0, 20)).events[0].outcome == "duplicate"
        store.database.close()
        again.database.close()
