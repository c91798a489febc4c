"""What became of like orders: counted by hand."""

from __future__ import annotations

import numpy as np

from features.arrays import Floats
from features.outcomes import MISSED, ON_TIME_IN_FULL
from features.times import DAY
from training.data.labelled import LabelledPoints
from training.reasons.peers import NOBODY, Comparison, Peers

NAMES = ["open_holds", "order_value"]


def looks(orders: list[int], holds: list[float], days: list[float], failed: list[int], value: Floats) -> LabelledPoints:
    """One row a look: its order, its open holds, the days to its promise, and whether it failed."""
    n = len(orders)
    due = np.full(n, 400 * DAY, dtype=np.int64)
    return LabelledPoints(
        names=NAMES,
        signals=np.column_stack([np.array(holds), value]),
        order=np.array(orders),
        as_of=due - (np.array(days) * DAY).astype(np.int64),
        due=due,
        known_at=due,
        outcome=np.where(np.array(failed) == 1, MISSED, ON_TIME_IN_FULL),
        weight=np.ones(n),
        plant=np.full(n, "", dtype=object),
        rescued=np.zeros(n, dtype=bool),
    )


def forty() -> LabelledPoints:
    """Forty orders seen twice five days and once ten days before: thirty with a hold, of which 24 failed; 6 of ten."""
    orders = list(range(40))
    holds = [1.0] * 30 + [0.0] * 10
    failed = [1] * 24 + [0] * 6 + [1] * 6 + [0] * 4
    return looks(orders * 3, holds * 3, [5.0] * 80 + [10.0] * 40, failed * 3, np.tile(np.arange(40.0), 3))


def test_an_order_counts_once_however_often_it_was_looked_at() -> None:
    peers = Peers.of(forty())
    assert peers.compare("holds", "hold_open", 5.0) == Comparison(30, 0.8, 40, 0.75, 3.0, 7.0)
    assert peers.compare("holds", "hold_open", 10.0) == Comparison(30, 0.8, 40, 0.75, 7.0, 14.0)


def test_below_thirty_orders_nothing_is_said() -> None:
    peers = Peers.of(forty())
    assert peers.compare("holds", "no_hold", 5.0) is None
    assert peers.compare("holds", "unheard of", 5.0) is None
    assert NOBODY.compare("holds", "hold_open", 5.0) is None


def test_where_too_few_were_as_far_orders_at_any_distance_are_compared() -> None:
    assert Peers.of(forty()).compare("holds", "hold_open", 40.0) == Comparison(30, 0.8, 40, 0.75, None, None)


def test_nobody_is_compared_with_everybody() -> None:
    """A topic of one situation tells orders apart by the size of a signal alone."""
    peers = Peers.of(forty())
    assert peers.compare("plant", "plant", 5.0) is None
    assert peers.compare("order", "order", 5.0) is None


def test_orders_are_alike_by_a_third_of_a_signal() -> None:
    hundred = looks(list(range(99)), [0.0] * 99, [5.0] * 99, [0] * 66 + [1] * 33, np.arange(99.0))
    peers = Peers.of(hundred)
    assert peers.compare_size("order_value", 98.0, 5.0) == Comparison(33, 1.0, 99, 1 / 3, 3.0, 7.0)
    assert peers.compare_size("order_value", 0.0, 5.0) == Comparison(33, 0.0, 99, 1 / 3, 3.0, 7.0)
    assert peers.compare_size("order_value", float("nan"), 5.0) is None


def test_what_a_model_keeps_is_what_it_counted() -> None:
    peers = Peers.of(forty())
    again = Peers.from_json(peers.to_json())
    assert again.compare("holds", "hold_open", 5.0) == peers.compare("holds", "hold_open", 5.0)
    assert again.compare_size("order_value", 39.0, 5.0) == peers.compare_size("order_value", 39.0, 5.0)
    assert Peers.from_json(peers.to_json() | {"days": [1, 2]}) == NOBODY
