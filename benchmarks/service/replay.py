"""Many stored scores made again, before and after a new champion: whether every bit is the same, and how long it takes.

    SHIPRISK_HOME=... python benchmarks/service/replay.py [--database URL] [--scores 1000]

The home must hold a champion and the database must be an empty one of its own; without one it is a file. Orders are
made up and changed at several moments, with ticks and mornings between; halfway another version scores.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from features.times import HOUR
from serving.models.cache import LoadedModel, load_champion
from serving.principal import NOBODY
from serving.scores.replay import find_score, replay_score
from serving.settings import Settings
from serving.store.schema import scores
from tests.support.stores import House, house
from tests.support.stories import created, event


def lived(kept: House, orders: int, days: int, first: int = 0) -> None:
    """So many orders, one event a day each, and a tick and a morning a day."""
    for day in range(first, first + days):
        kept.move_to(3 + day)
        for number in range(orders):
            order, said = f"O{number:04}", {"event_id": f"{day}-{number}"}
            kept.ingest(
                created(0, 20 + number % 9, order=order, plant=f"P{number % 3}", **said)
                if day == 0
                else event("production.rescheduled", 2 + day, order, date=20 + day, reference=order, **said)
            )
        kept.fresh()
        kept.now[0] += HOUR
        kept.fresh()


def again(kept: House, champion: LoadedModel, most: int) -> int:
    """How many scores were made again; fails at the first that differs by a bit."""
    ids = kept.database.read(lambda c: c.execute(select(scores.c.id).order_by(scores.c.id).limit(most)).scalars().all())

    def load(_: str, version: str, run_id: str) -> LoadedModel:
        return replace(champion, version=version, run_id=run_id)

    for score_id in ids:
        found = kept.database.read(
            lambda c, one=score_id: replay_score(c, find_score(c, one, NOBODY), load, kept.services.settings)
        )
        if found["differs"]:
            raise SystemExit(f"score {score_id} must be the same again, got another {found['differs']}")
    return len(ids)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default="")
    parser.add_argument("--scores", type=int, default=1000)
    wanted = parser.parse_args()
    champion = load_champion(Settings())
    with tempfile.TemporaryDirectory() as folder:
        kept = house(wanted.database or f"sqlite:///{Path(folder) / 'replay.db'}", champion.model)
        kept.champion[0] = champion
        lived(kept, orders=max(wanted.scores // 5, 1), days=3)
        print(f"{_timed(kept, champion, wanted.scores)} while their champion serves")
        kept.champion[0] = replace(champion, version=f"{champion.version}+1", run_id="another")
        lived(kept, orders=max(wanted.scores // 5, 1), days=2, first=3)
        print(f"{_timed(kept, champion, wanted.scores * 2)} after a new one")
        kept.database.close()


def _timed(kept: House, champion: LoadedModel, most: int) -> str:
    begun = time.perf_counter()
    done = again(kept, champion, most)
    return f"{done:,} scores made again, every bit the same, {1000 * (time.perf_counter() - begun) / done:.1f} ms each,"


if __name__ == "__main__":
    main()
