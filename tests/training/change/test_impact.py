"""What added the risk: the steps of events, summed by what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.context.context import Context
from features.errors import InvalidRequest
from features.history import History
from tests.support.stories import UTC, created, event, moment, shipped, story
from training.change.impact import CAUSES, Impact, measure_impact, sum_steps
from training.change.steps import change_steps
from training.change.value_at_risk import OrderAtRisk, sum_at_risk
from training.trainer import Trained

EVENTS = [
    *(created(0, 12, order=order, plant=plant, value=100) for order, plant in (("A", "P0"), ("B", "P0"), ("C", "P1"))),
    event("hold.placed", 3, "A", kind="quality", reference="H1", reason="rust", actor="Ann"),
    event("hold.placed", 3, "B", kind="credit", reference="H2", reason="limit"),
    event("hold.placed", 3, "C", kind="quality", reference="H3", reason="rust"),
    event("hold.released", 5, "A", kind="quality", reference="H1", reason="rust"),
    event("material.stated", 5, "B", state="short", reference="steel", date=9),
    shipped(6, 10, "C"),
]


def impact_of(trained: Trained, since: float = -1, until: float = 7, plant: str | None = None) -> Impact:
    history = History.of(story(*EVENTS))
    context = Context.of(history, UTC)
    return measure_impact(trained.model, history, context, moment(since), moment(until), plant=plant)


def steps_of(trained: Trained) -> pd.DataFrame:
    history = History.of(story(*EVENTS))
    return change_steps(trained.model, history, Context.of(history, UTC), moment(-1), moment(7))


def test_every_cause_adds_up_to_the_steps_of_events(trained: Trained) -> None:
    impact, steps = impact_of(trained), steps_of(trained)
    events = steps[steps["step"] == "event"]
    assert (impact.events, impact.orders) == (len(EVENTS), 3)
    assert impact.net == pytest.approx(events["points"].sum(), abs=1e-12)
    assert impact.added > 0 > impact.removed
    for cause in CAUSES:
        table = impact.causes[cause]
        assert table["net"].sum() == pytest.approx(impact.net, abs=1e-12)
        assert table["net"].to_numpy() == pytest.approx((table["added"] + table["removed"]).to_numpy(), abs=1e-12)
        assert table["net"].abs().is_monotonic_decreasing


def test_a_figure_names_its_events_and_the_orders_behind_it(trained: Trained) -> None:
    reasons = impact_of(trained).causes["reason"].set_index("reason")
    assert reasons.loc["rust", ["events", "orders"]].tolist() == [3, 2]
    assert {one["order_id"] for one in reasons.loc["rust", "top_orders"]} == {"A", "C"}
    steps = steps_of(trained)
    own = steps[(steps["order_id"] == "B") & (steps["reason"] == "limit")]["points"].sum()
    assert reasons.loc["limit", "top_orders"] == [{"order_id": "B", "points": pytest.approx(own, abs=1e-12)}]
    components = impact_of(trained).causes["component"]
    assert set(components["component"]) == {"steel", None}
    assert impact_of(trained).causes["kind"].set_index("kind").loc["quality", "events"] == 3


def test_a_plant_and_a_period_are_all_that_is_counted(trained: Trained) -> None:
    assert impact_of(trained, plant="P1").events == 3
    late = impact_of(trained, since=4, until=5.5)
    assert late.causes["type"]["type"].tolist() != []
    assert set(late.causes["type"]["type"]) == {"hold.released", "material.stated"}
    assert impact_of(trained, since=6.5).events == 0


def test_value_at_risk_is_told_by_what_is_in_the_way(trained: Trained) -> None:
    table = impact_of(trained).at_risk.set_index("blocker")
    assert {"hold", "material"} <= set(table.index)
    assert "C" not in {one["order_id"] for top in table["top_orders"] for one in top}, "it has shipped"
    assert table.loc["hold", "orders"] == 1


def test_an_order_with_two_blockers_counts_in_both_and_once_in_the_first() -> None:
    table = sum_at_risk(
        [
            OrderAtRisk("A", 100.0, 0.5, ("hold", "material")),
            OrderAtRisk("B", 10.0, 0.5, ("material",)),
            OrderAtRisk("C", np.nan, 0.5, ()),
        ]
    ).set_index("blocker")
    assert table["value_at_risk"].to_dict() == {"material": 55.0, "hold": 50.0, "nothing": 0.0}
    assert table["first_value_at_risk"].to_dict() == {"material": 5.0, "hold": 50.0, "nothing": 0.0}
    assert table["first_orders"].to_dict() == {"material": 1, "hold": 1, "nothing": 1}
    assert table.loc["material", "top_orders"][0] == {"order_id": "A", "value_at_risk": 50.0}


def test_a_cause_is_one_that_events_name(trained: Trained) -> None:
    with pytest.raises(InvalidRequest, match="a cause must be one of type, kind"):
        sum_steps(steps_of(trained), "supplier")  # type: ignore[arg-type]
