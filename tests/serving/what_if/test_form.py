"""The form of a what-if: lists of what the order has, and what is said where it is left empty or is wrong."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from features.history import History
from features.readiness.blockers import Facts
from features.readiness.statements import KnownOrder
from features.what_if.choices import choices_of
from serving.pages.browser import Form
from serving.pages.order.what_if_form import HAPPENINGS, IncompleteForm, WhatIfForm
from tests.support.stories import created, event, moment, shipped, story

HELD: list[dict[str, Any]] = [
    created(0, 20, line="10"),
    created(0, 20, line="20"),
    created(0, 20, line="30"),
    event("hold.placed", 1, kind="quality", reference="H1", line="20"),
    event("hold.placed", 1, kind="quality", reference="H2", line="30"),
    event("hold.placed", 1, kind="credit"),
    event("hold.placed", 1, kind="delivery"),
    event("hold.released", 2, kind="delivery"),
    event("material.stated", 1, state="short", reference="steel", quantity=60, line="10", date=9),
    event("material.stated", 1, state="available", reference="tin", line="10"),
    event("inspection.recorded", 1, state="failed", kind="in_process", reference="L1", line="10"),
    event("production.released", 1, reference="P1", line="10", date=15),
    event("delivery.planned", 1, reference="D1", date=19),
    event("delivery.planned", 1, reference="D0", date=3),
    shipped(3, line="30"),
]


def form(*rows: dict[str, Any], **sent: str) -> WhatIfForm:
    facts = Facts(KnownOrder(History.of(story(*rows)), 0, moment(4)), moment(4), UTC)
    return WhatIfForm(choices_of(facts), Form(list(sent.items())))


def options(asked: WhatIfForm) -> dict[str, list[str]]:
    """By the label of each list of things, their names."""
    return {
        shown.field.label: [text for _, text in shown.options]
        for shown in asked.fields
        if shown.options is not None and not shown.field.column
    }


def sends(asked: WhatIfForm, name: str, text: str) -> str:
    """What a list sends where somebody chooses a text."""
    [shown] = [shown for shown in asked.fields if shown.field.name == name]
    return next(value for value, own in shown.options or [] if own == text)


def test_the_lists_are_of_what_the_order_has_open() -> None:
    asked = form(*HELD)
    assert options(asked) == {
        "Hold": ["quality hold H1 on line 20", "credit hold"],
        "Missing component": ["steel (60, line 10), due Wed 10 Jan"],
        "Failed lot": ["in-process inspection of lot L1 on line 10"],
        "Production order": ["work P1 on line 10, planned to end Tue 16 Jan"],
        "Truck": ["truck D1, leaves Sat 20 Jan"],
    }
    assert asked.components == ["steel", "tin"]
    [lines] = [shown.options for shown in asked.fields if shown.field.name == "line_id"]
    assert [text for _, text in lines or []] == ["10", "20"]
    assert {one.name for one in asked.happenings} == {one.name for one in HAPPENINGS}


def test_what_the_order_has_nothing_for_cannot_be_chosen() -> None:
    asked = form(created(0, 20, line="10"))
    needy = {"hold_released", "component_comes", "component_due", "lot_passes", "plan_moves", "truck_moves"}
    assert {one.name for one in HAPPENINGS} - {one.name for one in asked.happenings} == needy
    assert options(asked) == {}
    planned = form(created(0, 20, line="10"), event("production.released", 1, reference="P1", line="10", date=15))
    assert "plan_begins" not in {one.name for one in planned.happenings}, "all of it is planned"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, ["Choose what should happen"]),
        ({"happens": "anything"}, ["Choose what should happen"]),
        ({"happens": "hold_released"}, ["Choose the hold"]),
        ({"happens": "component_due"}, ["Choose the component", "Choose the date"]),
        ({"happens": "lot_passes"}, ["Choose the lot"]),
        ({"happens": "plan_moves", "date": "soon"}, [
            "Choose the production order", "Date must be a day such as 2026-01-05, got soon",
        ]),
        ({"happens": "truck_moves"}, ["Choose the truck", "Choose the date"]),
        ({"happens": "hold_placed"}, ["Choose the kind of hold"]),
        ({"happens": "condition_met"}, ["Choose the shipping condition"]),
        ({"happens": "component_short"}, ["Name the component"]),
        ({"happens": "goods_leave", "quantity": "many"}, ["Quantity must be a number above 0, got many"]),
        ({"happens": "goods_leave", "quantity": "-3"}, ["Quantity must be a number above 0, got -3"]),
        ({"happens": "goods_leave", "quantity": "nan"}, ["Quantity must be a number above 0, got nan"]),
        ({"happens": "hold_released", "hold": "H9"}, [
            "Choose the hold: what was chosen is not there, or not any more",
        ]),
        ({"happens": "promise_moves", "date": "2024-01-30", "line_id": "30"}, [
            "Choose the line: what was chosen is not there, or not any more",
        ]),
    ],
)  # fmt: skip
def test_what_is_left_empty_or_wrong_is_asked_for_by_its_name(sent: dict[str, str], said: list[str]) -> None:
    with pytest.raises(IncompleteForm) as refused:
        form(*HELD, **sent).event()
    assert refused.value.errors == said


def test_what_is_chosen_becomes_the_event_that_says_so() -> None:
    asked = form(*HELD)
    hold = sends(asked, "hold", "quality hold H1 on line 20")
    assert form(*HELD, happens="hold_released", hold=hold, date="2024-01-30").event() == {
        "type": "hold.released",
        "data": {"kind": "quality", "reference": "H1", "line_id": "20"},
    }, "what the kind does not ask for is not read"
    steel = sends(asked, "shortage", "steel (60, line 10), due Wed 10 Jan")
    about = {"reference": "steel", "line_id": "10"}
    comes = form(*HELD, happens="component_comes", shortage=steel).event()
    assert comes == {"type": "material.stated", "data": {**about, "state": "available", "quantity": 0.0}}
    due = form(*HELD, happens="component_due", shortage=steel, date="2024-01-08").event()
    assert due["data"] == {**about, "state": "short", "quantity": 60.0, "date": "2024-01-08"}
    assert form(*HELD, happens="goods_leave").event()["data"] == {"state": "complete"}
    assert form(*HELD, happens="goods_leave", quantity="4", line_id="20").event()["data"] == {
        "quantity": 4.0,
        "line_id": "20",
    }


def test_what_was_entered_is_there_again_and_what_is_alone_is_chosen_at_once() -> None:
    def values(asked: WhatIfForm) -> dict[str, str]:
        return {shown.field.name: shown.value for shown in asked.fields if shown.value}

    assert set(values(form(*HELD))) == {"shortage", "lot", "production_order", "truck"}
    kept = form(*HELD, happens="goods_leave", quantity="many", line_id="20")
    assert (kept.chosen, values(kept)) == ("goods_leave", {"quantity": "many", "line_id": "20"})


def test_what_cannot_happen_is_said_of_the_field_that_says_it() -> None:
    def said(happens: str, column: str) -> str:
        error = {"pointer": f"/events/0/data/{column}", "detail": "must be other for hold.placed, got this"}
        [words] = form(*HELD, happens=happens).in_its_words([error])
        return words.removesuffix(" must be other, got this")

    assert said("truck_moves", "reference") == "Truck"
    assert said("truck_moves", "date") == "Date"
    assert said("hold_placed", "kind") == "Kind of hold"
    assert said("component_short", "reference") == "Component"
    assert said("component_comes", "state") == "What happens"
    assert said("lot_passes", "line_id") == "Failed lot"
