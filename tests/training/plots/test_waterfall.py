"""A waterfall: each bar begins where the one above it ends, and the last is the risk."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from features.errors import InvalidRequest
from training.contributions.contributions import Contributions
from training.report.plots.drawing import ACCENT, BAND, BLUE, INK, PALE
from training.report.plots.waterfall import waterfall

REASONS = pd.DataFrame(
    {
        "order_id": ["A"] * 3 + ["B"],
        "risk": [0.65] * 3 + [0.2],
        "base_risk": 0.4,
        "topic": ["order", "material", "holds", "work"],
        "points": [-0.05, 0.4, -0.1, -0.2],
        "text": ["it is worth 1,000 $", "steel is missing, " * 8, "no hold was placed", "all is done"],
    }
)


def bars(axis: Axes) -> list[tuple[float, float, str]]:
    """Where each begins, how long it is, its colour; from the first to the last."""
    drawn = sorted(axis.patches, key=lambda bar: bar.get_y())  # type: ignore[attr-defined]
    return [
        (round(bar.get_x(), 9), round(bar.get_width(), 9), to_hex(bar.get_facecolor()))  # type: ignore[attr-defined]
        for bar in drawn
    ]


def words(axis: Axes) -> list[str]:
    return [text.get_text() for text in axis.texts]


def test_a_step_a_reason_what_nobody_can_change_last_and_grey() -> None:
    axis = waterfall(REASONS, "A")
    assert bars(axis) == [
        (0.0, 0.4, BAND),
        (0.4, 0.4, ACCENT),
        (0.8, -0.1, BLUE),
        (0.7, -0.05, PALE),
        (0.0, 0.65, INK),
    ]
    assert words(axis) == ["base risk 40.0", "material +40.0", "holds −10.0", "order −5.0", "risk 65.0"]
    said = [label.get_text() for label in axis.get_yticklabels()]
    assert said[1].count("\n") == 2, "long words stand in lines"
    assert said[3] == r"it is worth 1,000 \$"
    assert axis.get_xlabel().startswith("risk")
    assert axis.get_legend() is None


def test_a_step_a_signal_the_others_together(contributions: Contributions) -> None:
    axis = waterfall(contributions, "A", most=1)
    assert bars(axis)[1:] == [(0.3, 0.2, ACCENT), (0.5, -0.05, BLUE), (0.45, 0.01, ACCENT), (0.0, 0.46, INK)]
    assert words(axis)[1:4] == ["holds +20.0", "−5.0", "plant +1.0"]
    assert [label.get_text() for label in axis.get_yticklabels()][1:4] == [
        "1 hold is open (open_holds)",
        "2 other signals",
        "the level of the plant",
    ]


def test_an_order_that_nothing_moves_has_its_base_risk(contributions: Contributions) -> None:
    assert bars(waterfall(contributions, "D")) == [(0.0, 0.3, BAND), (0.0, 0.3, INK)]


def test_it_draws_where_it_is_told(contributions: Contributions) -> None:
    given = Figure().subplots()
    assert waterfall(contributions, "B", ax=given) is given


def test_an_order_that_is_not_there_is_refused(contributions: Contributions) -> None:
    with pytest.raises(InvalidRequest, match="must be in the table of reasons, got 'Z'"):
        waterfall(REASONS, "Z")
    with pytest.raises(InvalidRequest, match="must be one row of the contributions, got 0 of 'Z'"):
        waterfall(contributions, "Z")
