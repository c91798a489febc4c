"""When orders ship: hand-made orders judged by the ledger, and the oracle's dates beside its risks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.errors import InvalidRequest
from features.policy import OutcomeRules
from features.times import micros
from simulation import load_plant, simulate
from simulation.oracle.forks import play_futures
from simulation.oracle.ledger import Commitment, is_late, is_open, judge_commitment, lines_to_ship, shipped_at
from simulation.oracle.oracle import SHIP_DAYS, Moment, simulate_with_oracle
from simulation.oracle.tables import SHIP_DATES, as_table, read_ship_dates, write_ship_dates
from simulation.plant.calendar import DAY
from simulation.plant.shop import Shop
from simulation.plant.state import Line, Order
from simulation.run import run_until, start
from tests.support.plants import loaded, tiny

ORDERS, PERIOD, SEED, FUTURES = 110, 45, 3, 12
NOW = 20 * DAY
PROMISE, LATER, PASSED = 25 * DAY, 30 * DAY, 18 * DAY


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(tiny(), 10, 30, 1)


def order_of(shop: Shop, *promises: float) -> Order:
    """An order of ten pieces a line, with a line for each promise."""
    order = Order("A", 1, shop.world.customers[0], 0.0, shop.chance.stream("orders", 1), None)
    for number, promise in enumerate(promises):
        order.lines.append(Line(f"{number + 1}0", order, shop.world.items[0], 10, promise, [(0.0, 10)]))
    return order


def ship(line: Line, quantity: int, day: float) -> None:
    line.shipped += quantity
    line.shipped_log.append((day * DAY, quantity))
    if line.shipped >= line.ordered:
        close(line, "complete", day)


def close(line: Line, reason: str, day: float) -> None:
    line.closed, line.closed_at = reason, day * DAY
    line.closed_log.append((day * DAY, reason))


def lower(line: Line, quantity: int, day: float) -> None:
    line.ordered = quantity
    line.ordered_log.append((day * DAY, quantity))


def test_an_order_has_shipped_when_the_last_of_it_left(shop: Shop) -> None:
    order = order_of(shop, PROMISE, LATER)
    held = Commitment.of(order, NOW)
    ship(order.lines[0], 6, 21)
    ship(order.lines[1], 10, 22)
    assert shipped_at(held) == math.inf
    ship(order.lines[0], 4, 26)
    assert shipped_at(held) == 26 * DAY


def test_what_had_left_before_the_moment_counts(shop: Shop) -> None:
    order = order_of(shop, PROMISE, PROMISE)
    ship(order.lines[0], 10, 15)
    held = Commitment.of(order, NOW)
    ship(order.lines[1], 10, 24)
    assert shipped_at(held) == 24 * DAY


def test_the_quantity_in_force_is_owed(shop: Shop) -> None:
    order = order_of(shop, PROMISE)
    held, line = Commitment.of(order, NOW), order.lines[0]
    ship(line, 6, 21)
    lower(line, 6, 23)
    close(line, "complete", 23)
    assert shipped_at(held) == 21 * DAY


@pytest.mark.parametrize(
    ("promise", "left", "judged", "expected"),
    [(PROMISE, 21, 30, 21), (PROMISE, 15, 30, 20), (PROMISE, 21, 26, 27), (PASSED, 21, 30, 27), (PASSED, 15, 30, 27)],
)
def test_what_the_customer_accepts_after_the_promise(
    shop: Shop, promise: float, left: float, judged: float, expected: float
) -> None:
    """By the judgement it was on time, if that was made later; a late order is late until no more is wanted."""
    order = order_of(shop, promise)
    ship(order.lines[0], 6, left)
    held = Commitment.of(order, NOW)
    lower(order.lines[0], 6, 27)
    close(order.lines[0], "complete", 27)
    assert shipped_at(held, judged_at=judged * DAY) == expected * DAY


def test_a_tolerance_is_enough(shop: Shop) -> None:
    order = order_of(shop, PROMISE)
    held = Commitment.of(order, NOW)
    ship(order.lines[0], 9, 22)
    assert shipped_at(held) == math.inf
    assert shipped_at(held, OutcomeRules(under_delivery=0.1)) == 22 * DAY
    assert shipped_at(held, OutcomeRules(under_delivery=0.09)) == math.inf
    ship(order.lines[0], 1, 24)
    assert shipped_at(held, OutcomeRules(under_delivery=0.1)) == 22 * DAY
    assert shipped_at(held) == 24 * DAY


@pytest.mark.parametrize("promise", [PROMISE, PASSED])
def test_closed_short_is_never_in_full_and_accepted_is(shop: Shop, promise: float) -> None:
    ends = []
    for reason in ("short", "complete"):
        order = order_of(shop, promise)
        held = Commitment.of(order, NOW)
        ship(order.lines[0], 9, 22)
        close(order.lines[0], reason, 22)
        ends.append(shipped_at(held))
    assert ends == [math.inf, 22 * DAY]


@pytest.mark.parametrize(
    ("promise", "day", "expected"), [(PROMISE, 24, math.nan), (PROMISE, 26, math.inf), (PASSED, 26, math.nan)]
)
def test_an_order_is_cancelled_by_its_promise_and_a_late_one_at_any_time(
    shop: Shop, promise: float, day: float, expected: float
) -> None:
    order = order_of(shop, promise)
    held = Commitment.of(order, NOW)
    close(order.lines[0], "cancelled", day)
    np.testing.assert_equal(shipped_at(held), expected)


def test_a_cancelled_line_is_owed_no_more(shop: Shop) -> None:
    order = order_of(shop, PROMISE, PROMISE)
    held = Commitment.of(order, NOW)
    ship(order.lines[0], 10, 21)
    close(order.lines[1], "cancelled", 23)
    assert shipped_at(held) == 23 * DAY
    order.lines[1].closed, order.lines[1].closed_log[-1] = "cancelled", (26 * DAY, "cancelled")
    assert shipped_at(held) == math.inf


def test_an_order_is_open_or_late_while_there_is_something_left(shop: Shop) -> None:
    order = order_of(shop, PROMISE, LATER)
    assert (is_open(order, NOW), is_late(order, NOW)) == (True, False)
    assert (is_open(order, 26 * DAY), is_late(order, 26 * DAY)) == (False, True)
    ship(order.lines[0], 10, 26)
    assert lines_to_ship(order) == order.lines[1:]
    assert (is_open(order, 27 * DAY), is_late(order, 27 * DAY)) == (False, True)
    ship(order.lines[1], 10, 27)
    assert (is_open(order, 28 * DAY), is_late(order, 28 * DAY)) == (False, False)
    unpromised = order_of(shop, PASSED)
    unpromised.promised = False
    assert (is_open(unpromised, NOW), is_late(unpromised, NOW)) == (False, False)


# -- the oracle ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moment() -> Moment:
    """A plant that is often late, at a moment with open and late orders."""
    shop = start(loaded(1.2), ORDERS, PERIOD, SEED)
    run_until(shop, 30)
    return Moment(shop, SEED, 30, FUTURES)


@pytest.fixture(scope="module")
def dates(moment: Moment) -> pd.DataFrame:
    return as_table(moment.ship_dates(), SHIP_DATES)


def test_every_open_and_every_late_order_has_dates(moment: Moment, dates: pd.DataFrame) -> None:
    assert list(dates) == ["as_of", "order_id", "due", "late", "n", "shipped_at"]
    assert not dates["order_id"].duplicated().any()
    assert set(dates.loc[~dates["late"], "order_id"]) == {row[1] for row in moment.risks()}
    late = set(dates.loc[dates["late"], "order_id"])
    assert len(late) > 2
    assert late == {order.order_id for order in moment.late}
    left = [order for order in moment.shop.open_orders() if lines_to_ship(order)]
    assert set(moment.orders) | set(moment.late) == set(left)
    for order in moment.orders + moment.late:
        due = dates.set_index("order_id").loc[order.order_id, "due"]
        assert micros(due) == moment.shop.records.micros(min(line.promise for line in lines_to_ship(order)))


def test_dates_rise_and_lie_after_the_moment(dates: pd.DataFrame) -> None:
    for row in dates.itertuples():
        known = row.shipped_at[~np.isnat(row.shipped_at)].astype(np.int64)
        assert len(row.shipped_at) == row.n <= FUTURES
        assert np.isnat(row.shipped_at[len(known) :]).all()
        assert (np.diff(known) >= 0).all()
        assert (known >= micros(row.as_of)).all()
    share = np.mean([np.isnat(cell).mean() for cell in dates["shipped_at"]])
    assert share < 0.1


def test_the_share_on_time_is_what_the_risks_leave(moment: Moment, dates: pd.DataFrame) -> None:
    """An order whose lines have one promise is on time and in full where the last of it left by then."""
    single = {order.order_id for order in moment.orders if len({line.promise for line in order.lines}) == 1}
    risks = {row[1]: row for row in moment.risks()}
    compared = 0
    for row in dates[dates["order_id"].isin(single)].itertuples():
        _, _, missed, partial, n = risks[row.order_id]
        on_time = (row.shipped_at <= row.due.tz_localize(None).to_datetime64()).mean()
        assert row.n == n
        assert on_time == pytest.approx(1 - missed - partial)  # type: ignore[operator]
        compared += 0 < on_time < 1
    assert compared > 10


def mean_days(factor: float) -> float:
    """From the moment until orders of the tiny plant with so much load ship."""
    shop = start(loaded(factor), ORDERS, PERIOD, SEED)
    run_until(shop, 30)
    table = as_table(Moment(shop, SEED, 30, 6).ship_dates(), SHIP_DATES)
    every = table.explode("shipped_at")
    return float((every["shipped_at"] - every["as_of"].dt.tz_localize(None)).mean() / pd.Timedelta(days=1))


def test_more_load_ships_later() -> None:
    assert mean_days(0.6) + 1 < mean_days(1.5)


def test_a_future_goes_on_until_its_orders_have_shipped(moment: Moment, dates: pd.DataFrame) -> None:
    last_promise = max(line.promise for order in moment.orders + moment.late for line in order.lines)
    ends = pd.Timestamp(moment.shop.records.micros(last_promise + SHIP_DAYS * DAY), unit="us", tz="UTC")
    known = np.concatenate([cell[~np.isnat(cell)] for cell in dates["shipped_at"]])
    assert known.max() > dates["due"].max().tz_localize(None)
    assert known.max() <= ends.tz_localize(None)


def test_dates_of_a_file_are_those_that_were_written(dates: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "oracle_ship_dates.parquet"
    write_ship_dates(dates, path)
    assert str(pq.read_schema(path).field("shipped_at").type.value_type) == "timestamp[us, tz=UTC]"
    pd.testing.assert_frame_equal(read_ship_dates(path), dates)
    dates.drop(columns="late").drop(columns="shipped_at").to_parquet(path)
    with pytest.raises(InvalidRequest, match="must have the columns as_of, .*, got as_of, order_id, due, n"):
        read_ship_dates(path)


def test_a_moment_without_orders_has_no_dates(tmp_path: Path) -> None:
    found = simulate_with_oracle(tiny(), 1, 30, 2, [1], futures=2)
    assert len(found.ship_dates) == len(found.risks) == 0
    write_ship_dates(found.ship_dates, tmp_path / "dates.parquet")
    assert read_ship_dates(tmp_path / "dates.parquet").empty


def test_risks_are_those_of_futures_that_end_at_the_last_promise(moment: Moment) -> None:
    shop = moment.shop
    held = [Commitment.of(order, shop.now) for order in moment.orders]
    last = max(entry.last_promise for entry in held)

    def future(number: int) -> np.ndarray:
        shop.records.on = False
        shop.reseed(SEED, 30, number + 1)
        shop.env.run(until=last + 1 / 60)
        return np.array([judge_commitment(entry) for entry in held], dtype=np.int8)

    played = play_futures(future, FUTURES, len(held), np.dtype(np.int8))
    np.testing.assert_array_equal(played, moment.without)


def test_the_messy_plant_has_dates_and_its_events_stay() -> None:
    plant = load_plant("messy")
    found = simulate_with_oracle(plant, 100, 50, SEED, [30, 40], futures=6, of_each=0)
    pd.testing.assert_frame_equal(found.events, simulate(plant, 100, 50, SEED), check_exact=True)
    columns = ["as_of", "order_id", "n"]
    open_ = found.ship_dates.loc[~found.ship_dates["late"], columns]
    pd.testing.assert_frame_equal(open_.reset_index(drop=True), found.risks[columns])
    assert found.ship_dates.groupby("as_of")["late"].any().any()
