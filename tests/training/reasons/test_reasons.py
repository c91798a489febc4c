"""Reasons of hand-made orders: they add up, the fixed one comes last, and a fact that weighs oddly says why."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from features.catalogue.registry import catalogue
from features.history import History
from tests.support.stories import created, event, known, moment, story, values
from training.reasons.peers import ANY, NOBODY, Peers
from training.reasons.reasons import PlantLevel, Reason, ReasonWriter

NAMES = list(catalogue())
HELD = (
    created(0, 20, line="10", value=900.0),
    event("hold.placed", 1, kind="quality", reference="H-1", line="10"),
)


def peers(name: str, orders: int, failed: int, everyone: tuple[int, int] = (100, 30)) -> Peers:
    """As many like orders at every distance, so many of which failed."""
    row, all_ = ([list(pair)] * (ANY + 1) for pair in ((orders, failed), everyone))
    return Peers({name: np.array(row, float)}, np.array(all_, float), {})


def written(
    *events: dict[str, Any], adds: dict[str, float], beside: Peers = NOBODY, level: PlantLevel | None = None
) -> list[Reason]:
    """The reasons of the order on its second day, where signals add so much."""
    table = story(*events)
    points = np.array([adds.get(name, 0.0) for name in NAMES])
    writer = ReasonWriter(NAMES, beside)
    signals = values(known(table, 2))[0]
    return list(writer.reasons(History.of(table), 0, moment(2), signals, points, level or PlantLevel()))


def test_reasons_add_up_and_what_nobody_can_change_comes_last() -> None:
    adds = {"open_holds": 0.2, "hold_days": -0.05, "days_to_promise": -0.1, "order_value": 0.4, "shortage_slack": 0.0}
    reasons = written(*HELD, adds=adds, level=PlantLevel(0.03, "orders of Kiel have lately failed more often"))
    assert [reason.topic for reason in reasons] == ["holds", "work", "plant", "order"]
    assert [round(reason.points, 12) for reason in reasons] == [0.15, -0.1, 0.03, 0.4]
    assert [reason.changeable for reason in reasons] == [True, True, True, False]
    assert reasons[2].text == "orders of Kiel have lately failed more often"


def test_the_events_prove_it() -> None:
    (hold,) = written(*HELD, adds={"open_holds": 0.2})
    assert [event.id for event in hold.evidence] == ["e001"]
    assert hold.text == "quality hold H-1 on line 10 stands since Tue 2 Jan 12:00"


def test_what_is_usual_is_said_from_thirty_orders_on() -> None:
    (hold,) = written(*HELD, adds={"open_holds": 0.2}, beside=peers("holds.hold_open", 40, 32))
    assert (
        hold.usual == "of 40 such orders 14 to 28 days before the promise 80 % shipped late or short; of all then 30 %"
    )
    assert hold.comparison is not None
    (few,) = written(*HELD, adds={"open_holds": 0.2}, beside=peers("holds.hold_open", 29, 20))
    assert (few.usual, few.comparison) == ("", None)


@pytest.mark.parametrize(
    ("failed", "why"),
    [
        (4, "; even so such orders fail less often (10 %, all 30 %)"),
        (32, ", which does not raise the risk of this order"),
        (12, "; even so such orders fail about as often as all (30 %, all 30 %)"),
        (13, ", which does not raise the risk of this order"),
    ],
)
def test_a_bad_fact_that_lowers_the_risk_says_why(failed: int, why: str) -> None:
    (hold,) = written(*HELD, adds={"open_holds": -0.2}, beside=peers("holds.hold_open", 40, failed))
    assert hold.text == f"quality hold H-1 on line 10 stands since Tue 2 Jan 12:00{why}"


def test_the_fact_that_carries_the_points_is_shown_beside_the_one_that_speaks_against_them() -> None:
    """The hold stands for a day, which is short beside others: that is what lowers the risk."""
    beside = Peers({}, np.array([[100, 30]] * (ANY + 1), float), {"hold_days": (3.0, 9.0)})
    adds = {"open_holds": 0.02, "hold_days": -0.2, "hold_frequency": -0.01}
    (hold,) = written(*HELD, adds=adds, beside=beside)
    assert hold.text == (
        "quality hold H-1 on line 10 stands since Tue 2 Jan 12:00, "
        "but holds have stood for 1 day in total (usually 3 to 9)"
    )
    usual = Peers({}, beside.everyone, {"hold_days": (0.2, 0.5)})
    (long,) = written(*HELD, adds=adds, beside=usual)
    assert long.text.endswith(", which does not raise the risk of this order"), "a long hold lowers nothing by itself"


def test_what_others_have_is_left_out_before_the_fact_loses_details() -> None:
    beside = Peers({}, np.array([[100, 30]] * (ANY + 1), float), {"hold_days": (3.0, 9.0)})
    named = event("hold.placed", 1, kind="quality", reference="H" * 30, reason="r" * 30, line="10")
    (hold,) = written(HELD[0], named, adds={"hold_days": -0.2}, beside=beside)
    assert hold.text.endswith(f"({'r' * 30}) stands since Tue 2 Jan 12:00, but holds have stood for 1 day in total")


def test_a_good_fact_that_raises_the_risk_says_why() -> None:
    (none,) = written(created(0, 20), adds={"open_holds": 0.1}, beside=peers("holds.no_hold", 50, 20))
    assert none.text == "no hold was placed; even so such orders fail more often (40 %, all 30 %)"


def test_a_level_that_moves_the_risk_less_than_a_signal_is_not_the_sentence() -> None:
    level = PlantLevel(0.01, "orders of Kiel have lately failed more often")
    (plant,) = written(created(0, 20, plant="Kiel"), adds={"plant_open_orders": 0.2}, level=level)
    assert "Kiel" in plant.text
    assert "failed" not in plant.text
    assert round(plant.points, 12) == 0.21


@pytest.mark.parametrize(
    ("adds", "failed", "words"),
    [
        (0.2, 32, "80 % shipped late or short; of all then 30 %"),
        (0.2, 13, ""),
        (0.2, 4, ""),
        (-0.2, 32, ""),
    ],
)
def test_what_is_usual_is_told_where_it_speaks_for_the_sign(adds: float, failed: int, words: str) -> None:
    """Nothing where as many or fewer of the like failed as of all, nor where the sentence says what outweighs it."""
    (hold,) = written(*HELD, adds={"open_holds": adds}, beside=peers("holds.hold_open", 40, failed))
    assert hold.usual.endswith(words)
    assert bool(hold.usual) == bool(words)


def test_what_is_usual_is_that_of_orders_about_as_far_from_their_promise() -> None:
    """Three days in work are much for most orders, and little for those that are due in two or three weeks."""
    everyone = np.array([[100, 30]] * (ANY + 1), float)
    near: list[tuple[float, float] | None] = [(0.0, 1.0)] * ANY
    beside = Peers({}, everyone, {"hold_days": (0.0, 0.5)}, {"hold_days": [*near[:4], (3.0, 9.0), None]})
    (hold,) = written(*HELD, adds={"open_holds": 0.02, "hold_days": -0.2}, beside=beside)
    assert hold.text.endswith(", but holds have stood for 1 day in total (usually 3 to 9)")
    again = Peers.from_json(json.loads(json.dumps(beside.to_json())))
    assert again.usual("hold_days", 17.0) == (3.0, 9.0)
    assert (again.usual("hold_days", 2.0), again.usual("hold_days", 40.0)) == ((0.0, 1.0), (0.0, 0.5))
    assert again.usual("hold_frequency", 17.0) is None


def test_what_a_sentence_says_of_like_orders_is_not_said_twice() -> None:
    (none,) = written(created(0, 20), adds={"open_holds": 0.1}, beside=peers("holds.no_hold", 50, 20))
    assert none.usual == ""
    assert none.comparison is not None


def test_a_figure_stands_beside_what_is_usual() -> None:
    """Between which values the middle third of the training orders lies."""
    beside = Peers({}, NOBODY.everyone, {"order_value": (2_000.0, 5_000.4)})
    (order,) = written(*HELD, adds={"order_value": 0.1}, beside=beside)
    assert order.text == "it is worth 900 (usually 2,000 to 5,000)"


@pytest.mark.parametrize(
    ("left", "bounds", "words"),
    [
        (0.5, (0.2, 0.4), "about half of the orders like this still fail an inspection (usually 2 to 4 in 10)"),
        (
            0.12,
            (0.14, 0.31),
            "about 1 in 10 orders like this still fail an inspection (usually 1 to 3 in 10), "
            "which counts until they have passed",
        ),
        (
            0.22,
            (0.35, 0.41),
            "only about 2 in 10 orders like this still fail an inspection (usually 4 in 10), "
            "which does not lower the risk of this order",
        ),
    ],
)
def test_how_many_fail_an_inspection_stands_beside_what_is_usual_where_tenths_differ(
    left: float, bounds: tuple[float, float], words: str
) -> None:
    name = NAMES.index("usual_failures_left")
    order = story(created(0, 20))
    signals = values(known(order, 2))[0]
    signals[name] = left
    points = np.zeros(len(NAMES))
    points[name] = 0.1
    writer = ReasonWriter(NAMES, Peers({}, NOBODY.everyone, {"usual_failures_left": bounds}))
    (quality,) = writer.reasons(History.of(order), 0, moment(2), signals, points)
    assert quality.text == words


@pytest.mark.parametrize(
    ("failed", "share"),
    [
        (30, "30 % of{}, about as many as of all (30 %)"),
        (70, "70 % of{} (all 30 %)"),
    ],
)
def test_a_share_says_whether_it_is_that_of_all(failed: int, share: str) -> None:
    name = NAMES.index("plant_failure_share_recent")
    order = story(created(0, 20, plant="Kiel"))
    signals = values(known(order, 2))[0]
    signals[name] = failed / 100
    points = np.zeros(len(NAMES))
    points[name] = 0.1 if failed > 30 else 0.05
    beside = Peers({}, NOBODY.everyone + np.array([100.0, 30.0]), {})
    (plant,) = ReasonWriter(NAMES, beside).reasons(History.of(order), 0, moment(2), signals, points)
    lately = " the orders of plant Kiel shipped late or short in the last 180 days"
    assert plant.text == f"about {share.format(lately)}"


LOADED = [created(0, 20, order=order, plant="Kiel", customer="Nordwind") for order in "ABC"]


def test_a_load_above_the_usual_does_not_lower_the_risk_where_something_else_does() -> None:
    """Three orders are open at the plant where one is usual: told of a risk that rises, not of one that falls."""
    beside = Peers({}, NOBODY.everyone + np.array([100.0, 30.0]), {"plant_open_orders": (1.0, 1.0)})
    (plant,) = written(*LOADED, adds={"plant_open_orders": 0.2, "customer_open_orders": 0.1}, beside=beside)
    assert plant.text == "3 orders are open at plant Kiel (usually 1)"
    (plant,) = written(*LOADED, adds={"plant_open_orders": -0.2, "customer_open_orders": -0.1}, beside=beside)
    assert plant.text == "Nordwind has 3 orders open"
    (plant,) = written(*LOADED, adds={"plant_open_orders": -0.2, "work_center_queue": -0.1}, beside=beside)
    assert plant.text == "its work has not begun, so it waits in no queue yet; 18 days are left to the promise"


def test_a_load_above_the_usual_that_alone_lowers_the_risk_says_why() -> None:
    beside = peers("plant_open_orders.high", 50, 15)
    beside = Peers(beside.cells, beside.everyone, {"plant_open_orders": (1.0, 1.0)})
    (plant,) = written(*LOADED, adds={"plant_open_orders": -0.2}, beside=beside)
    assert plant.text == (
        "3 orders are open at plant Kiel (usually 1); even so such orders fail about as often as all (30 %, all 30 %)"
    )


def test_a_unit_of_two_figures_is_said_once() -> None:
    beside = Peers({}, NOBODY.everyone, {"promised_lead_time": (36.0, 48.0)})
    (order,) = written(created(0, 20), adds={"promised_lead_time": 0.1}, beside=beside)
    assert order.text == "it was ordered 20 days before the promise (usually 36 to 48 days)"


def test_a_promise_that_was_brought_forward_and_takes_from_the_risk_says_why() -> None:
    sooner = event("commitment.changed", 1, date=18, actor="customer")
    beside = peers("changes.promise_was_moved", 50, 15)
    (moved,) = written(created(0, 20), sooner, adds={"promise_moves": -0.1}, beside=beside)
    assert moved.text == (
        "the promise was moved from Sun 21 Jan to Fri 19 Jan, 2 days earlier, by the customer; "
        "even so such orders fail about as often as all (30 %, all 30 %)"
    )
    (moved,) = written(created(0, 20), sooner, adds={"promise_moves": 0.1}, beside=beside)
    assert moved.text.endswith("by the customer")


def test_records_of_trouble_that_take_from_the_risk_say_why() -> None:
    moved = [event("production.rescheduled", day, reference="P", date=15 + day) for day in (1, 1.5)]
    work = [event("production.released", 0, reference="P", quantity=10, date=15), *moved]
    told = [created(0, 20), event("material.stated", 0, reference="steel", state="short")]
    beside = peers("records.few_records", 50, 15)
    (records,) = written(*told, *work, adds={"events_known": -0.1}, beside=beside)
    assert records.text == (
        "5 records of the order so far, among them 2 changes of the plan and 1 line entered; "
        "even so such orders fail about as often as all (30 %, all 30 %)"
    )


def test_a_fact_is_not_carried_by_what_it_says_itself() -> None:
    """The order waits in a short queue, and that is what the sentence says; how long it is need not be said twice."""
    beside = Peers({}, NOBODY.everyone + np.array([100.0, 30.0]), {"plant_open_orders": (1.0, 1.0)})
    (plant,) = written(*LOADED, adds={"plant_open_orders": -0.2}, beside=beside)
    assert plant.text == ("3 orders are open at plant Kiel (usually 1), which does not raise the risk of this order")


@pytest.mark.parametrize(
    ("outstanding", "words"),
    [
        ((5.0, 5.0), "no shipping condition is met yet, as is usual 18 days before the promise"),
        ((2.0, 4.0), "no shipping condition is met yet (usually 1 to 3); 18 days are left to the promise"),
    ],
)
def test_that_no_condition_is_met_stands_beside_what_is_usual(outstanding: tuple[float, float], words: str) -> None:
    beside = Peers({}, NOBODY.everyone, {"conditions_outstanding": outstanding})
    (conditions,) = written(created(0, 20), adds={"conditions_met": 0.1}, beside=beside)
    assert conditions.text == words


def test_a_silence_stands_beside_what_is_usual() -> None:
    beside = Peers({}, NOBODY.everyone, {"days_since_event": (0.5, 1.0)})
    (records,) = written(created(-8, 20), adds={"days_since_event": 0.1}, beside=beside)
    assert records.text == "nothing was recorded for 10 days (usually 12 hours to 1 day), since Sun 24 Dec 2023 12:00"


def test_work_that_has_not_begun_is_usual_where_it_is_and_many_lines_are_counted() -> None:
    beside = Peers({}, NOBODY.everyone, {"lines_not_begun": (1.0, 4.0)})
    lines = [created(0, 20, line=str(number)) for number in range(5)]
    (work,) = written(*lines, adds={"lines_not_begun": 0.1}, beside=beside)
    assert work.text == "work on its 5 lines has not begun, as is usual 18 days before the promise (Sun 21 Jan 12:00)"
    begun = event("operation.confirmed", 1, line="4", quantity=1, reference="10", state="partial")
    (work,) = written(*lines, begun, adds={"lines_not_begun": 0.1})
    assert work.text == "work on 4 of its 5 lines has not begun; 18 days are left to the promise (Sun 21 Jan 12:00)"


def test_few_records_of_trouble_need_no_excuse_where_more_are_usual() -> None:
    beside = Peers({}, NOBODY.everyone, {"events_known": (8.0, 12.0)})
    moved = [event("production.rescheduled", day, reference="P", date=15 + day) for day in (1, 1.5)]
    work = event("production.released", 0, reference="P", quantity=10, date=15)
    (records,) = written(created(0, 20), work, *moved, adds={"events_known": -0.1}, beside=beside)
    assert records.text == (
        "4 records of the order so far (usually 8 to 12): 2 changes of the plan, 1 line entered and "
        "1 production release, the last Wed 3 Jan"
    )


def test_scrap_is_compared_with_orders_that_lost_as_much() -> None:
    scrapped = event("operation.scrapped", 1, quantity=5, reference="10", line="10")
    beside = Peers(peers("scrap_ratio.high", 50, 30).cells, peers("", 1, 0).everyone, {"scrap_ratio": (0.0, 0.02)})
    (quality,) = written(created(0, 20, line="10"), scrapped, adds={"scrap_ratio": 0.1}, beside=beside)
    assert (
        quality.text == "50 % of the ordered quantity was scrapped; 60 % of such orders ship late or short (all 30 %)"
    )


def test_an_ordinary_value_is_told_beside_the_usual_ones_where_like_orders_fared_like_all() -> None:
    beside = Peers({}, NOBODY.everyone, {"order_value": (500.0, 5_000.0)})
    (order,) = written(*HELD, adds={"order_value": 0.1}, beside=beside)
    assert order.text == "it is worth 900 (usually 500 to 5,000)"


@pytest.mark.parametrize(
    ("adds", "words"),
    [
        (0.2, "it is worth 900 (usually 200 to 500); 42 % of the orders of that size ship late or short (all 30 %)"),
        (0.4, "it is worth 900 (usually 200 to 500)"),
    ],
)
def test_a_comparison_is_told_where_its_difference_is_a_fair_part_of_the_points(adds: float, words: str) -> None:
    beside = Peers(peers("order_value.high", 50, 21).cells, peers("", 1, 0).everyone, {"order_value": (200.0, 500.0)})
    (order,) = written(*HELD, adds={"order_value": adds}, beside=beside)
    assert order.text == words
    (hold,) = written(*HELD, adds={"open_holds": adds}, beside=peers("holds.hold_open", 50, 21))
    assert bool(hold.usual) == (adds < 0.4)


def test_a_second_fact_is_told_where_the_first_explains_too_little() -> None:
    cells = peers("order_value.high", 50, 21).cells | peers("promised_lead_time.low", 50, 23).cells
    bounds = {"order_value": (200.0, 500.0), "promised_lead_time": (36.0, 48.0)}
    beside = Peers(cells, peers("", 1, 0).everyone, bounds)
    (order,) = written(*HELD, adds={"order_value": 0.4, "promised_lead_time": 0.3}, beside=beside)
    assert order.text == (
        "it is worth 900 (usually 200 to 500); it was ordered 20 days before the promise (usually 36 to 48 days)"
    )


@pytest.mark.parametrize(
    ("hold", "topics"),
    [
        (0.12, ["material", "holds", "conditions", "order"]),
        (0.08, ["material", "conditions", "holds", "order"]),
        (-0.12, ["material", "conditions", "holds", "order"]),
    ],
)
def test_what_stands_in_the_way_comes_before_what_adds_up_to_twice_as_much(hold: float, topics: list[str]) -> None:
    """A hold before conditions that nobody has met yet; what takes more from the risk comes before both."""
    adds = {"open_holds": hold, "conditions_outstanding": 0.2, "open_shortages": -0.3, "order_value": 0.4}
    assert [reason.topic for reason in written(*HELD, adds=adds)] == topics
