"""Requests with events: all that wait are one transaction, and each gets the reply it would get alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from serving.api.presenters import done_with, reply, taken_in
from serving.ingest.ingest import Taken, take_in_all
from serving.ingest.validation import Judged, Sent
from serving.problems import Conflict, InvalidBody
from serving.scores.occasion import Occasion
from serving.scores.services import Wiring
from serving.store.database import DatabaseAway, DatabaseFull, InTheWay
from serving.store.locks import lock_free, lock_orders
from serving.store.tables.audit import Entry, ended, note, note_all
from serving.store.tables.idempotency import Kept

MOST = 64
"""Events of a group of requests; one with more is a group by itself."""


@dataclass(frozen=True)
class Posted:
    """A request with events.

    Attributes
    ----------
    single : whether it is about one event alone, which is stored or is an error
    entry : what the audit trail says of it, without what became of it
    """

    sent: Sent
    single: bool
    entry: Entry

    @property
    def keys(self) -> frozenset[tuple[str, ...]]:
        return self.sent.keys

    @property
    def size(self) -> int:
        return len(self.sent.events)


def take_in_posted(wired: Wiring, posted: Sequence[Posted]) -> list[Kept | Exception | None]:
    """Store the events of requests that have no key in common, and the reply to each; committed once for all.

    ``None`` for one of whose orders another transaction keeps one: it is to be done alone, as it must wait. What one of
    them could not do keeps none of the others from being done.
    """
    try:
        occasion = wired.occasion("event")
        return wired.database.write(lambda connection: _replies(connection, posted, occasion))
    except InTheWay:
        return [None] * len(posted)
    except (DatabaseAway, DatabaseFull) as error:
        return [error] * len(posted)
    except Exception:
        return [take_in_alone(wired, one) for one in posted]


def take_in_alone(wired: Wiring, posted: Posted) -> Kept | Exception:
    """The same for one request, which waits for its orders."""
    try:
        occasion = wired.occasion("event")
        return wired.database.write(lambda connection: _alone(connection, posted, occasion))
    except Exception as error:
        return error


def take_in_one(connection: Connection, posted: Posted, occasion: Occasion) -> Kept:
    """The reply to one request in a transaction that somebody else has begun, and audits.

    Raises what became of a single event that is not stored.
    """
    kept = _locked(connection, posted, occasion)
    if isinstance(kept, Exception):
        raise kept
    return kept


def _alone(connection: Connection, posted: Posted, occasion: Occasion) -> Kept | Exception:
    result = _locked(connection, posted, occasion)
    note(connection, _entry(posted, result))
    return result


def _locked(connection: Connection, posted: Posted, occasion: Occasion) -> Kept | Exception:
    lock_orders(connection, posted.sent.orders)
    return _reply(posted, take_in_all(connection, [posted.sent], occasion)[0], occasion)


def _replies(connection: Connection, posted: Sequence[Posted], occasion: Occasion) -> list[Kept | Exception | None]:
    free = lock_free(connection, [order_id for one in posted for order_id in one.sent.orders])
    begun = [one for one in posted if one.sent.orders <= free]
    taken = take_in_all(connection, [one.sent for one in begun], occasion)
    replies = {id(one): _reply(one, its, occasion) for one, its in zip(begun, taken, strict=True)}
    note_all(connection, [_entry(one, replies[id(one)]) for one in begun])
    return [replies.get(id(one)) for one in posted]


def _entry(posted: Posted, result: Kept | Exception) -> Entry:
    """What the audit trail says of a request that is answered, or of its one event that is refused."""
    if isinstance(result, Kept):
        return ended(posted.entry, result)
    if isinstance(result, Conflict):
        return replace(posted.entry, outcome="409", order_id=posted.sent.events[0].order_id, detail="1 conflict")
    return replace(posted.entry, outcome="422", detail="1 rejected")


def _reply(posted: Posted, taken: Taken, occasion: Occasion) -> Kept | Exception:
    refused = _refused(taken.events[0]) if posted.single else None
    if refused is not None:
        return refused
    stored = taken.count("accepted") + taken.count("duplicate")
    status = 200 if stored == len(taken.events) else 207
    return reply(taken_in(taken, occasion.standing), status, done=done_with(taken))


def _refused(event: Judged) -> Exception | None:
    """Why an event that was sent alone is not stored, where it is not."""
    shown = "; ".join(f"{error['pointer']} {error['detail']}" for error in event.errors[:5])
    if event.outcome == "conflict":
        return Conflict(f"{event.source} {event.id} is stored with other content: {shown}", list(event.errors))
    if event.outcome == "rejected":
        return InvalidBody(f"the event must hold, got {len(event.errors)} faults: {shown}", list(event.errors))
    return None
