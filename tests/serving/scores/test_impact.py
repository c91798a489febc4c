"""What stored events did to the risks of their orders, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from features.errors import InvalidRequest
from features.times import isoformat
from serving.api.impact_reply import impact_reply
from serving.contract.impact import ImpactParams, ImpactReply
from serving.principal import NOBODY, Caller, Role
from serving.problems import NotReady
from serving.scores import impact as impact_module
from serving.store.bulk_reads import event_frame
from tests.support.filled import fill_with_days
from tests.support.stores import House
from tests.support.stories import created, event, moment
from training.change.impact import measure_impact
from training.trainer import Trained


def impact(store: House, caller: Caller = NOBODY, **asked: Any) -> dict[str, Any]:
    dated = {name: isoformat(moment(day)) if name in ("from", "to") else day for name, day in asked.items()}
    content = impact_reply(ImpactParams.model_validate(dated), store.services, caller)
    ImpactReply.model_validate(content)
    return content


@pytest.mark.parametrize("by", ["type", "kind", "reason", "component", "topic"])
def test_it_is_what_the_batch_says_of_the_same_events(store: House, trained: Trained, by: Any) -> None:
    from features.history import History

    fill_with_days(store, trained)
    told = impact(store, **{"from": 0.5, "to": 5, "by": by})
    scorer = store.services.daily_context.scorer()
    history = History.of(event_frame(store.database))
    whole = measure_impact(scorer.model, history, scorer.context, moment(0.5), moment(5), by=[by])
    assert (told["events"], told["orders"]) == (whole.events, whole.orders)
    assert told["net"] == pytest.approx(whole.net, abs=1e-12)
    expected = {row[by]: row["net"] for row in whole.causes[by].to_dict("records")}
    assert {row["name"]: row["net"] for row in told["rows"]} == pytest.approx(expected, abs=1e-12)
    assert sum(row["net"] for row in told["rows"]) == pytest.approx(told["net"], abs=1e-12)


def test_value_at_risk_is_that_of_the_worklist(store: House, trained: Trained) -> None:
    fill_with_days(store, trained)
    told = impact(store)["value_at_risk"]
    listed = store.listed(states=("open", "late"), snoozed=None)
    assert told["covered"] == told["listed"] == len(listed)
    whole = sum(row["value_at_risk"] or 0 for row in listed)
    assert sum(row["first_value_at_risk"] for row in told["rows"]) == pytest.approx(whole, abs=1e-9)
    assert "hold" in {row["blocker"] for row in told["rows"]}


def test_plants_keep_to_themselves(store: House) -> None:
    for order, plant in (("A", "Kiel"), ("B", "Ulm"), ("C", "Kiel")):
        store.ingest(created(0, 20, order=order, plant=plant, value=100), event("hold.placed", 1, order, kind="credit"))
    of_ulm = Caller("key", frozenset({"Ulm"}), Role.PLANNER)
    period = {"from": 0.5, "to": 3}
    assert impact(store, **period)["events"] == 3
    assert impact(store, plant="Kiel", **period)["events"] == 2
    told = impact(store, of_ulm, **period)
    assert (told["events"], told["value_at_risk"]["listed"]) == (1, 1)
    assert {one["order_id"] for row in told["rows"] for one in row["top_orders"]} == {"B"}
    nothing = impact(store, of_ulm, plant="Kiel", **period)
    assert (nothing["events"], nothing["rows"], nothing["value_at_risk"]["rows"]) == (0, [], [])


def test_a_period_with_too_many_events_is_refused_with_their_number(
    store: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.ingest(created(0, 20), event("hold.placed", 1, kind="credit"))
    monkeypatch.setattr(impact_module, "MOST_EVENTS", 1)
    with pytest.raises(InvalidRequest, match="a period must have at most 1 events, got 2: ask for a shorter one"):
        impact(store, **{"from": -1, "to": 3})


def test_a_period_whose_events_look_at_too_many_lines_is_refused(store: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three lines and a hold are four events of three lines each."""
    store.ingest(*(created(0, 20, line=line) for line in "123"), event("hold.placed", 1, kind="credit"))
    monkeypatch.setattr(impact_module, "MOST_LINES", 12)
    assert impact(store, **{"from": -1, "to": 3})["events"] == 4
    monkeypatch.setattr(impact_module, "MOST_LINES", 11)
    with pytest.raises(InvalidRequest, match="the events of a period must look at most at 11 lines"):
        impact(store, **{"from": -1, "to": 3})


def test_without_a_model_there_is_none(store: House) -> None:
    store.champion[0] = None
    with pytest.raises(NotReady, match="no model"):
        impact(store)
