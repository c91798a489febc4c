"""The page of what changed since the last visit, with a clock that is moved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from serving.auth.api_keys import create_key
from serving.bootstrap import build_app
from serving.clock import system_clock
from serving.middleware.stack import AuthMode
from serving.models.cache import LoadedModel
from serving.models.scorer import Scorer
from serving.pages.overviews.since import MOST_DAYS, find_since
from serving.pages.wording import PlantClock
from serving.principal import Role
from serving.settings import Settings
from tests.serving.pages.conftest import MARKUP, SCRIPT, InProcess, Planned, Reader, text_of
from tests.support.pages import Page
from tests.support.stores import House, house, new_database
from tests.support.stories import created, event, moment, shipped
from training.trainer import Trained


@dataclass
class Desk:
    """A planner's browser at a service whose clock is moved by hand."""

    store: House
    reader: Reader

    def section(self, path: str, group: str) -> str:
        sections = Page(self.reader.get(path).text).sections
        return " ".join(sections.get(group, "").split())


@pytest.fixture
def desk(trained: Trained, tmp_path: Path) -> Iterator[Desk]:
    with new_database("sqlite", tmp_path) as url:
        store = house(url, trained.model, day=3)
        scorer = Scorer(LoadedModel("order-risk", "1", trained.model, run_id="run"))
        settings = Settings(database_url=url, rate_limit_address="1000/second")
        app = build_app(scorer, settings, lambda: store.now[0], auth=AuthMode.KEYS, keeps=False)
        reader = Reader(InProcess(app), "")
        key = create_key(store.database, "Ann", Role.PLANNER, ["Kiel"], 1, system_clock())[1]
        assert reader.sign_in(key).status_code == 303
        yield Desk(store, reader)
        store.database.close()


def test_a_first_visit_tells_of_the_last_day_and_the_next_one_of_what_came_since(desk: Desk) -> None:
    desk.store.ingest(created(1, 20, order="K1", plant="Kiel"))
    first = text_of(desk.reader.get("/changes"))
    assert "This is your first visit" in first
    assert "Since Wed 3 Jan" in first
    assert "No order was scored before Thu 4 Jan" in first, "else all that was open then is called new"
    desk.store.move_to(4)
    desk.store.ingest(created(3.5, 20, order="K2", plant="Kiel"), created(3.5, 20, order="B2", plant="Bremen"))
    forgetful(desk)
    later = desk.reader.get("/changes")
    assert "What is new since your last visit, yesterday" in text_of(later)
    assert "K2" in Page(later.text).sections["new"]
    assert "K1" not in Page(later.text).sections["new"]
    assert "B2" not in later.text


def test_visits_are_noted_where_nobody_signs_in(trained: Trained, tmp_path: Path) -> None:
    """The second visit begins at the first."""
    with new_database("sqlite", tmp_path) as url:
        store = house(url, trained.model, day=3)
        scorer = Scorer(LoadedModel("order-risk", "1", trained.model, run_id="run"))
        settings = Settings(database_url=url, rate_limit_address="1000/second")
        app = build_app(scorer, settings, lambda: store.now[0], auth=AuthMode.LOCAL, keeps=False)
        desk = Desk(store, Reader(InProcess(app), ""))
        assert "This is your first visit" in text_of(desk.reader.get("/changes"))
        store.move_to(4)
        forgetful(desk)
        later = text_of(desk.reader.get("/changes"))
        assert "Since Thu 4 Jan" in later
        assert "What is new since your last visit, yesterday" in later
        store.database.close()


def test_a_clock_that_stands_is_named(planned: Planned) -> None:
    reader = planned.signed_in(plant="Bremen")
    for _ in range(2):
        words = text_of(reader.get("/changes"))
        assert "The clock of this service stands at Thu 4 Jan 2024, 12:00" in words
        assert "first visit" not in words


def forgetful(desk: Desk) -> None:
    """Let a minute pass by the clock that visits are noted by."""
    desk.reader.client.app.state.visits._noted.clear()  # type: ignore[union-attr]


def test_what_moved_is_told_by_group_and_why_on_demand(desk: Desk) -> None:
    store = desk.store
    for order, promise in (("Held", 12), ("Late", 4), ("Ships", 20), ("Gone", 20)):
        store.ingest(created(0, promise, order=order, plant="Kiel", customer=SCRIPT, item=MARKUP))
    store.fresh()
    store.move_to(5)
    store.ingest(
        event("hold.placed", 4, "Held", kind="quality", reference="H-7", reason=MARKUP),
        shipped(4, order="Ships"),
        event("order_line.closed", 4, "Gone", reason="cancelled"),
    )
    store.fresh()
    page = desk.reader.get("/changes?since=2024-01-04T18:00:00Z")
    words, parsed = text_of(page), Page(page.text)
    assert parsed.faults == []
    for group, order in (("late", "Late"), ("shipped", "Ships"), ("cancelled", "Gone")):
        assert order in parsed.sections[group]
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert "missed 1" in words
    why = desk.reader.get("/changes/Late?since=2024-01-04T18:00:00Z")
    assert "its promise has passed" in text_of(why)
    part = desk.reader.get("/changes/Late?since=2024-01-04T18:00:00Z", **{"hx-request": "true"})
    assert "<html" not in part.text
    held = desk.reader.get("/changes/Held?since=2024-01-04T18:00:00Z")
    assert "hold H-7 was placed" in text_of(held)


def test_one_group_is_shown_whole(desk: Desk) -> None:
    for number in range(12):
        desk.store.ingest(created(2, 20, order=f"N{number:02}", plant="Kiel"))
    assert "Show all 12" in text_of(desk.reader.get("/changes?since=2024-01-03"))
    whole = desk.reader.get("/changes?since=2024-01-03&show=new").text
    assert len(set(re.findall(r'href="/orders/(N\d\d)"', whole))) == 12


@pytest.mark.parametrize(
    ("visit", "begins", "first", "too_long_ago"),
    [(None, 2, True, False), (1.5, 1.5, False, False), (-100, 3 - MOST_DAYS, False, True), (3.5, 2, True, False)],
)
def test_where_the_page_begins(visit: float | None, begins: float, first: bool, too_long_ago: bool) -> None:
    """On day 3, after a visit that ended on a day; one that lies ahead, by another clock, is none."""
    clock = PlantClock(moment(3), "UTC")
    since = find_since("", None if visit is None else moment(visit), clock)
    assert since == (moment(begins), False, first, too_long_ago)


def test_that_nothing_changed_is_said(desk: Desk) -> None:
    assert "Nothing changed" in text_of(desk.reader.get("/changes"))


@pytest.mark.parametrize("since", ["tomorrow", "2025-01-01", "2020-01-01", "2024-01-04T12:00:00Z"])
def test_a_moment_that_cannot_be_is_refused_in_words(desk: Desk, since: str) -> None:
    reply = desk.reader.get(f"/changes?since={since}")
    assert reply.status_code == 422
    assert f"at most {MOST_DAYS} days back" in text_of(reply) or "must be an ISO 8601" in text_of(reply)


def test_the_page_over_a_socket_on_both_databases(planned: Planned) -> None:
    page = planned.signed_in(plant="Kiel").get("/changes")
    assert "K2" in Page(page.text).sections["new"]
