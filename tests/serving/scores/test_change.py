"""Why a stored risk moved: steps from one stored score to another, on both databases."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from features.decision_points import DecisionPoints
from features.errors import InvalidRequest
from features.times import HOUR, isoformat, micros
from serving.api.change_reply import order_change
from serving.contract.change import ChangeParams, ChangeReply
from serving.models.cache import LoadedModel
from serving.models.scorer import Scorer
from serving.principal import NOBODY, Caller, Role
from serving.problems import NotFound
from serving.scores import change as change_module
from serving.store.schema import scores
from serving.store.tables.contexts import load_context
from serving.store.tables.events import events_of, history_of
from serving.store.tables.scores import latest_score_by
from tests.support.filled import fill_with_days
from tests.support.models import steeper
from tests.support.stores import House
from tests.support.stories import created, event, moment, shipped
from training.trainer import Trained

RANDOM_ORDERS = 2_000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 60


def change(store: House, trained: Trained, order: str, caller: Caller = NOBODY, **window: float) -> dict[str, Any]:
    """The reply of the service; the moments are days."""
    models = {"1": trained.model, "2": steeper(trained.model)}
    params = ChangeParams.model_validate({name: isoformat(moment(day)) for name, day in window.items()})

    def load(name: str, version: str, run_id: str) -> LoadedModel:
        return LoadedModel(name, version, models[version], run_id=run_id)

    def job(connection: Any) -> dict[str, Any]:
        return order_change(connection, order, params, caller, store.now[0], load, store.services.settings)

    content = store.database.read(job)
    ChangeReply.model_validate(content)
    return content


def stored_risk(store: House, order: str, day: float) -> float | None:
    row = store.database.read(lambda c: latest_score_by(c, order, moment(day)))
    assert row is not None
    risk: float | None = row["risk"]
    return risk


def require_sums(told: dict[str, Any]) -> None:
    """Steps add up to the change, topics to their step, each step begins where the one before has ended."""
    steps, ends = told["steps"], (told["before"]["risk"], told["after"]["risk"])
    if told["points"] is not None:
        assert sum(step["points"] for step in steps) == pytest.approx(told["points"], abs=1e-12)
    if None not in ends:
        assert told["points"] == ends[1] - ends[0]
    for step in steps:
        assert sum(step["topics"].values()) == pytest.approx(step["points"], abs=1e-12)
        assert len(step["sentence"]) <= 160


def test_steps_of_all_stored_orders_add_up(store: House, trained: Trained) -> None:
    """Events, decisions, ticks, mornings and a new champion; from any stored day to any other."""
    fill_with_days(store, trained)
    kinds = set()
    for order in sorted({row["order_id"] for row in store.all(scores)}):
        for begin, end in ((1.0, 5.0), (3.0, 5.0), (3.0, 4.3), (4.3, 5.0)):
            told = change(store, trained, order, **{"from": begin, "to": end})
            require_sums(told)
            assert told["after"]["risk"] == stored_risk(store, order, end)
            kinds |= {step["step"] for step in told["steps"]}
    assert kinds == {"event", "time", "context", "model"}


def test_a_change_is_told_in_one_sentence(store: House, trained: Trained) -> None:
    store.ingest(created(0, 20, plant="Kiel"), event("material.stated", 1, reference="steel", state="short", date=8))
    store.move_to(3.5)
    store.ingest(event("material.stated", 3.5, reference="steel", state="short", date=17))
    store.ingest(event("hold.placed", 3.4, kind="quality", reference="H1", reason="surface"))
    told = change(store, trained, "A")
    sentences = [step["sentence"] for step in told["steps"] if step["step"] == "event"]
    assert "steel moved from Tue 9 Jan to Thu 18 Jan" in sentences
    assert "quality hold H1 was placed (surface)" in sentences
    assert "since yesterday" in told["summary"]
    assert "quality hold H1 was placed (surface) (+" in told["summary"]
    require_sums(told)


def sentences_of(store: House, trained: Trained, order: str, **window: float) -> list[str]:
    reply = change(store, trained, order, **window)
    return [step["sentence"] for step in reply["steps"] if step["step"] == "event"]


def test_a_promise_is_moved_from_what_was_promised_for_the_same(store: House, trained: Trained) -> None:
    """An instalment from its own date, the whole order only where all of its lines had the same one."""
    rows = [
        created(0, 10, order="A", line="10", instalment="1"),
        created(0.1, 40, order="A", line="10", instalment="2"),
        *(created(0, due, order=order, line=line) for order in "BC" for line, due in (("10", 9), ("20", 9))),
        created(0.1, 39, order="C", line="30"),
    ]
    store.ingest(*rows)
    store.move_to(3.5)
    moved = [event("commitment.changed", 3.2, order, date=12) for order in "BC"]
    store.ingest(event("commitment.changed", 3.2, "A", line="10", instalment="1", date=12), *moved)
    store.move_to(3.9)
    store.ingest(event("commitment.changed", 3.7, "A", line="10", date=15))
    window = {"from": 3.1, "to": 3.9}
    assert sentences_of(store, trained, "A", **window) == [
        "the promise of line 10/1 was moved from Thu 11 Jan to Sat 13 Jan",
        "the promise of line 10 was set to Tue 16 Jan",
    ]
    assert sentences_of(store, trained, "B", **window) == ["the promise was moved from Wed 10 Jan to Sat 13 Jan"]
    assert sentences_of(store, trained, "C", **window) == ["the promise was set to Sat 13 Jan"]


def test_a_component_that_came_and_is_short_again_is_due_anew(store: House, trained: Trained) -> None:
    store.ingest(created(0, 20), event("material.stated", 1, reference="steel", state="short", date=4))
    store.ingest(event("material.stated", 2, reference="steel", state="available"))
    store.move_to(3.9)
    store.ingest(event("material.stated", 3.2, reference="steel", state="short", date=11))
    store.ingest(event("material.stated", 3.4, reference="steel", state="short", date=12))
    assert sentences_of(store, trained, "A", **{"from": 3.1, "to": 3.9}) == [
        "steel was stated missing, due Fri 12 Jan",
        "steel moved from Fri 12 Jan to Sat 13 Jan",
    ]


def test_the_step_of_an_event_is_the_scorers_risk_before_and_after_it(store: House, trained: Trained) -> None:
    """It arrives late, after another one that was recorded later, and counts from where it had not been seen."""
    store.ingest(created(0, 20, plant="Kiel"))
    store.move_to(4)
    store.ingest(event("hold.placed", 3.9, kind="quality", reference="late"))
    store.ingest(event("hold.placed", 3.5, kind="credit", reference="later"))
    told = change(store, trained, "A", **{"from": 3.1, "to": 4})
    require_sums(told)
    row = store.all(scores)[-1]
    events = store.database.read(lambda c: events_of(c, ["A"]))
    context = store.database.read(lambda c: load_context(c, row["context_id"]))
    scorer = Scorer(LoadedModel("order-risk", "1", trained.model), context)
    seen = [one for one in events if one.kind != "quality"]
    at_point = DecisionPoints(np.array([0]), np.array([moment(3.5)]))
    credit = next(step for step in told["steps"] if step["sentence"] == "credit hold later was placed")
    assert credit["after"] == scorer.score(history_of(seen), at_point)[0].risk
    assert credit["before"] == scorer.score(history_of(seen[:1]), at_point)[0].risk
    assert credit["at"] == isoformat(moment(3.5))


def test_what_arrives_late_counts_from_the_score_that_had_not_seen_it(store: House, trained: Trained) -> None:
    """Recorded on day 2, sent on day 4: the score of day 3 stays what it was, and the step begins there."""
    store.ingest(created(0, 20, plant="Kiel"))
    before = stored_risk(store, "A", 3)
    store.move_to(4)
    store.ingest(event("hold.placed", 2, kind="quality", reference="H1"))
    told = change(store, trained, "A", **{"from": 3, "to": 4})
    first = told["steps"][0]
    assert (first["step"], first["at"]) == ("event", isoformat(moment(3)))
    assert (first["before"], told["before"]["risk"]) == (before, before)
    assert {step["step"] for step in told["steps"]} <= {"event", "time", "context"}
    require_sums(told)


def test_several_that_arrive_late_each_leave_the_order_as_if_it_had_arrived_alone(
    store: House, trained: Trained
) -> None:
    """Recorded between what had been seen: the states after each are histories of their own, the last one is whole."""
    store.ingest(created(0, 20, plant="Kiel"), event("hold.placed", 2.8, kind="credit", reference="seen"))
    store.move_to(4)
    kinds = ("quality", "delivery", "material")
    store.ingest(*(event("hold.placed", 1 + at, kind=kind, reference="late") for at, kind in enumerate(kinds[:2])))
    store.ingest(event("hold.placed", 3.5, kind=kinds[2], reference="new"))
    reply = change(store, trained, "A", **{"from": 3.1, "to": 4})
    require_sums(reply)
    row = store.all(scores)[-1]
    context = store.database.read(lambda c: load_context(c, row["context_id"]))
    scorer = Scorer(LoadedModel("order-risk", "1", trained.model), context)
    events = store.database.read(lambda c: events_of(c, ["A"]))
    steps = [step for step in reply["steps"] if step["step"] == "event"]
    assert [step["sentence"].split()[0] for step in steps] == list(kinds)
    for number, step in enumerate(steps, start=1):
        known = [one for one in events if one.kind not in kinds[number:]]
        at_point = DecisionPoints(np.array([0]), np.array([micros(step["at"])]))
        assert step["after"] == scorer.score(history_of(known), at_point)[0].risk


@pytest.mark.parametrize(
    ("limit", "most", "sentence"),
    [
        ("MOST_EVENTS", 2, "at most 2 events, got 3"),
        ("MOST_READ", 10, "at most 10 events known in all states together, got 17"),
        ("MOST_MORNINGS", 1, "at most 1 contexts and models, got 2"),
    ],
)
def test_a_change_of_too_much_is_refused(
    store: House, trained: Trained, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, sentence: str
) -> None:
    """Events are counted over the whole path, whatever contexts they fall under."""
    store.ingest(created(0, 20))
    store.move_to(3.5)
    store.ingest(*(event("hold.placed", day, kind="quality", reference=str(day)) for day in (3.2, 3.3)))
    store.move_to(4.5)
    store.fresh()
    store.ingest(event("hold.placed", 4.4, kind="quality", reference="last"))
    window = {"from": 3.1, "to": 4.5}
    assert {"event", "context"} <= {step["step"] for step in change(store, trained, "A", **window)["steps"]}
    monkeypatch.setattr(change_module, limit, most)
    with pytest.raises(InvalidRequest, match=sentence):
        change(store, trained, "A", **window)


def test_a_new_model_is_a_step_of_its_own(store: House, trained: Trained) -> None:
    store.ingest(created(0, 20, plant="Kiel"))
    store.champion[0] = LoadedModel("order-risk", "2", steeper(trained.model), run_id="other")
    store.move_to(3.01)
    store.fresh()
    told = change(store, trained, "A", **{"from": 3, "to": 3.5})
    step = next(step for step in told["steps"] if step["step"] == "model")
    assert step["sentence"] == "order-risk@2 scores instead of order-risk@1"
    assert step["points"] > 0
    assert set(step["topics"]) >= {"base"}
    require_sums(told)


def test_an_order_that_has_shipped_says_so(store: House, trained: Trained) -> None:
    store.ingest(created(0, 20, plant="Kiel"))
    store.move_to(4)
    store.ingest(event("hold.placed", 3.2, kind="quality"), shipped(3.9, 10))
    told = change(store, trained, "A", **{"from": 3, "to": 4})
    assert told["after"]["risk"] is None
    assert told["summary"].partition(": ")[2].startswith("it has shipped")
    assert told["steps"][-1]["points"] == 0
    require_sums(told)


def test_an_order_that_is_new_is_told_since_its_first_score(store: House, trained: Trained) -> None:
    store.ingest(created(2.9, 20))
    told = change(store, trained, "A")
    assert told["began"]
    assert told["points"] == 0
    with pytest.raises(InvalidRequest, match="to must not lie before the first score"):
        change(store, trained, "A", **{"from": 1, "to": 2})
    with pytest.raises(InvalidRequest, match="from must lie before to"):
        change(store, trained, "A", **{"from": 2, "to": 2})


def test_orders_of_other_plants_are_not_there(store: House, trained: Trained) -> None:
    store.ingest(created(0, 20, plant="Kiel"))
    of_ulm = Caller("key", frozenset({"Ulm"}), Role.PLANNER)
    with pytest.raises(NotFound):
        change(store, trained, "A", of_ulm)
    with pytest.raises(NotFound):
        change(store, trained, "B")


def test_where_the_code_of_a_signal_has_changed_both_ends_are_still_what_is_stored(
    store: House, trained: Trained
) -> None:
    store.ingest(created(0, 20))
    store.move_to(3.5)
    store.ingest(event("hold.placed", 3.4, kind="quality"))
    store.database.write(lambda c: c.execute(scores.update().values(risk=scores.c.risk * 0.9)))
    told = change(store, trained, "A", **{"from": 3, "to": 3.5})
    sentences = [step["sentence"] for step in told["steps"]]
    assert sentences[0] == sentences[-1] == "signals are computed in another way"
    require_sums(told)


SAYS = (
    ("hold.placed", {"kind": "quality", "reference": "H"}),
    ("hold.released", {"kind": "quality", "reference": "H"}),
    ("material.stated", {"state": "short", "reference": "steel"}),
    ("material.stated", {"state": "available", "reference": "steel"}),
    ("commitment.changed", {"line": "1"}),
    ("production.released", {"reference": "P", "quantity": 10}),
    ("operation.confirmed", {"reference": "10", "quantity": 4, "state": "partial"}),
    ("goods.issued", {"line": "1", "quantity": 10}),
    ("order_line.closed", {"line": "1", "reason": "cancelled"}),
    ("order_line.reopened", {"line": "1"}),
    ("readiness.stated", {"kind": "labels", "state": "met"}),
)
DATED = ("material.stated", "commitment.changed", "production.released")


def random_orders(seed: int, count: int) -> list[tuple[float, dict[str, Any]]]:
    """Events of many orders with the day on which each arrives: some long after they were recorded, in any order."""
    draw = np.random.default_rng(seed)
    told = []
    for number in range(count):
        order, day = f"R{number:04}", float(draw.integers(0, 8)) / 4
        promise = None if draw.random() < 0.1 else day + float(draw.integers(1, 16))
        named = {"plant": f"P{number % 2}", "line": "1", "value": 100}
        told.append((day, created(day, promise, order=order, **named)))
        for step in range(int(draw.integers(1, 8))):
            what, says = SAYS[draw.integers(len(SAYS))]
            at = min(day + float(draw.integers(0, 24)) / 4, 7.75)
            dated = {"date": at + float(draw.integers(1, 12))} if what in DATED else {}
            row = event(
                what, at, order, late=float(draw.integers(0, 3)) / 4, event_id=f"{order}-{step}", **says, **dated
            )
            told.append((at + 0.75 + float(draw.integers(0, 5)) / 4, row))
    return told


def test_steps_of_random_orders_add_up(store: House, trained: Trained) -> None:
    told = random_orders(5, RANDOM_ORDERS)
    for quarter in range(2, 42):
        store.now[0] = max(store.now[0], moment(3)) if quarter < 12 else moment(quarter / 4)
        arriving = [
            row for day, row in told if quarter / 4 - 0.25 < day <= quarter / 4 or (quarter == 2 and day <= 0.25)
        ]
        for begin in range(0, len(arriving), 400):
            store.ingest(*arriving[begin : begin + 400])
        if quarter == 24:
            store.champion[0] = LoadedModel("order-risk", "2", steeper(trained.model), run_id="other")
        if quarter % 4 == 0:
            store.now[0] += HOUR
            store.fresh()
    orders = sorted({row["order_id"] for row in store.all(scores)})
    assert len(orders) == RANDOM_ORDERS
    states = set()
    for order in orders:
        reply = change(store, trained, order, **{"from": 4.1, "to": 10.5})
        require_sums(reply)
        assert "signals are computed in another way" not in {step["sentence"] for step in reply["steps"]}
        states |= {reply["before"]["state"], reply["after"]["state"]}
    assert states >= {"open", "late", "shipped", "cancelled"}
