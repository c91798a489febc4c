"""A large batch of events, committed in parts: what each part is told makes one reply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from features.errors import ShipriskError
from serving.api.post_events import EventsRequest
from serving.api.presenters import OUTCOMES, json_reply
from serving.ingest.parts import Part
from serving.store.database import DatabaseFull, DatabaseUnavailable
from serving.store.group_commit import GroupCommit
from serving.store.tables.idempotency import Effect, StoredReply

SUMS = ("accepted", "duplicates", "conflicts", "rejected", "ordered_by_precedence", "ordered_by_id")


async def commit_parts(
    group: GroupCommit[EventsRequest, StoredReply], request: EventsRequest, parts: Sequence[Part]
) -> list[StoredReply]:
    """The reply to each part, each committed before the next one waits for its turn behind whoever came meanwhile.

    Raises what keeps one of them from being stored; those before it stay.
    """
    replies: list[StoredReply] = []
    for part in parts:
        try:
            replies.append(await group.submit(replace(request, parsed=part.parsed)))
        except (DatabaseUnavailable, DatabaseFull) as error:
            if not replies:
                raise
            raise _partly(error, sum(len(one.places) for one in parts[: len(replies)]), request.size) from error
    return replies


def _partly(error: ShipriskError, done: int, of: int) -> ShipriskError:
    """The error, which says that the parts before it stay."""
    also = f"{done:,} of the {of:,} events of the batch were done before: send it again, none is stored twice"
    return type(error)(f"{error}; {also}", public=f"{error.public}; {also}")


def join(parts: Sequence[Part], replies: Sequence[StoredReply]) -> StoredReply:
    """What the caller is told of the whole batch; moments and the model are those of the last part."""
    contents = [orjson.loads(reply.body) for reply in replies]
    by_place = {
        at: event
        for part, content in zip(parts, contents, strict=True)
        for at, event in zip(part.places, content["events"], strict=True)
    }
    orders: dict[str, Any] = {}
    for order in (order for content in contents for order in content["orders"]):
        first = orders.setdefault(order["order_id"], order)
        orders[order["order_id"]] = order | {"before": first["before"]}
    whole = contents[-1] | {name: sum(content[name] for content in contents) for name in SUMS}
    whole["events"] = [by_place[at] | {"index": at} for at in sorted(by_place)]
    whole["orders"] = [orders[order_id] for order_id in sorted(orders)]
    return json_reply(whole, max(reply.status for reply in replies), effect=_joined(replies))


def _joined(replies: Sequence[StoredReply]) -> Effect:
    outcomes: Counter[str] = Counter()
    for reply in replies:
        outcomes.update(reply.effect.outcomes if reply.effect else {})
    detail = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in OUTCOMES if outcomes[outcome])
    return Effect(None, detail, outcomes)
