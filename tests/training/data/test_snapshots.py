"""What a training at a moment learns from, on histories of a few orders."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from features.errors import InvalidRequest
from features.outcomes import MISSED, ON_TIME_IN_FULL, UNSETTLED
from features.times import DAY, isoformat
from tests.support.stories import created, event, moment, shipped, story
from training.data.dataset import build_dataset
from training.data.labelled import LabelledPoints
from training.data.snapshots import Snapshots, recorded_until
from training.data.worklists import worklists_between


def outcomes_of(points: LabelledPoints) -> dict[int, set[int]]:
    """By order, the outcomes of its decision points."""
    return {int(order): set(points.outcome[points.order == order].tolist()) for order in np.unique(points.order)}


# -- the records end where they end ------------------------------------------------------------------------------

LAST = 15.0


@pytest.fixture(scope="module")
def ends_on_day_15() -> pd.DataFrame:
    """A ships in time and B does not ship; C is promised on day 14 and D on day 40, long after the last record."""
    return story(
        *(created(0, promise, order=order) for order, promise in (("A", 10), ("B", 11), ("C", 14), ("D", 40))),
        shipped(9, 10, "A"),
        event("hold.placed", LAST, "D", kind="credit"),
    )


@pytest.mark.parametrize("scheme", ["daily", "events", "all", "before=3"])
def test_what_is_promised_after_the_last_record_is_not_settled_whatever_end_is_asked_for(
    ends_on_day_15: pd.DataFrame, scheme: str
) -> None:
    """On day 15 A (since day 12) and B (since day 13) are settled; C would be on day 16, D on day 42."""
    points, counts = Snapshots.of(ends_on_day_15, scheme, moment(100)).labelled()
    assert outcomes_of(points) == {0: {ON_TIME_IN_FULL}, 1: {MISSED}}
    assert counts.unsettled == counts.points - counts.labelled > 0
    assert (counts.until, counts.asked_until) == (isoformat(moment(LAST)), isoformat(moment(100)))
    assert asdict(counts)["asked_until"] == isoformat(moment(100))


def test_an_end_after_the_last_record_is_the_last_record_and_is_said_to_be(ends_on_day_15: pd.DataFrame) -> None:
    asked, default = (Snapshots.of(ends_on_day_15, "daily", until) for until in (moment(100), None))
    assert asked.until == default.until == asked.context.known_until == moment(LAST)
    assert default.notice is None
    assert asked.notice == (
        f"outcomes are those known by the last record ({isoformat(moment(LAST))}), not by {isoformat(moment(100))} as "
        "asked: what is not recorded by then is not settled"
    )
    assert asked.with_scheme("events").notice == asked.notice
    np.testing.assert_array_equal(asked.labelled()[0].signals, default.labelled()[0].signals)


def test_an_end_within_the_records_is_taken_as_it_is(ends_on_day_15: pd.DataFrame) -> None:
    for until in (12.5, LAST):
        snapshots = Snapshots.of(ends_on_day_15, "daily", moment(until))
        assert (snapshots.until, snapshots.notice) == (moment(until), None)
        assert snapshots.labelled()[1].asked_until is None
    with pytest.raises(InvalidRequest, match="until must not be before the first record"):
        recorded_until(ends_on_day_15, moment(-1))


def test_nothing_that_labels_takes_silence_after_the_last_record_for_a_miss(ends_on_day_15: pd.DataFrame) -> None:
    """A later moment may also be asked of the snapshots themselves, and of the worklists."""
    snapshots = Snapshots.of(ends_on_day_15, "daily")
    points, counts = snapshots.labelled(moment(100))
    assert set(outcomes_of(points)) == {0, 1}
    assert counts.asked_until == isoformat(moment(100))
    every = np.arange(len(snapshots.points))
    expected = {0: {ON_TIME_IN_FULL}, 1: {MISSED}, 2: {UNSETTLED}, 3: {UNSETTLED}}
    assert outcomes_of(snapshots.with_outcomes(every, moment(100))) == expected
    assert outcomes_of(worklists_between(snapshots, 0, moment(99), moment(100)).points) == expected


def test_a_data_set_says_which_end_was_asked_for(ends_on_day_15: pd.DataFrame) -> None:
    dataset = build_dataset(ends_on_day_15, "daily", moment(100))
    assert dataset.until == moment(LAST)
    assert dataset.counts.asked_until == isoformat(moment(100))
    assert dataset.fingerprint == build_dataset(ends_on_day_15, "daily").fingerprint
    assert build_dataset(ends_on_day_15, "daily", moment(LAST) - DAY).counts.asked_until is None
