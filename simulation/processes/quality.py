"""Inspection: in process and final; what fails is held, then reworked or scrapped."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from simulation.plant.shop import Shop
from simulation.plant.state import BLOCKS_WORK, Batch
from simulation.plant.stays import FAILED, Stay
from simulation.plant.work import Center
from simulation.processes.conditions import state_condition
from simulation.processes.holds import place_hold

Process = Generator[Any, Any, None]
HELD = 0.75
"""The share of failed lots that are held; the rest is reworked at once."""
FINAL_FACTOR = 0.7
"""How often a final inspection fails, in those of an inspection in process."""
SCRAPPED_LOTS = 0.35
"""The share of failed lots of which something has to be scrapped, not only reworked."""


def inspect_in_process(shop: Shop, batch: Batch, center: Center, operation: str) -> Process:
    """Inspect after an operation, now and then."""
    line = batch.line
    if line.order.luck.random() >= line.item.group.inspected:
        return
    yield from _inspect(shop, batch, center, operation, "in_process", 1.0)


def inspect_finally(shop: Shop, batch: Batch, operation: str) -> Process:
    """Queue for the final inspection; its result is a shipping condition."""
    center = shop.centers[shop.plant.shipping.inspection]
    line = batch.line
    job = center.enter(center.machines.hours * (0.6 + 0.8 * line.order.luck.random()), line.promise, line, batch.lot)
    yield job.granted
    hours = center.hours_for(job)
    yield shop.env.timeout(shop.calendar.after(shop.now, hours) - shop.now)
    center.leave(job)
    last = shop.centers[line.item.group.routing[-1]]
    yield from _inspect(shop, batch, last, operation, "final", FINAL_FACTOR)


def _inspect(shop: Shop, batch: Batch, center: Center, operation: str, kind: str, factor: float) -> Process:
    """One lot: passed, or failed, held, mended and passed."""
    line, order = batch.line, batch.line.order
    lot = f"{operation}-{'F' if kind == 'final' else 'I'}"
    chance = min(0.8, line.item.group.fails * line.item.trouble(shop.now) * factor)
    failed = order.luck.random() < chance
    _record_inspection(shop, batch, lot, kind, "failed" if failed else "passed")
    if not failed:
        return
    stay = Stay(FAILED, shop.now, kind, batch.lot)
    line.stays.append(stay)
    if kind == "final":
        state_condition(shop, order, line, "inspection", "not_met", "inspection failed")
    if order.luck.random() < HELD and not line.running:
        place_hold(shop, order, line, "quality", "inspection failed", shop.plant.holds.quality_days)
    while order.held(BLOCKS_WORK, line):
        yield order.hold_released
    if order.luck.random() < SCRAPPED_LOTS:
        _scrap(shop, batch, center, operation)
    yield from _rework_lot(shop, batch, center, operation)
    stay.ends = shop.now
    _record_inspection(shop, batch, lot, kind, "passed")


def _rework_lot(shop: Shop, batch: Batch, center: Center, operation: str) -> Process:
    line, luck = batch.line, batch.line.order.luck
    share = 0.2 + 0.6 * luck.random()
    quantity = max(1, round(batch.good * share))
    job = center.enter(center.machines.hours * line.item.effort(quantity) * 0.7, batch.planned_end, line, batch.lot)
    yield job.granted
    yield shop.env.timeout(shop.calendar.after(shop.now, center.hours_for(job)) - shop.now)
    shop.records.write(
        "mes", "operation.reworked", line.order, line, shop.now, quantity=quantity, reference=operation,
        work_center=center.name, reason="inspection failed",
    )  # fmt: skip
    center.leave(job)


def _scrap(shop: Shop, batch: Batch, center: Center, operation: str) -> None:
    """Take back part of what was booked as good, and book it as scrap."""
    lost = int(batch.good * (0.05 + 0.35 * batch.line.order.luck.random()))
    if lost == 0:
        return
    batch.good -= lost
    batch.scrapped += lost
    for type_, quantity in (("operation.confirmed", -lost), ("operation.scrapped", lost)):
        shop.records.write(
            "mes", type_, batch.line.order, batch.line, shop.now, quantity=quantity, reference=operation,
            work_center=center.name, reason="inspection failed",
            state="partial" if quantity < 0 else None,
        )  # fmt: skip


def _record_inspection(shop: Shop, batch: Batch, lot: str, kind: str, state: str) -> None:
    shop.records.write(
        "qms", "inspection.recorded", batch.line.order, batch.line, shop.now, missable=kind == "in_process",
        reference=lot, kind=kind, state=state, actor="inspector",
    )  # fmt: skip
