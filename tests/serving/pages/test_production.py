"""The page for the Monday meeting: what added risk, the orders behind each figure, what would help."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from serving.overviews.week_impact import CauseSum, WeekSums
from serving.pages.overviews.cause_rows import adding_causes
from serving.pages.overviews.trend import draw_trend, draw_weeks
from serving.principal import Role
from tests.serving.pages.conftest import FORMULA, MARKUP, SCRIPT, STYLE, Planned, text_of
from tests.support.pages import Page

WEEK = "week=2024-01-01"


def test_the_page_paints_at_once_and_says_where_its_parts_are(planned: Planned) -> None:
    """Nothing that takes seconds is computed for it; without a script links lead there."""
    page = planned.signed_in(plant="Ulm").get(f"/production?{WEEK}")
    assert "What added risk, Mon 1 Jan to Sun 7 Jan" in text_of(page)
    assert "The week is not over" in text_of(page)
    assert Page(page.text).faults == []
    for part in ("blocked", "moves", "decisions"):
        assert f'href="/production/{part}?week=2024-01-01&amp;by=cause"' in page.text
    assert "whole=1" in page.text


def test_the_whole_report_in_one_page_needs_no_script(planned: Planned) -> None:
    page = planned.signed_in(plant="Kiel").get(f"/production?{WEEK}&whole=1")
    words = text_of(page)
    assert "hx-trigger" not in page.text
    for said in ("points added", "Quality hold placed · dimension", "Material missing", "By week", "Value times risk"):
        assert said in words
    assert "Nobody acknowledged, snoozed, expedited or overrode" in words or "A comparison, no proof" in words
    assert Page(page.text).faults == []


def test_new_lines_come_behind_what_somebody_decides() -> None:
    added = {"New line ordered": 9.0, "Hold placed": 2.0, "Material missing": 1.0, "Material came": 0.0}
    causes = [CauseSum(name, 1, 1, points, 0.0, 0.0) for name, points in added.items()]
    assert [one.name for one in adding_causes(WeekSums(causes, 4, 4, 12.0, 0.0))] == [
        "Hold placed",
        "Material missing",
        "New line ordered",
    ]


def test_a_figure_leads_to_its_orders(planned: Planned) -> None:
    page = planned.signed_in(plant="Kiel").get(f"/production/causes?{WEEK}&by=cause&trend=0")
    link = re.search(r'href="(/production/orders\?[^"]+dimension[^"]*)"', page.text)
    assert link
    behind = planned.signed_in(plant="Kiel").get(link[1].replace("&amp;", "&"))
    assert "K2" in text_of(behind)
    assert "hold Q-117 was placed" in text_of(behind)
    assert "K1" not in text_of(behind)
    none = planned.signed_in(plant="Kiel").get(f"/production/orders?{urlencode({'name': 'Nothing of it'})}")
    assert "No order stands behind this" in text_of(none)


@pytest.mark.parametrize(
    ("view", "name"),
    [("hold", "Quality hold"), ("reason", "dimension"), ("component", "steel")],
)
def test_a_week_by_another_word(planned: Planned, view: str, name: str) -> None:
    reply = planned.signed_in(plant="Kiel").get(f"/production/causes?{WEEK}&by={view}&trend=0")
    assert reply.status_code == 200
    behind = planned.signed_in(plant="Kiel").get(f"/production/orders?{WEEK}&by={view}&{urlencode({'name': name})}")
    assert "K2" in text_of(behind)


def test_a_week_in_which_nothing_happened_says_so(planned: Planned) -> None:
    words = text_of(planned.signed_in(plant="Kiel").get("/production?week=2023-11-06&whole=1"))
    assert "Nothing was recorded in this week" in words


@pytest.mark.parametrize("query", ["week=soon", "week=2031-01-06", "by=luck", "week=0000-00-00"])
def test_an_address_that_asks_nothing_is_refused(planned: Planned, query: str) -> None:
    assert planned.signed_in().get(f"/production?{query}").status_code == 422


def test_what_events_say_stays_text(planned: Planned) -> None:
    reader = planned.signed_in(Role.ADMIN)
    paths = ["/changes", f"/production?{WEEK}&whole=1", "/production/causes?by=reason", "/model"]
    paths.append(f"/production/orders?{WEEK}&by=reason&{urlencode({'name': FORMULA})}")
    for path in paths:
        page = reader.get(path)
        assert page.status_code == 200, path
        for attack in (SCRIPT, MARKUP, STYLE):
            assert attack not in page.text
        assert {"img", "style"} & set(Page(page.text).tags) == set()


def test_a_trend_ends_where_the_last_week_does() -> None:
    trend = draw_trend([0.0, 1.0, 4.0])
    assert trend is not None
    assert (trend.points, trend.end_x, trend.end_y, trend.rises) == ("3.0,21.0 42.0,16.5 81.0,3.0", 81.0, 3.0, True)
    assert draw_trend([0.0, 0.0]) is None
    assert draw_trend([3.0]) is None
    falls = draw_trend([4.0, 1.0])
    assert falls is not None
    assert not falls.rises


def test_weeks_stand_on_a_line() -> None:
    drawn = draw_weeks([("1 Jan", 2.0, -1.0), ("8 Jan", 4.0, 0.0)])
    first, last = drawn.bars
    assert (first.added_height, first.removed_height, first.chosen) == (16.0, 8.0, False)
    assert (last.added_y + last.added_height, last.removed_height, last.chosen) == (drawn.base, 0.0, True)
