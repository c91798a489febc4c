"""What stands above a page: no model, one that is not as it should be, systems that are silent."""

from __future__ import annotations

import pytest

from features.times import DAY, micros
from serving.bootstrap import build_app
from serving.middleware.stack import AuthMode
from serving.pages.live.strips import FEWEST, Silence, find_silences
from serving.pages.wording import PlantClock
from serving.settings import Settings
from tests.serving.pages.conftest import InProcess, Reader, text_of
from tests.support.stores import House

HOUR = DAY // 24
FRIDAY = micros("2026-01-02T12:00:00Z")


def every_hour(source: str, until: int, count: int = FEWEST) -> list[tuple[str, int]]:
    return [(source, until - number * HOUR) for number in range(count)]


@pytest.mark.parametrize(("hours", "silent"), [(23, False), (25, True)])
def test_a_system_is_silent_after_a_day(hours: int, silent: bool) -> None:
    clock = PlantClock(FRIDAY, "UTC")
    records = every_hour("erp", FRIDAY) + every_hour("mes", FRIDAY - hours * HOUR)
    assert find_silences(records, clock) == [Silence("mes", FRIDAY - hours * HOUR)] * silent


def test_a_weekend_is_no_silence() -> None:
    monday = PlantClock(FRIDAY + 3 * DAY, "UTC")
    assert find_silences(every_hour("mes", FRIDAY + HOUR), monday) == []
    tuesday = PlantClock(FRIDAY + 4 * DAY, "UTC")
    assert find_silences(every_hour("mes", FRIDAY - HOUR), tuesday) == [Silence("mes", FRIDAY - HOUR)]


def test_a_system_that_speaks_once_a_week_is_not_silent_after_a_day_nor_one_of_which_little_is_known() -> None:
    clock = PlantClock(FRIDAY, "UTC")
    weekly = [("qms", FRIDAY - 2 * DAY - 7 * DAY * number) for number in range(FEWEST)]
    assert find_silences(weekly, clock) == []
    assert find_silences(every_hour("tms", FRIDAY - 9 * DAY, FEWEST - 1), clock) == []


def test_without_a_model_a_page_says_so_and_what_to_do(store: House) -> None:
    settings = Settings(database_url=store.services.settings.database_url)
    reader = Reader(InProcess(build_app(None, settings, store.services.clock, auth=AuthMode.LOCAL)), "")
    words = text_of(reader.get("/"))
    assert "No model serves, so orders have no risk." in words
    assert "shiprisk train" in words
    assert "No orders yet" in words
    assert "No model serves" not in text_of(reader.get("/sign-in"))
    assert "No model serves" not in text_of(reader.get("/orders/none"))
