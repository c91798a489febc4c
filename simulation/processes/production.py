"""A batch on its way through the routing: queues, pieces, scrap, rework and what operators book of it."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

from simulation.plant.chance import Stream
from simulation.plant.shop import Shop
from simulation.plant.state import Batch, Line
from simulation.plant.work import Center, Job
from simulation.processes.conditions import state_condition
from simulation.processes.quality import inspect_in_process
from simulation.processes.readiness import finish

Process = Generator[Any, Any, None]
REPEAT = 0.7
"""What it takes to do a piece again, in the hours of doing it."""
SPREAD = 0.25
"""Spread of an operation's hours around the standard, log units."""


def release_batch(shop: Shop, line: Line, quantity: int, planned_end: float) -> None:
    """Start a production order for a line."""
    order = line.order
    allowance = quantity * line.item.group.scrap * len(line.item.group.routing) * shop.plant.planning.allowance
    size = quantity + math.ceil(allowance)
    name = f"{line.line_id}.{line.instalment}" if line.instalment else line.line_id
    reference = f"PO{order.number:06}-{name}-{len(line.batches) + 1}"
    batch = Batch(reference, line, size, size, planned_end, len(line.batches) + 1, shop.now)
    line.batches.append(batch)
    if line.needs_documents and not line.begun:
        state_condition(shop, order, line, "documents", "not_met", "requested")
    line.begun = True
    shop.records.write(
        "erp", "production.released", order, line, shop.now, quantity=size, date=planned_end, reference=reference,
        actor="planner",
    )  # fmt: skip
    shop.env.process(_make(shop, batch))


def _make(shop: Shop, batch: Batch) -> Process:
    for step, name in enumerate(batch.line.item.group.routing):
        batch.step = step
        center = shop.centers[name]
        yield from _operate(shop, batch, center)
        if batch.good == 0 or batch.line.closed == "cancelled":
            break
        yield from inspect_in_process(shop, batch, center, operation(batch))
        yield shop.env.timeout(shop.plant.planning.move_hours)
    last = operation(batch)
    batch.step = len(batch.line.item.group.routing)
    batch.work_ended = shop.now
    yield from finish(shop, batch, last)


def operation(batch: Batch) -> str:
    """The reference of the operation a batch is at."""
    return f"{batch.reference}/{batch.step + 1}0"


def _operate(shop: Shop, batch: Batch, center: Center) -> Process:
    line = batch.line
    luck = line.order.luck
    hours = center.machines.hours * line.item.effort(batch.good) * math.exp(SPREAD * luck.standard_normal())
    job = center.enter(hours, batch.planned_end, line, batch.lot)
    yield job.granted
    if line.closed == "cancelled":
        center.leave(job)
        return
    yield from _run(shop, batch, center, job)


def _run(shop: Shop, batch: Batch, center: Center, job: Job) -> Process:
    """Run the operation and book it, whole or in pieces; the machine is free when the last piece is done."""
    line, luck = batch.line, batch.line.order.luck
    group = center.machines.group
    in_pieces = batch.good >= 4 and luck.random() < group.pieces
    pieces = int(luck.integers(2, 5)) if in_pieces else 1
    reworked = _quantity_to_rework(batch, shop.now)
    hours = center.hours_for(job, again=reworked / batch.good * REPEAT)
    bounds = [batch.good * number // pieces for number in range(pieces + 1)]
    scrap_rate = min(0.5, line.item.group.scrap * line.item.trouble(shop.now))
    good, forgotten = 0, 0
    begin = shop.now
    for number in range(pieces):
        done = shop.calendar.after(begin, hours * (number + 1) / pieces)
        yield shop.env.timeout(done - shop.now)
        size = bounds[number + 1] - bounds[number]
        scrapped = int(luck.binomial(size, scrap_rate)) if scrap_rate else 0
        _book_scrap(shop, batch, center, scrapped)
        good += size - scrapped
        forgotten += size - scrapped
        last = number == pieces - 1
        if last or luck.random() >= shop.plant.records.missed:
            _book(shop, batch, center, forgotten, "final" if last else "partial")
            forgotten = 0
    if reworked:
        shop.records.write(
            "mes", "operation.reworked", line.order, line, shop.now, quantity=reworked, reference=operation(batch),
            work_center=center.name, reason="defect",
        )  # fmt: skip
    batch.good = good
    batch.pieces += pieces - 1
    center.leave(job)


def _quantity_to_rework(batch: Batch, moment: float) -> int:
    """How much of a batch an operation has to do again."""
    item, luck = batch.line.item, batch.line.order.luck
    if luck.random() >= item.group.rework * item.trouble(moment):
        return 0
    return max(1, int(batch.good * (0.1 + 0.4 * luck.random())))


def _book_scrap(shop: Shop, batch: Batch, center: Center, scrapped: int, reason: str = "defect") -> None:
    batch.scrapped += scrapped
    if not scrapped or not shop.records.on:
        return
    shop.records.write(
        "mes", "operation.scrapped", batch.line.order, batch.line, shop.now, lag=_lag(shop, center),
        quantity=scrapped, reference=operation(batch), work_center=center.name, reason=reason,
    )  # fmt: skip


def _book(shop: Shop, batch: Batch, center: Center, quantity: int, state: str) -> None:
    """Book good quantity; now and then a wrong figure, which is reversed and booked again."""
    luck = batch.line.order.luck
    if quantity == 0:
        return
    reverses = luck.random() < shop.plant.records.reversed
    batch.pieces += reverses
    if not shop.records.on:
        return
    lag = _lag(shop, center)
    if not reverses:
        _confirm(shop, batch, center, quantity, state, shop.now, lag)
        return
    wrong = max(1, int(quantity * luck.random()))
    noticed = shop.now + 1 + 5 * luck.random()
    _confirm(shop, batch, center, wrong, state, shop.now, lag)
    _confirm(shop, batch, center, -wrong, "partial", noticed, 0.0, "reversal")
    _confirm(shop, batch, center, quantity, state, noticed + 0.1, 0.0, "correction")


def _confirm(
    shop: Shop, batch: Batch, center: Center, quantity: int, state: str, at: float, lag: float,
    reason: str | None = None,
) -> None:  # fmt: skip
    shop.records.write(
        "mes", "operation.confirmed", batch.line.order, batch.line, at, lag=lag, quantity=quantity,
        reference=operation(batch), state=state, work_center=center.name, reason=reason, actor="operator",
    )  # fmt: skip


def _lag(shop: Shop, center: Center) -> float:
    """Hours by which an operator books late."""
    luck: Stream = shop.records.stream
    group = center.machines.group
    late = min(1.0, group.late * center.machines.trouble(shop.now))
    return group.late_hours * float(luck.standard_exponential()) if luck.random() < late else 0.0
