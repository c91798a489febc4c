"""A challenger scores in the shadow of the champion: both scores go to a sink, one is returned.

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
from serving.models.cache import LoadedModel
from serving.models.scorer import OrderScore, Scorer
from serving.telemetry.metrics import SHADOW_LEFT_OUT

ROOM = 100
"""So many requests may wait."""
log = structlog.get_logger("shiprisk.shadow")


@dataclass(frozen=True)
class ShadowComparison:
    """One order scored by both at a moment, microseconds."""

    order_id: str
    as_of: int
    champion: LoadedModel
    challenger: LoadedModel
    score: OrderScore
    shadow: OrderScore


Sink = Callable[[ShadowComparison], None]
Offer = tuple[LoadedModel, History, int, Sequence[OrderScore]]


def log_line(comparison: ShadowComparison) -> None:
    """The sink where no other is given: a line in the log."""
    log.info(
        "shadow",
        order_id=comparison.order_id,
        as_of=isoformat(comparison.as_of),
        champion=comparison.champion.version,
        risk=comparison.score.risk,
        challenger=comparison.challenger.version,
        shadow_risk=comparison.shadow.risk,
    )


class Shadow:
    """Scores again what was scored.

    Parameters
    ----------
    sink : handed each open order that both have scored
    room : so many requests may wait; later ones are left out

    Attributes
    ----------
    challenger : what scores in the shadow, ``None`` where nothing does
    """

    def __init__(self, sink: Sink = log_line, room: int = ROOM) -> None:
        self.challenger: Scorer | None = None
        self._sink = sink
        self._queue: queue.Queue[Offer | None] = queue.Queue(room)

    def offer(self, champion: LoadedModel, history: History, as_of: int, scores: Sequence[OrderScore]) -> None:
        """Hand over the orders of a history as the champion scored them. Never waits, never fails."""
        if self.challenger is None:
            return
        try:
            self._queue.put_nowait((champion, history, as_of, scores))
        except queue.Full:
            SHADOW_LEFT_OUT.inc(len(scores))

    def step(self) -> bool:
        """Score what has waited longest; whether anything did."""
        try:
            waiting = self._queue.get_nowait()
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
            self._queue.put(None)
            thread.join()

    def _run(self) -> None:
        while (waiting := self._queue.get()) is not None:
            self._compare(*waiting)

    def _compare(self, champion: LoadedModel, history: History, as_of: int, scores: Sequence[OrderScore]) -> None:
        challenger = self.challenger
        if challenger is None:
            return
        try:
            shadows, _ = challenger.score_all(history, as_of, most_factors=0, reasons=False)
            for score, shadow in zip(scores, shadows, strict=True):
                if score.state == "open":
                    self._sink(ShadowComparison(score.order_id, as_of, champion, challenger.loaded, score, shadow))
        except Exception:
            log.exception("the challenger failed", version=challenger.loaded.version)
