"""Ship dates of a trained model: coherent with the risk, on the plant's days, saved and read again bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.arrays import Floats
from features.times import DAY
from training import Trained
from training.data.ship_points import ShipPoints, points_on_mornings, points_to_learn
from training.model.risk_model import RiskModel
from training.model_files.manifest import MANIFEST, InvalidModel
from training.ship_date.curve import BEYOND
from training.ship_date.fit import fit_ship_dates, question_of
from training.ship_date.model import ShipDateModel


@pytest.fixture(scope="module")
def dates(trained: Trained) -> ShipDateModel:
    assert trained.model.ship_dates is not None
    return trained.model.ship_dates


@pytest.fixture(scope="module")
def looks(trained: Trained) -> ShipPoints:
    daily = trained.snapshots.with_scheme("daily")
    mornings = np.unique(daily.points.as_of)[[-60, -30]]
    return points_on_mornings(trained.snapshots, mornings, trained.model.names, np.empty(0, dtype=np.int64))


@pytest.fixture(scope="module")
def on_time(trained: Trained, looks: ShipPoints) -> Floats:
    return np.where(looks.late, np.nan, 1 - trained.model.predict(looks.signals).risk)


def test_there_are_open_and_late_orders(looks: ShipPoints) -> None:
    assert looks.late.any()
    assert not looks.late.all()


def test_curves_meet_the_risk_never_fall_and_rise_on_shipping_days_alone(
    dates: ShipDateModel, looks: ShipPoints, on_time: Floats, trained: Trained
) -> None:
    calendar = trained.snapshots.calendar
    curves = dates.curves(question_of(looks), on_time, calendar)
    open_ = ~looks.late
    at_promise = curves.by_day(calendar.day(looks.promised))
    np.testing.assert_allclose(at_promise[open_], on_time[open_], rtol=0, atol=1e-12)
    goes = dates.shipping_days.of_orders(looks.plant, looks.route)
    for row in range(len(looks)):
        day, by = curves.of(row)
        assert (np.diff(by) >= 0).all()
        rises = np.diff(by, prepend=0.0) > 0
        some_before = goes[row][calendar.weekday(day[day <= calendar.day(looks.promised)[row]])].any()
        if some_before or looks.late[row]:
            assert goes[row][calendar.weekday(day[rises])].all()


def test_one_order_alone_has_the_date_that_it_has_among_all(
    dates: ShipDateModel, looks: ShipPoints, on_time: Floats, trained: Trained
) -> None:
    calendar = trained.snapshots.calendar
    whole = dates.forecast(question_of(looks), on_time, calendar)
    for row in range(0, len(looks), 7):
        alone = dates.forecast(question_of(looks.take(np.array([row]))), on_time[[row]], calendar)
        assert alone.curves.of(0)[1].tobytes() == whole.curves.of(row)[1].tobytes()
        assert (alone.expected[0], alone.latest[0]) == (whole.expected[row], whole.latest[row])


def test_the_expected_day_lies_within_the_range_and_not_before_today(
    dates: ShipDateModel, looks: ShipPoints, on_time: Floats, trained: Trained
) -> None:
    found = dates.forecast(question_of(looks), on_time, trained.snapshots.calendar)
    today = trained.snapshots.calendar.day(looks.as_of)
    known = (found.expected != BEYOND) & (found.latest != BEYOND)
    assert known.mean() > 0.9
    assert (found.earliest[known] <= found.expected[known]).all()
    assert (found.expected[known] <= found.latest[known]).all()
    assert (found.expected[known] >= today[known]).all()


def test_it_is_better_than_the_best_other_way(trained: Trained) -> None:
    found = trained.evaluation.ship_dates
    assert found is not None
    assert found.ahead[found.best_baseline].value > 0
    assert found.covered.low < 0.8 < found.covered.high or abs(found.covered.value - 0.8) < 0.1


def test_a_model_keeps_its_dates(trained: Trained, looks: ShipPoints, on_time: Floats, tmp_path: Path) -> None:
    calendar = trained.snapshots.calendar
    trained.model.save(tmp_path)
    read = RiskModel.load(tmp_path).ship_dates
    assert read is not None
    question = question_of(looks)
    assert trained.model.ship_dates is not None
    ours, theirs = (each.forecast(question, on_time, calendar) for each in (trained.model.ship_dates, read))
    assert ours.curves.shipped_by.tobytes() == theirs.curves.shipped_by.tobytes()
    assert ours.earliest.tolist() == theirs.earliest.tolist()


def test_a_model_of_before_has_none_and_a_damaged_one_is_refused(trained: Trained, tmp_path: Path) -> None:
    trained.model.save(tmp_path)
    (tmp_path / MANIFEST).unlink()
    (tmp_path / "ship_date.txt").unlink()
    with pytest.raises(InvalidModel, match="ship dates are"):
        RiskModel.load(tmp_path)
    (tmp_path / "ship_date.json").unlink()
    assert RiskModel.load(tmp_path).ship_dates is None


def test_the_same_looks_teach_the_same_dates(trained: Trained) -> None:
    points = points_to_learn(trained.snapshots, trained.snapshots.until, trained.model.names)
    nobody = np.full(len(points), np.nan)
    one, other = (fit_ship_dates(points, trained.snapshots.calendar, nobody) for _ in range(2))
    assert one is not None
    assert other is not None
    assert one.booster.model_to_string() == other.booster.model_to_string()


def test_too_few_shipments_and_signals_of_ones_own_teach_none(trained: Trained) -> None:
    points = points_to_learn(trained.snapshots, trained.snapshots.until, trained.model.names)
    few = points.take(np.isin(points.order, np.unique(points.order)[:20]))
    assert fit_ship_dates(few, trained.snapshots.calendar, np.full(len(few), np.nan)) is None
    own = replace(points, names=["mine"], signals=points.signals[:, :1])
    assert fit_ship_dates(own, trained.snapshots.calendar, np.full(len(own), np.nan)) is None


def test_nothing_is_learned_from_what_was_recorded_later(trained: Trained) -> None:
    cut = int(np.median(trained.snapshots.points.as_of))
    points = points_to_learn(trained.snapshots, cut, trained.model.names)
    assert points.as_of.max() <= cut
    assert points.dates.shipped_at.max() <= cut
    assert not points.shipped.all()
    assert (points.waited_until[~points.shipped] <= cut - 2 * DAY).all()


def test_a_promise_broken_this_afternoon_is_kept_no_more(
    dates: ShipDateModel, looks: ShipPoints, trained: Trained
) -> None:
    calendar = trained.snapshots.calendar
    noon = calendar.starts_of(calendar.day(looks.as_of)) + DAY // 2
    broken = replace(looks, as_of=noon + 1, promised=noon, late=np.ones(len(looks), dtype=bool))
    curves = dates.curves(question_of(broken), np.full(len(looks), np.nan), calendar)
    assert (curves.by_day(calendar.day(noon)) == 0).all()
    assert (curves.by_day(calendar.day(noon) + 7) > 0).any()


def test_where_an_order_can_fail_for_being_early_the_hazards_stand_alone(
    dates: ShipDateModel, looks: ShipPoints, on_time: Floats, trained: Trained
) -> None:
    question, calendar = question_of(looks), trained.snapshots.calendar
    alone = replace(dates, bends=False).curves(question, on_time, calendar)
    unbent = dates.curves(question, np.full(len(looks), np.nan), calendar)
    assert alone.shipped_by.tobytes() == unbent.shipped_by.tobytes()
