"""The ladder of promises on a handful of orders that a reader can count."""

from __future__ import annotations

from features.history import History
from features.ladder import Rung, on_time_ladder
from features.policy import DEFAULT_POLICY, OutcomePolicy, OutcomeRules, policy_of
from tests.support.stories import created, event, moment, shipped, story

MOVED = [created(0, 10, order="M"), event("commitment.changed", 3, "M", date=20, actor="plant"), shipped(15, 10, "M")]
ASKED = [
    created(0, 10, order="N"),
    event("commitment.changed", 3, "N", date=20, actor="customer"),
    shipped(15, 10, "N"),
]
REQUESTED = [created(0, 10, order="R"), event("commitment.requested", 0, "R", date=5), shipped(9, 10, "R")]
TWO_LINES = [
    created(0, 10, order="T", line="1", quantity=100),
    created(0, 10, order="T", line="2", quantity=100),
    shipped(10, 100, "T", line="1"),
    shipped(8, 98, "T", line="2"),
]
UNPROMISED = [created(0, None, order="U")]
CANCELLED = [created(0, 10, order="C"), event("order_line.closed", 5, "C", reason="cancelled")]
NOT_DUE = [created(0, 60, order="Z")]
EVERYTHING = [*MOVED, *ASKED, *REQUESTED, *TWO_LINES, *UNPROMISED, *CANCELLED, *NOT_DUE]


def rungs(policy: OutcomePolicy = DEFAULT_POLICY, until: float = 40) -> dict[tuple[str, bool], Rung]:
    found = on_time_ladder(History.of(story(*EVERYTHING), policy), moment(until))
    return {(rung.promise, rung.tolerant): rung for rung in found}


def test_each_promise_has_its_own_share_on_time() -> None:
    """Five lines of four orders are due; T lacks 2 of 100; the plant moved M, the customer N; R was asked sooner."""
    strict = {promise: rung for (promise, tolerant), rung in rungs().items() if not tolerant}
    assert list(strict) == ["last", "first", "customer", "requested"]
    assert {(rung.lines, rung.orders) for rung in strict.values()} == {(5, 4)}
    assert {promise: rung.lines_on_time for promise, rung in strict.items()} == {
        "last": 4, "first": 2, "customer": 3, "requested": 1,
    }  # fmt: skip
    assert {promise: rung.orders_on_time for promise, rung in strict.items()} == {
        "last": 3, "first": 1, "customer": 2, "requested": 0,
    }  # fmt: skip


def test_what_is_not_promised_or_not_due_is_counted_apart() -> None:
    for rung in rungs().values():
        assert (rung.unpromised, rung.not_due) == (1, 1)
    assert rungs(until=70)["last", False].orders == 5
    assert rungs(until=12)["last", False].orders == 2, "M and N are due on day 20"
    assert rungs(until=11.9)["last", False].orders == 0, "the grace of two days has not passed"


def test_the_policy_tolerates_what_the_strict_rung_does_not() -> None:
    found = rungs(OutcomePolicy(OutcomeRules(under_delivery=0.02, late=5)))
    assert (found["last", False].lines_on_time, found["last", True].lines_on_time) == (4, 5)
    assert (found["first", False].orders_on_time, found["first", True].orders_on_time) == (1, 4)
    assert found["last", True].orders_on_time == 4


def test_early_is_before_the_day_of_the_promise_or_before_the_window_of_the_policy() -> None:
    """M and N leave five days before, R one, and of T the second line two."""
    assert rungs()["last", False].lines_early == 4
    assert rungs()["last", False].orders_early == 4
    found = rungs(OutcomePolicy(OutcomeRules(earliest=2)))
    assert (found["last", False].lines_early, found["last", False].lines_on_time) == (2, 4)
    assert (found["last", True].lines_early, found["last", True].lines_on_time) == (2, 2)


def test_the_last_promise_is_the_one_at_the_end_and_a_cancellation_after_it_is_no_way_out() -> None:
    late = [created(0, 10, order="L"), event("order_line.closed", 12, "L", reason="cancelled")]
    changed = [created(0, 10, order="Q"), event("order_line.changed", 12, "Q", quantity=5), shipped(9, 5, "Q")]
    moved = [created(0, 10, order="P"), event("commitment.changed", 12, "P", date=20), shipped(15, 10, "P")]
    first, *_ = on_time_ladder(History.of(story(*late, *changed, *moved)), moment(60))
    assert (first.orders, first.orders_on_time) == (3, 1)


def test_overrides_by_customer_hold_on_every_rung() -> None:
    policy = policy_of({"customer": {"ACME": {"under_delivery": 0.05, "promise": "first", "earliest": "none"}}}, "")
    told = [created(0, 10, order=name, customer=name, quantity=100) for name in ("ACME", "BOLT")]
    told += [shipped(10, 96, name) for name in ("ACME", "BOLT")]
    found = on_time_ladder(History.of(story(*told), policy), moment(60))
    assert [rung.orders_on_time for rung in found] == [0, 1] * 4


def test_the_strict_rung_tolerates_nothing_not_even_what_a_line_carries() -> None:
    told = [created(0, 10, quantity=100, tolerance=0.05), shipped(10, 96)]
    found = on_time_ladder(History.of(story(*told)), moment(60))
    assert [rung.orders_on_time for rung in found] == [0, 1] * 4
