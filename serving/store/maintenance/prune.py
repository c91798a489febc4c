"""Scores of ticks that later ones have replaced, forgotten on command."""

from __future__ import annotations

from sqlalchemy import delete, exists, func, select

from features.progress import Progress
from serving.contract.decision import DECISION
from serving.store.database import Database
from serving.store.dialects import any_of
from serving.store.schema import events, orders, scores

PART_SIZE = 5_000
"""So many scores of one transaction, so that nobody waits for long."""
LATEST = exists().where(orders.c.order_id == scores.c.order_id, orders.c.score_id == scores.c.id)
TICKS = select(scores.c.id).where(scores.c.cause == "tick", ~LATEST).order_by(scores.c.id).limit(PART_SIZE)
DELETE = delete(scores).where(scores.c.id.in_(any_of("ids")))


def prune_scores(database: Database, before: int, progress: Progress) -> int:
    """Forget scores of ticks made before a moment (microseconds); how many there were.

    An order's latest score stays, and each that a decision was made about; so do those of events, decisions, mornings
    and new champions, and all events: a history becomes coarser, and no shorter.
    """
    referenced = select(events.c.reference).where(events.c.type == DECISION, events.c.reference.is_not(None))
    referenced_ids = {
        int(reference)
        for reference in database.read(lambda c: c.execute(referenced).scalars().all())
        if reference.isascii() and reference.isdigit()
    }
    last = database.read(lambda c: c.execute(select(func.max(scores.c.id)).where(scores.c.made_at < before)).scalar())
    begin, deleted = 0, 0
    while last is not None:
        progress("forgetting scores of ticks", min(begin, last), last)
        query = TICKS.where(scores.c.id > begin, scores.c.id <= last, scores.c.made_at < before)
        ids_of_part = database.read(lambda c, query=query: c.execute(query).scalars().all())  # type: ignore[misc]
        if not ids_of_part:
            break
        ids = [score_id for score_id in ids_of_part if score_id not in referenced_ids]
        database.write(lambda c, ids=ids: c.execute(DELETE, {"ids": ids}))  # type: ignore[misc]
        begin, deleted = ids_of_part[-1], deleted + len(ids)
    return deleted
