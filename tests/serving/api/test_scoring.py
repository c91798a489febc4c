"""The real server over a real socket."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from features.context.context import Context
from features.history import History
from features.times import micros, plant_calendar
from serving.api.bodies.threads import QUICK
from serving.contract.cloudevents import cloud_events
from serving.contract.scoring import ScoresReply
from serving.models.cache import load_champion
from serving.models.scorer import Scorer
from serving.settings import Settings
from tests.conftest import Home, Service, serve
from tests.support.stories import created, event, moment, points, shipped, story

AS_OF = "2024-06-01T12:00:00Z"


def open_order(plant: pd.DataFrame, held: bool = True) -> pd.DataFrame:
    """The events of an order that is open at AS_OF, with a hold or without."""
    known = plant[(plant["recorded_at"] <= pd.Timestamp(AS_OF)).to_numpy()]
    held_orders = set(known.loc[known["type"] == "hold.placed", "order_id"])
    gone = set(known.loc[known["type"] == "goods.issued", "order_id"])
    due = plant.loc[(plant["date"] > pd.Timestamp(AS_OF)).to_numpy(), "order_id"]
    fitting = [order for order in sorted(set(due) - gone & set(known["order_id"])) if (order in held_orders) == held]
    return plant[(plant["order_id"] == fitting[0]).to_numpy()]


def ask(service: Service, **body: Any) -> httpx.Response:
    return httpx.post(f"{service.url}/v1/score", json=body, timeout=30)


def test_risk_missed_partial_and_factors_add_up(service: Service, plant: pd.DataFrame) -> None:
    reply = ask(service, as_of=AS_OF, events=cloud_events(open_order(plant)), factors=200).json()
    score = reply["scores"][0]
    assert score["state"] == "open"
    assert score["missed"] + score["partial"] == pytest.approx(score["risk"])
    assert score["base_risk"] + sum(f["points"] for f in score["factors"]) == pytest.approx(score["risk"])
    odds = np.log(score["risk"] / (1 - score["risk"]))
    base = np.log(score["base_risk"] / (1 - score["base_risk"]))
    assert base + sum(f["contribution"] for f in score["factors"]) == pytest.approx(odds)
    assert score["other_points"] == pytest.approx(0)


@pytest.mark.parametrize("factors", [0, 5, 200])
def test_the_reply_keeps_to_its_schema(service: Service, plant: pd.DataFrame, factors: int) -> None:
    events = [*cloud_events(open_order(plant)), *cloud_events(story(created(0, 3, order="B")))]
    reply = ask(service, as_of=AS_OF, events=events, factors=factors)
    assert reply.headers["content-type"] == "application/json"
    checked = ScoresReply.model_validate_json(reply.content, strict=True, extra="forbid")
    assert checked.model_dump(mode="json") == reply.json()


def test_few_factors_and_the_others_add_up(service: Service, plant: pd.DataFrame) -> None:
    score = ask(service, as_of=AS_OF, events=cloud_events(open_order(plant)), factors=2).json()["scores"][0]
    assert len(score["factors"]) == 2
    shown = sum(f["points"] for f in score["factors"])
    assert score["base_risk"] + shown + score["other_points"] == pytest.approx(score["risk"])


def test_a_hold_raises_the_risk_and_is_its_own_evidence(service: Service, plant: pd.DataFrame) -> None:
    events = open_order(plant)
    held = ask(service, as_of=AS_OF, events=cloud_events(events)).json()["scores"][0]
    without = events[(events["type"] != "hold.placed").to_numpy()]
    free = ask(service, as_of=AS_OF, events=cloud_events(without)).json()["scores"][0]
    assert held["risk"] > free["risk"] + 0.1
    factor = next(f for f in held["factors"] if f["group"] == "holds")
    placed = events.loc[events["type"] == "hold.placed", "event_id"].iloc[0]
    assert {"source": "test", "id": placed} in factor["evidence"]
    assert factor["sentence"]


def test_the_reply_is_what_the_library_computes(service: Service, home: Home, plant: pd.DataFrame) -> None:
    events = open_order(plant)
    replied = ask(service, as_of=AS_OF, events=cloud_events(events)).json()["scores"][0]
    context = Context.of(History.of(plant), plant_calendar())
    scorer = Scorer(load_champion(Settings(home=home.folder / "home")), context)
    scores, _ = scorer.score_all(History.of(events), micros(AS_OF))
    assert scores[0].risk == replied["risk"]


def test_every_order_of_the_body_comes_back_with_its_state(service: Service) -> None:
    told = story(
        created(0, 30),
        created(0, 3, order="B"),
        *(created(0, 30, order="C"), shipped(1, 10, "C")),
        *(created(0, 30, order="D"), event("order_line.closed", 1, "D", reason="cancelled")),
        created(8, 30, order="E"),
    )
    reply = ask(service, as_of="2024-01-06T00:00:00Z", events=cloud_events(told)).json()
    found = {score["order_id"]: (score["state"], score["risk"]) for score in reply["scores"]}
    assert found["A"][0] == "open"
    assert found["B"] == ("late", 1.0)
    assert [found[order] for order in "CDE"] == [("shipped", None), ("cancelled", None), ("unknown", None)]
    assert all(score["reason"] for score in reply["scores"] if score["state"] != "open")


def test_a_late_order_is_at_least_as_risky_as_any(home: Home) -> None:
    scorer = Scorer(load_champion(Settings(home=home.folder / "home")))
    history = History.of(story(created(0, 3)))
    assert scorer.score(history, points(history, 4))[0].risk == 1.0
    assert scorer.score(history, points(history, 2))[0].risk < 1.0
    assert scorer.degraded_because(moment(2))[0].startswith("the model has learned from outcomes known until")


def test_evidence_is_the_same_alone_together_and_in_parts(
    home: Home, plant: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = Scorer(load_champion(Settings(home=home.folder / "home")))
    history, as_of = History.of(plant), micros(AS_OF)
    together, _ = scorer.score_all(history, as_of, 200)
    monkeypatch.setattr("serving.models.evidence.PART_EVENTS", 100)
    assert scorer.score_all(history, as_of, 200)[0] == together
    open_ = [i for i, score in enumerate(together) if score.state == "open"]
    for i in open_[:5]:
        assert scorer.score_all(history.part(i, i + 1), as_of, 200)[0] == [together[i]]


@pytest.mark.parametrize(
    ("change", "pointer", "said"),
    [
        ({"time": "yesterday"}, "/events/0/time", "must be an ISO 8601 date or time, got 'yesterday'"),
        ({"type": "shiprisk.order.made"}, "/events/0/type", "must be one of order_line.created"),
        (
            {"type": "shiprisk.delivery.planned", "data": {}},
            "/events/0/data/date",
            "must be given for delivery.planned",
        ),
        ({"data_base64": "e30="}, "/events/0", "must have data or data_base64, got both"),
        ({"sequence": 7.5}, "/events/0/sequence", "valid integer"),
        ({"recordedTime": "2024-01-01"}, "/events/0/recordedTime", "should match pattern"),
        ({"data": {"quantity": -5, "date": "2024-02-01"}}, "/events/0/data/quantity", "must not be negative"),
        ({"data": {"quantity": "x", "date": "2024-02-01"}}, "/events/0/data/quantity", "valid number"),
        ({"data": {"qty": 5}}, "/events/0/data/qty", "Extra inputs are not permitted"),
        ({"subject": ""}, "/events/0/subject", "at least 1 character"),
        ({"specversion": "0.3"}, "/events/0/specversion", "must be 1.0, got '0.3'"),
    ],
)
def test_a_wrong_event_is_a_problem_that_points_at_it(
    service: Service, change: dict[str, Any], pointer: str, said: str
) -> None:
    good = cloud_events(story(created(0, 30)))[0]
    reply = ask(service, as_of=AS_OF, events=[good | change])
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert (problem["status"], problem["errors"][0]["pointer"]) == (422, pointer)
    assert said in problem["errors"][0]["detail"]
    assert said in problem["detail"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"events": [], "as_of": AS_OF}, "at least 1 item"),
        ({"as_of": AS_OF}, "Field required"),
        ({"events": "all", "as_of": AS_OF}, "valid list"),
        ({"events": cloud_events(story(created(0, 30))), "as_of": "2190-01-01"}, "must not lie in the future"),
        ({"events": cloud_events(story(created(0, 30))), "as_of": "soon"}, "must be an ISO 8601 date or time"),
    ],
)
def test_a_wrong_request_is_a_problem(service: Service, body: dict[str, Any], said: str) -> None:
    reply = ask(service, **body)
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert said in reply.json()["detail"]


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[1e999]", b"\xff\xfe", b"[" * 5000, b'{"events": NaN}'])
def test_a_hostile_body_is_a_problem(service: Service, content: bytes) -> None:
    reply = httpx.post(f"{service.url}/v1/score", content=content, headers={"content-type": "application/json"})
    assert reply.status_code in (400, 422)
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_body_that_does_not_say_it_is_json_is_a_problem(service: Service) -> None:
    content = json.dumps({"as_of": AS_OF, "events": cloud_events(story(created(0, 30)))}).encode()
    url = f"{service.url}/v1/score"
    for kind, status in (("application/json; charset=utf-8", 200), ("application/cloudevents+json", 200)):
        assert httpx.post(url, content=content, headers={"content-type": kind}).status_code == status
    for headers, got in (({}, "none"), ({"content-type": "text/plain"}, "text/plain")):
        reply = httpx.post(url, content=content, headers=headers)
        assert reply.status_code == 415
        assert "the content-type must be application/json" in reply.json()["detail"]
        assert reply.json()["detail"].endswith(f"got {got}")


def test_a_byte_order_mark_is_no_fault(service: Service) -> None:
    content = json.dumps({"as_of": AS_OF, "events": cloud_events(story(created(0, 30)))}).encode("utf-8-sig")
    reply = httpx.post(f"{service.url}/v1/score", content=content, headers={"content-type": "application/json"})
    assert reply.json()["scores"][0]["state"] == "late"


def test_a_large_body_is_answered_beside_small_ones(service: Service) -> None:
    """More bytes than are answered at once: the same orders come back."""
    told = story(*(created(0, 300, order=f"{number:03}", actor="x" * 100) for number in range(400)))
    body = {"as_of": AS_OF, "events": cloud_events(told), "factors": 1}
    assert len(json.dumps(body)) > QUICK
    scores = ask(service, **body).json()["scores"]
    assert [score["order_id"] for score in scores] == [f"{number:03}" for number in range(400)]
    assert {score["state"] for score in scores} == {"open"}
    assert scores[7] == ask(service, **body | {"events": body["events"][7:8]}).json()["scores"][0]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_of_10_mb_is_too_large(service: Service, announced: bool) -> None:
    content = b" " * 10_000_000
    body = content if announced else (content[i : i + 100_000] for i in range(0, len(content), 100_000))
    reply = httpx.post(f"{service.url}/v1/score", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 413
    assert "must have at most 4,194,304 bytes" in reply.json()["detail"]


def test_the_model_tells_what_it_is(service: Service) -> None:
    model = httpx.get(f"{service.url}/v1/model").json()
    assert (model["name"], model["version"], model["degraded"]) == ("order-risk", "1", False)
    assert model["about"]["judged"]["roc_auc"][0] > 0.6
    assert {"name", "group", "unit", "definition"} == set(model["signals"][0])
    *plants, others = model["levels"]
    assert [level["plant"] for level in plants] == ["P0", "P1"]
    assert others["plant"] is None
    assert others["orders"] == sum(level["orders"] for level in plants)


def test_health_and_unknown_routes(service: Service) -> None:
    assert httpx.get(f"{service.url}/health/live").json() == {"status": "ok"}
    assert httpx.get(f"{service.url}/health/ready").json() == {"status": "ok"}
    missing = httpx.get(f"{service.url}/v1/nothing")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    assert httpx.get(f"{service.url}/v1/score").status_code == 405


def test_openapi_has_examples_that_work(service: Service) -> None:
    schema = httpx.get(f"{service.url}/openapi.json").json()
    example = schema["components"]["schemas"]["ScoreRequest"]["examples"][0]
    reply = ask(service, **example).json()
    assert reply["scores"][0]["order_id"] == "4711"
    assert {"/v1/score", "/v1/model", "/health/live", "/health/ready"} <= set(schema["paths"])


def test_without_events_the_models_own_context_scores_and_says_when_it_is_old(home: Home, plant: pd.DataFrame) -> None:
    for service in serve(home):
        reply = ask(service, events=cloud_events(story(created(0, 3000)))).json()
        assert reply["degraded"]
        assert any(reason.startswith("other orders are known only until") for reason in reply["degraded_because"])


def test_the_docs_page_needs_no_other_host(service: Service) -> None:
    page = httpx.get(f"{service.url}/docs").text
    assert not re.findall(r"(?:src|href)=[\"'](?:https?:)?//", page)
    for asset in re.findall(r"(?:src|href)=[\"'](/[^\"']+)", page):
        assert httpx.get(f"{service.url}{asset}").status_code == 200


def test_show_prints_a_body_that_scores(service: Service, home: Home, plant: pd.DataFrame) -> None:
    order = open_order(plant)["order_id"].iloc[0]
    shown = home.run("show", str(home.events), "--order", order, "--as-of", AS_OF, "--json")
    assert shown.returncode == 0, shown.stderr
    score = ask(service, **json.loads(shown.stdout.splitlines()[-1])).json()["scores"][0]
    assert (score["order_id"], score["state"]) == (order, "open")


def test_an_order_of_more_lines_than_one_may_have_is_refused_by_name(service: Service) -> None:
    """Each event is read against every line: without a limit the time of one call grows with their product."""
    lines = [created(0, 30, order="Broad", line=str(number)) for number in range(2_001)]
    content = json.dumps({"as_of": AS_OF, "events": cloud_events(story(*lines))}).encode()
    reply = httpx.post(f"{service.url}/v1/score", content=content, headers={"content-type": "application/json"})
    assert reply.status_code == 422
    assert "an order must have at most 2,000 lines, got 2,001 of 'Broad'" in reply.json()["detail"]


def test_many_issues_of_no_line_in_an_order_of_many_lines_are_answered(service: Service) -> None:
    """A call of two thousand each took minutes when each issue looked for every line anew; now it takes a second."""
    issues = [shipped(2 + number / 1e4, 0.5, order="Long", reference=f"R{number}") for number in range(2_000)]
    lines = [created(0, 30, order="Long", line=str(number), quantity=1) for number in range(2_000)]
    content = json.dumps({"as_of": AS_OF, "events": cloud_events(story(*lines, *issues))}).encode()
    headers = {"content-type": "application/json"}
    reply = httpx.post(f"{service.url}/v1/score", content=content, headers=headers, timeout=20)
    assert reply.status_code == 200
