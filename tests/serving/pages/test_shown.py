"""What pages show of figures and days: whole percents that agree with each other, days in words, whose clock it was."""

from __future__ import annotations

import re

import pytest

from features.times import micros
from serving.pages.address import Address
from serving.pages.blockers import CHOICES
from serving.pages.drawing import change_since
from serving.pages.overviews.cause_rows import first_blocked
from serving.pages.rendering import environment
from serving.pages.wording import PlantClock, change, percent, step_of
from serving.principal import Role
from tests.serving.api.test_files import ROW, sheet_of
from tests.serving.pages.conftest import Planned, text_of
from tests.serving.pages.test_browser import chromium, opened
from tests.support.stories import moment

__all__ = ["chromium"]

CLOCK = PlantClock(micros("2026-01-01T12:00:00Z"), "UTC")


@pytest.mark.parametrize("risk", [0.7451, 0.7499, 0.75, 0.7549])
def test_one_percent_has_one_colour(risk: float) -> None:
    assert (percent(risk), step_of(risk)) == ("75 %", 3)


def test_changes_are_differences_of_what_is_shown() -> None:
    before, after = 0.3349, 0.5251
    assert (percent(before), percent(after), change(before, after)) == ("33 %", "53 %", "+20")
    assert change_since([(moment(1), before), (moment(3), after)], moment(2)) == pytest.approx(0.2)


def test_filters_name_days_as_texts_do() -> None:
    asked = [("due_from", "2026-01-05"), ("due_to", "2027-02-01"), ("recorded_from", "2025-12-31T08:30:00Z")]
    assert [chip.text for chip in Address.of(asked).chips(CLOCK)] == [
        "Due from Mon 5 Jan",
        "Due by Mon 1 Feb 2027",
        "Recorded since Wed 31 Dec 2025 08:30",
    ]


def test_a_moment_after_the_pages_clock_is_the_machines() -> None:
    assert CLOCK.machine_time("2026-11-28T00:47:00Z") == "Sat 28 Nov 2026 by the machine's clock"
    assert CLOCK.machine_time("2025-12-31T08:30:00Z") == "Wed 31 Dec 2025 08:30"


def test_the_model_page_says_whose_clock_and_what_the_rest_is(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    words = text_of(reader.get("/model"))
    assert re.search(r"Serves since \w{3} \d+ \w{3} 20\d\d by the machine's clock", words)
    assert re.search(r"Listed orders \d+ \d+ open, 1 late", words)
    assert "by the machine's clock:" in text_of(reader.get("/model/record"))


def test_what_nothing_stops_is_named_so(planned: Planned) -> None:
    words = text_of(planned.signed_in(Role.ADMIN).get("/production/blocked"))
    assert re.search(r"Material stops \d+ orders? first, is in the way of \d+, such as K2", words)
    sums = {"orders": 2, "first_orders": 2, "first_value_at_risk": 9.0}
    stops = first_blocked([{"blocker": "nothing", **sums, "top_orders": [{"order_id": "A"}]}])
    stuck = {"covered": 2, "listed": 2}
    part = environment().get_template("parts/blocked_report.html").render(stops=stops, stuck=stuck, blockers=CHOICES)
    assert "Nothing known stops it<small>2 orders, such as <a" in part


def test_files_have_days_late_of_what_is_late_alone() -> None:
    assert sheet_of(ROW)["Days late"] == "3"
    assert [sheet_of(ROW | {"days_late": days})["Days late"] for days in (0, -4)] == ["", ""]


def test_tables_of_an_order_stack_on_a_phone(chromium: object, planned: Planned) -> None:
    page = opened(chromium, planned, viewport={"width": 390, "height": 800})
    for path in ("/orders/W1", "/orders/W1/events"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        cut = "Array.from(document.querySelectorAll('.stacks'), one => one.scrollWidth - one.clientWidth)"
        assert max(page.evaluate(cut)) <= 0, path
