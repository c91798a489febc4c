"""What a score leaves behind: nothing."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pandas as pd
import pytest

from features.decision_points import standing_orders
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


def test_reasons_add_up_to_the_risk_and_read_alike_alone_and_among_many(trained: Trained, plant: pd.DataFrame) -> None:
    scorer = scorer_of(trained.model)
    history = History.of(plant)
    moment = int(np.quantile(history.recorded, 0.8))
    listed = standing_orders(history, moment)
    scores = [score for score in scorer.score(history, listed) if score.state == "open"]
    assert len(scores) > 20
    for score in scores:
        assert score.base_risk is not None
        assert score.base_risk + sum(reason.points for reason in score.reasons) == pytest.approx(score.risk, abs=1e-9)
        assert all(reason.comparison is not None or not reason.usual for reason in score.reasons)
    some = next(iter(np.flatnonzero(history.order_ids[listed.order] == scores[3].order_id)))
    assert scorer.score(history, listed.take(np.array([some])))[0].reasons == scores[3].reasons
    assert scorer.score(history, listed.take(np.array([some])), reasons=False)[0].reasons == ()
