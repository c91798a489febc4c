"""The level of a plant as a service adds it: seen in the morning, told as a factor, made again bit for bit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from features.times import isoformat
from serving.ingest.bulk_load import rebuild_worklist
from serving.models.cache import LoadedModel
from serving.models.scorer import PLANT_LEVEL, OrderScore, Scorer
from serving.principal import NOBODY
from serving.scores.replay import find_score, replay_score
from serving.scores.scoring_context import ActiveModel, ScoringContext
from serving.store.schema import scores
from serving.store.tables.contexts import latest_morning, load_context
from serving.store.tables.events import events_of, history_of
from tests.support.models import steeper
from tests.support.stores import House
from tests.support.stories import created, moment, shipped
from training.model.risk_model import RiskModel
from training.trainer import Trained

BAD, GOOD = 30, 20


@pytest.fixture
def young(trained: Trained) -> RiskModel:
    """The model as if it had been trained when the stories begin, with nothing that it was fitted with."""
    return replace(trained.model, about=trained.model.about | {"trained_until": isoformat(moment(0))}, looks=None)


def fill_with_a_bad_week(store: House) -> None:
    """On day 3 all orders of Kiel are missed and those of Ulm are shipped; one of each and of neither is due later."""
    for number in range(BAD):
        store.ingest(created(0.5, 3, order=f"K{number:02}", plant="Kiel"))
    for number in range(GOOD):
        order = f"U{number:02}"
        store.ingest(created(0.5, 3, order=order, plant="Ulm"), shipped(2, 10, order))
    for order, plant in (("A", "Kiel"), ("B", "Ulm"), ("C", None)):
        store.ingest(created(0.5, 20, order=order, plant=plant))


def scored(store: House, order: str) -> OrderScore:
    """The order as a request would have it now, with all factors."""
    scorer = store.services.daily_context.scorer()
    events = store.database.read(lambda c: events_of(c, [order]))
    return scorer.score_all(history_of(events), store.now[0], len(scorer.model.names) + 1)[0][0]


def level(score: OrderScore) -> Any:
    return next((factor for factor in score.factors if factor.signal == PLANT_LEVEL), None)


def test_what_came_of_a_plants_orders_raises_the_risk_of_its_others_the_morning_it_is_known(
    store: House, young: RiskModel
) -> None:
    """An order due on day 3 may be booked until day 5: the morning of day 6 is the first that knows it was missed."""
    store.champion[0] = LoadedModel("order-risk", "1", young, run_id="run")
    fill_with_a_bad_week(store)
    store.move_to(4.5)
    store.fresh()
    assert level(scored(store, "A")) is None
    store.move_to(6.5)
    store.fresh()
    kiel, ulm, neither = (scored(store, order) for order in "ABC")
    assert level(kiel).contribution > level(neither).contribution > level(ulm).contribution > 0
    expected = f"orders of Kiel have lately failed more often than expected: {BAD} of {BAD} in 30 days, where "
    assert level(kiel).sentence.startswith(expected)
    assert (level(kiel).evidence, level(kiel).evidence_total) == ((), 0)
    of_all = "orders of all plants have lately failed more often than expected: 30 of 50 in 30 days, where "
    assert level(neither).sentence.startswith(of_all)
    assert level(ulm).sentence == level(neither).sentence, "none of Ulm's 20 failed: they speak against its level"


def test_base_risk_and_factors_with_the_level_add_up_to_the_risk(store: House, young: RiskModel) -> None:
    """However many factors are shown, and the level is where its points put it."""
    store.champion[0] = LoadedModel("order-risk", "1", young, run_id="run")
    fill_with_a_bad_week(store)
    store.move_to(6.5)
    store.fresh()
    scorer = store.services.daily_context.scorer()
    history = history_of(store.database.read(lambda c: events_of(c, ["A", "B", "C"])))
    for most in (0, 1, 5, len(scorer.model.names) + 1):
        for score in scorer.score_all(history, store.now[0], most)[0]:
            points = [factor.points for factor in score.factors]
            assert score.base_risk is not None
            assert score.base_risk + sum(points) + (score.other_points or 0.0) == pytest.approx(score.risk, abs=1e-9)
            assert len(points) <= most
            assert [abs(one) for one in points] == sorted((abs(one) for one in points), reverse=True)


def test_every_score_is_made_again_bit_for_bit_after_its_level_has_changed(store: House, young: RiskModel) -> None:
    """Mornings before, of and after the bad week, and another champion at noon: each score keeps the level it had."""
    first, second = (LoadedModel("order-risk", version, model, run_id="") for version, model in numbered(young))
    store.champion[0] = first
    fill_with_a_bad_week(store)
    for day in (4.5, 6.5, 7.5):
        store.move_to(day)
        store.fresh()
    store.champion[0] = second
    store.fresh()
    store.move_to(9.5)
    store.fresh()
    of_version = {"1": first, "2": second}

    def again(connection: Any, score_id: int) -> dict[str, Any]:
        score = find_score(connection, score_id, NOBODY)
        return replay_score(connection, score, lambda _, version, __: of_version[version], store.services.settings)

    of_a = [row for row in store.all(scores) if row["order_id"] == "A"]
    assert len({row["risk"] for row in of_a}) >= 4
    every = [row["id"] for row in store.all(scores)]
    assert [one for one in every if store.database.read(lambda c, one=one: again(c, one))["differs"]] == []


def test_a_new_champion_has_its_own_levels_the_same_day(store: House, young: RiskModel) -> None:
    """The morning is begun again beside it; until then the level of what it was fitted with holds, here none."""
    first, second = (LoadedModel("order-risk", version, model, run_id="") for version, model in numbered(young))
    store.champion[0] = first
    fill_with_a_bad_week(store)
    store.move_to(6.5)
    store.fresh()
    store.champion[0] = second
    assert store.services.daily_context.lacks_levels()
    assert level(scored(store, "A")) is None
    store.fresh()
    assert not store.services.daily_context.lacks_levels()
    assert level(scored(store, "A")).points > 0
    morning = store.database.read(latest_morning)
    assert morning is not None
    stored = store.database.read(lambda c: load_context(c, morning[1]))
    assert stored is not None
    assert second.model.digest in stored.levels


def test_an_order_of_which_it_cannot_tell_is_marked_in_replies_and_on_the_worklist(
    store: House, trained: Trained
) -> None:
    """Nobody has judged an order of this customer or item; the mark survives a worklist that is built anew."""
    model = replace(trained.model, about=trained.model.about | {"farthest_promise": 40.0})
    store.champion[0] = LoadedModel("order-risk", "1", model, run_id="")
    store.move_to(200)
    strange, usual = {"customer": "new", "item": "new"}, {"customer": "C1", "item": "I1"}
    reply = store.ingest(created(199, 220, **strange), created(199, 220, order="B", **usual))
    why = ["no order of this customer and none with its items is known to have ended yet"]
    assert [json.loads(change.after["cannot_tell"]) for change in reply.orders if change.after] == [why, []]
    assert list(scored(store, "A").cannot_tell) == why

    def marked() -> dict[str, Any]:
        return {row["order_id"]: json.loads(row["cannot_tell"]) for row in store.listed()}

    assert marked() == {"A": why, "B": []}
    scoring_context = ScoringContext("import", store.now[0], ActiveModel(None, ""), store.services.settings)
    rebuild_worklist(store.database, scoring_context, lambda *_: None)
    assert marked() == {"A": why, "B": []}


def test_a_model_of_before_has_no_level_until_outcomes_come(store: House, young: RiskModel) -> None:
    plain = Scorer(LoadedModel("order-risk", "1", young))
    store.ingest(created(0, 20, plant="Kiel"))
    history = history_of(store.database.read(lambda c: events_of(c, ["A"])))
    assert level(plain.score_all(history, store.now[0], 200)[0][0]) is None


def numbered(model: RiskModel) -> list[tuple[str, RiskModel]]:
    return [("1", model), ("2", steeper(model))]
