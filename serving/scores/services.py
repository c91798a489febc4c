"""What the service works with, put together once."""

from __future__ import annotations

from dataclasses import dataclass

from serving.clock import Clock
from serving.scores.daily_context import Mornings
from serving.scores.occasion import Occasion
from serving.settings import Settings
from serving.store.database import Database


@dataclass(frozen=True)
class Wiring:
    """A database, what scores, and the clock."""

    database: Database
    mornings: Mornings
    settings: Settings
    clock: Clock

    def occasion(self, cause: str) -> Occasion:
        """What scores that are stored now rest on."""
        return Occasion(cause, self.clock(), self.mornings.kept(), self.settings)
