"""The worklist page: what it lists, filters, sorts, saves and decides, read without a script."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlencode

import httpx
import pytest

from features.times import micros
from serving.pages.columns import SORTS
from serving.pages.rendering import environment
from serving.pages.rows import last_promise
from serving.pages.wording import PlantClock
from serving.principal import Role
from serving.store.schema import SORTS as STORED_SORTS
from tests.serving.pages.conftest import FORMULA, MARKUP, SCRIPT, STYLE, Planned, sent, text_of
from tests.support.pages import Page
from tests.support.stories import created

EVIL = "/orders/X%2F1%20%3Cb%3E"


def listed(reply: httpx.Response) -> list[str]:
    """The orders of the list itself, in their order."""
    assert reply.status_code == 200, reply.text[:500]
    return re.findall(r'<tr data-path="/orders/([^"]+)"', reply.text)


def test_open_orders_are_listed_and_late_ones_stand_apart(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    reply = reader.get("/")
    assert set(listed(reply)) == {"K1", "K2", "K4", "X%2F1%20%3Cb%3E"}
    words = text_of(reply)
    assert "1 late order" in words
    assert "worst: K3, Nordwerft" in words
    assert listed(reader.get("/?state=late")) == ["K3"]
    assert Page(reply.text).faults == []


def test_what_a_row_says(planned: Planned) -> None:
    words = text_of(planned.signed_in(plant="Kiel").get("/?customer=Ostsee+Bau"))
    key = {"authorization": f"Bearer {planned.key(Role.ADMIN)}"}
    [order] = httpx.get(f"{planned.url}/v1/orders?search=k2", headers=key).json()["orders"]
    assert "Wed 10 Jan in 6 days" in words
    assert re.search(r"Hold (\w+ )*", words)
    assert "3,000" in words
    assert "Ostsee Bau" in words
    assert order["reasons"][0]["text"][1:] in words
    assert f"{100 * order['risk']:.0f} %" in words


@pytest.mark.parametrize("sort", [name for name, _ in SORTS])
def test_every_sort_of_the_api_has_a_name_and_is_that_of_the_api(planned: Planned, sort: str) -> None:
    reader = planned.signed_in(plant="Kiel")
    key = {"authorization": f"Bearer {planned.key(Role.PLANNER, 'Kiel')}"}
    for order in ("asc", "desc"):
        query = f"sort={sort}&order={order}&state=open&state=unpromised"
        api = httpx.get(f"{planned.url}/v1/orders?{query}", headers=key).json()["orders"]
        assert listed(reader.get(f"/?sort={sort}&order={order}")) == [quote(row["order_id"], safe="") for row in api]


def test_no_sort_is_forgotten() -> None:
    assert {name for name, _ in SORTS} == set(STORED_SORTS)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("search=nordwerft", {"K1", "K3", "K4"}),
        ("search=nordwerft&state=open", {"K1"}),
        ("search=vALVE", {"K2"}),
        ("search=k2&state=open", {"K2"}),
        ("search=100%25", set()),
        ("search=_", set()),
        ("customer=Nordwerft&item=Seal", {"K4"}),
        ("within=7", {"K2"}),
        ("due_from=2024-01-20", {"K1"}),
        ("changed=1", {"K2"}),
        ("changed=1&customer=", {"K2"}),
        ("recorded_from=2024-01-04", {"K2"}),
        ("mine=1", set()),
    ],
)
def test_filters_live_in_the_address(planned: Planned, query: str, expected: set[str]) -> None:
    assert set(listed(planned.signed_in(plant="Kiel").get(f"/?{query}"))) == expected


def test_an_address_that_means_nothing_is_said_in_words(planned: Planned) -> None:
    reader = planned.signed_in()
    for query in ("sort=luck", "within=soon", "risk_min=2", "cursor=x", "nonsense=1"):
        reply = reader.get(f"/?{query}")
        assert (reply.status_code, reply.headers["content-type"]) == (422, "text/html; charset=utf-8")
        assert "To the worklist" in text_of(reply)
    assert "filters of the worklist alone, got 'nonsense', which is none" in text_of(reader.get("/?nonsense=1"))


def test_an_address_that_is_nobodys_is_a_page_for_a_browser_and_a_problem_for_a_program(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    page = reader.get("/worklst", accept="text/html,*/*")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no such page" in text_of(page)
    form_only = reader.get("/orders/K2/decisions", accept="text/html")
    assert (form_only.status_code, "There is no page here" in text_of(form_only)) == (405, True)
    assert ("Back to the order" in text_of(form_only), "Method" in text_of(form_only)) == (True, False)
    for path, accept in (("/worklst", "application/json"), ("/v1/worklst", "text/html")):
        assert reader.get(path, accept=accept).headers["content-type"] == "application/problem+json"


def test_a_list_sorted_by_what_no_column_shows_says_so(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    assert "Sorted by risk of shipping late" in text_of(reader.get("/?sort=missed"))
    assert "Sorted by" not in text_of(reader.get("/?sort=due")), "an arrow over the column says it"


def test_a_filter_that_finds_nothing_can_be_dropped(planned: Planned) -> None:
    reply = planned.signed_in(plant="Kiel").get("/?search=nothing&customer=Nordwerft")
    assert "No order fits" in text_of(reply)
    assert 'href="/?customer=Nordwerft"' in reply.text
    assert 'href="/?search=nothing"' in reply.text


def test_late_orders_that_fit_are_counted_and_valued(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    words = text_of(reader.get("/?customer=Nordwerft"))
    assert "2 open and 1 late order fit" in words
    assert "1 late order among these worth 200" in words
    only_late = text_of(reader.get("/?item=Pump&due_to=2024-01-04"))
    assert "1 late order fits" in only_late
    assert "No open order fits" in only_late


def test_where_nothing_fits_the_nearest_words_are_named(planned: Planned) -> None:
    everywhere = planned.signed_in(Role.ADMIN).get("/?plant=bremen&sort=due")
    assert "There is no plant bremen in the list; did you mean Bremen ?" in text_of(everywhere)
    assert 'href="/?plant=Bremen&amp;sort=due"' in everywhere.text
    reader = planned.signed_in(plant="Kiel")
    assert "did you mean Nordwerft ?" in text_of(reader.get("/?customer=nordwreft"))
    assert "There is no item val in the list; did you mean Valve ?" in text_of(reader.get("/?item=val"))
    fitting = text_of(reader.get("/?customer=Ostsee+Bau"))
    assert "There is no" not in fitting
    elsewhere = text_of(reader.get("/?customer=Ostsee+Bau&item=Pump"))
    assert "No order fits" in elsewhere
    assert "There is no" not in elsewhere, "both words are there, only not together"


def test_no_word_of_another_plant_is_named(planned: Planned) -> None:
    planned.send(created(0, 24, order="SA-1", plant="Sassnitz", item="Pump", event_id="SA-1 made"))
    planned.signed_in(plant="Sassnitz").post("/decisions", {"only": "take SA-1", "next": "/"})
    everywhere, reader = planned.signed_in(Role.ADMIN), planned.signed_in(plant="Kiel")
    asked = ("plant=bremen", "plant=Brem", "customer=helios", "item=rotor", "owner=planner+sassnit")
    for query in asked:
        assert "did you mean" in text_of(everywhere.get(f"/?{query}"))
        words = text_of(reader.get(f"/?{query}"))
        assert "There is no" in words
        assert not any(word in words for word in ("Bremen", "Helios", "Rotor", "planner Sassnitz"))


def test_an_order_of_two_plants_names_to_each_its_own_plant_alone(planned: Planned) -> None:
    lines = [created(0, 24, order="TW-1", line=plant, plant=plant, item="Mast") for plant in ("Waren", "Malchow")]
    planned.send(*[row | {"event_id": f"TW-1 {number}"} for number, row in enumerate(lines)])
    for own, other in (("Waren", "Malchow"), ("Malchow", "Waren")):
        reader = planned.signed_in(plant=own)
        assert f"did you mean {own} ?" in text_of(reader.get(f"/?plant={own.lower()}"))
        assert "did you mean" not in text_of(reader.get(f"/?plant={other.lower()}"))


def test_pages_follow_the_cursor_to_the_end(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    found, address = [], "/?limit=2&sort=due"
    while address:
        reply = reader.get(address)
        found += listed(reply)
        following = re.search(r'rel="next" href="([^"]+)"', reply.text)
        address = following[1].replace("&amp;", "&") if following else ""
        assert address.count("cursor=") <= 1
    assert found == listed(reader.get("/?sort=due"))


def test_names_stay_text(planned: Planned) -> None:
    reader = planned.signed_in()
    for path in (
        "/",
        f"{EVIL}",
        f"{EVIL}/lines",
        f"/changes{EVIL.removeprefix('/orders')}",
        f"{EVIL}/events",
        f"{EVIL}/moves",
        f"{EVIL}/change",
        f"/?{urlencode({'search': SCRIPT})}",
    ):
        page = reader.get(path)
        assert page.status_code == 200, path
        for attack in (SCRIPT, MARKUP, STYLE):
            assert attack not in page.text
        parsed = Page(page.text)
        assert {"img", "style"} & set(parsed.tags) == set()
        assert parsed.tags.count("script") <= 3
    assert "&lt;script&gt;" in reader.get("/").text
    assert FORMULA in text_of(reader.get(f"{EVIL}/events"))


def test_the_files_are_what_the_page_lists(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    reply = reader.get("/worklist.csv?customer=Nordwerft")
    assert reply.headers["content-type"].startswith("text/csv")
    ids = [line.partition(",")[0].strip('"') for line in reply.text.splitlines()[1:]]
    assert ids == ["K3", *listed(reader.get("/?customer=Nordwerft"))], "the late one too, which stands apart"
    whole = [line.partition(",")[0].strip('"') for line in reader.get("/worklist.csv?limit=2").text.splitlines()[1:]]
    assert sorted(whole) == sorted(map(unquote, {"K3", *listed(reader.get("/"))})), "of all pages"
    assert reader.get("/worklist.xlsx").content[:2] == b"PK"
    assert reader.get("/worklist.doc").status_code in (404, 422)


def test_deciding_about_one_and_about_several(planned: Planned) -> None:
    names = ("D0", "D1", "D2")
    planned.send(*[created(0, 25, order=name, plant="Ulm", event_id=f"{name} made") for name in names])
    reader = planned.signed_in(plant="Ulm")
    one = reader.post("/decisions", {"only": "acknowledge D0", "order": ["D1"], "next": "/?search=D"})
    assert one.headers["location"] == "/?search=D"
    assert "D0 acknowledged." in text_of(reader.get("/?search=D"))
    assert "Nothing was decided yet" in text_of(reader.get("/orders/D1"))
    reader.post("/decisions", {"kind": "snooze", "order": ["D1", "D2"], "until": "2024-01-10", "next": "/"})
    assert "2 orders snoozed to the end of Wed 10 Jan." in text_of(reader.get("/"))
    assert set(listed(reader.get("/?search=D&snoozed=exclude"))) == {"D0"}
    assert set(listed(reader.get("/?search=D&snoozed=only"))) == {"D1", "D2"}
    reader.post("/decisions", {"kind": "comment", "order": ["D0", "B1"], "comment": SCRIPT, "next": "/"})
    after = reader.get("/")
    words = text_of(after)
    assert "Comment added to 1, not to 1. Not B1: the order must be one the service knows" in words
    assert SCRIPT not in reader.get("/orders/D0").text
    reader.post("/decisions", {"only": "take D0", "owner": "Ben", "next": "/"})
    assert "D0 assigned to planner Ulm." in text_of(reader.get("/"))
    assert set(listed(reader.get("/?mine=1"))) == {"D0"}
    reader.post("/decisions", {"only": "give_back D0", "owner": "Ben", "next": "/"})
    assert "D0 given back to nobody." in text_of(reader.get("/"))
    assert "D0" in listed(reader.get("/?nobody=1"))
    reader.post("/decisions", {"kind": "assign", "owner": "Ben", "order": ["D0"], "next": "/"})
    assert listed(reader.get("/?owner=Ben")) == ["D0"]


def test_a_snooze_that_is_cut_says_so_and_a_late_order_has_no_button(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    planned.send(created(0, 12, order="S1", plant="Emden", event_id="S1 made"))
    there = planned.signed_in(plant="Emden")
    there.post("/decisions", {"only": "snooze S1", "until": "2024-02-01", "next": "/"})
    assert re.search(
        "S1 is snoozed to the end of (Wed 10|Thu 11) Jan, at the latest: it is back", text_of(there.get("/"))
    )
    late = reader.get("/?state=late").text
    assert 'value="acknowledge K3"' in late
    assert 'value="snooze K3"' not in late
    assert "late: cannot be snoozed" in text_of(reader.get("/?state=late"))
    page = reader.get("/orders/K3").text
    assert 'value="snooze"' not in page
    assert "A late order cannot be snoozed: K3 was due Wed 3 Jan 12:00, yesterday." in text_of(reader.get("/orders/K3"))


def test_what_is_in_the_way_is_listed_and_filtered_by_its_kind(planned: Planned) -> None:
    reader = planned.signed_in(plant="Kiel")
    words = text_of(reader.get("/?search=K2&snoozed=include"))
    assert "Hold Material" in words
    assert "K2" in listed(reader.get("/?blocker=hold&snoozed=include"))
    assert "K1" not in listed(reader.get("/?blocker=hold&blocker=material&snoozed=include"))
    nothing = reader.get("/?blocker=labels&search=K2")
    assert "No order fits" in text_of(nothing)
    assert "In the way: Labels" in text_of(nothing)
    assert reader.get("/?blocker=hold&blocker=nothing").status_code == 422
    ready = reader.get("/orders/K2").text
    assert ready.count('class="in_the_way"') >= 2
    assert "not yet due" in text_of(reader.get("/orders/K2"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "acknowledge"}, "Choose at least one order"),
        ({"kind": "comment", "order": "K1"}, "comment must be given"),
        ({"kind": "snooze", "order": "K1"}, "until or until_change must be given"),
        ({"kind": "explode", "order": "K1"}, "must be one of acknowledge"),
    ],
)
def test_what_is_missing_is_said(planned: Planned, fields: dict[str, str], words: str) -> None:
    """On the page that it came from."""
    reader = planned.signed_in()
    reply = reader.post("/decisions", fields | {"next": "/?within=30"})
    assert (reply.status_code, reply.headers["location"]) == (303, "/?within=30")
    assert words.lower() in text_of(reader.get("/?within=30")).lower()


def test_views_are_saved_for_who_saved_them_and_one_opens_first(planned: Planned) -> None:
    reader, other = planned.signed_in(Role.DATA_SCIENTIST), planned.signed_in(Role.ADMIN)
    view = {"name": SCRIPT, "query": "customer=Ostsee+Bau&cursor=x", "is_default": "1", "next": "/?all=1"}
    assert reader.post("/views", view).status_code == 303
    assert reader.get("/").headers["location"] == "/?customer=Ostsee+Bau"
    page = reader.get("/?all=1")
    assert (SCRIPT in page.text, "&lt;script&gt;" in page.text) == (False, True)
    assert "customer=Ostsee" not in other.get("/").text
    second = planned.reader()
    second.sign_in(planned.key(Role.DATA_SCIENTIST))
    assert second.get("/").status_code == 303, "another browser of the same key"
    reader.post("/views", {"name": SCRIPT, "remove": "1"})
    assert reader.get("/").status_code == 200
    for wrong in ({"name": ""}, {"name": "x" * 61}, {"name": "x", "query": "sort=luck"}):
        assert reader.post("/views", wrong).status_code == 422


def test_an_order_of_several_promises_names_the_one_it_is_late_by() -> None:
    """Due on the 2nd with its first line; expected on the 16th, a day after its last line is due."""
    clock = PlantClock(micros("2026-01-01T00:00:00Z"), "UTC")
    order = {"due_at": "2026-01-02T15:00:00Z", "expected_ship": "2026-01-16", "days_late": 1}
    assert last_promise(order, clock) == "2026-01-15"
    assert last_promise(order | {"days_late": 14}, clock) is None, "one promise, or several on its day"
    cells = environment().get_template("cells.html").make_module({"clock": clock})
    row = order | {"last_promise": "2026-01-15", "ship_earliest": None, "state": "open"}
    for state, due, late in (
        ("open", "last line Thu", "by its last line"),
        ("late", "what is left Thu", "by what is left"),
    ):
        assert due in cells.due(row | {"state": state})  # type: ignore[attr-defined]
        assert f"1 day late {late}" in cells.ships(row | {"state": state})  # type: ignore[attr-defined]
    assert last_promise(order | {"expected_ship": None}, clock) is None


def test_a_snooze_is_ended_from_a_row_from_the_bar_and_from_its_order(planned: Planned) -> None:
    sent(planned, "Ahlbeck", "AK-1", "AK-2", "AK-3")
    reader = planned.signed_in(plant="Ahlbeck")

    def snoozed() -> list[str]:
        return [row for row in ("AK-1", "AK-2", "AK-3") if f"end_snooze {row}" in reader.get("/?snoozed=only").text]

    assert "End snooze" not in reader.get("/?all=1").text
    reader.post(
        "/decisions",
        {"kind": "snooze", "order": ["AK-1", "AK-2", "AK-3"], "until": "2024-01-09", "next": "/?all=1"},
    )
    assert snoozed() == ["AK-1", "AK-2", "AK-3"]
    assert "3 of them snoozed: not in the list and its files" in text_of(reader.get("/?all=1&state=unpromised"))
    reader.post("/decisions", {"only": "end_snooze AK-1", "next": "/?all=1"})
    page = text_of(reader.get("/?all=1"))
    assert "AK-1 is no longer snoozed." in page
    assert "planner Ahlbeck ended the snooze, today" in page
    reader.post("/decisions", {"kind": "end_snooze", "order": ["AK-2"], "next": "/?all=1"})
    assert "ended the snooze, Thu 4 Jan" in text_of(reader.get("/orders/AK-1")), "the moment is no day to snooze to"
    order = reader.get("/orders/AK-3")
    assert "Snoozed to the end of Tue 9 Jan." in text_of(order)
    version = re.findall(r'name="version" value="([^"]+)"', order.text)[0].replace("&#34;", '"')
    reader.post("/orders/AK-3/decisions", {"kind": "end_snooze", "version": version})
    assert snoozed() == []


def test_an_order_that_is_given_back_has_the_owner_it_had_before(planned: Planned) -> None:
    sent(planned, "Bansin", "BN-1", "BN-2")
    reader = planned.signed_in(plant="Bansin")
    reader.post("/decisions", {"kind": "assign", "owner": "Ben", "order": ["BN-1"], "next": "/?all=1"})
    for order, owner in (("BN-1", "Ben"), ("BN-2", "nobody")):
        reader.post("/decisions", {"only": f"take {order}", "next": "/?all=1"})
        assert f"give_back {order}" in reader.get("/?all=1").text
        reader.post("/decisions", {"only": f"give_back {order}", "next": "/?all=1"})
        assert f"{order} given back to {owner}." in text_of(reader.get("/?all=1"))


def test_a_file_is_named_after_what_it_lists(planned: Planned) -> None:
    sent(planned, "Koserow", "KO-1")
    reader = planned.signed_in(plant="Koserow")

    def name(query: str) -> str:
        return str(reader.get(f"/worklist.csv?{query}").headers["content-disposition"])

    assert name("risk_min=0.5&customer=M%C3%BCller%2FS%C3%B6hne") == (
        'attachment; filename="worklist-risk-50-customer-muller-sohne-2024-01-04.csv"'
    )
    assert name("state=late") == 'attachment; filename="worklist-late-2024-01-04.csv"'
    reader.post("/views", {"name": "Zürich, Monday", "query": "state=late", "next": "/?state=late"})
    assert name("state=late") == 'attachment; filename="worklist-zurich-monday-2024-01-04.csv"'


def test_rows_name_the_plant_for_who_sees_more_than_one(planned: Planned) -> None:
    sent(planned, "Lubmin", "LU-1")
    one, many = (planned.signed_in(plant=plant).get("/?search=LU-&all=1").text for plant in ("Lubmin", ""))
    assert ("Lubmin ·" in one, "sort=plant" in one) == (False, False)
    assert ("Lubmin ·" in many, "sort=plant" in many) == (True, True)
