"""What the worklist reads, from an order's events and its score."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from features.arrays import Ints
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.events.schema import TYPE_CODE
from features.history import History
from features.known.known import Known
from features.pipeline.table import states
from features.readiness.assessment import assess
from features.readiness.kinds import bits_of
from features.times import NEVER, plant_calendar
from serving.models.scorer import Factor
from serving.models.ship_date import ShipDate
from serving.scores.decision_state import fold_decisions
from serving.scores.schedule import next_score
from serving.scores.scoring_context import ScoringContext
from serving.scores.snooze import latest_snooze
from serving.store.schema import FILTERED, LISTED, SHIP_COLUMNS
from training.reasons.reasons import Reason

DESCRIBING = (TYPE_CODE["order_line.created"], TYPE_CODE["order_line.changed"])
"""What says of a line whose it is, and what it is."""
SHOWN_REASONS = 3
"""So many reasons of an order are shown in the worklist."""


@dataclass(frozen=True)
class NewScore:
    """A new score of one order: the rows to write."""

    score: dict[str, Any]
    order: dict[str, Any]
    words: frozenset[tuple[str, str]]

    @property
    def order_id(self) -> str:
        order_id: str = self.order["order_id"]
        return order_id


def points_at(history: History, as_of: Ints) -> DecisionPoints:
    """Every order of a history, each at its moment."""
    return DecisionPoints(np.arange(history.n_orders, dtype=np.int64), as_of)


def pack(content: Sequence[Factor] | Sequence[Reason] | ShipDate) -> bytes:
    """Factors, reasons or a ship date as they are stored."""
    return zlib.compress(orjson.dumps(content), 1)


def unpack(stored: bytes | None) -> list[dict[str, Any]]:
    """Factors or reasons as they were; none where none were stored."""
    if stored is None:
        return []
    explained: list[dict[str, Any]] = orjson.loads(zlib.decompress(stored))
    return explained


def unpack_ship_date(stored: bytes | None) -> dict[str, Any] | None:
    """A ship date as it was; ``None`` where none was stored."""
    return None if stored is None else orjson.loads(zlib.decompress(stored))


def project(
    events: Sequence[Any],
    history: History,
    as_of: Ints,
    scored: Sequence[dict[str, Any]],
    scoring_context: ScoringContext,
) -> list[NewScore]:
    """The rows of each order, from its events and its score alone."""
    scorer, settings = scoring_context.active.scorer, scoring_context.settings
    context = scorer.context if scorer else Context.of(history, plant_calendar(settings.zone))
    known = Known(history, points_at(history, as_of), context)
    state, due, value = states(known), known.due(), known.value()
    words = _words(known)
    known.close()
    dates_late = scorer is not None and scorer.model.ship_dates is not None
    by_order = defaultdict(list)
    for event in events:
        by_order[event.order_id].append(event)
    new_scores = []
    for i, order_id in enumerate(history.order_ids.tolist()):
        own = by_order[order_id]
        next_at = next_score(int(as_of[i]), str(state[i]), int(due[i]), settings, dates_late=dates_late)
        fact = {
            "order_id": order_id,
            "state": str(state[i]),
            "due_at": None if due[i] == NEVER else int(due[i]),
            "as_of": int(as_of[i]),
            "seq": own[-1].seq,
            "next_at": scored[i].get("next_at", next_at),
        }
        score = scored[i] | fact | {"made_at": scoring_context.now, "cause": scoring_context.cause}
        if state[i] == "late":
            score |= {"risk": 1.0}
        order = _order_row(fact, score, None if np.isnan(value[i]) else float(value[i]), words[i])
        order |= {"recorded_at": max(event.recorded_at for event in own)}
        order |= _decided(own, fact, settings.zone) | _in_the_way(history, i, fact, scoring_context)
        new_scores.append(NewScore(score, order, frozenset(words[i])))
    return new_scores


def _order_row(
    fact: dict[str, Any], score: dict[str, Any], value: float | None, words: list[tuple[str, str]]
) -> dict[str, Any]:
    words_of = {dimension: [word for of, word in words if of == dimension] for dimension in FILTERED}
    factors = [{key: factor[key] for key in ("signal", "points", "sentence")} for factor in unpack(score["factors"])]
    reasons = [{key: reason[key] for key in ("topic", "points", "text")} for reason in unpack(score["reasons"])]
    both = value is not None and score["risk"] is not None
    return (
        fact
        | {dimension: names[0] if names else None for dimension, names in words_of.items()}
        | {f"{dimension}s": len(names) for dimension, names in words_of.items()}
        | {key: score[key] for key in ("risk", "missed", "partial", "base_risk", "cannot_tell", *SHIP_COLUMNS)}
        | {
            "listed": int(fact["state"] in LISTED),
            "value": value,
            "value_at_risk": value * score["risk"] if both else None,
            "factors": orjson.dumps(factors).decode(),
            "reasons": orjson.dumps(reasons[:SHOWN_REASONS]).decode(),
            "scored_by": _scored_by(score),
        }
    )


def _decided(events: list[Any], fact: dict[str, Any], zone: str) -> dict[str, Any]:
    """What was decided; an order is put off no longer than its promise allows, and not at all once it is late."""
    decisions = fold_decisions(events)
    snoozed_until, late = decisions.snoozed_until, fact["state"] == "late"
    if snoozed_until is not None and fact["due_at"] is not None:
        snoozed_until = min(snoozed_until, latest_snooze(fact["due_at"], zone))
    return {
        "owner": decisions.owner,
        "snoozed_until": None if late else snoozed_until,
        "snoozed_until_change": int(decisions.until_change and not late),
        "decision": decisions.kind,
    }


def _in_the_way(history: History, order: int, fact: dict[str, Any], scoring_context: ScoringContext) -> dict[str, Any]:
    """What is in the way of an order that is still to be shipped, and whether it could ship now."""
    if fact["state"] not in LISTED:
        return {"blocking": 0, "blockers": "", "main_blocker": "", "shippable": 0}
    zone, usual = scoring_context.settings.zone, scoring_context.active.pack_times
    readiness = assess(history, order, fact["as_of"], zone, usual)
    return {
        "blocking": bits_of(readiness.kinds),
        "blockers": " ".join(readiness.kinds),
        "main_blocker": readiness.main_blocker,
        "shippable": int(readiness.shippable),
    }


def _scored_by(score: dict[str, Any]) -> str:
    return f"{score['model']}@{score['model_version']} of {score['run_id']}" if score["model"] else ""


def _words(known: Known) -> list[list[tuple[str, str]]]:
    """The words of each order by which a worklist is filtered: the one it shows, then the others as they became known.

    Shown is what was named last of the line that was the first to be named.
    """
    words: list[list[tuple[str, str]]] = [[] for _ in range(len(known))]
    for dimension in FILTERED:
        owner, code, where = known.history.words_known(dimension, known.order, known.stop)
        names = known.history.coded[dimension].words
        codes_of: dict[int, list[int]] = defaultdict(list)
        begin: dict[int, int] = {}
        for point, word, at in zip(owner.tolist(), code.tolist(), where.tolist(), strict=True):
            codes_of[point].append(word)
            begin.setdefault(point, at)
        for point, codes in codes_of.items():
            if len(codes) > 1:
                shown = _named_last(known.history, dimension, begin[point], int(known.stop[point]))
                codes.remove(shown)
                codes.insert(0, shown)
            words[point] += [(dimension, str(names[word])) for word in codes]
    return words


def _named_last(history: History, dimension: str, begin: int, stop: int) -> int:
    """The code that was named last of the line of the event at ``begin``, before ``stop``."""
    rows = slice(begin, stop)
    codes = history.coded[dimension].codes[rows]
    same = (codes >= 0) & (history.line[rows] == history.line[begin]) & np.isin(history.type[rows], DESCRIBING)
    found = codes[same]
    return int(found[-1] if len(found) else codes[0])
