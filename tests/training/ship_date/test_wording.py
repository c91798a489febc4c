"""A ship date in one sentence."""

from __future__ import annotations

from features.times import plant_calendar
from tests.support.stories import moment
from training.ship_date.curve import BEYOND
from training.ship_date.forecast import day_number
from training.ship_date.wording import ShipWording

MON, TUE, LAST = (day_number(text) for text in ("2024-01-08", "2024-01-09", "2024-03-01"))


def sentence(expected: int, sure: int, promised: int, left: float = 0.0, zone: str = "UTC") -> str:
    return ShipWording(moment(0), plant_calendar(zone)).sentence(expected, sure, LAST, left, promised)


def test_the_days_are_named_with_what_is_certain_of_them() -> None:
    assert sentence(MON, TUE, promised=TUE) == "most likely Mon 8 Jan; by Tue 9 Jan with 90 %"
    assert sentence(MON, MON, promised=MON) == "most likely Mon 8 Jan; by then with 90 %"
    assert sentence(MON, TUE, TUE, zone="America/New_York") == "most likely Mon 8 Jan; by Tue 9 Jan with 90 %"


def test_what_is_late_says_by_how_much() -> None:
    assert sentence(MON, TUE, promised=MON - 1) == "most likely Mon 8 Jan, 1 day late; by Tue 9 Jan with 90 %"
    assert sentence(MON, MON, promised=MON - 6) == "most likely Mon 8 Jan, 6 days late; by then with 90 %"


def test_what_lies_beyond_the_days_asked_about_is_not_guessed() -> None:
    assert sentence(MON, BEYOND, MON, left=0.12) == "most likely Mon 8 Jan; after Fri 1 Mar with 12 %"
    assert sentence(BEYOND, BEYOND, promised=LAST + 1) == "most likely not before Sat 2 Mar"
    assert sentence(BEYOND, BEYOND, promised=LAST - 59) == "most likely not before Sat 2 Mar, at least 60 days late"
