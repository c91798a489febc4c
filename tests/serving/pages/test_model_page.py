"""The page of the model: since when it serves, how it did, how fresh things are, and what is wrong in plain words."""

from __future__ import annotations

import re

from serving.bootstrap import build_app
from serving.middleware.stack import AuthMode
from serving.pages.overviews.model_words import describe_judged, in_plain_words
from serving.principal import Role
from serving.settings import Settings
from tests.serving.pages.conftest import InProcess, Planned, Reader, text_of
from tests.support.pages import Page
from tests.support.stores import House
from tests.support.stories import created


def test_which_model_serves_and_how_fresh_its_scores_are(planned: Planned) -> None:
    page = planned.signed_in(plant="Kiel").get("/model")
    words = text_of(page)
    assert re.search(r"order-risk, version \d+ Serves since \w{3} \d+ \w{3}", words)
    for said in ("How fresh", "Other orders known until", "Last record of each source", "less error than always"):
        assert said in words
    assert Page(page.text).faults == []


def test_foretold_against_came_by_days_and_the_verdict(planned: Planned) -> None:
    page = planned.signed_in(plant="Kiel").get("/model/record")
    words = text_of(page)
    assert "Foretold against came, by days to the promise" in words
    rows = Page(page.text).cells("table 0")
    assert rows[-1][0] == "All"
    assert all(re.search(r"\d %", row[1]) and re.search(r"\d %", row[2]) for row in rows)
    assert "Why it serves" in words
    part = planned.signed_in(plant="Kiel").get("/model/record", **{"hx-request": "true"})
    assert "<html" not in part.text


def test_the_report_is_a_file_for_keys_of_all_plants(planned: Planned) -> None:
    assert "it opens with a key for all of them" in text_of(planned.signed_in(plant="Kiel").get("/model/record"))
    assert planned.signed_in(plant="Kiel").get("/model/report").status_code in (403, 404)
    assert "Report of its training" in text_of(planned.signed_in(Role.ADMIN).get("/model/record"))
    report = planned.signed_in(Role.ADMIN).get("/model/report")
    assert report.headers["content-disposition"].startswith("attachment")
    assert "<html" in report.text


def test_without_a_model_the_pages_say_what_to_do(store: House) -> None:
    store.ingest(created(0, 20, value=100.0))
    settings = Settings(database_url=store.services.settings.database_url, rate_limit_address="1000/second")
    reader = Reader(InProcess(build_app(None, settings, store.services.clock, auth=AuthMode.OPEN)), "")
    assert "No model scores" in text_of(reader.get("/model"))
    assert "shiprisk train" in text_of(reader.get("/model"))
    assert "No model scores." in text_of(reader.get("/model/record"))
    assert reader.get("/model/report").status_code == 404
    assert "No model scores yet" in text_of(reader.get("/production"))
    assert "No model scores yet" in text_of(reader.get("/production?whole=1"))
    assert "No model scores yet" in text_of(reader.get("/production/moves"))
    assert reader.get("/production/causes").status_code == 503
    assert reader.get("/changes").status_code == 200


def test_faults_in_the_words_of_who_plans() -> None:
    told = in_plain_words(["the model registry is away, the cached version 3 scores", "something else"])
    assert told[0][0] == "The registry of models does not answer. The version at hand goes on scoring."
    assert told[1] == ("", "something else")


def test_figures_say_what_they_mean() -> None:
    figures = dict(
        describe_judged({"orders": 1200, "failure_share": 0.25, "roc_auc": [0.8, 0.7, 0.9], "brier_skill": -0.1})
    )
    assert list(figures) == ["1,200", "25 %", "80 %", "−10 %"]
    assert describe_judged({}) == []
