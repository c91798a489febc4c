"""In a language whose every text stands in brackets nothing but data is left without."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from gettext import NullTranslations
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest

from features.events.schema import HOLD_KINDS, READINESS_KINDS
from features.wording import ENGLISH
from features.wording.language import at_a_clause
from serving.api.calls import read_choices, read_events
from serving.auth.api_keys import create_key
from serving.bootstrap import build_app
from serving.clock import system_clock
from serving.middleware.stack import AuthMode
from serving.models.cache import LoadedModel
from serving.models.scorer import Scorer
from serving.overviews.causes import STATED
from serving.overviews.plant_now import moves_now
from serving.overviews.short_memory import ShortMemory
from serving.pages.locale import texts
from serving.pages.order.decisions import offer_snooze
from serving.pages.wording import MOST_OF_A_ROW, plant_clock
from serving.principal import Role
from serving.settings import Settings
from tests.serving.pages.conftest import InProcess, Reader, first_events
from tests.serving.pages.locale.test_marked import NO_WORDS, READ
from tests.support.stores import NOBODY, House, house, new_database
from tests.support.stories import created, shipped
from tools.page_texts import marked_texts
from training.trainer import Trained

BEGIN, END = "⟦⟧"
LETTERS = re.compile(r"[^\W\d_]{2}")
NAMES = (
    *("shiprisk", "CSV", "Excel", "UTC"),
    *("Ann", "Bob", "test", "order-risk", "undo", "dimension", "steel", "Q-8", "Q-117"),
    *(*HOLD_KINDS, *READINESS_KINDS, "in-process", "final", *STATED.values()),
)
"""The product, the kinds of files, what the story names, and the kinds and causes that events state."""
WORD = r"(?<![^\W_]){}(?![^\W_])"


class Bracketed(NullTranslations):
    """A translation of what the catalogue has, and of nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self._known = {form for text in marked_texts() for form in text[:2]}

    def gettext(self, message: str) -> str:
        return f"{BEGIN}{message}{END}" if message in self._known else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


BRACKETED = replace(
    ENGLISH,
    name="xx",
    templates={name: f"{BEGIN}{text}{END}" for name, text in ENGLISH.templates.items()},
    decimal="'",
    thousands="_",
)


@dataclass
class ReadTexts(HTMLParser):
    """What somebody reads of a page: texts, and attributes that are read out or shown."""

    html: str
    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._within = [""]
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in READ and value]
        if tag in NO_WORDS:
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if self._within[-1] not in NO_WORDS:
            self.found.append(data)


def outside_brackets(html: str) -> Iterator[str]:
    """Texts without what is in brackets; of markup within a text, which may end between them, brackets are counted."""
    depth = 0
    for text in ReadTexts(html).found:
        rest = ""
        for letter in text:
            depth += (letter == BEGIN) - (letter == END)
            rest += letter if depth == 0 and letter != END else " " if letter == END else ""
        yield " ".join(rest.split())


def strings_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from strings_of(one)
    elif isinstance(value, str) and re.search(r"[ A-Z0-9]", value):  # others are words that the pages have to say
        yield value


def without_data(text: str, data: Iterable[str]) -> str:
    """What is left of a text where the data is taken out, the longest first."""
    for known in data:
        text = re.sub(WORD.format(re.escape(known)), "", text, flags=re.I)
    return text


@dataclass
class Reading:
    """Somebody who reads in brackets, and the same data as the API has it."""

    reader: Reader
    store: House
    headers: dict[str, str]
    known: set[str]

    def learn(self, *order_ids: str) -> None:
        """Read what the API says of some orders, and of all."""
        services = self.store.services
        parts = ("", "/moves", "/change?from=2023-12-26", "/change?from=2024-01-01", "/history")
        paths = ["/v1/orders?limit=100", "/v1/orders?state=late&snoozed=include", "/v1/impact"]
        paths += [f"/v1/orders/{quote(one, safe='')}{part}" for one in order_ids for part in parts]
        replies = [self.reader.get(path, **self.headers) for path in paths]
        found = {text for reply in replies for text in strings_of(reply.json())}
        found |= {*strings_of(moves_now(ShortMemory(1), services, NOBODY))}
        for one in order_ids:
            found |= {*strings_of(read_events(services, one, NOBODY, 0, 100)[0])}
            has = read_choices(services, one, NOBODY)
            order = self.reader.get(f"/v1/orders/{quote(one, safe='')}", **self.headers).json()["order"]
            found.add(offer_snooze(order, plant_clock(services)).refused)
            groups = (has.holds, has.shortages, has.lots, has.production_orders, has.trucks)
            found |= {choice.name for group in groups for choice in group}
        found = {text for text in found if LETTERS.search(text)}
        found |= {at_a_clause(text, MOST_OF_A_ROW) for text in found}
        self.known |= found | {re.sub(r"(^|\()-(?=\d)", r"\1−", text) for text in found}

    def bare(self, path: str, **headers: str) -> list[str]:
        reply = self.reader.get(path, **headers)
        assert BEGIN in reply.text, (path, reply.status_code)
        return self.left_of(reply.text)

    def left_of(self, html: str) -> list[str]:
        """What of a page is neither in brackets nor data."""
        data = sorted(self.known, key=len, reverse=True)
        rest = (without_data(text, data) for text in outside_brackets(html) if LETTERS.search(text))
        return [text for text in rest if LETTERS.search(text)]


@pytest.fixture(scope="module")
def reading(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reading]:
    with new_database("sqlite", tmp_path_factory.mktemp("translated")) as url:
        store = house(url, trained.model, day=3.5)
        store.ingest(*first_events())
        store.ingest(created(0, 20, order="S1", plant="Kiel"), shipped(3, order="S1"))
        scorer = Scorer(LoadedModel("order-risk", "1", trained.model, run_id="run"))
        settings = Settings(database_url=url, rate_limit_address="1000/second", rate_limit="1000/second")
        app = build_app(scorer, settings, lambda: store.now[0], auth=AuthMode.KEYS, keeps=False)
        key = create_key(store.database, "Ann", Role.ADMIN, None, 1, system_clock())[1]
        reader = Reader(InProcess(app), "")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(texts, "TRANSLATIONS", Bracketed())
            patch.setattr(texts, "LANGUAGE", BRACKETED)
            assert reader.sign_in(key).status_code == 303
            told = {value for row in first_events() for value in row.values() if isinstance(value, str)}
            made = Reading(reader, store, {"authorization": f"Bearer {key}"}, told | {*NAMES})
            made.learn("S1", *{row["order_id"] for row in first_events()})
            yield made
        store.database.close()


FILTERS = "plant=Kiel&risk_min=0.25&risk_max=0.9&due_from=2024-01-05&within=7&changed=1&blocker=hold&min_days_late=1"
WEEK = "week=2024-01-01"
PAGES = (
    "/?all=1",
    "/?state=late",
    "/?sort=plant&snoozed=include",
    "/?customer=Nordwerf",
    f"/?{FILTERS}&mine=1&recorded_from=2024-01-01&ships_before=2024-02-01&owner=Ann",
    *(f"/orders/{one}" for one in ("K1", "K2", "K3", "K4", "S1")),
    *(f"/orders/K2/{part}" for part in ("lines", "moves", "change", "events")),
    "/orders/K3/moves",
    "/changes",
    "/changes?since=2024-01-01",
    "/changes?since=2024-01-01&show=new",
    "/changes/K2?since=2024-01-01",
    f"/production?{WEEK}",
    f"/production?{WEEK}&whole=1",
    "/production?week=2023-10-02&whole=1",
    *(f"/production/{part}?{WEEK}" for part in ("causes", "blocked", "moves", "decisions", "orders")),
    "/model",
    "/model/record",
    "/orders/none",
    "/sign-in?next=/model",
)


@pytest.mark.parametrize("path", PAGES)
def test_nothing_but_data_stands_outside_brackets(reading: Reading, path: str) -> None:
    assert reading.bare(path) == []


DECISIONS: tuple[dict[str, Any], ...] = (
    *({"kind": kind, "order": ["K1", "B1"], "owner": "Bob", "comment": "x"} for kind in ("acknowledge", "comment")),
    {"kind": "assign", "order": "K1", "owner": "Bob"},
    {"kind": "undo", "order": "K1"},
    {"kind": "undo", "order": "K1"},
    {"kind": "expedite", "order": ["K1", "none"]},
    {"only": "take K1"},
    {"only": "give_back K1"},
    {"kind": "acknowledge"},
    {"kind": "comment", "order": "K1"},
)


@pytest.mark.parametrize("fields", DECISIONS, ids=str)
def test_notices_are_in_the_language_of_the_pages(reading: Reading, fields: dict[str, Any]) -> None:
    reply = reading.reader.post("/decisions", {"next": "/orders/K1"} | fields)
    assert (reply.status_code, "shiprisk_notice" in reply.headers["set-cookie"]) == (303, True)
    page = reading.reader.get("/orders/K1").text
    reading.learn("K1")
    assert (BEGIN in page, reading.left_of(page)) == (True, [])


def test_what_if_forms_and_their_faults_are_in_the_language_of_the_pages(reading: Reading) -> None:
    for fields in ({}, {"happens": "hold_released"}, {"happens": "truck_planned", "date": "x", "quantity": "-1"}):
        reply = reading.reader.post("/orders/K3/what-if", fields)
        assert (reply.status_code, reading.left_of(reply.text)) == (422, [])
