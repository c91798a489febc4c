"""A challenger scores in the shadow of the champion: both are told to a sink, one is returned.

Requests only hand over what they have scored; a thread does the rest. Whatever goes wrong there, and however long it
takes, no reply knows of it: where the shadow does not keep up, orders are left out and counted.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from features.history import History
from features.times import isoformat
from serving.models.cache import Champion
from serving.models.scorer import OrderScore, Scorer

ROOM = 100
"""So many requests may wait."""
log = structlog.get_logger("shiprisk.shadow")


@dataclass(frozen=True)
class Compared:
    """One order scored by both at a moment, microseconds."""

    order_id: str
    as_of: int
    champion: Champion
    challenger: Champion
    score: OrderScore
    shadow: OrderScore


Sink = Callable[[Compared], None]
Waiting = tuple[Champion, History, int, Sequence[OrderScore]]


def log_line(compared: Compared) -> None:
    """The sink where no other is given: a line in the log."""
    log.info(
        "shadow",
        order_id=compared.order_id,
        as_of=isoformat(compared.as_of),
        champion=compared.champion.version,
        risk=compared.score.risk,
        challenger=compared.challenger.version,
        shadow_risk=compared.shadow.risk,
    )


class Shadow:
    """Scores again what was scored.

    Parameters
    ----------
    sink : told of each open order that both have scored
    room : so many requests may wait; later ones are left out

    Attributes
    ----------
    challenger : what scores in the shadow, ``None`` where nothing does
    left_out : orders that found no room
    """

    def __init__(self, sink: Sink = log_line, room: int = ROOM) -> None:
        self.challenger: Scorer | None = None
        self.left_out = 0
        self._sink = sink
        self._waiting: queue.Queue[Waiting | None] = queue.Queue(room)

    def offer(self, champion: Champion, history: History, as_of: int, scores: Sequence[OrderScore]) -> None:
        """Hand over the orders of a history as the champion scored them. Never waits, never fails."""
        if self.challenger is None:
            return
        try:
            self._waiting.put_nowait((champion, history, as_of, scores))
        except queue.Full:
            self.left_out += len(scores)

    def step(self) -> bool:
        """Score what has waited longest; whether anything did."""
        try:
            waiting = self._waiting.get_nowait()
        except queue.Empty:
            return False
        if waiting is not None:
            self._compare(*waiting)
        return True

    @contextmanager
    def running(self) -> Iterator[None]:
        """Score in a thread of its own; what still waits at the end is left out."""
        thread = threading.Thread(target=self._run, name="shadow", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.challenger = None
            self._waiting.put(None)
            thread.join()

    def _run(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            self._compare(*waiting)

    def _compare(self, champion: Champion, history: History, as_of: int, scores: Sequence[OrderScore]) -> None:
        challenger = self.challenger
        if challenger is None:
            return
        try:
            shadows, _ = challenger.score_all(history, as_of, most_factors=0)
            for score, shadow in zip(scores, shadows, strict=True):
                if score.state == "open":
                    self._sink(Compared(score.order_id, as_of, champion, challenger.champion, score, shadow))
        except Exception:
            log.exception("the challenger failed", version=challenger.champion.version)
