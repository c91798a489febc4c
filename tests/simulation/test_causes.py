"""What delayed an order: hand-made orders in a plant where nothing else goes wrong, and what holds in any year."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from features.catalogue.topics import TOPICS
from features.outcomes import MISSED, PARTIAL
from simulation import simulate
from simulation.description.description import Plant
from simulation.oracle.causes import Delay, order_delay
from simulation.oracle.delays import TOPICS_OF_CAUSE, PlayedPlant, play
from simulation.oracle.ledger import Commitment, judge_commitment
from simulation.oracle.spans import beyond
from simulation.plant.calendar import DAY
from simulation.plant.shop import Shop
from simulation.plant.state import Line, Order
from simulation.processes import holds, materials, planner
from simulation.processes.rounds import make_rounds
from simulation.processes.trucks import plan_for_promise, run_lane
from tests.support.plants import loaded, tiny

MONDAY = 5 * DAY + 9
"""The first one of the tiny plant, in the morning."""
PROMISE = 27 * DAY - 1 / 3600
"""The end of Monday three weeks later."""


def calm() -> Plant:
    """The tiny plant in which nothing goes wrong by itself."""
    plant = tiny()
    return replace(
        plant,
        customers=tuple(
            replace(group, ship_complete=1.0, date_changes=0, quantity_changes=0, cancellations=0, delivery_stops=0)
            for group in plant.customers
        ),
        items=tuple(replace(group, scrap=0, rework=0, inspected=0, fails=0) for group in plant.items),
        work_centers=tuple(replace(group, failure_hours=1e9) for group in plant.work_centers),
        routes=tuple(replace(group, fails=0) for group in plant.routes),
        shipping=replace(plant.shipping, wrong_labels=0, document_trouble=0, reconciliation=0),
        planning=replace(plant.planning, repromise=0, expedites_per_100_orders=0),
    )


class Story:
    """A plant that takes no orders but one, which is entered on a Monday."""

    def __init__(self, plant: Plant, promise: float = PROMISE, lines: int = 1, quantity: int = 20) -> None:
        self.shop = Shop(plant, 240, 80, 4)
        for process in (
            make_rounds(self.shop),
            *(run_lane(self.shop, lane) for lane in self.shop.world.lanes.values()),
        ):
            self.shop.env.process(process)
        self.run(MONDAY)
        world = self.shop.world
        luck = self.shop.chance.stream("orders", 1)
        self.order = Order("SO000001", 1, world.customers[0], MONDAY, luck, self.shop.env.event())
        item = next(item for item in world.items if not item.stocked)
        for number in range(lines):
            line = Line(f"{number + 1}0", self.order, item, quantity, promise, [(MONDAY, quantity)])
            line.promise_log.append((MONDAY, promise, "plant"))
            self.order.lines.append(line)
        self.shop.orders[self.order.order_id] = self.order
        plan_for_promise(self.shop, self.order)

    @property
    def line(self) -> Line:
        return self.order.lines[0]

    def run(self, until: float) -> None:
        self.shop.env.run(until=until)

    def delay(self, moment: float = MONDAY) -> Delay:
        """What delayed the order against what was promised at a moment, once it has left."""
        self.run(75 * DAY)
        found = order_delay(self.shop, self.order, moment)
        assert found is not None
        return found


def test_what_goes_as_planned_has_no_delay() -> None:
    story = Story(calm())
    story.run(75 * DAY)
    assert story.line.closed == "complete"
    assert order_delay(story.shop, story.order, MONDAY) is None


def test_a_component_that_came_late() -> None:
    story = Story(calm())
    materials.state_shortage(story.shop, story.line, "sheet", 5, 23)
    delay = story.delay()
    assert delay.causes[0] == "component"
    assert set(delay.causes) == {"component", "material hold"}
    assert delay.hours["component"] >= delay.lateness


@pytest.mark.parametrize("kind", ["credit", "engineering"])
def test_a_hold_that_stops_the_release(kind: str) -> None:
    story = Story(calm())
    hold = holds.place_hold(story.shop, story.order, None, kind, "of the test", 3)
    hold.daily = 0.0
    story.run(26 * DAY + 14)
    holds.release_hold(story.shop, hold)
    assert story.delay().causes == [f"{kind} hold"]


def test_a_delivery_stop_while_the_truck_comes() -> None:
    story = Story(calm())
    story.run(20 * DAY)
    hold = holds.place_hold(story.shop, story.order, None, "delivery", "of the test", 3)
    hold.daily = 0.0
    story.run(28 * DAY)
    holds.release_hold(story.shop, hold)
    assert story.delay().causes == ["delivery hold"]


def test_failed_inspections() -> None:
    plant = calm()
    items = tuple(replace(group, inspected=1.0, fails=9.0) for group in plant.items)
    story = Story(replace(plant, items=items, holds=replace(plant.holds, quality_days=15)))
    causes = story.delay().causes
    assert {"failed inspection", "quality hold"} & set(causes)
    assert not {"component", "work", "truck"} & set(causes)


def test_a_queue_longer_than_planned() -> None:
    story = Story(calm())
    story.run(18 * DAY)
    center = story.shop.centers["bend"]
    center.free = 0
    story.run(33 * DAY)
    center.free = 1
    center.dispatch()
    assert story.delay().causes == ["work"]


def test_no_truck_came() -> None:
    plant = calm()
    story = Story(replace(plant, routes=tuple(replace(group, fails=9.0) for group in plant.routes)))
    delay = story.delay()
    assert delay.causes == ["truck"]
    assert story.line.left_behind


def test_a_promise_that_leaves_no_time() -> None:
    assert Story(calm(), promise=8 * DAY - 1 / 3600).delay().causes[0] == "short notice"


def test_a_promise_pulled_in_by_the_customer() -> None:
    story = Story(calm(), promise=41 * DAY - 1 / 3600, quantity=90)
    story.run(26 * DAY + 9)
    sooner = 28 * DAY - 1 / 3600
    planner.promise_anew(story.shop, story.order, story.line, sooner, "sooner wanted", "customer")
    assert story.delay(26 * DAY + 10).causes[0] == "pulled in"


def test_a_quantity_raised_when_the_work_was_done() -> None:
    story = Story(calm())
    while not story.line.arrivals:
        story.run(story.shop.now + 1)
    assert story.line.open
    story.line.ordered = 900
    story.line.ordered_log.append((story.shop.now, 900))
    assert story.delay().causes == ["quantity raised"]


def test_a_line_that_waits_for_the_rest_of_its_order_has_the_causes_of_the_rest() -> None:
    story = Story(calm(), lines=2)
    materials.state_shortage(story.shop, story.order.lines[1], "sheet", 5, 23)
    delay = story.delay()
    assert story.line.arrivals[0][0] < PROMISE < story.line.shipped_log[0][0]
    assert delay.causes[0] == "component"
    assert "together" not in delay.causes


def test_a_cause_that_began_later_says_so() -> None:
    story = Story(calm())
    materials.state_shortage(story.shop, story.line, "sheet", 5, 23)
    since, until = story.delay().when["component"]
    assert MONDAY < since < PROMISE
    assert since < until


def test_true_causes_by_hand() -> None:
    hours = {"component": 20.0, "work": 6.0, "labels": 3.0}
    when = dict.fromkeys(hours, (0.0, 5.0))
    assert Delay.of(25.0, hours, when).causes == ["component"]
    assert Delay.of(5.0, hours, when).causes == ["component", "work"]
    both = Delay.of(5.0, hours, when).with_line(Delay.of(2.0, {"labels": 4.0}, {"labels": (4.0, 9.0)}))
    assert both.hours == {"component": 20.0, "work": 6.0, "labels": 7.0}
    assert both.when["labels"] == (0.0, 9.0)
    assert both.causes == ["component"]
    assert both.lateness == 5.0


def test_what_is_beyond_an_allowance() -> None:
    calendar = Story(calm()).shop.calendar
    monday = 5 * DAY
    assert beyond(calendar, [(monday + 6, monday + 16)], 4) == [(monday + 10, monday + 16)]
    assert beyond(calendar, [(monday + 6, monday + 8), (monday + 10, monday + 18)], 4) == [(monday + 12, monday + 18)]
    assert calendar.between(monday + 17, monday + DAY + 7) == 2
    assert calendar.between(monday + DAY, monday) == 0


@pytest.fixture(scope="module")
def year() -> PlayedPlant:
    return play(loaded(1.2), 240, 80, 3)


def test_keeping_the_orders_changes_no_event(year: PlayedPlant) -> None:
    pd.testing.assert_frame_equal(year.events, simulate(loaded(1.2), 240, 80, 3), check_exact=True)


def test_every_order_that_failed_has_a_cause_and_no_other(year: PlayedPlant) -> None:
    orders = [order for order in year.orders.values() if max(line.promise for line in order.lines) < 70 * DAY]
    moments = {order.order_id: order.created + 0.01 for order in orders}
    outcomes = {order.order_id: judge_commitment(as_first_promised(order)) for order in orders}
    failed = {order_id for order_id, outcome in outcomes.items() if outcome in (MISSED, PARTIAL)}
    begins = year.shop.records.begins
    table = year.delays(list(moments), [begins + int(moment * 3.6e9) for moment in moments.values()])
    assert len(failed) > 20
    assert set(table["order_id"]) == failed
    assert (table["hours"] > 0).all()
    assert (table["lateness"] > 0).all()
    assert (table["since"] < table["until"]).all()
    assert table.groupby("order_id")["is_true"].first().all()
    assert table["cause"].nunique() > 8
    assert set(table["cause"]) <= set(TOPICS_OF_CAUSE)


def as_first_promised(order: Order) -> Commitment:
    return Commitment(order, tuple((line, line.promise_log[0][1]) for line in order.lines), order.created)


def test_every_cause_is_named_by_topics_that_there_are() -> None:
    assert {topic for topics in TOPICS_OF_CAUSE.values() for topic in topics} <= set(TOPICS)
    assert all(TOPICS_OF_CAUSE.values())
