"""Which orders judge a candidate and a champion: only those that are new to both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.errors import InvalidRequest
from features.times import isoformat
from tests.support.stories import created, event, moment, shipped, story
from training.data.snapshots import Snapshots
from training.model.risk_model import RiskModel
from training.promote.comparison import Incumbent, Twin, challenge, compare
from training.promote.gate import Limits
from training.trainer import Trained

MANY = Limits(fewest_orders=1_000_000)
"""More orders than there are, so that no other twin is grown."""


def known_until(model: RiskModel, day: float) -> RiskModel:
    """The same model, said to have learned from what was known by a day."""
    return replace(model, about=model.about | {"trained_until": isoformat(moment(day))})


@pytest.fixture(scope="module")
def four_orders() -> Snapshots:
    """A is missed on day 10, promised anew on day 20 and ships on day 45; B ships in time; C and D come on day 16."""
    told = [
        *(created(0, 10, order=order) for order in "AB"),
        shipped(9, 10, "B"),
        *(created(16, 26, order=order) for order in "CD"),
        event("commitment.changed", 20, "A", date=50),
        shipped(25, 10, "C"),
        shipped(45, 10, "A"),
        event("hold.placed", 70, "D", kind="credit"),
    ]
    return Snapshots.of(story(*told), "daily")


def test_an_order_of_which_something_was_known_does_not_judge_though_it_is_open_again(
    four_orders: Snapshots, trained: Trained
) -> None:
    """By day 15 A had been missed; what is new are C, which ships in time, and D, which does not ship."""
    whole, _ = four_orders.labelled()
    assert whole.n_orders == 4
    assert (whole.as_of[whole.order == 0] > moment(20)).any()
    verdict = compare(four_orders, known_until(trained.model, 15), None, 1.0)
    assert (verdict.orders, verdict.failures) == (2, 1)


def test_a_look_at_the_moment_of_the_training_is_not_after_it(four_orders: Snapshots, trained: Trained) -> None:
    """Looks are at midnight: C and D on day 16.5, to which the training went, and again on day 17.5."""
    verdict = compare(four_orders, known_until(trained.model, 16.5), None, 1.0)
    assert verdict.after == isoformat(moment(17.5))


def test_what_judges_two_models_came_after_both_were_trained(four_orders: Snapshots, trained: Trained) -> None:
    early, late = known_until(trained.model, 15), known_until(trained.model, 20)
    for candidate, champion in ((early, late), (late, early)):
        assert compare(four_orders, candidate, Incumbent("1", champion), 1.0).after == isoformat(moment(20.5))


def test_a_gate_does_not_take_silence_after_the_last_record_for_failures(trained: Trained) -> None:
    """The records end on day 16: what is asked for until day 90 judges on the orders settled by then, and no other."""
    told = [
        *(created(0, 10, order=order) for order in "AB"),
        shipped(9, 10, "A"),
        *(created(4, promise, order=order) for order, promise in (("C", 13), ("D", 15), ("E", 60))),
        shipped(12, 10, "C"),
        event("hold.placed", 16, "E", kind="credit"),
    ]
    asked = Snapshots.of(story(*told), "daily", moment(90))
    others = replace(asked.labelled()[0].take(np.array([0])), order=np.array([99]))
    verdict = challenge(asked, Twin(trained.twin.model, others, moment(3)), None, 1.0)
    assert (verdict.orders, verdict.failures) == (3, 1)


def test_a_twin_is_not_judged_on_orders_it_has_learned_from(trained: Trained) -> None:
    whole, _ = trained.snapshots.labelled()
    known = whole.take(whole.order % 2 == 0)
    twin = Twin(trained.twin.model, known, trained.twin.until)
    verdict = challenge(trained.snapshots, twin, None, 1.0)
    after = whole.take((whole.as_of > twin.until) & ~np.isin(whole.order, trained.twin.learned.order))
    assert verdict.orders == len(np.unique(after.order[after.order % 2 == 1]))
    assert challenge(trained.snapshots, trained.twin, None, 1.0).orders == after.n_orders


def test_a_champion_that_learned_later_than_the_twin_is_not_judged_on_what_it_knew(trained: Trained) -> None:
    """Too few orders are new to the champion for another twin: those judge this one."""
    later = trained.twin.until + (trained.snapshots.until - trained.twin.until) // 2
    model = replace(trained.model, about=trained.model.about | {"trained_until": isoformat(later)})
    verdict = challenge(trained.snapshots, trained.twin, Incumbent("1", model), 1.0, limits=MANY)
    whole, _ = trained.snapshots.labelled()
    before, _ = trained.snapshots.labelled(later)
    new = whole.take((whole.as_of > later) & ~np.isin(whole.order, before.order))
    assert (verdict.after, verdict.orders) == (isoformat(int(new.as_of.min())), new.n_orders)


def test_a_champion_that_reads_signals_that_are_no_more_is_no_champion(trained: Trained) -> None:
    gone = replace(trained.model, names=[*trained.model.names[:-1], "moon_phase"])
    verdict = challenge(trained.snapshots, trained.twin, Incumbent("1", gone), 1.0)
    assert verdict.champion is None
    assert {check.name for check in verdict.checks} >= {"better than base rate", "better than ERP status"}


def test_the_baselines_need_orders_whose_outcome_was_known_before(four_orders: Snapshots, trained: Trained) -> None:
    with pytest.raises(InvalidRequest, match=r"must hold orders with an outcome known by .*, got none"):
        compare(four_orders, known_until(trained.model, 5), None, 1.0)
