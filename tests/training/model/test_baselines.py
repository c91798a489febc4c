"""One number a plant, on orders a reader can count."""

from __future__ import annotations

import numpy as np
import pytest

from features.outcomes import MISSED, ON_TIME_IN_FULL
from features.times import DAY
from training.data.labelled import LabelledPoints
from training.model.baselines import fit_plant_share, share_in_hindsight


def known(*orders: tuple[int, str, bool], weight: list[float] | None = None) -> LabelledPoints:
    """Orders (day the outcome was known, plant, failed) with one look each."""
    n = len(orders)
    day = np.array([entry[0] for entry in orders], dtype=np.int64) * DAY
    return LabelledPoints(
        names=[],
        signals=np.zeros((n, 0)),
        order=np.arange(n),
        as_of=day,
        due=day,
        known_at=day,
        outcome=np.array([MISSED if entry[2] else ON_TIME_IN_FULL for entry in orders]),
        weight=np.array(weight or [1.0] * n),
        plant=np.array([entry[1] for entry in orders], dtype=object),
        rescued=np.zeros(n, dtype=bool),
    )


PAST = known((10, "A", False), (400, "A", True), (650, "A", True), (700, "A", False), (640, "B", False))
ASKED = known((800, "A", False), (800, "B", False), (800, "C", False), (800, "", False))


def test_a_plants_share_is_that_of_the_days_before_the_cut() -> None:
    """The cut is day 700. Of 180 days one of three failed, of 365 two of four; one order draws each plant to that."""
    half, year = (fit_plant_share(PAST, days)(ASKED) for days in (180, 365))
    assert half == pytest.approx([(1 + 1 / 3) / 3, (0 + 1 / 3) / 2, 1 / 3, 1 / 3])
    assert year == pytest.approx([(2 + 1 / 2) / 4, (0 + 1 / 2) / 2, 1 / 2, 1 / 2])


def test_an_outcome_known_just_so_many_days_before_the_cut_counts_no_more() -> None:
    past = known((0, "A", True), (180, "A", False))
    assert fit_plant_share(past, 180)(ASKED)[0] == 0.0
    assert fit_plant_share(past, 181)(ASKED)[0] == pytest.approx(0.5)


def test_in_hindsight_each_plant_has_its_own_share_of_the_very_rows() -> None:
    points = known((1, "A", True), (2, "A", False), (3, "B", False), weight=[3.0, 1.0, 1.0])
    assert share_in_hindsight(points).tolist() == [0.75, 0.75, 0.0]
