"""A challenger scores in the shadow, and no reply knows of it."""

from __future__ import annotations

import threading
from typing import Any

from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from features.history import History
from serving.models.shadow import Shadow, ShadowComparison
from tests.support.models import scorer_of, steeper
from tests.support.stories import created, moment, story
from training.trainer import Trained


def left_out() -> float:
    """Orders that no challenger has scored, as Prometheus has them."""
    return REGISTRY.get_sample_value("shiprisk_shadow_left_out_total") or 0.0


def test_a_shadow_that_fails_or_is_full_is_nobodys_trouble(trained: Trained) -> None:
    def fails(_: ShadowComparison) -> None:
        raise ValueError("the sink is broken")

    shadow, champion = Shadow(fails, room=1), scorer_of(trained.model)
    shadow.challenger = champion
    history = History.of(story(created(0, 30)))
    scores, _ = champion.score_all(history, moment(1))
    before = left_out()
    for _ in range(3):
        shadow.offer(champion.loaded, history, moment(1), scores)
    assert left_out() - before == 2
    with capture_logs() as logs:
        shadow.step()
    assert [line["event"] for line in logs] == ["the challenger failed"]


def test_both_are_logged_where_no_sink_is_given(trained: Trained) -> None:
    shadow, champion = Shadow(), scorer_of(trained.model)
    shadow.challenger = scorer_of(steeper(trained.model))
    history = History.of(story(created(0, 30)))
    scores, _ = champion.score_all(history, moment(1))
    shadow.offer(champion.loaded, history, moment(1), scores)
    with capture_logs() as logs:
        shadow.step()
    line: dict[str, Any] = logs[0]
    assert (line["event"], line["order_id"], line["risk"]) == ("shadow", "A", scores[0].risk)
    assert line["shadow_risk"] > line["risk"]


def test_the_shadow_scores_in_a_thread_of_its_own(trained: Trained) -> None:
    done, threads = threading.Event(), []

    def sink(_: ShadowComparison) -> None:
        threads.append(threading.current_thread().name)
        done.set()

    shadow, champion = Shadow(sink), scorer_of(trained.model)
    shadow.challenger = champion
    history = History.of(story(created(0, 30)))
    scores, _ = champion.score_all(history, moment(1))
    with shadow.running():
        shadow.offer(champion.loaded, history, moment(1), scores)
        assert done.wait(60)
    assert threads == ["shadow"]
