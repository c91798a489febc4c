"""On which weekdays goods leave, by hand. The stories begin on a Monday."""

from __future__ import annotations

from features.context.context import Context
from features.history import History
from tests.support.stories import UTC, created, moment, shipped, story
from training.data.shipping_days import ENOUGH, ShippingDays

TUESDAY, THURSDAY, SATURDAY = 1, 3, 5


def learned(leave_on: list[int], route: str = "north", until: float = 10_000) -> ShippingDays:
    """Of one order a week, each of which leaves on a weekday."""
    events = []
    for week, weekday in enumerate(leave_on):
        name, day = f"O{week:03}", 7 * week
        events += [created(day, day + 6, order=name, route=route, plant="P"), shipped(day + weekday, 10, order=name)]
    history = History.of(story(*events))
    return ShippingDays.of(history, Context.of(history, UTC), moment(until))


def weekdays(of: ShippingDays, route: str, plant: str = "P") -> list[int]:
    return [day for day, goes in enumerate(of.of_orders([plant], [route])[0]) if goes]


def test_a_route_goes_on_the_weekdays_on_which_it_went() -> None:
    assert weekdays(learned([TUESDAY, THURSDAY] * ENOUGH), "north") == [TUESDAY, THURSDAY]


def test_another_route_goes_as_its_plant_does_and_another_plant_on_any_day() -> None:
    found = learned([TUESDAY, THURSDAY] * ENOUGH)
    assert weekdays(found, "south") == [TUESDAY, THURSDAY]
    assert weekdays(found, "south", plant="Q") == list(range(7))


def test_of_few_issues_nothing_is_concluded() -> None:
    assert weekdays(learned([TUESDAY] * (ENOUGH - 1)), "north") == list(range(7))


def test_a_booking_of_the_wrong_day_opens_no_weekday() -> None:
    assert weekdays(learned([TUESDAY] * 120 + [SATURDAY]), "north") == [TUESDAY]


def test_what_is_recorded_later_is_not_known() -> None:
    leave_on = [TUESDAY] * 2 * ENOUGH + [THURSDAY] * ENOUGH
    assert weekdays(learned(leave_on, until=7 * 2 * ENOUGH), "north") == [TUESDAY]
    assert weekdays(learned(leave_on), "north") == [TUESDAY, THURSDAY]


def test_it_is_read_as_it_was_written() -> None:
    found = learned([TUESDAY] * ENOUGH)
    assert ShippingDays.from_json(found.to_json()) == found
