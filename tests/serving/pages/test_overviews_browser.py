"""A production lead's Monday in a real browser, and what axe says of the pages about many orders."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest

from tests.serving.pages.conftest import Planned, missing
from tests.serving.pages.test_browser import chromium, opened, theme

__all__ = ["chromium", "theme"]

WEEK = "week=2024-01-01"
PATHS = ("/changes?since=2024-01-01", "/changes", f"/production?{WEEK}", "/production?week=2023-11-06", "/model")
PARTS = (f"/production/causes?{WEEK}", f"/production/blocked?{WEEK}", "/production/decisions", "/model/record")


def settled(page: Any, path: str) -> None:
    """Open a page and wait for the parts that come after it."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.wait_for_selector(".waits", state="detached")


def test_a_production_leads_monday(chromium: Any, planned: Planned) -> None:
    """Open the week, read what added risk, follow a figure to an order, come back, look at the print."""
    page = opened(chromium, planned, plant="Kiel")
    page.click("nav >> text=Production")
    page.wait_for_selector("table.causes")
    page.wait_for_load_state("networkidle")
    assert page.inner_text("h1").startswith("What added risk, Mon 1 Jan")
    row = page.locator("table.causes > tbody > tr", has_text="Quality hold placed · dimension").first
    assert int(re.findall(r"\d+", row.locator(".added").inner_text())[0]) >= 0
    row.locator("td.number a").click()
    page.wait_for_selector(".orders-behind")
    assert "hold Q-117 was placed" in page.inner_text(".orders-behind")
    page.click(".orders-behind a >> text=K2")
    page.wait_for_url("**/orders/K2")
    page.go_back()
    page.wait_for_selector("table.causes")
    page.click("nav >> text=By hold")
    page.wait_for_url("**by=hold")
    page.wait_for_selector("table.causes")
    assert "Quality hold" in page.inner_text("table.causes")
    page.wait_for_selector(".by-week")
    assert page.locator("button[data-print]").is_visible()
    page.emulate_media(media="print")
    for gone in (".top nav", ".find", ".choices", ".by", ".menu"):
        assert not page.locator(gone).first.is_visible(), gone
    printed = page.inner_text(".printed")
    assert "Week of Mon 1 Jan to Sun 7 Jan (not over) · by hold · plant Kiel" in printed
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"
    assert page.complaints == []


def test_a_change_tells_why_in_place(chromium: Any, planned: Planned) -> None:
    page = opened(chromium, planned, plant="Kiel")
    settled(page, "/changes")
    assert "The clock of this service stands" in page.inner_text(".title")
    assert page.locator("#new .id").count() > 0
    page.fill("#since", "2024-01-02")
    page.click(".choices button")
    page.wait_for_url("**since=2024-01-02")
    assert page.inner_text("h1") == "Since Tue 2 Jan"
    assert page.complaints == []


def test_reading_them_without_a_script(chromium: Any, planned: Planned) -> None:
    page = opened(chromium, planned, plant="Kiel", java_script_enabled=False)
    page.click("nav >> text=Production")
    page.click("text=All parts at once")
    assert "points added" in page.inner_text("main")
    page.click("table.causes td.number a >> nth=0")
    assert page.locator("table.orders-behind").count() == 1
    page.click("nav >> text=Model")
    page.click("text=Foretold against came")
    assert "Why it serves" in page.inner_text("main")
    page.click("nav >> text=Changes")
    assert page.locator("h1").inner_text().startswith("Since")


@pytest.mark.parametrize("width", [390, *(pytest.param(width, marks=pytest.mark.nightly) for width in (768, 1280))])
def test_no_overview_is_wider_than_the_window(chromium: Any, planned: Planned, width: int) -> None:
    page = opened(chromium, planned, plant="Kiel", viewport={"width": width, "height": 800})
    for path in (*PATHS, *PARTS):
        settled(page, path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_axe_finds_nothing_on_overviews(chromium: Any, planned: Planned, theme: str) -> None:
    try:
        axe = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    except ModuleNotFoundError:
        missing("axe must be installed for this test")
    page = opened(chromium, planned, plant="Kiel", color_scheme=theme, bypass_csp=True)
    for path in (*PATHS, *PARTS):
        settled(page, path)
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(result => result.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
        assert found == [], path
