"""From the last operation to the dock: final inspection, packaging, labels, documents, quantities."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from simulation.plant.chance import draw_between
from simulation.plant.shop import Shop
from simulation.plant.state import Batch, Line
from simulation.plant.stays import MENDING, Stay
from simulation.processes.conditions import state_condition
from simulation.processes.holds import place_hold
from simulation.processes.quality import inspect_finally

Process = Generator[Any, Any, None]
LABEL_HOURS = (2.0, 12.0)
DOCUMENT_HOURS = (4.0, 20.0)
RECONCILIATION_HOURS = (4.0, 24.0)
DOCUMENT_HOLDS = 0.4
"""The share of trouble with documents that ends in a hold."""


def finish(shop: Shop, batch: Batch, operation: str) -> Process:
    """Bring what a batch made to the dock."""
    line = batch.line
    if batch.good and not line.closed:
        state_condition(shop, line.order, line, "inspection", "not_met", "waiting for inspection")
        yield from inspect_finally(shop, batch, operation)
    batch.finished = True
    quantity = min(batch.good, line.ordered - line.secured)
    if quantity > 0 and not line.closed:
        state_condition(shop, line.order, line, "inspection", "met")
        yield from prepare(shop, line, quantity, batch.pieces, batch.lot)


def prepare(shop: Shop, line: Line, quantity: int, pieces: int, lot: int) -> Process:
    """Pack a quantity, a lot of the line, and settle all that shipping asks for."""
    line.finishing += quantity
    state_condition(shop, line.order, line, "packaging", "not_met", "waiting for packing")
    yield from _pack(shop, line, quantity, lot)
    luck, trouble = line.order.luck, line.order.customer.trouble(shop.now)
    shipping = shop.plant.shipping
    if luck.random() < shipping.wrong_labels * trouble:
        yield from _mend(shop, line, lot, "labels", "wrong label", LABEL_HOURS)
    state_condition(shop, line.order, line, "labels", "met")
    if line.needs_documents:
        yield from _documents(shop, line, lot, trouble)
    if luck.random() < 1 - (1 - shipping.reconciliation) ** (1 + pieces):
        yield from _mend(shop, line, lot, "quantities", "bookings do not add up", RECONCILIATION_HOURS)
    state_condition(shop, line.order, line, "quantities", "met")
    line.finishing -= quantity
    line.ready += quantity
    line.arrivals.append((shop.now, quantity, lot))


def _pack(shop: Shop, line: Line, quantity: int, lot: int) -> Process:
    center = shop.centers[shop.plant.shipping.packaging]
    hours = center.machines.hours * (0.5 + 0.5 * line.item.effort(quantity))
    job = center.enter(hours, line.promise, line, lot)
    yield job.granted
    yield shop.env.timeout(shop.calendar.after(shop.now, center.hours_for(job)) - shop.now)
    center.leave(job)
    state_condition(shop, line.order, line, "packaging", "met")


def _documents(shop: Shop, line: Line, lot: int, trouble: float) -> Process:
    order = line.order
    if order.luck.random() < shop.plant.shipping.document_trouble * trouble:
        if order.luck.random() < DOCUMENT_HOLDS:
            state_condition(shop, order, line, "documents", "not_met", "certificate missing")
            place_hold(shop, order, line, "documents", "certificate missing", shop.plant.holds.documents_days)
            while order.held(("documents",), line):
                yield order.hold_released
        else:
            yield from _mend(shop, line, lot, "documents", "paper incomplete", DOCUMENT_HOURS)
    state_condition(shop, order, line, "documents", "met")


def _mend(shop: Shop, line: Line, lot: int, kind: str, reason: str, hours: tuple[float, float]) -> Process:
    state_condition(shop, line.order, line, kind, "not_met", reason)
    stay = Stay(MENDING, shop.now, kind, lot)
    line.stays.append(stay)
    yield shop.env.timeout(shop.calendar.after(shop.now, draw_between(line.order.luck, hours)) - shop.now)
    stay.ends = shop.now
