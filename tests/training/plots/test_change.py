"""A plot of change: upright by the points of each event, and from the first risk to the last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from features.errors import InvalidRequest
from training.report.plots.change import change_plot, path_of
from training.report.plots.drawing import ACCENT, BLUE


def step(day: int, name: str, before: float, after: float, type_: str | None = None, **words: Any) -> dict[str, Any]:
    said = dict.fromkeys(("kind", "reference")) | words
    at = pd.Timestamp(2025, 3, day, 12, tz="UTC")
    return {"order_id": "A", "step": name, "at": at, "type": type_, "before": before, "after": after} | said


STEPS = pd.DataFrame(
    [
        step(1, "begin", np.nan, 0.3),
        step(3, "time", 0.3, 0.32),
        step(3, "context", 0.32, 0.35),
        step(3, "event", 0.35, 0.6, "hold.placed", kind="quality", reference="H-1"),
        step(5, "event", 0.6, 0.2, "commitment.changed"),
        step(5, "event", 0.2, 0.2, "goods.issued"),
        step(6, "event", 0.2, np.nan, "goods.issued"),
    ]
).assign(points=lambda steps: (steps["after"] - steps["before"]).fillna(0.0))


def upright(axis: Axes, colour: str) -> list[tuple[float, float]]:
    """From where to where the lines of a colour go."""
    own = [drawn for drawn in axis.collections if len(drawn.get_color()) and to_hex(drawn.get_color()[0]) == colour]  # type: ignore[attr-defined]
    return [tuple(line[:, 1].tolist()) for drawn in own for line in drawn.get_segments()]  # type: ignore[attr-defined]


def test_events_are_upright_and_as_high_as_their_points() -> None:
    axis = change_plot(STEPS, "A")
    assert upright(axis, ACCENT) == [(0.35, 0.6)]
    assert (0.6, 0.2) in upright(axis, BLUE)
    said = [text.get_text() for text in axis.texts]
    assert said == ["promise changed −40.0", "hold placed (quality H-1) +25.0", "30 %", "20 %"]
    assert axis.get_title(loc="left") == "What moved the risk of A by −10.0 points?"
    assert "UTC" in axis.get_xlabel()
    assert axis.get_legend() is None


def test_the_path_slopes_as_time_passes() -> None:
    day = [date2num(pd.Timestamp(2025, 3, n, 12)) for n in (1, 3, 3, 3, 5, 5, 5, 5)]
    risk = [0.3, 0.35, 0.35, 0.6, 0.6, 0.2, 0.2, 0.2]
    path = path_of(STEPS[STEPS["after"].notna()])
    np.testing.assert_allclose(path, np.column_stack([day, risk]))


def test_only_those_that_moved_most_are_named() -> None:
    said = [text.get_text() for text in change_plot(STEPS, "A", most=1).texts]
    assert said[:-2] == ["promise changed −40.0"]


def test_it_draws_where_it_is_told() -> None:
    given = Figure().subplots()
    assert change_plot(STEPS, "A", ax=given) is given


def test_an_order_without_a_risk_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="must have a risk in the steps, got 'B'"):
        change_plot(STEPS, "B")
