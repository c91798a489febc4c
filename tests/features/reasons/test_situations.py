"""What holds of every history: a topic is in one situation, alone or among many, and what it says is fit to print."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given

from features.catalogue.registry import catalogue
from features.catalogue.topics import TOPICS
from features.context.context import Context
from features.decision_points import DecisionPoints, standing_orders
from features.history import History
from features.known.known import Known
from features.pipeline.computation import compute
from features.pipeline.table import states
from features.readiness.statements import KnownOrder
from features.reasons import SITUATIONS, OrderFacts, describe, situations_of
from features.reasons.slowest_lines import slowest_lines
from features.wording import ENGLISH
from tests.features.reasons.asking import said
from tests.support.histories import Row, histories_and_moments
from tests.support.stories import UTC, created, shipped, story

pytestmark = pytest.mark.usefixtures("compiled")
NAMES = list(catalogue())


def open_points(history: History, context: Context, as_of: int) -> DecisionPoints:
    points = standing_orders(history, as_of)
    return points.take(np.flatnonzero(states(Known(history, points, context)) == "open"))


@given(histories_and_moments())
def test_every_topic_of_every_open_order_says_something_fit_to_print(drawn: tuple[list[Row], list[int]]) -> None:
    rows, moments = drawn
    history = History.of(story(*rows))
    context = Context.of(history, UTC)
    for as_of in moments:
        points = open_points(history, context, as_of)
        if not len(points):
            continue
        signals = compute(history, points, context, NAMES)
        together = situations_of(NAMES, signals)
        slowest = slowest_lines(history, points, context)
        for row, order in enumerate(points.order.tolist()):
            facts = OrderFacts(
                KnownOrder(history, order, as_of),
                as_of,
                ZoneInfo("UTC"),
                ENGLISH,
                dict(zip(NAMES, signals[row].tolist(), strict=True)),
                dict.fromkeys(NAMES, 0.01),
                slowest[row],
            )
            for place, topic in enumerate(TOPICS):
                for rises in (True, False):
                    found = describe(topic, facts, rises)
                    assert found.situation is SITUATIONS[topic][together[row, place]]
                    text = found.statement.text
                    assert 0 < len(text) <= 160
                    assert not re.search(r"\bnan\b|None|[{}\[\]|]", text), text
                    known = {event.key for event in facts.order.events}
                    assert set(found.statement.events) <= known


def test_the_situations_of_a_topic_end_with_one_that_always_holds() -> None:
    for topic, situations in SITUATIONS.items():
        assert situations[-1].holds(lambda _: float("nan")), topic
        names = [situation.name for situation in situations]
        assert len(set(names)) == len(names)


def test_a_signal_that_the_model_does_not_read_is_missing() -> None:
    """A model of two signals has situations too."""
    found = situations_of(["open_holds"], np.array([[2.0], [0.0]]))
    names = [SITUATIONS["holds"][place].name for place in found[:, TOPICS.index("holds")]]
    assert names == ["hold_open", "no_hold"]


def test_of_several_items_the_one_that_fails_most_is_named() -> None:
    """Orders with a shaft shipped in time, those with a motor have not shipped by their promise."""
    past = [created(0, 5, order=f"S{n}", line="1", item="shaft") for n in range(3)]
    late = [created(0, 5, order=f"M{n}", line="1", item="motor") for n in range(3)]
    left = [shipped(3, order=f"S{n}", line="1") for n in range(3)] + [
        shipped(9, order=f"M{n}", line="1") for n in range(3)
    ]
    order = [created(10, 30, line=line, item=item) for line, item in (("10", "shaft"), ("20", "motor"))]
    text = said("order", *past, *late, *left, *order, day=11, points={"item_failure_share": 0.1})
    assert text.startswith("about ")
    assert "of the orders with motor ship late or short" in text
