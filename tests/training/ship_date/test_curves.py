"""The mathematics of ship dates: curves, ranges, days, hazards."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from features.arrays import Floats, Ints
from features.times import plant_calendar
from training.explanation.forest import Forest
from training.lightgbm import load_lightgbm
from training.metrics.distribution import NOT_YET, crps
from training.ship_date.curve import BEYOND, ShipCurves
from training.ship_date.curve import bend as bend_within
from training.ship_date.days import PROMISE, SLACKS, Asked, Days, columns_of_days, day_of_shipment, days_asked
from training.ship_date.hazards import Hazards
from training.ship_date.ranges import BUCKETS, FITTED, NOMINAL, Ranges, buckets

MONDAY = 4
"""1970-01-05."""
WEEKDAYS = np.array([[True] * 5 + [False] * 2])


def days(*of_orders: list[int]) -> Days:
    first = np.cumsum([0, *map(len, of_orders)])
    row = np.repeat(np.arange(len(of_orders)), np.diff(first))
    return Days(first, row, np.array([day for order in of_orders for day in order]))


def bend(of: Days, hazards: Floats, promised: Ints, on_time: Floats) -> ShipCurves:
    return bend_within(of, hazards, promised, on_time, np.full(len(promised), 400))


def asked(today: int, promised: int, leaves: Floats | None = None) -> Asked:
    goes = WEEKDAYS if leaves is None else leaves
    return Asked(np.zeros((1, 0)), np.array([today]), np.array([promised]), goes, np.array([today]))


def test_a_curve_is_one_minus_the_risk_at_the_promise_and_spreads_as_the_hazards_say() -> None:
    curves = bend(days([1, 2, 3, 4]), np.array([0.5, 0.5, 0.5, 1.0]), np.array([2]), np.array([0.9]))
    assert curves.shipped_by.round(12).tolist() == [0.6, 0.9, 0.95, 1.0]


def test_a_curve_that_ends_before_its_promise_is_not_bent() -> None:
    curves = bend(days([1, 2]), np.array([0.5, 0.5]), np.array([500]), np.array([0.9]))
    assert curves.shipped_by.tolist() == [0.5, 0.75]


def test_a_late_order_has_the_curve_of_its_hazards() -> None:
    curves = bend(days([1, 2]), np.array([0.5, 0.5]), np.array([-3]), np.array([np.nan]))
    assert curves.shipped_by.tolist() == [0.5, 0.75]


hazard = st.one_of(st.just(0.0), st.just(1.0), st.floats(1e-12, 1 - 1e-12))


@given(st.lists(hazard, min_size=1, max_size=30), st.integers(0, 40), st.floats(0, 1))
def test_a_curve_never_falls_lies_in_zero_to_one_and_meets_the_risk(
    hazards: list[float], promise: int, on_time: float
) -> None:
    curves = bend(days(list(range(len(hazards)))), np.array(hazards), np.array([promise]), np.array([on_time]))
    assert (np.diff(curves.shipped_by) >= -1e-15).all()
    assert ((curves.shipped_by >= 0) & (curves.shipped_by <= 1)).all()
    assert curves.by_day(np.array([promise]))[0] == on_time


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_a_higher_risk_ships_later_on_every_day(one: float, other: float) -> None:
    hazards, promise = np.full(20, 0.2), np.array([8])
    less, more = (bend(days(list(range(20))), hazards, promise, np.array([1 - risk])) for risk in sorted((one, other)))
    assert (less.shipped_by >= more.shipped_by).all()


def test_quantiles_are_the_first_days_by_which_so_much_has_shipped() -> None:
    curves = ShipCurves(days([3, 5, 8]), np.array([0.2, 0.5, 0.85]))
    found = [int(curves.quantile(np.array([share]))[0]) for share in (0.1, 0.5, 0.51, 0.9)]
    assert found == [3, 5, 8, BEYOND]
    assert [float(curves.by_day(np.array([day]))[0]) for day in (2, 4, 9)] == [0.0, 0.2, 0.85]


def test_asked_are_the_days_on_which_an_order_can_leave() -> None:
    found = days_asked(asked(MONDAY + 3, MONDAY + 8)).day
    assert (found[:4] - MONDAY).tolist() == [3, 4, 7, 8]  # Thursday, Friday, Monday, Tuesday
    assert found[-1] <= MONDAY + 8 + 60


def test_a_promise_with_no_such_day_before_it_is_asked_about_itself() -> None:
    found = days_asked(asked(MONDAY + 5, MONDAY + 6)).day  # from Saturday to Sunday
    assert (found[:3] - MONDAY).tolist() == [6, 7, 8]


def test_what_ships_after_the_promise_on_its_day_ships_a_day_later() -> None:
    noon, calendar = MONDAY * 86_400_000_000 + 43_200_000_000, plant_calendar("UTC")
    promise = np.full(3, noon)
    shipped = np.array([noon - 1, noon, noon + 1])
    assert (day_of_shipment(shipped, promise, calendar) - MONDAY).tolist() == [0, 0, 1]


def test_days_differ_by_what_lies_between_them_and_promise_and_plans() -> None:
    names = [PROMISE, "days_to_planned_end", "days_to_truck", "usual_days_left", "usual_work_days_left", *SLACKS]
    signals = np.full((1, len(names)), np.nan)
    signals[0, :2], signals[0, names.index("planned_end_slack")] = (8.0, 6.0), 2.0
    question = Asked(signals, np.array([MONDAY]), np.array([MONDAY + 8]), WEEKDAYS, np.array([MONDAY]))
    on_the_promise = columns_of_days(question, days_asked(question), names, np.array([6]))[0]  # the seventh weekday
    assert on_the_promise[:6].tolist() == [6, 8, 0, 0, 1, 2]
    assert on_the_promise[4 + 5 + 1 + 5 - 1] == 2  # days after the planned end that the slack counts from
    assert np.isnan(on_the_promise[-1])


@given(st.integers(0, 2**32 - 1))
def test_hazards_are_those_of_lightgbm(seed: int) -> None:
    draw = np.random.default_rng(seed)
    signals, of_day, first = draw.normal(size=(6, 4)), draw.normal(size=(18, 3)), np.arange(7) * 3
    signals[draw.random(signals.shape) < 0.2] = np.nan
    rows = np.hstack([of_day, signals[np.repeat(np.arange(6), 3)]])
    target, begin = draw.integers(0, 2, 18), draw.normal(size=18)
    library = load_lightgbm()
    few = {"objective": "binary", "min_child_samples": 1, "num_leaves": 4, "verbosity": -1, "num_threads": 1}
    booster = library.train(few, library.Dataset(rows, target), 5)
    found = Hazards(Forest.of(booster)).of(signals, first, of_day, begin)
    expected = expit(booster.predict(rows, raw_score=True) + begin)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def naive_crps(day: Ints, by: Floats, today: int, came: int, seen: int) -> float:
    last = today + 120 if came < NOT_YET else min(today + 120, seen)
    total = 0.0
    for one in range(today, last):
        share = max([p for d, p in zip(day, by, strict=True) if d <= one], default=0.0)
        total += (share - float(came <= one)) ** 2
    return total


@given(st.integers(0, 2**32 - 1))
def test_the_crps_is_its_definition(seed: int) -> None:
    draw = np.random.default_rng(seed)
    day = np.sort(draw.choice(40, 6, replace=False))
    by = np.sort(draw.random(6))
    came = int(draw.integers(0, 50)) if draw.random() < 0.7 else NOT_YET
    seen = int(draw.integers(0, 50))
    found = crps(np.array([0, 6]), day, by, np.array([0]), np.array([came]), np.array([seen]))
    np.testing.assert_allclose(found, naive_crps(day, by, 0, came, seen))


def test_the_crps_of_a_single_day_is_the_distance_in_days() -> None:
    sure = np.array([0, 1]), np.array([4]), np.array([1.0])
    assert crps(*sure, np.array([0]), np.array([9]), np.array([9])).tolist() == [5.0]
    assert crps(*sure, np.array([0]), np.array([1]), np.array([1])).tolist() == [3.0]


def test_ranges_come_closer_to_four_of_five_of_later_orders() -> None:
    draw = np.random.default_rng(3)
    n, bucket = 4000, 3
    curves = ShipCurves(days(*[list(range(20))] * n), np.tile(np.linspace(0.05, 1.0, 20), n))
    shipped = draw.integers(5, 15, n)  # half as wide as the curves say
    ranges = Ranges.fit(curves, shipped, np.full(n, bucket), np.ones(n))
    assert ranges.tails[bucket] > Ranges().tails[bucket]
    narrow = Ranges(tuple((tail - (1 - FITTED) * NOMINAL) / FITTED for tail in ranges.tails))  # all the way
    first, last = narrow.of(curves, np.full(n, bucket))
    assert abs(((shipped >= first) & (shipped <= last)).mean() - 0.8) < 0.06


def test_of_no_orders_the_ranges_leave_a_tenth_out_on_either_side() -> None:
    nobody = np.empty(0, dtype=np.int64)
    none = ShipCurves(Days(np.zeros(1, dtype=np.int64), nobody, nobody), np.empty(0))
    assert np.allclose(Ranges.fit(none, nobody, nobody, np.empty(0)).tails, 0.1)


def test_late_orders_have_a_range_of_their_own() -> None:
    late = np.array([True, False, False, False, False])
    assert [BUCKETS[at] for at in buckets(late, np.array([5, 0, 4, 8, 40]))] == list(BUCKETS)
