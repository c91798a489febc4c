"""The worklist knows what is in the way of each order, and by when the plant usually packs."""

from __future__ import annotations

from typing import Any

from features.readiness.kinds import bits_of, kinds_of
from features.readiness.pack_time import LEAST_ORDERS, UNKNOWN_PAST, PackTimes
from serving.api.presenters import present_order
from serving.store.tables.contexts import latest_morning, set_morning
from tests.support.readiness import stated
from tests.support.stores import House
from tests.support.stories import created, days, event, shipped


def packed_orders() -> list[dict[str, Any]]:
    """Orders that leave a day after their first condition is met."""
    told = []
    for number in range(LEAST_ORDERS):
        order = f"P{number:02}"
        told += [created(0, 3, order=order, plant="Kiel"), stated(1, "labels") | {"order_id": order}]
        told.append(shipped(2, 10, order))
    return told


def in_the_way(store: House) -> dict[str, tuple[list[str], int]]:
    return {row["order_id"]: (list(kinds_of(row["blocking"])), row["shippable"]) for row in store.listed()}


def test_silence_comes_into_force_as_time_passes(store: House) -> None:
    """Nothing is known of the plant, so packing takes five days."""
    truck = event("delivery.planned", 1, date=19, reference="T")
    store.ingest(created(0, 20), truck)
    assert in_the_way(store) == {"A": ([], 0)}
    store.move_to(15.1)
    store.fresh()
    assert in_the_way(store) == {"A": (["packing"], 0)}
    store.ingest(stated(15, "packaging"))
    assert in_the_way(store) == {"A": ([], 1)}


def test_a_morning_learns_how_long_packing_takes(store: House) -> None:
    store.ingest(*packed_orders(), created(2, 8, plant="Kiel"), event("delivery.planned", 2, date=7.5, reference="T"))
    assert store.services.daily_context.active_model().pack_times == UNKNOWN_PAST
    store.move_to(4)
    store.fresh()
    morning = store.database.read(latest_morning)
    assert morning is not None
    assert morning.pack_times.of("Kiel") == days(1)
    assert store.services.daily_context.active_model().pack_times.of("Kiel") == days(1)
    assert in_the_way(store) == {"A": ([], 0)}
    store.move_to(7.1)
    store.fresh()
    assert in_the_way(store) == {"A": (["packing"], 0)}


def test_orders_are_found_by_what_is_in_their_way(store: House) -> None:
    truck = event("delivery.planned", 1, "A", date=19, reference="T")
    store.ingest(created(0, 20), truck, created(0, 20, order="B"))
    store.ingest(event("hold.placed", 2, "B", kind="quality", reference="h"))
    wanted = {bits: bits_of(bits) for bits in (("hold",), ("carrier", "labels"), ("material",), ())}
    found = {kinds: [row["order_id"] for row in store.listed(blocking=bits)] for kinds, bits in wanted.items()}
    assert found == {("hold",): ["B"], ("carrier", "labels"): ["B"], ("material",): [], (): ["A"]}
    store.ingest(event("hold.released", 2.5, "B", kind="quality", reference="h"))
    assert store.listed(blocking=1) == []


def test_what_stops_an_order_first_is_named_first_in_its_row(store: House) -> None:
    hold = event("hold.placed", 1, kind="credit", reference="C1")
    missing = event("material.stated", 2, line_id="10", state="short", reference="steel", quantity=5)
    store.ingest(created(0, 20), hold, missing)
    (row,) = store.listed()
    assert row["main_blocker"].startswith("steel (5")
    assert present_order(row)["blockers"][:2] == ["material", "hold"]
    assert present_order(row | {"blockers": None})["blockers"][:2] == ["hold", "material"]


def test_a_morning_on_which_nothing_but_packing_is_other_is_taken_over(store: House) -> None:
    """The context is the same to the last bit, so its id tells nothing."""
    store.ingest(created(0, 20))
    store.move_to(1)
    store.fresh()
    daily = store.services.daily_context
    context_id, usual = daily.active_model().context_id, PackTimes({"Kiel": days(2)}, days(2))
    store.database.write(lambda connection: set_morning(connection, 10_000_000, context_id, usual, store.now[0]))
    assert daily.refresh()
    assert daily.active_model().pack_times == usual
    assert not daily.refresh()
