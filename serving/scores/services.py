"""What the service works with, put together once."""

from __future__ import annotations

from dataclasses import dataclass

from serving.clock import Clock
from serving.scores.daily_context import DailyContext
from serving.scores.scoring_context import ScoringContext
from serving.settings import Settings
from serving.store.database import Database


@dataclass(frozen=True)
class Services:
    """A database, what scores, and the clock."""

    database: Database
    daily_context: DailyContext
    settings: Settings
    clock: Clock

    def scoring_context(self, cause: str) -> ScoringContext:
        """What scores that are stored now rest on."""
        return ScoringContext(cause, self.clock(), self.daily_context.stored_model(), self.settings)
