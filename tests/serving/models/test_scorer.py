"""What a score leaves behind: nothing."""

from __future__ import annotations

import gc
import weakref

from features.history import History
from tests.support.models import scorer_of
from tests.support.stories import created, event, points, story
from training.trainer import Trained


def test_a_scored_history_is_freed_at_once(trained: Trained) -> None:
    """What was remembered of an order does not wait for the collector of cycles."""
    scorer = scorer_of(trained.model)
    history = History.of(story(created(0, 20, line="1"), event("hold.placed", 1, kind="credit", reference="h")))
    seen = weakref.ref(history)
    gc.disable()
    try:
        assert scorer.score(history, points(history, 2))[0].risk is not None
        del history
        assert seen() is None
    finally:
        gc.enable()
