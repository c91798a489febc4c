"""Scores of ticks that later ones have replaced, forgotten on command."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, exists, func, select

from serving.contract.decision import DECISION
from serving.store.database import Database
from serving.store.dialects import among
from serving.store.schema import events, orders, scores

PART = 5_000
"""So many scores of one transaction, so that nobody waits for long."""
LATEST = exists().where(orders.c.order_id == scores.c.order_id, orders.c.score_id == scores.c.id)
TICKS = select(scores.c.id).where(scores.c.cause == "tick", ~LATEST).order_by(scores.c.id).limit(PART)
GONE = delete(scores).where(scores.c.id.in_(among("ids")))


def prune(database: Database, before: int, tell: Callable[[str, int, int], None]) -> int:
    """Forget scores of ticks made before a moment (microseconds); how many there were.

    An order's latest score stays, and each that a decision was made about; so do those of events, decisions, mornings
    and new champions, and all events: a history becomes coarser, and no shorter.
    """
    told = select(events.c.reference).where(events.c.type == DECISION, events.c.reference.is_not(None))
    decided = {
        int(said)
        for said in database.read(lambda c: c.execute(told).scalars().all())
        if said.isascii() and said.isdigit()
    }
    last = database.read(lambda c: c.execute(select(func.max(scores.c.id)).where(scores.c.made_at < before)).scalar())
    begin, gone = 0, 0
    while last is not None:
        tell("forgetting scores of ticks", min(begin, last), last)
        asked = TICKS.where(scores.c.id > begin, scores.c.id <= last, scores.c.made_at < before)
        found = database.read(lambda c, asked=asked: c.execute(asked).scalars().all())  # type: ignore[misc]
        if not found:
            break
        ids = [score_id for score_id in found if score_id not in decided]
        database.write(lambda c, ids=ids: c.execute(GONE, {"ids": ids}))  # type: ignore[misc]
        begin, gone = found[-1], gone + len(ids)
    return gone
