"""Scores that are kept: made from the stored events of some orders, and written with what they move."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Connection

from features.catalogue import features_hash
from features.context import Context
from features.decision_points import DecisionPoints
from features.history import History
from features.known import Known
from features.pipeline import states
from features.times import NEVER, SECOND, Ints, PlantCalendar, plant_calendar
from serving.decided import decided
from serving.metrics import scoring
from serving.scoring import Factor, OrderScore, Scorer
from serving.settings import Settings
from serving.store.events import history_of
from serving.store.schema import FILTERED, LISTED, order_words, orders, scores
from serving.store.statements import insert_new, upsert

FACTORS = 5
"""So many factors of a score are kept."""
ADDED = scores.insert().returning(scores.c.order_id, scores.c.id)
UNSCORED = "no model was there to score the order with"


@dataclass(frozen=True)
class Standing:
    """What scores now.

    Attributes
    ----------
    scorer : ``None`` while there is no model
    context_id : of the load and track record that the scorer reads
    """

    scorer: Scorer | None
    context_id: str

    @property
    def scored_by(self) -> str:
        """The model, so that one can tell when it has changed."""
        champion = self.scorer.champion if self.scorer else None
        return f"{champion.name}@{champion.version} of {champion.run_id}" if champion else ""

    @cached_property
    def features_hash(self) -> str:
        """Of the code that computes the signals now, which may not be the code the model was trained with."""
        return features_hash(self.scorer.model.names) if self.scorer else ""


@dataclass(frozen=True)
class Made:
    """A new score of one order: the rows to write."""

    score: dict[str, Any]
    order: dict[str, Any]
    words: frozenset[tuple[str, str]]

    @property
    def order_id(self) -> str:
        order_id: str = self.order["order_id"]
        return order_id


@dataclass(frozen=True)
class Occasion:
    """Why scores are made, when, and by what.

    Attributes
    ----------
    now : microseconds; what was scored as of a later moment before is scored as of that one again
    """

    cause: str
    now: int
    standing: Standing
    settings: Settings


def next_score(as_of: int, state: str, due: int | None, settings: Settings) -> int | None:
    """When an order is scored again if nothing happens: at the tick, the start of day, or when it falls late."""
    if state != "open":
        return None
    calendar = plant_calendar(settings.zone)
    start, end = _day_of(calendar, as_of)
    tick = settings.tick * SECOND
    ticked = start + ((as_of - start) // tick + 1) * tick if tick else end
    return min(ticked, end, LATE_AFTER + due if due is not None and due >= as_of else end)


LATE_AFTER = 1


def _day_of(calendar: PlantCalendar, moment: int) -> tuple[int, int]:
    """The start of a moment's day and that of the next."""
    day = calendar.day(np.array([moment]))
    return int(calendar.starts_of(day)[0]), int(calendar.starts_of(day + 1)[0])


def rescore(events: Sequence[Any], earliest: dict[str, int], occasion: Occasion) -> list[Made]:
    """New scores of the orders whose events these are, by order id.

    Parameters
    ----------
    events : rows of ``serving.store.events.events_of``
    earliest : the moment of each order's latest score, where it has one: no score goes back behind it
    """
    if not events:
        return []
    history = history_of(events)
    as_of = np.array([max(earliest.get(order_id, 0), occasion.now) for order_id in history.order_ids], dtype=np.int64)
    with scoring(occasion.cause, history.n_orders):
        made = _scores(history, as_of, occasion.standing)
    return project(events, history, as_of, made, occasion)


def _points(history: History, as_of: Ints) -> DecisionPoints:
    return DecisionPoints(np.arange(history.n_orders, dtype=np.int64), as_of)


def _scores(history: History, as_of: Ints, standing: Standing) -> list[dict[str, Any]]:
    """The score of each order as columns of the table; without a model none of them."""
    if standing.scorer is None:
        return [_UNSCORED] * history.n_orders
    champion = standing.scorer.champion
    by = {
        "model": champion.name,
        "model_version": champion.version,
        "run_id": champion.run_id,
        "features_hash": standing.features_hash,
        "context_id": standing.context_id,
    }
    return [by | _columns(score) for score in standing.scorer.score(history, _points(history, as_of), FACTORS)]


def _columns(score: OrderScore) -> dict[str, Any]:
    return {
        "risk": score.risk,
        "missed": score.missed,
        "partial": score.partial,
        "base_risk": score.base_risk,
        "other_points": score.other_points,
        "factors": packed(score.factors),
    }


def packed(factors: Sequence[Factor]) -> bytes:
    """Factors as they are kept."""
    return zlib.compress(orjson.dumps(factors), 1)


def unpacked(kept: bytes) -> list[dict[str, Any]]:
    """Factors as they were."""
    factors: list[dict[str, Any]] = orjson.loads(zlib.decompress(kept))
    return factors


_UNSCORED = dict.fromkeys(("risk", "missed", "partial", "base_risk", "other_points")) | {
    **dict.fromkeys(("model", "model_version", "run_id", "features_hash", "context_id"), ""),
    "factors": packed([]),
}


def project(
    events: Sequence[Any],
    history: History,
    as_of: Ints,
    scored: Sequence[dict[str, Any]],
    occasion: Occasion,
) -> list[Made]:
    """The rows of each order, from its events and its score alone."""
    scorer, settings = occasion.standing.scorer, occasion.settings
    context = scorer.context if scorer else Context.of(history, plant_calendar(settings.zone))
    known = Known(history, _points(history, as_of), context)
    state, due, value = states(known), known.due(), known.value()
    words = _words(known)
    by_order = defaultdict(list)
    for event in events:
        by_order[event.order_id].append(event)
    made = []
    for i, order_id in enumerate(history.order_ids.tolist()):
        own = by_order[order_id]
        coming = next_score(int(as_of[i]), str(state[i]), int(due[i]), settings)
        fact = {
            "order_id": order_id,
            "state": str(state[i]),
            "due_at": None if due[i] == NEVER else int(due[i]),
            "as_of": int(as_of[i]),
            "seq": own[-1].seq,
            "next_at": scored[i].get("next_at", coming),
        }
        score = scored[i] | fact | {"made_at": occasion.now, "cause": occasion.cause}
        if state[i] == "late":
            score |= {"risk": 1.0}
        order = _order_row(fact, score, None if np.isnan(value[i]) else float(value[i]), words[i], own)
        made.append(Made(score, order, frozenset(words[i])))
    return made


def _order_row(
    fact: dict[str, Any], score: dict[str, Any], value: float | None, words: list[tuple[str, str]], events: list[Any]
) -> dict[str, Any]:
    stands = decided(events)
    named = {dimension: [word for of, word in words if of == dimension] for dimension in FILTERED}
    shown = [{key: factor[key] for key in ("signal", "points", "sentence")} for factor in unpacked(score["factors"])]
    both = value is not None and score["risk"] is not None
    return (
        fact
        | {dimension: said[0] if said else None for dimension, said in named.items()}
        | {f"{dimension}s": len(said) for dimension, said in named.items()}
        | {key: score[key] for key in ("risk", "missed", "partial", "base_risk")}
        | {
            "listed": int(fact["state"] in LISTED),
            "value": value,
            "value_at_risk": value * score["risk"] if both else None,
            "factors": orjson.dumps(shown).decode(),
            "owner": stands.owner,
            "snoozed_until": stands.snoozed_until,
            "snoozed_until_change": int(stands.until_change),
            "decision": stands.kind,
            "scored_by": _scored_by(score),
        }
    )


def _scored_by(score: dict[str, Any]) -> str:
    return f"{score['model']}@{score['model_version']} of {score['run_id']}" if score["model"] else ""


def _words(known: Known) -> list[list[tuple[str, str]]]:
    """The words of each order by which a worklist is filtered, in the order in which they became known."""
    found: list[list[tuple[str, str]]] = [[] for _ in range(len(known))]
    for dimension in FILTERED:
        owner, code, _ = known.history.words_known(dimension, known.order, known.stop)
        names = known.history.coded[dimension].words
        for point, word in zip(owner.tolist(), code.tolist(), strict=True):
            found[point].append((dimension, str(names[word])))
    return found


def remember(connection: Connection, made: Sequence[Made]) -> dict[str, int]:
    """Write new scores and what they move; the id of each order's score."""
    if not made:
        return {}
    ids = {row.order_id: row.id for row in connection.execute(ADDED, [one.score for one in made])}
    keep(connection, made, ids)
    return ids


def keep(connection: Connection, made: Sequence[Made], ids: dict[str, int]) -> None:
    """Write what the worklist reads."""
    rows = [one.order | {"score_id": ids[one.order_id]} for one in made]
    connection.execute(upsert(connection, orders, ["order_id"]), rows)
    words = [
        {"dimension": dimension, "word": word, "order_id": one.order_id}
        for one in made
        for dimension, word in one.words
    ]
    if words:
        connection.execute(insert_new(connection, order_words), words)
