"""The pages in a real browser: Debian's Chromium, driven by Playwright, and looked at by axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.serving.pages.conftest import Planned, missing, sent
from tests.support.stories import created, event

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Chromium as root, and without looking for its maker."""


SHIFTS = """() => {
  window.shifts = 0;
  const add = (list) => list.getEntries().forEach((one) => (window.shifts += one.value));
  new PerformanceObserver(add).observe({ type: "layout-shift" });
}"""
"""Counts how far things move that the reader did not move."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        missing("Playwright must be installed for this test")
    if not CHROMIUM.exists():
        missing(f"Chromium must be at {CHROMIUM} for this test")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def opened(chromium: Any, planned: Planned, plant: str = "Wismar", **options: Any) -> Any:
    """A page of somebody of a plant who has signed in, and whatever the browser complains of."""
    page = chromium.new_context(base_url=planned.url, **options).new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto("/sign-in")
    page.fill("#key", planned.key(plant=plant))
    page.click("main button")
    page.wait_for_url("**/")
    return page


def focused(page: Any) -> str | None:
    row: str | None = page.evaluate("document.activeElement.closest('tr[data-order]')?.dataset.order ?? null")
    return row


def test_a_morning_with_the_keyboard_alone(chromium: Any, planned: Planned) -> None:
    page = opened(chromium, planned)
    orders = page.locator("tr[data-order]").evaluate_all("rows => rows.map(row => row.dataset.order)")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == orders[1]
    page.keyboard.press("k")
    page.keyboard.press("ArrowDown")
    assert focused(page) == orders[1]
    page.keyboard.press("a")
    page.wait_for_selector(".notice")
    assert page.inner_text(".notice") == f"{orders[1]} acknowledged."
    assert focused(page) == orders[1], "the cursor stays where it was"
    page.keyboard.press("?")
    assert page.is_visible("#keys")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("winch")
    page.keyboard.press("Enter")
    page.wait_for_url("**search=winch")
    assert page.locator("tr[data-order]").count() == 4
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/W*")
    page.keyboard.press("/")
    page.keyboard.type("w1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/W1")
    page.wait_for_selector(".moves button")
    page.click(".moves button >> nth=0")
    page.wait_for_selector(".answer")
    assert re.search(r"\d+ %", page.inner_text(".before-after"))
    assert page.complaints == []


def test_a_row_shows_its_lines_without_leaving_the_list(chromium: Any, planned: Planned) -> None:
    page = opened(chromium, planned)
    page.click("tr[data-order=W1] >> text=lines")
    page.wait_for_selector("tr[data-order=W1] + .lines-of .lines")
    assert "Winch" in page.inner_text("tr[data-order=W1] + .lines-of .lines")
    assert page.url.endswith("/")
    assert page.complaints == []


def test_reading_and_deciding_without_a_script(chromium: Any, planned: Planned) -> None:
    page = opened(chromium, planned, java_script_enabled=False)
    page.click("tr[data-order=W1] .id")
    assert page.locator("h1").first.inner_text().startswith("W1")
    page.click("text=Show the moves")
    page.click(".moves button >> nth=0")
    assert "Nothing is stored" in page.inner_text("main")
    page.goto("/orders/W1")
    page.fill("textarea", "QA looks at it today")
    page.click("button:has-text('Acknowledge')")
    assert "W1 acknowledged." in page.inner_text(".notice")
    assert "QA looks at it today" in page.inner_text(".decisions")


def test_a_name_that_is_a_script_does_not_run(chromium: Any, planned: Planned) -> None:
    page = opened(chromium, planned, plant="Kiel")
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in ("/?all=1", "/orders/X%2F1%20%3Cb%3E", "/orders/X%2F1%20%3Cb%3E/events"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.locator("img").count() == 0
    assert (dialogs, page.complaints) == ([], [])


@pytest.mark.parametrize(
    "width", [390, pytest.param(768, marks=pytest.mark.nightly), pytest.param(1280, marks=pytest.mark.nightly), 1920]
)
def test_nothing_is_wider_than_the_window(chromium: Any, planned: Planned, width: int) -> None:
    page = opened(chromium, planned, viewport={"width": width, "height": 800})
    for path in ("/?all=1", "/?state=late", "/orders/W1", "/orders/W1/events", "/?search=nothing", "/orders/none"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_axe_finds_nothing(chromium: Any, planned: Planned, theme: str) -> None:
    try:
        axe = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    except ModuleNotFoundError:
        missing("axe must be installed for this test")
    page = opened(chromium, planned, color_scheme=theme, bypass_csp=True)
    for path in ("/?all=1", "/?state=late", "/?search=nothing", "/orders/W1", "/orders/W1/events", "/orders/none"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(result => result.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
        assert found == [], path
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.evaluate(axe)
    assert page.evaluate("axe.run().then(result => result.violations.map(v => v.id))") == []


def test_a_new_score_marks_its_row_and_moves_nothing(chromium: Any, planned: Planned) -> None:
    page = opened(chromium, planned)
    order = "() => Array.from(document.querySelectorAll('tr[data-order]'), row => row.dataset.order)"
    place = "() => document.querySelector('tr[data-order=W3]').getBoundingClientRect().y"
    page.evaluate(SHIFTS)
    before, at = page.evaluate(order), page.evaluate(place)
    page.keyboard.press("j")
    row = focused(page)
    hold = {"kind": "quality", "reference": "Q-live", "reason": "dimension", "event_id": f"live {id(page)}"}
    planned.send(event("hold.placed", 2.9, "W3", **hold))
    page.wait_for_selector("tr[data-order=W3].fresh", timeout=20_000)
    assert re.fullmatch(r"(▲|▼) \d+, just now|same, just now", page.inner_text("tr[data-order=W3] [data-news]"))
    assert page.evaluate(order) == before
    assert page.evaluate(place) == at
    assert focused(page) == row
    assert page.evaluate("window.shifts") == 0
    assert page.get_attribute("#live", "role") == "status"
    assert page.complaints == []


def test_a_planners_morning(chromium: Any, planned: Planned) -> None:
    rows = [created(0, 14, order=name, plant="Husum", item="Pump", customer="Nordwerft") for name in ("H1", "H2")]
    rows.append(event("hold.placed", 2.75, "H2", kind="quality", reference="Q-117", reason="dimension"))
    planned.send(*[row | {"event_id": f"Husum {number}"} for number, row in enumerate(rows)])
    page = opened(chromium, planned, plant="Husum")
    page.goto("/?all=1")
    page.click("summary:has-text('Filter and sort')")
    page.check("input[name=blocker][value=hold]")
    page.click("form.filter button.primary")
    page.wait_for_url("**blocker=hold**")
    orders = page.locator("tr[data-order]").evaluate_all("rows => rows.map(row => row.dataset.order)")
    assert orders == ["H2"]
    assert "Hold" in page.inner_text("tr[data-order=H2] .col-in_the_way")
    page.click("tr[data-order=H2] .id")
    assert "Q-117" in page.inner_text(".ready")
    assert page.locator(".ready .not_yet_due .mark").first.inner_text() == "○"
    page.click(".fall details summary >> nth=0")
    page.wait_for_selector(".moves button")
    page.click(".moves button >> nth=0")
    page.wait_for_selector(".answer")
    page.fill("#comment", "QA comes at ten")
    page.click("button:has-text('Acknowledge')")
    page.wait_for_selector(".notice")
    assert "H2 acknowledged." in page.inner_text(".notice")
    page.fill("#until", page.get_attribute("#until", "max"))
    page.click("button:has-text('Snooze to the end of')")
    page.wait_for_selector(".notice")
    page.goto("/?all=1")
    assert page.locator("tr[data-order=H2]").count() == 0
    with page.expect_download() as download:
        page.click("text=CSV")
    assert "H1" in download.value.path().read_text(encoding="utf-8-sig")
    page.goto("/?changed=1&snoozed=include")
    assert "Snoozed to the end of" in page.inner_text("tr[data-order=H2]")
    assert page.complaints == []


def test_the_cursor_is_where_one_came_from_and_else_at_the_top(chromium: Any, planned: Planned) -> None:
    sent(planned, "Loddin", *(f"LO-{number}" for number in range(5)))
    page = opened(chromium, planned, plant="Loddin")
    page.goto("/?all=1")
    orders = page.locator("tr[data-order]").evaluate_all("rows => rows.map(row => row.dataset.order)")
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/*")
    page.goto("/?all=1")
    assert focused(page) == orders[2]
    page.goto("/?all=1")
    page.keyboard.press("j")
    assert focused(page) == orders[0]
