"""PostgreSQL away for a while under load, by a wire that is cut: what callers are told, and whether anything is lost.

    SHIPRISK_HOME=... python benchmarks/service/outage.py --database postgresql://postgres@127.0.0.1/outage --seconds 30

SHIPRISK_HOME must hold a champion; the database must be an empty one of its own.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx
from sqlalchemy import make_url

from serving.settings import Settings
from serving.store.database import Database
from serving.store.maintenance.migrate import upgrade
from tests.conftest import Home
from tests.support.crashes import Target, check, under_load, wait_until_grown
from tests.support.wires import Wire


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True)
    parser.add_argument("--seconds", type=float, default=30)
    wanted = parser.parse_args()
    database, behind = Database(wanted.database), make_url(wanted.database)
    upgrade(database)
    database.close()
    wire = Wire(behind.host or "127.0.0.1", behind.port or 5432)
    url = behind.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        journal = folder / "journal"
        journal.touch()
        target = Target(Home(folder, folder / "none", os.environ | {"SHIPRISK_DATABASE_URL": url}), workers=1)
        target.start()
        with under_load(target.url, journal) as loading:
            wait_until_grown(journal, loading)
            wire.cut()
            told = _asked(target.url, wanted.seconds)
            wire.mend()
            mended = time.monotonic()
            wait_until_grown(journal, loading)
            back = time.monotonic() - mended
        target.stop()
        found = check(Settings(database_url=wanted.database), journal.read_text().splitlines())
    print(f"away for {wanted.seconds:g} s: the worklist was answered with {dict(told)}, health with 200 each time")
    print(f"requests were acknowledged again {back:.1f} s after it came back, without a restart; {found}; nothing lost")


def _asked(url: str, seconds: float) -> Counter[int]:
    """How often the worklist was answered with which status."""
    told: Counter[int] = Counter()
    until = time.monotonic() + seconds
    with httpx.Client(base_url=url, timeout=30) as client:
        while time.monotonic() < until:
            told[client.get("/v1/orders").status_code] += 1
            assert client.get("/health/live").status_code == 200
            time.sleep(0.1)
    return told


if __name__ == "__main__":
    main()
