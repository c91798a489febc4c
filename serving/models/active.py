"""What scores now: one scorer, swapped at once and never half."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from serving.clock import Clock, system_clock
from serving.models.scorer import Scorer
from serving.problems import NotReady

Listener = Callable[[Scorer], None]
log = structlog.get_logger("shiprisk.current")


class ActiveScorer:
    """The scorer of this moment. A request takes it once and keeps it to its end.

    Parameters
    ----------
    scorer : what scores at first, if anything does
    missing : what to do while nothing scores, in words
    clock : what tells since when a scorer is not what it should be
    """

    def __init__(
        self,
        scorer: Scorer | None = None,
        missing: str = "run 'shiprisk train' first",
        clock: Clock = system_clock,
    ) -> None:
        self._clock = clock
        self._scorer = self._noticed(scorer) if scorer else None
        self._own = scorer.loaded.degraded_because if scorer else ()
        self._missing = missing
        self._listeners: list[Listener] = []

    def current(self) -> Scorer:
        """The scorer. Raises ``NotReady`` while there is none."""
        scorer = self._scorer
        if scorer is None:
            raise NotReady(f"a model must be loaded, got none: {self._missing}")
        return scorer

    @property
    def scorer_or_none(self) -> Scorer | None:
        """The scorer, ``None`` while there is none."""
        return self._scorer

    def subscribe(self, listener: Listener) -> None:
        """Call a function with every scorer that takes over, after it has."""
        self._listeners.append(listener)

    def swap(self, scorer: Scorer) -> None:
        """From now on this one scores; a listener that fails does not keep the others from hearing of it."""
        scorer = self._noticed(scorer)
        self._scorer, self._own = scorer, scorer.loaded.degraded_because
        for listener in self._listeners:
            try:
                listener(scorer)
            except Exception:
                log.exception("a listener failed", model=scorer.loaded.name, version=scorer.loaded.version)

    def set_degraded(self, reasons: tuple[str, ...]) -> None:
        """Why what scores is not what should; every reply says so. Nobody takes over, so no listener hears of it."""
        scorer = self._scorer
        if scorer is None:
            self._missing = "; ".join(reasons) or self._missing
        elif scorer.loaded.degraded_because != self._own + reasons:
            since = scorer.loaded.degraded_since or self._clock()
            self._scorer = scorer.with_reasons(self._own + reasons, since if self._own + reasons else None)

    def _noticed(self, scorer: Scorer) -> Scorer:
        """The scorer, with the moment from which its own reasons are known, if it has any."""
        loaded = scorer.loaded
        if not loaded.degraded_because or loaded.degraded_since is not None:
            return scorer
        return scorer.with_reasons(loaded.degraded_because, self._clock())
