"""Searching and deciding as a planner does it: what Enter does, what is missing, what is said afterwards and where."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import pytest

from features.times import micros
from serving.contract.decision import DecisionRequest
from serving.pages.browser import Notice
from serving.pages.decided import say_decision, say_snooze
from serving.pages.order.decisions import Outcome
from serving.pages.wording import PlantClock
from serving.scores.snooze import agree_snooze
from tests.serving.pages.conftest import Planned, sent, text_of
from tests.serving.pages.test_browser import chromium, focused, opened, theme
from tests.serving.pages.test_worklist import listed
from tests.support.stories import event

__all__ = ["chromium", "theme"]

CLOCK = PlantClock(micros("2026-01-01T12:00:00Z"), "UTC")


def decision(kind: str, **fields: Any) -> dict[str, Any]:
    blank = {"actor": "Ann", "owner": None, "until": None, "recorded_at": "2026-01-01T08:00:00Z"}
    return blank | {"kind": kind} | fields


# -- a search ------------------------------------------------------------------------------------------------


def test_a_search_finds_snoozed_orders_and_marks_them(planned: Planned) -> None:
    sent(planned, "Plau", "PA-1", "PA-2")
    reader = planned.signed_in(plant="Plau")
    reader.post("/decisions", {"only": "snooze PA-1", "until": "2024-01-10", "next": "/"})
    assert set(listed(reader.get("/?search=pa-"))) == {"PA-1", "PA-2"}
    assert "Snoozed to the end of Wed 10 Jan" in text_of(reader.get("/?search=pa-"))
    assert set(listed(reader.get("/?all=1"))) == {"PA-2"}
    words = text_of(reader.get("/?all=1"))
    assert ("Snoozed (1)" in words, "Mine (0)" in words) == (True, True)


def test_a_search_that_is_an_orders_id_goes_to_it(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    for text in ("K2", "k2"):
        reply = reader.get(f"/?search={text}")
        assert (reply.status_code, reply.headers["location"]) == (303, "/orders/K2")
    found = reader.get(f"/?search={quote('x/1 <B>')}")
    assert found.headers["location"] == "/orders/X%2F1%20%3Cb%3E"
    assert reader.get("/?search=B1").status_code == 200, "an order of another plant is not there"
    assert reader.get("/?search=K").status_code == 200


def test_how_many_orders_fit_is_said(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    assert "1 of 4 open orders fit" in text_of(reader.get("/?customer=Ostsee+Bau&snoozed=include"))
    assert "3 orders fit" in text_of(reader.get("/?search=nordwerft"))
    assert "orders fit" not in text_of(reader.get("/?all=1"))


def test_pages_lead_back_one_by_one(planned: Planned) -> None:
    reader = planned.signed_in(plant="Wismar")
    pages, address = [], "/?limit=1&sort=due"
    for _ in range(4):
        reply = reader.get(address)
        pages.append((address, listed(reply)))
        following = re.search(r'rel="next" href="([^"]+)"', reply.text)
        address = following[1].replace("&amp;", "&") if following else ""
    at = pages[-1][0]
    for _, orders in pages[-2::-1]:
        back = re.search(r'rel="prev" href="([^"]+)"', reader.get(at).text)
        assert back
        at = back[1].replace("&amp;", "&")
        assert listed(reader.get(at)) == orders
    assert 'rel="prev"' not in reader.get(at).text
    assert '<a class="pill" href="/?all=1" aria-current="true">' in reader.get("/?all=1").text


# -- what is said --------------------------------------------------------------------------------------------


def outcome(kind: str, done: list[str], refused: dict[str, str], **fields: Any) -> Notice:
    made = Outcome(DecisionRequest.model_validate({"kind": kind} | fields), done, refused=refused)
    return made.notice


def test_several_decisions_are_one_line_and_a_list_below() -> None:
    assert outcome("expedite", ["A", "B"], {}) == Notice("2 orders expedited.")
    notice = outcome("acknowledge", ["A"], {"B": "it is gone", "C": "it is late"})
    assert notice == Notice("1 acknowledged, 2 not.", ("Not B: it is gone.", "Not C: it is late."), warns=True)
    assert outcome("assign", ["A"], {}, owner="Ben") == Notice("A assigned to Ben.", undo=("A",))


def test_a_snooze_from_a_row_says_until_when(planned: Planned) -> None:
    sent(planned, "Barth", "BA-1", "BA-2")
    reader = planned.signed_in(plant="Barth")
    reader.post("/decisions", {"only": "snooze BA-1", "until": "2024-01-09", "next": "/?all=1"})
    assert "BA-1 is snoozed to the end of Tue 9 Jan." in text_of(reader.get("/?all=1"))
    reader.post("/decisions", {"kind": "snooze", "order": ["BA-2", "K3"], "until": "2024-01-09", "next": "/?all=1"})
    page = reader.get("/?all=1")
    assert "1 snoozed to the end of Tue 9 Jan, 1 not." in text_of(page)
    assert 'class="toast warns"' in page.text
    assert "<li>Not K3: the order must be one the service knows" in page.text


def test_a_notice_of_many_orders_fits_into_its_cookie(planned: Planned) -> None:
    reader = planned.signed_in(plant="Barth")
    chosen = [f"Zürich {number}" for number in range(150)]
    reader.post("/decisions", {"kind": "acknowledge", "order": chosen, "next": "/?all=1"})
    words = text_of(reader.get("/?all=1"))
    assert "0 acknowledged, 150 not. Not Zürich 0:" in words
    assert re.search(r"And \d+ more\.", words)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (decision("expedite"), "Ann expedited, today"),
        (decision("comment", recorded_at="2025-12-22T08:00:00Z"), "Ann commented, Mon 22 Dec"),
        (decision("assign", owner="Ann"), "Ann took it, today"),
        (decision("assign", owner="Ben", recorded_at="2025-12-31T08:00:00Z"), "Ann assigned it to Ben, yesterday"),
        (decision("assign"), "Ann gave it back, today"),
        (
            decision("snooze", until="2025-12-29T23:59:59Z", recorded_at="2025-12-26T08:00:00Z"),
            "Ann's snooze ended Mon 29 Dec",
        ),
        (decision("snooze", until="2026-01-05T23:59:59Z"), "Ann snoozed, today"),
        (decision("snooze", until="2026-01-01T08:00:00Z"), "Ann ended the snooze, today"),
    ],
)
def test_the_latest_decision_in_words(made: dict[str, Any], words: str) -> None:
    assert say_decision(made, CLOCK) == words


def test_a_snooze_lasts_until_its_day_or_the_promise() -> None:
    order = {"state": "open", "due_at": "2026-01-09T12:00:00Z", "snoozed_until_change": False}
    assert say_snooze(order | {"snoozed_until": "2026-01-05T23:59:59Z"}, CLOCK) == "snoozed to the end of Mon 5 Jan"
    assert say_snooze(order | {"snoozed_until": "2025-12-31T23:59:59Z"}, CLOCK) == ""
    assert say_snooze(order | {"snoozed_until": None, "snoozed_until_change": True}, CLOCK) == (
        "snoozed until something changes"
    )
    assert say_snooze(order | {"snoozed_until": "2026-01-05T23:59:59Z", "state": "late"}, CLOCK) == ""


def test_a_row_and_the_files_show_the_latest_decision(planned: Planned) -> None:
    sent(planned, "Rerik", "RE-1")
    reader = planned.signed_in(plant="Rerik")
    version = re.findall(r'name="version" value="([^"]+)"', reader.get("/orders/RE-1").text)[0].replace("&#34;", '"')
    reader.post("/orders/RE-1/decisions", {"kind": "expedite", "comment": "truck at ten", "version": version})
    assert "planner Rerik expedited, today" in text_of(reader.get("/?all=1"))
    file = reader.get("/worklist.csv")
    assert file.headers["content-disposition"] == 'attachment; filename="worklist-2024-01-04.csv"'
    assert "planner Rerik expedited, 2024-01-04" in file.text
    assert '"worklist-2024-01-04.xlsx"' in reader.get("/worklist.xlsx").headers["content-disposition"]


@pytest.mark.parametrize(("now", "words"), [("2026-01-08T09:00", "has begun"), ("2026-01-09T09:00", "is over")])
def test_the_day_before_a_promise_has_begun_or_is_over(now: str, words: str) -> None:
    due = micros("2026-01-09T16:00:00Z")
    with pytest.raises(Exception, match=f"Thu 8 Jan, the working day before its promise of Fri 9 .*that day {words}"):
        agree_snooze("A", due, None, micros(f"{now}:00Z"), "UTC")


def test_what_was_assigned_or_snoozed_is_taken_back(planned: Planned) -> None:
    sent(planned, "Anklam", "AN-1", "AN-2")
    reader, list_ = planned.signed_in(plant="Anklam"), "/?all=1&snoozed=include"
    reader.post("/decisions", {"kind": "assign", "owner": "Ben", "order": ["AN-1", "AN-2"], "next": "/"})
    reader.post("/decisions", {"only": "take AN-1", "next": "/"})
    page = reader.get(list_).text
    undo = {"kind": "undo", "order": re.findall(r'name="order" value="(AN-\d)">', page)[:1], "next": "/"}
    reader.post("/decisions", undo)
    assert "Undone: AN-1 as before." in text_of(reader.get("/?owner=Ben"))
    assert set(listed(reader.get("/?owner=Ben"))) == {"AN-1", "AN-2"}
    reader.post("/decisions", {"only": "snooze AN-2", "until": "2024-01-10", "next": "/"})
    reader.post("/decisions", {"kind": "undo", "order": ["AN-2", "K2"], "next": "/"})
    words = text_of(reader.get(list_))
    assert "Undone: AN-2 as before." in words
    assert "Not K2: the last decision about it is not yours, and stays." in words
    assert "Snoozed (0)" in words


# -- in a browser --------------------------------------------------------------------------------------------


def test_enter_decides_nothing_without_a_script(chromium: Any, planned: Planned) -> None:
    sent(planned, "Zingst", "ZI-1")
    page = opened(chromium, planned, plant="Zingst", java_script_enabled=False)
    page.goto("/orders/ZI-1")
    page.fill("#owner", "Ben")
    page.press("#owner", "Enter")
    assert page.locator(".notice").count() == 0
    page.click("text=Assign to")
    assert page.inner_text(".notice") == "ZI-1 assigned to Ben."
    page.click("text=Undo")
    assert page.inner_text(".notice") == "Undone: ZI-1 as before."
    page.goto("/?all=1")
    assert not page.is_visible(".bulk")
    page.check("tr[data-order=ZI-1] input")
    page.fill("#comment", "call the carrier")
    page.press("#comment", "Enter")
    assert page.locator(".notice").count() == 0
    assert "acknowledged" not in page.inner_text("tr[data-order=ZI-1]")


def test_the_cursor_is_on_the_row_that_moved_up(chromium: Any, planned: Planned) -> None:
    sent(planned, "Wieck", *(f"WI-{number}" for number in range(5)))
    page = opened(chromium, planned, plant="Wieck")
    page.goto("/?all=1")
    orders = page.locator("tr[data-order]").evaluate_all("rows => rows.map(row => row.dataset.order)")

    def snooze() -> str | None:
        here = focused(page)
        page.keyboard.press("s")
        page.wait_for_selector(f".notice:has-text('{here} is snoozed')")
        return focused(page)

    page.keyboard.press("j")
    page.keyboard.press("j")
    assert snooze() == orders[2]
    page.keyboard.press("j")
    assert focused(page) == orders[3]
    page.keyboard.press("j")
    assert snooze() == orders[3], "the last row, where the last one went"
    page.keyboard.press("a")
    page.wait_for_selector(f".notice:has-text('{orders[3]} acknowledged')")
    assert page.complaints == []


def test_an_empty_comment_stays_on_the_page(chromium: Any, planned: Planned) -> None:
    sent(planned, "Prerow", "PR-1")
    page = opened(chromium, planned, plant="Prerow")
    page.goto("/orders/PR-1")
    page.click("#decide button:has-text('Comment')")
    assert page.evaluate("document.activeElement.id") == "comment"
    page.evaluate("document.querySelector('#comment').required = false")
    page.click("#decide button:has-text('Comment')")
    page.wait_for_selector(".toast.warns")
    assert page.url.endswith("/orders/PR-1#decide")
    assert "omment must be given" in page.inner_text(".notice")
    page.fill("#comment", "they send it today")
    page.click("#decide button:has-text('Assign to')")
    page.wait_for_selector(".toast:not(.warns)")
    assert "they send it today" in page.inner_text(".decisions"), "the comment goes with every decision"


def test_the_bar_counts_what_is_chosen_and_covers_no_row(chromium: Any, planned: Planned) -> None:
    sent(planned, "Dranske", *(f"DR-{number:02}" for number in range(20)))
    page = opened(chromium, planned, plant="Dranske", viewport={"width": 1366, "height": 600})
    page.goto("/?all=1")
    for _ in range(7):
        page.keyboard.press("j")
        page.keyboard.press("x")
    assert page.inner_text("[data-chosen]") == "7 chosen:"
    below = "document.activeElement.closest('tr').getBoundingClientRect().bottom"
    assert page.evaluate(below) <= page.evaluate("document.querySelector('.bulk').getBoundingClientRect().top")
    page.click(".bulk button:has-text('Expedite')")
    page.wait_for_selector(".toast")
    assert page.inner_text(".notice") == "7 orders expedited."
    assert page.locator(".toast").bounding_box()["y"] < 600
    page.keyboard.press("Escape")
    assert page.locator(".toast").count() == 0
    assert page.complaints == []


def test_the_bar_stays_in_sight_on_a_phone(chromium: Any, planned: Planned) -> None:
    sent(planned, "Lubmin", *(f"LU-{number:02}" for number in range(12)))
    page = opened(chromium, planned, plant="Lubmin", viewport={"width": 390, "height": 800})
    page.goto("/?all=1")
    assert not page.is_visible(".bulk")
    page.check("tr[data-order] input >> nth=0")
    bar = page.locator(".bulk").bounding_box()
    assert bar["y"] + bar["height"] == pytest.approx(800, abs=1)
    assert bar["height"] < 300
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    last = page.locator("tr[data-order]").last.bounding_box()
    assert last["y"] + last["height"] <= page.locator(".bulk").bounding_box()["y"] + 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for number in (3, 7, 11):
        page.locator("tr[data-order]").nth(number).focus()
        page.keyboard.press("k")
        row = "document.activeElement.closest('tr').getBoundingClientRect().bottom"
        assert page.evaluate(row) <= page.evaluate("document.querySelector('.bulk').getBoundingClientRect().top") + 1


def test_row_buttons_cover_nothing(chromium: Any, planned: Planned) -> None:
    page = opened(chromium, planned, viewport={"width": 1366, "height": 800})
    page.hover("tr[data-order=W1]")
    buttons = page.locator("tr[data-order=W1] .decide button")
    above, beside = (
        page.locator(f"tr[data-order=W1] {part}").first.bounding_box() for part in (".col-item a", ".col-due")
    )
    for box in [buttons.nth(number).bounding_box() for number in range(buttons.count())]:
        assert box["y"] >= above["y"] + above["height"]
        assert box["x"] + box["width"] <= beside["x"] + 1
    assert page.evaluate("(one => one.scrollWidth - one.clientWidth)(document.querySelector('.list .scroll'))") == 0


def test_a_refused_try_names_the_field_below_its_form(chromium: Any, planned: Planned) -> None:
    page = opened(chromium, planned)
    page.goto("/orders/W1")
    page.click("summary:has-text('Try something else')")
    assert not page.is_visible(".own [name=date]")
    page.click(".own button:has-text('Try')")
    page.wait_for_selector(".own .answer.refused")
    assert page.inner_text(".own .answer") == "Choose what should happen."
    page.select_option(".own [name=happens]", "hold_placed")
    assert page.is_visible(".own [name=date]")
    assert not page.is_visible(".own [name=quantity]")
    page.click(".own button:has-text('Try')")
    page.wait_for_selector(".own .answer:has-text('Choose the kind of hold.')")
    assert page.locator("header").count() == page.locator("main header").count() + 1
    page.select_option(".own [name=happens]", "goods_leave")
    assert not page.is_visible(".own [name=hold_kind]")
    page.fill(".own [name=quantity]", "1")
    page.click(".own button:has-text('Try')")
    page.wait_for_selector(".own .before-after")
    assert "Points of risk by topic" in page.inner_text(".own .answer")
    assert page.evaluate("document.querySelector('.own .answer').getBoundingClientRect().top < innerHeight")


def test_a_view_is_saved_by_enter_and_removed_by_its_button(chromium: Any, planned: Planned) -> None:
    page = opened(chromium, planned)
    page.goto("/?within=30")
    page.click("summary:has-text('Save view')")
    page.wait_for_selector("input[name=name]:focus")
    page.keyboard.type("A month")
    page.keyboard.press("Enter")
    page.wait_for_selector(".views >> text=A month")
    page.click("summary:has-text('Save view')")
    page.click(".saved li:has-text('A month') button")
    page.wait_for_selector(".toast")
    assert page.locator(".views >> text=A month").count() == 0


def test_the_decide_panel_follows_why_on_a_phone(chromium: Any, planned: Planned) -> None:
    page = opened(chromium, planned, viewport={"width": 390, "height": 800})
    page.goto("/orders/W1")
    places = page.locator(".two .card").evaluate_all(
        "all => all.map(one => [one.getBoundingClientRect().top, one.getAttribute('aria-labelledby')])"
    )
    assert [name for _, name in sorted(places)][:4] == ["why", "decide-title", "way", "try"]


def test_the_tab_of_a_page_changes_no_width(chromium: Any, planned: Planned) -> None:
    page = opened(chromium, planned)
    widths = "Array.from(document.querySelectorAll('.top nav a'), a => Math.round(a.getBoundingClientRect().width))"
    page.goto("/?all=1")
    before = page.evaluate(widths)
    page.goto("/model")
    assert page.evaluate(widths) == before


def test_an_event_in_one_part_says_what_to_do(planned: Planned) -> None:
    sent(planned, "Ahlbeck", "AH-1")
    planned.send(event("hold.placed", 1, "AH-1", kind="quality", reference="Q-1", event_id="AH-1 hold"))
    reader = planned.signed_in(plant="Ahlbeck")
    fields = {"happens": "hold_released", "hold": "none"}
    part = reader.post("/orders/AH-1/what-if", fields, **{"hx-request": "true"})
    assert (part.status_code, "<html" in part.text) == (422, False)
    page = reader.post("/orders/AH-1/what-if", fields)
    assert 'href="/orders/AH-1">Back to the order' in page.text
    assert "Choose the hold: what was chosen is not there, or not any more." in text_of(page)


def test_axe_finds_nothing_while_something_is_chosen_refused_and_tried(
    chromium: Any, planned: Planned, theme: str
) -> None:
    axe = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    page = opened(chromium, planned, color_scheme=theme, bypass_csp=True)

    def faults() -> Any:
        page.evaluate(axe)
        return page.evaluate("axe.run().then(result => result.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")

    page.goto("/?all=1")
    page.check("tr[data-order=W1] input")
    page.evaluate("document.querySelector('.bulk [name=until]').value = ''")
    page.click(".bulk button:has-text('Snooze to the end of')")
    page.wait_for_selector(".toast.warns")
    page.check("tr[data-order=W1] input")
    page.click("summary:has-text('Save view')")
    assert faults() == []
    page.goto("/orders/W1")
    page.wait_for_selector(".moves button")
    page.click("summary:has-text('Try something else')")
    page.click(".own button:has-text('Try')")
    page.wait_for_selector(".own .answer.refused")
    assert faults() == []


def test_an_owner_typed_beside_another_button_is_not_lost_in_silence(planned: Planned) -> None:
    sent(planned, "Malchow", "MA-1")
    reader = planned.signed_in(plant="Malchow")
    reader.post("/decisions", {"kind": "acknowledge", "owner": "Zoe", "order": ["MA-1"], "next": "/"})
    assert "Not assigned to Zoe: that takes the button Assign to." in text_of(reader.get("/?all=1"))
