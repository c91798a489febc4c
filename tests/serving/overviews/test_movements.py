"""What became of orders since a moment, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from features.times import HOUR
from serving.overviews.movements import describe_orders, find_movements, group_movements
from serving.overviews.visits import GAP, VisitLog, visit_before
from serving.principal import NOBODY, Caller, Role
from serving.store.tables.visits import note_visit
from tests.support.filled import record_decision
from tests.support.stores import House
from tests.support.stories import created, event, moment, shipped

OF_KIEL = Caller("Ann", frozenset({"Kiel"}), Role.PLANNER, "key")


def names(store: House, since: float, caller: Caller = NOBODY) -> dict[str, set[str]]:
    groups = find_movements(store.services, moment(since), caller)
    return {group: {one.order_id for one in movements} for group, movements in groups.items() if movements}


def test_each_order_is_told_once_by_what_became_of_it(store: House) -> None:
    """On day 3 there are five; by day 5 one is late, one has shipped, one is cancelled, one is new."""
    for order, promise in (("Late", 4.0), ("Ships", 20.0), ("Gone", 20.0), ("Still", 40.0)):
        store.ingest(created(0, promise, order=order))
    store.fresh()
    store.move_to(5)
    store.ingest(shipped(4.5, order="Ships"), event("order_line.closed", 4.5, "Gone", reason="cancelled"))
    store.ingest(created(4.6, 30, order="New"))
    store.fresh()
    told = names(store, 3.5)
    assert told["late"] == {"Late"}
    assert told["shipped"] == {"Ships"}
    assert told["cancelled"] == {"Gone"}
    assert told["new"] == {"New"}
    assert sum(map(len, told.values())) == len({name for group in told.values() for name in group})
    assert names(store, 5) == {}, "nothing has moved since then"


ROW = {"order_id": "A", "state": "open", "before_state": "open"}


@pytest.mark.parametrize(
    ("row", "group"),
    [
        ({"risk": 0.45, "before_risk": 0.40}, None),
        ({"risk": 0.46, "before_risk": 0.40}, "worse"),
        ({"risk": 0.34, "before_risk": 0.40}, "better"),
        ({"risk": 0.4, "before_risk": None, "before_state": None}, "new"),
        ({"risk": 0.4, "before_risk": None, "before_state": "shipped"}, "new"),
        ({"risk": 1.0, "before_risk": 0.4, "state": "late"}, "late"),
        ({"risk": 1.0, "before_risk": 1.0, "state": "late", "before_state": "late"}, None),
        ({"risk": None, "before_risk": 1.0, "state": "shipped", "before_state": "late"}, "shipped"),
        ({"risk": None, "before_risk": None, "state": "shipped", "before_state": "shipped"}, None),
        ({"risk": 0.4, "before_risk": None, "before_state": "unpromised"}, None),
    ],
)
def test_the_group_of_an_order(row: dict[str, Any], group: str | None) -> None:
    found = {name for name, movements in group_movements([ROW | row]).items() if movements}
    assert found == ({group} if group else set())


def test_those_that_moved_most_come_first() -> None:
    rows = [ROW | {"order_id": name, "risk": risk, "before_risk": 0.1} for name, risk in (("A", 0.3), ("B", 0.9))]
    assert [one.order_id for one in group_movements(rows)["worse"]] == ["B", "A"]


def test_a_planner_is_told_of_their_plants_alone(store: House) -> None:
    store.ingest(created(0, 20, order="K", plant="Kiel"), created(0, 20, order="U", plant="Ulm"))
    assert names(store, 2, OF_KIEL) == {"new": {"K"}}
    assert names(store, 2) == {"new": {"K", "U"}}


def test_what_was_recorded_is_told_in_sentences_and_decisions_are_not(store: House) -> None:
    store.ingest(created(0, 20), event("hold.placed", 1, kind="credit", reference="H1"))
    store.ingest(event("operation.confirmed", 2.5, quantity=1, reference="10", state="partial"))
    store.ingest(event("hold.placed", 2, kind="quality", reference="H2"))
    record_decision(store, "A", kind="comment", comment="seen")
    told = describe_orders(store.services, ["A"], moment(1.5))["A"]["recorded"]
    assert told == ["quality hold H2 was placed", "operation 10 booked, 1"]
    only = describe_orders(store.services, {"A": [("nobody", "nothing")]})["A"]
    assert only["recorded"] == []


def test_what_stands_in_the_way_comes_before_conditions_and_what_was_replaced_last(store: House) -> None:
    """Packing was not met in the morning and met at noon: the missing component is what a planner must hear of."""
    store.ingest(
        created(0, 20),
        event("material.stated", 2.1, reference="steel", state="short", date=9),
        event("readiness.stated", 2.2, kind="packaging", state="not_met"),
        event("readiness.stated", 2.4, kind="packaging", state="met"),
        event("readiness.stated", 2.3, kind="labels", state="not_met"),
    )
    told = describe_orders(store.services, ["A"], moment(1.5))["A"]["recorded"]
    assert told[0].startswith("steel was stated missing")
    assert told[1] == "labels were stated not met"
    assert told[-1] == "packaging was stated not met"


def test_a_visit_ends_after_an_hour_without_a_page(store: House) -> None:
    begin = moment(3)

    def note(hours: float) -> None:
        now = begin + int(hours * HOUR)
        store.database.write(lambda connection: note_visit(connection, NOBODY.id, now, GAP))

    assert visit_before(store.services, NOBODY) is None
    note(0)
    note(0.5)
    assert visit_before(store.services, NOBODY) is None, "the first visit goes on"
    note(20)
    assert visit_before(store.services, NOBODY) == begin + HOUR // 2
    note(20.9)
    note(20.1)
    assert visit_before(store.services, NOBODY) == begin + HOUR // 2, "a clock that goes back changes nothing"
    assert visit_before(store.services, OF_KIEL) is None, "each key has its own"


def test_a_visit_is_written_down_once_a_minute(store: House) -> None:
    log = VisitLog()
    log.note(store.services, OF_KIEL)
    store.move_to(4)
    log.note(store.services, OF_KIEL)
    assert visit_before(store.services, OF_KIEL) is None
    VisitLog().note(store.services, OF_KIEL)
    assert visit_before(store.services, OF_KIEL) == moment(3)
