"""The champion is followed: what the alias names serves once it has proved itself, without a restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from features.errors import ShipriskError
from serving.models.active import ActiveScorer
from serving.models.cache import (
    LoadedModel,
    ModelMissing,
    cached_champion,
    fetch,
    not_taken,
    public_reason,
    registry_away,
    require_policy,
    resolve,
    save_pointer,
)
from serving.models.scorer import Scorer
from serving.models.shadow import Shadow
from serving.models.smoke_test import Seconds, verify
from serving.settings import Settings
from training.registry.registry import CHALLENGER, CHAMPION, ModelVersion, RegistryUnavailable

AWAY = "away"
LONGEST_WAIT = 3600.0
"""Seconds after which a version that was refused is tried again at the latest."""
log = structlog.get_logger("shiprisk.following")


@dataclass(frozen=True)
class RefusedVersion:
    """A version that was not taken: why, how often it was tried, and when it is tried again (seconds)."""

    version: ModelVersion
    why: str
    tries: int
    again_at: float


class Follower:
    """Looks at the registry's aliases; ``step`` is one look.

    Parameters
    ----------
    active : what a new champion takes over
    shadow : what scores beside it with the challenger
    scorer_of : a champion with the load and track record it is to score with
    seconds : a clock that only goes forward
    """

    def __init__(
        self,
        settings: Settings,
        active: ActiveScorer,
        shadow: Shadow | None = None,
        scorer_of: Callable[[LoadedModel], Scorer] = Scorer,
        seconds: Seconds = time.monotonic,
    ) -> None:
        self.settings = settings
        self.active = active
        self.shadow = shadow
        self._scorer_of = scorer_of
        self._seconds = seconds
        self._refused: dict[str, RefusedVersion] = {}
        self._logged = ""

    def begin(self) -> Scorer:
        """The first look, and what scores after it. Raises ``NotReady``, which says why, if nothing does."""
        self.step()
        return self.active.current()

    def step(self) -> None:
        """Look once and take what is new and holds. Whatever goes wrong becomes a reason that replies give."""
        for look in (self._follow_champion, self._follow_challenger):
            try:
                look()
            except Exception:
                log.exception("looking at the registry failed")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Step every so many seconds in a thread of its own."""
        stop = threading.Event()

        def run() -> None:
            while not stop.wait(self.settings.follow):
                self.step()

        thread = threading.Thread(target=run, name="follower", daemon=True)
        if self.settings.follow:
            thread.start()
        try:
            yield
        finally:
            stop.set()

    # -- the champion --------------------------------------------------------------------------------------

    def _follow_champion(self) -> None:
        new, unreached = self._look()
        if new is not None:
            self.active.swap(new)
            log.info("a champion took over", model=new.loaded.name, version=new.loaded.version)
        self.active.set_degraded(self._reasons(unreached))

    def _look(self) -> tuple[Scorer | None, str]:
        """What takes over, if anything does, and why the alias was not reached. The cache serves where nothing does."""
        serves, unreached, why = self.active.scorer_or_none, "", None
        try:
            new = self._new(CHAMPION, serves)
        except ModelMissing as error:
            self._refused.pop(CHAMPION, None)  # it is the champion no more
            return None, self._no_champion(error)
        except RegistryUnavailable as error:
            new, unreached, why = None, AWAY, error
        if new is not None:
            save_pointer(self.settings, new.loaded)
        if new is not None or serves is not None:
            return new, unreached
        try:
            return self._build(cached_champion(self.settings, why)), unreached
        except ShipriskError as error:
            return None, self._public_reason(error)

    def _no_champion(self, error: ModelMissing) -> str:
        """That no version is the champion, and which one scores all the same."""
        said, serves = self._public_reason(error), self.active.scorer_or_none
        return (
            f"no version is the champion any more, version {serves.loaded.version} scores: {said}" if serves else said
        )

    def _public_reason(self, error: ShipriskError) -> str:
        """Why nothing new serves, for replies; the log has the whole of it, once."""
        if str(error) != self._logged:
            log.warning("the champion was not reached", why=str(error))
        self._logged = str(error)
        return error.public

    def _reasons(self, unreached: str) -> tuple[str, ...]:
        serves, refused = self.active.scorer_or_none, self._refused.get(CHAMPION)
        version = serves.loaded.version if serves else "none"
        reasons = [registry_away(version) if unreached == AWAY else unreached] if unreached else []
        if refused:
            reasons.append(not_taken(refused.version.version, serves.loaded.version if serves else "", refused.why))
        return tuple(reasons)

    # -- the challenger ------------------------------------------------------------------------------------

    def _follow_challenger(self) -> None:
        if self.shadow is None or not self.settings.shadow:
            return
        try:
            new = self._new(CHALLENGER, self.shadow.challenger)
        except RegistryUnavailable:
            return
        except ModelMissing:
            self.shadow.challenger = None
            return
        if new is not None:
            self.shadow.challenger = new
            log.info("a challenger scores in the shadow", model=new.loaded.name, version=new.loaded.version)

    # -- a version -----------------------------------------------------------------------------------------

    def _new(self, alias: str, serves: Scorer | None) -> Scorer | None:
        """The scorer of another version than the one that serves, if the alias names one and it holds."""
        registered, refused = resolve(self.settings, alias), self._refused.get(alias)
        if serves is not None and _same(serves.loaded, registered) and not serves.loaded.assumed:
            self._refused.pop(alias, None)
            return None
        if refused and _same(refused.version, registered) and self._seconds() < refused.again_at:
            return None
        try:
            scorer = self._verified(registered)
        except RegistryUnavailable:
            raise
        except Exception as error:
            self._refuse(alias, registered, error)
            return None
        self._refused.pop(alias, None)
        return scorer

    def _verified(self, registered: ModelVersion) -> Scorer:
        scorer = self._build(require_policy(self.settings, fetch(self.settings, registered)))
        verify(scorer)
        return scorer

    def _build(self, champion: LoadedModel) -> Scorer:
        scorer = self._scorer_of(champion)
        scorer.warm_up()
        return scorer

    def _refuse(self, alias: str, registered: ModelVersion, error: Exception) -> None:
        before = self._refused.get(alias)
        tries = before.tries + 1 if before and _same(before.version, registered) else 1
        wait = min(self.settings.follow * 2.0**tries, LONGEST_WAIT)
        self._refused[alias] = RefusedVersion(registered, public_reason(error), tries, self._seconds() + wait)
        log.warning("a version was not taken", alias=alias, version=registered.version, why=str(error), tries=tries)


def _same(one: LoadedModel | ModelVersion, other: ModelVersion) -> bool:
    """Versions start anew in another registry, so the run is compared too."""
    return (one.version, one.run_id) == (other.version, other.run_id)
