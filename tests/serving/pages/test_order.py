"""The page of an order: its risk and why, readiness, what-if, decisions, and the events behind it all."""

from __future__ import annotations

import re
from html import unescape
from itertools import pairwise
from typing import Any

import httpx
import pytest

from features.times import micros
from serving.pages.blockers import list_readiness
from serving.pages.drawing import change_since, draw_trace, draw_waterfall
from serving.pages.order.time_line import LETTER, draw_time_line, find_jumps
from serving.pages.rendering import environment
from serving.pages.wording import PlantClock
from serving.principal import Role
from tests.serving.pages.conftest import Planned, text_of
from tests.support.pages import Page
from tests.support.stories import created, event, moment


def test_the_page_of_an_order(planned: Planned) -> None:
    reply = planned.signed_in(plant="Kiel").get("/orders/K2")
    words = text_of(reply)
    for said in ("K2 · Ostsee Bau", "Wed 10 Jan", "in 6 days", "Where all orders start", "points add up to the risk"):
        assert said in words
    assert "Quality hold Q-117" in words
    assert "QA Lindner" in words
    assert "Nothing was decided yet" in words
    assert Page(reply.text).faults == []


def test_the_waterfall_ends_at_the_risk(planned: Planned) -> None:
    key = {"authorization": f"Bearer {planned.key(Role.ADMIN)}"}
    score = httpx.get(f"{planned.url}/v1/orders/K2", headers=key).json()["score"]
    falls = draw_waterfall(score["base_risk"], [reason["points"] for reason in score["reasons"]])
    assert falls[-1].end == pytest.approx(score["risk"], abs=1e-9)
    assert [later.begin for later in falls[1:]] == [fall.end for fall in falls[:-1]]


def test_a_late_order_says_why_it_is_and_what_is_in_the_way_now(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    page = reader.get("/orders/K3")
    words = text_of(page)
    assert "Why it is late The order is 1 day late: promised Wed 3 Jan 12:00, nothing of it has shipped" in words
    assert "In the way now Packing and papers: nothing is reported yet No truck is planned" in words
    assert "Why 100 %" not in words
    assert Page(page.text).faults == []
    moves = text_of(reader.get("/orders/K3/moves"))
    assert "The model's response, not a promise" in moves
    ships = text_of(reader.post("/orders/K3/what-if", {"happens": "goods_leave"}))
    assert re.search(r"If all that is left leaves: ships \w+ \d+ Jan → becomes shipped", ships)
    assert "Packing and papers: nothing is reported" in text_of(reader.get("/?state=late")), "in the place of a reason"
    assert "Packing and papers: nothing is reported" in text_of(reader.get("/")), "the late orders apart"


def test_moves_of_a_late_order_say_the_days_they_win() -> None:
    late = {"risk": 1.0, "risk_after": 1.0, "expected_ship": "2024-01-12"}
    moves = [
        move(**late, expected_ship_after="2024-01-09", days_won=3),
        move(**late | {"expected_ship": None}, expected_ship_after="2024-01-20"),
        move(**late | {"risk_after": None}, days_won=8),
    ]
    shown = {"moves": moves, "label": "as the model answers", "not_tried": 0, "reason": None, "tried": 3}
    shown["lateness"] = {"lines": []}
    words = words_of("parts/moves.html", moves=shown)
    assert "ships most likely Tue 9 Jan, not Fri 12 Jan 3 days sooner" in words
    assert "ships most likely Sat 20 Jan, not later than any day asked about sooner" in words
    assert "ships today, not Fri 12 Jan 8 days sooner" in words
    assert "%" not in words
    none = shown | {"moves": []}
    assert "None of 3 moves that were weighed brings the expected ship date a day forward." in words_of(
        "parts/moves.html", moves=none
    )
    assert "The one move that was weighed does not bring" in words_of("parts/moves.html", moves=none | {"tried": 1})


def test_states_without_a_risk_of_the_model_say_why(planned: Planned) -> None:
    reader = planned.signed_in()
    assert "no date is promised yet" in text_of(reader.get("/orders/K4")).lower()


def test_lines_events_moves_and_changes_are_pages_and_parts(planned: Planned) -> None:
    reader = planned.signed_in()
    for part, said in (
        ("lines", "Valve"),
        ("events", "Quality hold Q-117"),
        ("moves", "Release quality hold Q-117"),
        ("change", "Unchanged from"),
    ):
        page, fragment = reader.get(f"/orders/K2/{part}"), reader.get(f"/orders/K2/{part}", **{"hx-request": "true"})
        assert (page.status_code, fragment.status_code) == (200, 200)
        assert said in text_of(page)
        assert said in text_of(fragment)
        assert (Page(page.text).faults, Page(fragment.text).faults) == ([], [])
        assert "<html" not in fragment.text
    assert "Thu 4 Jan 06:00" in text_of(reader.get("/orders/K2/events"))


def test_events_are_paged(planned: Planned) -> None:
    planned.send(
        created(0, 20, order="Many", plant="Ulm", event_id="many made"),
        *(
            event("operation.confirmed", 1 + n / 100, "Many", quantity=0.1, reference="op", event_id=f"m{n}")
            for n in range(60)
        ),
    )
    reader = planned.signed_in()
    first = reader.get("/orders/Many/events")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following
    last = reader.get(following[1])
    ids = re.findall(r"<code>test (\S+)", first.text + last.text)
    assert (len(ids), len(set(ids)), 'rel="next"' in last.text) == (61, 61, False)


def test_a_decision_is_about_the_order_as_it_was_read(planned: Planned) -> None:
    planned.send(created(0, 22, order="V1", plant="Ulm", event_id="v1 made"))
    reader = planned.signed_in(plant="Ulm")
    version = re.findall(r'name="version" value="([^"]+)"', reader.get("/orders/V1").text)[0].replace("&#34;", '"')
    planned.send(event("hold.placed", 2, "V1", kind="quality", event_id="v1 hold"))
    late = reader.post("/orders/V1/decisions", {"kind": "acknowledge", "version": version})
    assert (late.status_code, "Somebody recorded something" in text_of(late)) == (412, True)
    assert reader.post("/orders/V1/decisions", {"kind": "acknowledge"}).status_code == 428
    version = re.findall(r'name="version" value="([^"]+)"', reader.get("/orders/V1").text)[0].replace("&#34;", '"')
    fields = {"kind": "expedite", "version": version, "comment": "the carrier calls back"}
    assert reader.post("/orders/V1/decisions", fields).status_code == 303
    words = text_of(reader.get("/orders/V1"))
    assert "V1 expedited." in words
    assert "the carrier calls back" in words
    assert "planner Ulm" in words


def test_what_if_without_a_script(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    before = text_of(reader.get("/orders/K2/events"))
    moves = reader.get("/orders/K2/moves").text
    body = re.findall(r'name="events" value="([^"]+)"', moves)[0].replace("&#34;", '"')
    reply = reader.post("/orders/K2/what-if", {"events": body})
    words = text_of(reply)
    assert (reply.status_code, "Nothing is stored" in words) == (200, True)
    assert " If " in words
    assert re.search(r"\d+ % → becomes \d+ %", words)
    own = {"happens": "hold_placed", "hold_kind": "credit", "line_id": "", "quantity": ""}
    assert "If credit hold is placed:" in text_of(reader.post("/orders/K2/what-if", own))
    for wrong in ({"events": "[{"}, {"events": "[]"}, {"happens": ""}, {"happens": "goods_leave", "quantity": "many"}):
        assert reader.post("/orders/K2/what-if", wrong).status_code == 422
    assert text_of(reader.get("/orders/K2/events")) == before


def test_a_form_that_cannot_be_tried_says_why_in_its_words_and_keeps_what_was_entered(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    page = reader.get("/orders/K2").text
    assert ">Quality hold Q-117</option>" in page
    assert ">Steel (4), due Tue 9 Jan</option>" in page
    [hold] = re.findall(r'<option value="([^"]+)"[^>]*>Quality hold Q-117</option>', page)
    released = reader.post("/orders/K2/what-if", {"happens": "hold_released", "hold": unescape(hold)})
    assert "If quality hold Q-117 is released:" in text_of(released)
    assert "Choose what should happen." in text_of(reader.post("/orders/K2/what-if", {}))
    past = {"happens": "promise_moves", "date": "2024-01-02"}
    refused = reader.post("/orders/K2/what-if", past)
    assert refused.status_code == 422
    assert "Date must lie ahead, as it is that of a promise, got Tue 2 Jan." in text_of(refused)
    assert '<option value="promise_moves" selected>' in refused.text
    assert 'name="date" value="2024-01-02"' in refused.text
    assert Page(refused.text).faults == []
    part = reader.post("/orders/K2/what-if", past, **{"hx-request": "true"})
    assert (part.status_code, "<form" in part.text) == (422, False), "the form stands above it"


def test_an_end_of_work_that_nobody_planned_says_what_is_supposed(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    words = text_of(reader.post("/orders/K1/what-if", {"happens": "plan_begins", "date": "2024-01-12"}))
    assert "If work is planned to end Fri 12 Jan:" in words
    assert "No production order of it is known: what is supposed is a first planned end of its work." in words


def test_what_is_shipped_by_a_try_says_so(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    reply = reader.post("/orders/K1/what-if", {"happens": "goods_leave", "quantity": "10"})
    words = text_of(reply)
    assert re.search(r"\d+ % → becomes shipped", words)
    assert "–" not in words


def move(**fields: Any) -> dict[str, Any]:
    blank = {
        "sentence": "do it",
        "body": "[]",
        "risk": 0.14,
        "risk_after": 0.1,
        "days_won": None,
        "expected_ship": None,
    }
    return blank | {"expected_ship_after": None, "needs_consent": False, "order_id": "A", "path": "/orders/A"} | fields


def words_of(part: str, **content: Any) -> str:
    around = {"path": "/orders/A", "token_field": "t", "form_token": "x", "clock": PlantClock(moment(3), "UTC")}
    return text_of(httpx.Response(200, text=environment().get_template(part).render(**around, **content)))


def test_a_move_says_what_can_be_acted_on() -> None:
    """One that ships all that is left says so; one of the promise when it ships as it is promised now."""
    moves = [
        move(risk_after=None),
        move(risk_after=0.05, days_won=-37, needs_consent=True, expected_ship="2024-01-07"),
        move(days_won=2),
    ]
    shown = {
        "moves": moves,
        "label": "as the model answers",
        "not_tried": 0,
        "reason": None,
        "tried": 3,
        "lateness": None,
    }
    words = words_of("parts/moves.html", moves=shown)
    assert "14 % → shipped −14" in words
    assert "14 % → 5 % · without it expected to ship Sun 7 Jan · the customer must agree" in words
    assert "14 % → 10 % · 2 days won" in words
    assert "lost" not in words
    report = {"headline": {"sentence": "all"}, "by_kind": [], "orders_skipped": 0}
    valued = [one | {"value_at_risk": None} for one in moves]
    assert "14 % → shipped" in words_of("parts/moves_report.html", moves=shown | report | {"moves": valued})


# -- drawings ------------------------------------------------------------------------------------------------


def test_the_change_since_yesterday_is_against_the_last_score_by_then() -> None:
    risks = [(moment(1), 0.2), (moment(2), 0.5), (moment(3), 0.6)]
    assert change_since(risks, moment(2.5)) == pytest.approx(0.1)
    assert change_since(risks, moment(0.5)) is None
    assert change_since([], moment(1)) is None
    assert change_since([(moment(1), None)], moment(1)) is None


def test_a_trace_needs_two_scores_and_stays_within_its_box() -> None:
    assert draw_trace([(moment(1), 0.2)], moment(2)) is None
    trace = draw_trace([(moment(-30), 0.0), (moment(1), 1.0)], moment(2))
    assert trace
    numbers = [float(number) for point in trace.points.split() for number in point.split(",")]
    assert (min(numbers) >= 0, max(numbers[::2]) <= 72, max(numbers[1::2]) <= 20, trace.step) == (True, True, True, 3)


def test_a_jump_is_named_by_the_events_between_two_scores() -> None:
    scores = [
        {"as_of": "2024-01-03T12:00:00Z", "risk": 0.5, "cause": "tick"},
        {"as_of": "2024-01-03T09:00:00Z", "risk": 0.6, "cause": "event"},
        {"as_of": "2024-01-02T09:00:00Z", "risk": 0.2, "cause": "morning"},
    ]
    events = [
        {"what": "hold placed", "recorded_at": "2024-01-03T08:00:00Z"},
        {"what": "scrap", "recorded_at": "2024-01-01T08:00:00Z"},
    ]
    [jump] = find_jumps(scores, events)
    assert (jump.what, jump.points) == ("hold placed", pytest.approx(0.4))


def test_days_below_a_time_line_name_no_year_and_stand_clear_of_each_other() -> None:
    """Nor do they where the line goes across the turn of a year: each has room for eleven letters."""
    clock = PlantClock(micros("2026-01-02T12:00:00Z"), "UTC")
    scores = [{"as_of": f"2025-12-{day}T09:00:00Z", "risk": 0.5, "cause": "tick"} for day in (31, 18)]
    line = draw_time_line(scores, [], [], "2026-01-09T00:00:00Z", clock)
    assert line
    assert line.ticks[0].text == "Fri 19 Dec"
    places = [tick.x for tick in line.ticks]
    assert min(after - before for before, after in pairwise(places)) > 11 * LETTER


def test_what_is_in_the_way_by_the_orders_page_is_what_its_row_says() -> None:
    """Nobody has said anything of line 20: that is told of its packing, and its labels are open until then."""
    packing = {"kind": "packing", "sentence": "nobody has said that a condition is met for line 20", "moot": False}
    silent = {"kind": "labels", "standing": "in_the_way", "lines_not_stated": ["20"]}
    met = {"kind": "inspection", "standing": "met"}
    listed = list_readiness([packing], [], [met, silent])
    assert [(one.kind, one.standing) for one in listed] == [
        ("packing", "in_the_way"),
        ("labels", "open"),
        ("inspection", "met"),
    ]


def test_what_nobody_has_stated_is_not_due_until_packing_and_papers_are() -> None:
    """The truck leaves in hours and all but the documents are met: they are open, and no longer not yet due."""
    documents = {"kind": "documents", "standing": "not_yet_due", "state": "not_stated"}
    later = {"kind": "packing", "rule": "condition", "sentence": "packing and papers are not due", "moot": False}
    assert [one.standing for one in list_readiness([], [], [documents])] == ["open"]
    assert [one.standing for one in list_readiness([], [later], [documents])] == ["not_yet_due", "not_yet_due"]
