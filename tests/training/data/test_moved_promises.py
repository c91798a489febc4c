"""Orders with a promise that was moved: judged by what really shipped, never to judge by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.errors import InvalidRequest
from features.outcomes import MISSED, ON_TIME_IN_FULL
from features.times import DAY, plant_calendar
from tests.support.stories import created, event, moment, shipped, story
from training.data import moved_promises
from training.data.labelled import LabelledPoints
from training.data.moved_promises import EARLIEST, LATEST
from training.data.snapshots import Snapshots
from training.data.split import folds_by_time, split_by_time
from training.model.trees import HELD, MOVED_SHARE, UNREAD, PartialTrees, Trees, boost, tree_dataset
from training.trainer import Trained

ORDERS = 80
SHIPS = {f"{number:03}": number + 12 + number % 5 for number in range(ORDERS)}
"""The day on which each order ships: all were promised for two weeks after they came, so some are late."""


@pytest.fixture(scope="module")
def snapshots() -> Snapshots:
    """An order a day; those of weekends are promised for a Monday. Of two in three work is booked."""
    rows = []
    for number, (order, day) in enumerate(SHIPS.items()):
        promise = number + 14 + {5: 2, 6: 1}.get((number + 14) % 7, 0)
        truck = event("delivery.planned", number, order, reference=f"D{order}", date=promise - 0.25)
        work = [event("operation.confirmed", number + 0.1, order, quantity=1, state="partial")] if number % 3 else []
        rows += [created(number, promise, order=order), truck, *work, shipped(day, 10, order)]
    return Snapshots.of(story(*rows, event("hold.placed", 130, "000", kind="credit")), "daily")


def moved_of(points: LabelledPoints) -> LabelledPoints:
    assert points.moved is not None
    return points.moved


def test_a_moved_promise_is_judged_by_the_day_on_which_the_order_really_shipped(snapshots: Snapshots) -> None:
    moved = moved_of(snapshots.labelled()[0])
    ships = np.array([moment(SHIPS[order]) for order in snapshots.history.order_ids[moved.order]])
    np.testing.assert_array_equal(moved.outcome, np.where(ships <= moved.due, ON_TIME_IN_FULL, MISSED))
    assert 0.1 < moved.failed.mean() < 0.9
    assert (moved.due > moved.as_of).all()


def test_promises_are_moved_to_working_days_and_pulled_in_only_where_work_is_booked(snapshots: Snapshots) -> None:
    points = snapshots.labelled()[0]
    moved = moved_of(points)
    first = dict(zip(points.order, points.due, strict=True))
    days = np.array([(due - first[order]) / DAY for due, order in zip(moved.due, moved.order, strict=True)])
    assert len(np.unique(days)) > 15
    numbers = snapshots.history.order_ids[moved.order].astype(int)
    assert days[numbers % 3 == 0].min() > 0 > days[numbers % 3 > 0].min()
    assert EARLIEST - 2 <= days.min() < 0 < days.max() <= LATEST + 2
    assert (plant_calendar().weekday(plant_calendar().day(moved.due)) < 5).all()
    assert (moved.column("promise_moves") == (days != 0)).all()


def test_a_training_sees_no_move_whose_outcome_was_not_known_by_then(snapshots: Snapshots) -> None:
    cut = moment(60)
    points = snapshots.labelled(cut)[0]
    moved = moved_of(points)
    assert len(moved) > 50
    assert (moved.known_at <= cut).all()
    assert (moved.as_of <= cut).all()
    assert np.isin(moved.order, points.order).all()
    truth = moved_of(snapshots.labelled()[0])
    of_all = {
        (o, a, d): outcome for o, a, d, outcome in zip(truth.order, truth.as_of, truth.due, truth.outcome, strict=True)
    }
    rows = zip(moved.order, moved.as_of, moved.due, moved.outcome, strict=True)
    assert all(of_all[order, as_of, due] == outcome for order, as_of, due, outcome in rows)


def test_earlier_rows_have_moves_known_at_the_cut_and_later_ones_none(snapshots: Snapshots) -> None:
    points = snapshots.labelled()[0]
    for split in (split_by_time(points), *folds_by_time(points, 3, 5)):
        moved = moved_of(split.earlier)
        assert len(moved) > 0
        assert (moved.known_at <= split.at).all()
        assert not np.isin(moved.order, split.later.order).any()
        assert split.later.moved is None


def test_rows_that_are_taken_for_something_else_have_no_moves(snapshots: Snapshots) -> None:
    points = snapshots.labelled()[0]
    assert points.take(points.failed == 1).moved is None


def test_orders_of_many_events_are_copied_until_there_are_enough(snapshots: Snapshots) -> None:
    """Of five events an order at most, a hundred make at least twenty copies and at most thirty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moved_promises, "MOST_EVENTS", 100)
        few = moved_promises.draw_points(snapshots.history, snapshots.points, 7)
    assert 20 <= len(few) <= 100 / 3
    assert np.diff(snapshots.history.first)[few.order].sum() <= 100
    assert few.ranks() is None


def test_signals_of_ones_own_need_rows_without_moves(snapshots: Snapshots) -> None:
    points = snapshots.labelled()[0]
    with pytest.raises(InvalidRequest, match="got 112 others: give moved=None with signals of your own"):
        replace(points, names=points.names[:2], signals=points.signals[:, :2])
    assert replace(points, names=points.names[:2], signals=points.signals[:, :2], moved=None).moved is None


def test_the_same_snapshots_give_the_same_moves_and_none_where_none_are_wanted(snapshots: Snapshots) -> None:
    again = replace(snapshots)
    one, two = (moved_of(each.labelled()[0]) for each in (snapshots, again))
    np.testing.assert_array_equal(one.signals, two.signals)
    assert replace(snapshots, moves_seed=None).labelled()[0].moved is None


def test_all_moves_weigh_a_share_of_what_all_orders_weigh(snapshots: Snapshots) -> None:
    points = snapshots.labelled()[0]
    dataset = tree_dataset(points, points.failed).construct()
    weight, label = dataset.get_weight(), dataset.get_label()
    moved = moved_of(points)
    assert len(weight) == len(points) + len(moved)
    assert weight[: len(points)].sum() == pytest.approx(points.n_orders, rel=1e-5)
    assert weight[len(points) :].sum() == pytest.approx(MOVED_SHARE * points.n_orders, rel=1e-5)
    np.testing.assert_array_equal(label[len(points) :], moved.failed)


def test_trees_that_saw_moves_expect_less_of_a_later_promise(snapshots: Snapshots) -> None:
    """Nobody ever moved a promise here: trees that saw none read a later one as a longer wait for the same truck."""
    points = snapshots.labelled()[0]
    later = moved_of(points).take(moved_of(points).days_to_promise > 20)
    trees = Trees(min_child_samples=20)
    saw, saw_none = (boost(each, each.failed, trees, 60) for each in (points, replace(points, moved=None)))
    assert saw.predict(later.signals).mean() < 0.6 * saw_none.predict(later.signals).mean()


def test_no_split_tests_a_count_of_what_is_known(snapshots: Snapshots) -> None:
    points = snapshots.labelled()[0]
    splits = boost(points, points.failed, Trees(min_child_samples=20), 60).feature_importance()
    assert splits.sum() > 100
    assert sum(splits[points.names.index(name)] for name in UNREAD) == 0


@pytest.mark.parametrize("name", HELD)
def test_one_more_move_or_piece_ordered_is_never_good_by_itself(trained: Trained, name: str) -> None:
    """A signal that is held, raised by itself on looks of all kinds; the trees of partial are not held."""
    model, signals = trained.model, trained.dataset.points.signals[::7]
    column = model.names.index(name)
    known = ~np.isnan(signals[:, column])
    for more in (0.25, 1.0, 40.0):
        raised = signals.copy()
        raised[:, column] += more
        change = HELD[name] * (model.log_odds(raised) - model.log_odds(signals))[known]
        assert change.min(initial=0.0) >= -1e-12
    assert not PartialTrees().held


def test_no_promise_is_no_move() -> None:
    rows = [row for order in ("A", "B") for row in (created(0, None, order=order), shipped(9, 10, order))]
    assert len(moved_of(Snapshots.of(pd.concat([story(*rows)]), "daily").labelled()[0])) == 0
