"""The real server killed with SIGKILL at random moments under load, and whether anything is lost.

    python benchmarks/service/crash.py --kills 50                                                          SQLite
    python benchmarks/service/crash.py --kills 50 --workers 2 --database postgresql://postgres@127.0.0.1/crash

SHIPRISK_HOME must hold a champion. The database must be an empty one of its own; without one it is a file.
Orders tick every two seconds meanwhile, so that scores are written without events too.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from serving.settings import Settings
from serving.store.database import Database
from serving.store.maintenance.migrate import upgrade
from tests.conftest import Home
from tests.support.crashes import check, kill_at_random


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default="")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = wanted.database or f"sqlite:///{folder / 'crash.db'}"
        database = Database(url)
        upgrade(database)
        database.close()
        environment = os.environ | {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_TICK": "2"}
        begun = time.monotonic()
        home = Home(folder, folder / "none", environment)
        acknowledged = kill_at_random(home, wanted.kills, wanted.workers, folder / "journal", wanted.seed)
        lasted = time.monotonic() - begun
        found = check(Settings(database_url=url), acknowledged)
        said = ", ".join(f"{count:,} {what}" for what, count in found.items())
        print(f"{wanted.kills} kills in {lasted:.0f} s: {said}; nothing lost, nothing twice, every score a clean one")


if __name__ == "__main__":
    main()
