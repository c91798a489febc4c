"""A beeswarm: a dot an order at the points that are added, the strongest line first."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from features.arrays import Floats
from features.errors import InvalidRequest
from training.contributions.contributions import Contributions
from training.report.plots.beeswarm import beeswarm, spread_out


def dots(axis: Axes) -> Floats:
    """(n, 2) of all dots."""
    return np.concatenate([np.asarray(drawn.get_offsets()) for drawn in axis.collections])


def lines(axis: Axes) -> list[str]:
    return [label.get_text() for label in axis.get_yticklabels()]


def test_a_dot_an_order_and_signal(contributions: Contributions) -> None:
    axis = beeswarm(contributions)
    assert lines(axis) == ["open_holds  12.5", "order_value  6.2", "days_to_promise  5.0", "plant_level  0.2"]
    for line, name in enumerate(["open_holds", "order_value", "days_to_promise"]):
        own = dots(axis)[np.round(dots(axis)[:, 1]) == line]
        np.testing.assert_allclose(sorted(own[:, 0]), sorted(100 * contributions.points[name]), atol=1e-12)
    assert "points" in axis.get_xlabel()
    assert axis.get_legend() is None


def test_by_topic(contributions: Contributions) -> None:
    axis = beeswarm(contributions, "topic", most=2)
    assert lines(axis) == ["holds  12.5", "order  6.2"]
    assert len(dots(axis)) == 2 * len(contributions)
    assert [text.get_text() for text in axis.texts] == ["high", "low", "risk:"]


def test_missing_values_are_hollow(contributions: Contributions) -> None:
    axis = beeswarm(contributions)
    hollow = [drawn for drawn in axis.collections if not len(drawn.get_facecolor()) and len(drawn.get_offsets())]
    assert [len(drawn.get_offsets()) for drawn in hollow] == [1]


def test_dots_of_one_place_do_not_lie_on_each_other() -> None:
    edges = np.linspace(0, 1, 11)
    values = np.random.default_rng(3).random(400)
    place = spread_out(values, edges)
    assert np.abs(place).max() <= 0.5
    bins = np.searchsorted(edges, values, side="right")
    assert len({*zip(bins.tolist(), place.tolist(), strict=True)}) == len(values)


def test_it_draws_where_it_is_told_and_refuses_what_it_does_not_know(contributions: Contributions) -> None:
    given = Figure().subplots()
    assert beeswarm(contributions, ax=given) is given
    with pytest.raises(InvalidRequest, match="by must be 'signal' or 'topic', got 'plant'"):
        beeswarm(contributions, "plant")  # type: ignore[arg-type]
