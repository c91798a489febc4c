"""What teaches and what judges around a cut, with orders that are promised anew across it and booked late."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.outcomes import MISSED, ON_TIME_IN_FULL
from features.times import DAY, isoformat
from tests.support.stories import created, event, moment, shipped, story
from tests.training.regular_plant import BOOKED_LATE, MOVED, across, regular_plant
from training.data.labelled import LabelledPoints
from training.data.snapshots import Snapshots
from training.data.split import split_by_time
from training.evaluate.backtest import first_training, run_backtest
from training.evaluate.drift import stability_index
from training.model.fit import fit_model
from training.model.risk_model import RiskModel
from training.model.trees import Trees
from training.promote.comparison import Incumbent, Twin, challenge
from training.promote.gate import Limits
from training.trainer import train_on

FEW_TREES = Trees(most_rounds=30)
CUT = 100.0
COUNT = 160


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    return regular_plant(COUNT, CUT)


@pytest.fixture(scope="module")
def snapshots(events: pd.DataFrame) -> Snapshots:
    return Snapshots.of(events, "daily")


def named(snapshots: Snapshots, points: LabelledPoints) -> set[str]:
    """The orders of some points."""
    return set(snapshots.history.order_ids[points.order])


def outcome_of(snapshots: Snapshots, points: LabelledPoints, order: str) -> set[int]:
    return set(points.outcome[snapshots.history.order_ids[points.order] == order].tolist())


def model_of(snapshots: Snapshots, day: float) -> RiskModel:
    learned, _ = snapshots.labelled(moment(day))
    return fit_model(learned, snapshots.context, {"trained_until": isoformat(moment(day))}, FEW_TREES)


# -- a training --------------------------------------------------------------------------------------------------


def test_a_training_learns_from_the_outcomes_that_were_known_at_the_cut() -> None:
    """The cut of 320 orders is about day 264; by then LATE had been missed, and MOVED by its promise of then."""
    events = regular_plant(320, 264)
    snapshots = Snapshots.of(events, "daily")
    assert abs(split_by_time(snapshots.labelled()[0]).at - moment(264)) <= 2 * DAY
    trained = train_on(snapshots, events, trees=FEW_TREES, draws=10)
    learned, then = trained.twin.learned, Snapshots.of(events, "daily", trained.twin.until)
    expected, _ = then.labelled()
    assert outcome_of(snapshots, learned, BOOKED_LATE) == {MISSED}
    assert outcome_of(snapshots, trained.dataset.points, BOOKED_LATE) == {ON_TIME_IN_FULL}
    assert outcome_of(then, expected, BOOKED_LATE) == {MISSED}
    assert (learned.known_at <= trained.twin.until).all()
    for name in ("signals", "as_of", "due", "known_at", "outcome", "weight"):
        np.testing.assert_array_equal(getattr(learned, name), getattr(expected, name), name)
    assert not {BOOKED_LATE, MOVED} & named(snapshots, trained.evaluation.test)
    assert MOVED in named(snapshots, trained.dataset.points.take(trained.dataset.points.as_of > trained.twin.until))


# -- the gate ----------------------------------------------------------------------------------------------------


def twin_of(snapshots: Snapshots, day: float) -> Twin:
    learned, _ = snapshots.labelled(moment(day))
    return Twin(model_of(snapshots, day), learned, moment(day))


def new_looks(snapshots: Snapshots, day: float) -> LabelledPoints:
    """By what is known today, the looks after a day at orders whose number says that nothing had matured by then."""
    whole, _ = snapshots.labelled()
    number = np.array([int(order) if order.isdigit() else -1 for order in snapshots.history.order_ids])[whole.order]
    return whole.take((whole.as_of > moment(day)) & (number + 12 > day))


@pytest.mark.parametrize("champion", [None, 70.0, 90.0])
def test_a_window_begins_after_both_have_learned(snapshots: Snapshots, champion: float | None) -> None:
    """The twin has learned until day 90 and the champion until no later: what came after day 90 judges, all of it."""
    incumbent = None if champion is None else Incumbent("1", model_of(snapshots, champion))
    verdict = challenge(snapshots, twin_of(snapshots, 90), incumbent, 1.0, FEW_TREES, Limits(fewest_orders=5))
    new = new_looks(snapshots, 90)
    assert (verdict.after, verdict.orders) == (isoformat(moment(90.5)), new.n_orders)


@pytest.mark.parametrize("enough", [True, False])
def test_where_enough_is_new_to_a_later_champion_another_twin_learns_from_half_of_it(
    snapshots: Snapshots, enough: bool
) -> None:
    """The champion has learned until day 100. With as many new orders as asked for, a twin of the median look."""
    new = new_looks(snapshots, 100)
    fewest = new.n_orders if enough else new.n_orders + 1
    champion = Incumbent("1", model_of(snapshots, 100))
    verdict = challenge(snapshots, twin_of(snapshots, 90), champion, 1.0, FEW_TREES, Limits(fewest_orders=fewest))
    if not enough:
        assert (verdict.after, verdict.orders) == (isoformat(moment(100.5)), new.n_orders)
        return
    middle = (float(np.median(new.as_of)) - moment(0)) / DAY
    judged = new_looks(snapshots, middle)
    assert (verdict.after, verdict.orders) == (isoformat(int(judged.as_of.min())), judged.n_orders)
    assert 0.4 < np.mean(new.as_of < judged.as_of.min()) < 0.6


def test_orders_that_the_twin_or_the_champion_knew_do_not_judge_though_they_are_promised_anew(
    snapshots: Snapshots,
) -> None:
    """MOVED is looked at again from day 105 to 128, and was missed by what either had learned."""
    whole, _ = snapshots.labelled()
    assert MOVED in named(snapshots, whole.take(whole.as_of > moment(CUT)))
    for champion in (None, Incumbent("1", model_of(snapshots, CUT - 5))):
        verdict = challenge(snapshots, twin_of(snapshots, CUT), champion, 1.0, FEW_TREES, Limits(fewest_orders=999))
        assert verdict.orders == new_looks(snapshots, CUT).n_orders


# -- a backtest --------------------------------------------------------------------------------------------------


def test_a_backtest_lives_each_morning_once_with_what_was_known(snapshots: Snapshots) -> None:
    """Trained at the midnights 100.5 and 130.5, it scores the mornings from 100.5 on; LATE and MOVED were learned."""
    since = moment(CUT + 0.5)
    found = run_backtest(snapshots, 30 * DAY, since, FEW_TREES, draws=10)
    assert [stretch.learned_from for stretch in found.stretches[:2]] == [
        snapshots.labelled(since + n * 30 * DAY)[0].n_orders for n in (0, 1)
    ]
    assert found.evaluation.worklists.daily is not None
    points = found.evaluation.worklists.daily.points
    mornings = np.unique(points.as_of)
    assert mornings[0] == since
    assert set(np.diff(mornings)) == {DAY}
    assert len(np.unique(np.stack([points.order, points.as_of]), axis=1).T) == len(points)
    assert not {BOOKED_LATE, MOVED} & named(snapshots, points)
    second = found.stretches[1]
    model = model_of(snapshots, CUT + 30.5)
    rows = (points.as_of >= since + 30 * DAY) & (points.as_of < since + 60 * DAY)
    np.testing.assert_array_equal(
        found.evaluation.worklists.risks["model"][rows], model.risk_as_served(points.take(rows))
    )
    assert second.open_orders == len(np.unique(points.order[rows]))


def test_what_has_moved_is_measured_against_as_many_mornings_before(snapshots: Snapshots) -> None:
    """Thirty mornings from day 100.5 to 129.5 against the thirty from day 70.5 to 99.5."""
    found = run_backtest(snapshots, 30 * DAY, moment(CUT + 0.5), FEW_TREES, draws=5)
    assert found.evaluation.worklists.daily is not None
    points = found.evaluation.worklists.daily.points
    now = points.take(points.as_of < moment(CUT + 30.5))
    before = snapshots.between(moment(70.5) - 1, moment(99.5))
    assert len(np.unique(before.as_of)) == len(np.unique(now.as_of)) == 30
    risks = (model_of(snapshots, CUT + 0.5).risk_of(part) for part in (before, now))
    assert found.stretches[0].drift.scores == stability_index(*risks, before.weight, now.weight)


def test_a_backtest_begins_the_morning_after_two_hundred_orders_had_matured() -> None:
    """Order n is settled on day n + 12 for its first looks, and on day n + 42 for those after it was promised anew."""
    told = [
        row
        for n in range(205)
        for row in (
            created(n, n + 10, order=f"{n:04}"),
            event("commitment.changed", n + 9, f"{n:04}", date=n + 40),
            shipped(n + 11, 10, f"{n:04}"),
        )
    ]
    ends = event("hold.placed", 300, "LAST", kind="credit")
    assert first_training(Snapshots.of(story(*told, ends), "events")) == moment(199 + 12 + 0.5)


def test_what_changes_across_a_day_is_known_by_its_day() -> None:
    """The two orders themselves: by day 100 both were missed; today one was on time and the other was on time later."""
    snapshots = Snapshots.of(story(*across(CUT), event("hold.placed", 200, "LAST", kind="credit")), "daily")
    then, now = snapshots.labelled(moment(CUT))[0], snapshots.labelled()[0]
    assert outcome_of(snapshots, then, BOOKED_LATE) == outcome_of(snapshots, then, MOVED) == {MISSED}
    assert outcome_of(snapshots, now, BOOKED_LATE) == {ON_TIME_IN_FULL}
    assert outcome_of(snapshots, now, MOVED) == {MISSED, ON_TIME_IN_FULL}
