"""What takes a decision back: how the order stood before it, and nobody else's word."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from features.errors import InvalidRequest
from features.times import isoformat
from serving.api.calls import read_last_change
from serving.contract.decision import DECISION, DecisionRequest
from serving.pages.order.decisions import undo_of
from serving.principal import Caller, Role
from serving.problems import VersionMismatch
from serving.scores.decision_state import last_change
from tests.support.filled import record_decision
from tests.support.stores import House
from tests.support.stories import created, moment

ANN = Caller("Ann", None, Role.PLANNER)


def decided(
    kind: str, actor: str = "Ann", state: str | None = None, until: float | None = None, reason: str | None = None
) -> Any:
    date = None if until is None else moment(until)
    return SimpleNamespace(type=DECISION, kind=kind, actor=actor, state=state, date=date, reason=reason)


def undone(*events: Any, day: float = 3) -> DecisionRequest:
    return undo_of(last_change(events), ANN, moment(day))


def test_an_order_goes_back_to_who_had_it_and_to_nobody_where_nobody_did() -> None:
    assert undone(decided("assign", "Ben", "Ben"), decided("assign", state="Ann")).owner == "Ben"
    assert undone(decided("assign", state="Cem"), decided("comment")).owner == ""


def test_a_snooze_ends_or_is_again_the_one_before() -> None:
    assert undone(decided("snooze", until=9)).until == isoformat(moment(3))
    assert undone(decided("snooze", until=2), decided("snooze", until=9)).until == isoformat(moment(3)), "it was over"
    assert undone(decided("snooze", until=7), decided("snooze", until=9)).until == isoformat(moment(7))
    until_change = undone(decided("snooze", state="until_change"), decided("snooze", until=2.5))
    assert (until_change.until, until_change.until_change) == (None, True)


def test_what_was_taken_back_is_not_done_again_by_a_second_click() -> None:
    with pytest.raises(InvalidRequest, match="was taken back already"):
        undone(decided("assign", state="Ann"), decided("assign", reason="undo"))


@pytest.mark.parametrize("events", [[], [decided("acknowledge")], [decided("assign"), decided("assign", "Ben", "Ben")]])
def test_what_somebody_else_decided_since_stays(events: list[Any]) -> None:
    with pytest.raises(InvalidRequest, match="is not yours, and stays"):
        undone(*events)


def test_what_somebody_decides_between_the_look_and_the_undo_is_not_overwritten(store: House) -> None:
    store.ingest(created(0, 20))
    record_decision(store, "A", ANN, kind="assign", owner="Ann")
    change, version = read_last_change(store.services, "A")
    assert undo_of(change, ANN, moment(3)).owner == ""
    record_decision(store, "A", kind="assign", owner="Ben", actor="Ben")
    with pytest.raises(VersionMismatch, match="must be as it was read"):
        record_decision(store, "A", ANN, version=version, kind="assign", owner="")
