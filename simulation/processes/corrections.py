"""What is stated wrongly and put right, and what is stated only later: the world is what it is, the records follow.

Postings are corrected in the records alone, by their luck. A closing, a reopening and a promise are statements of the
desk that count as such, so they have the order's luck and are in its ledger.
"""

from __future__ import annotations

from functools import partial

from simulation.plant.calendar import DAY
from simulation.plant.chance import draw_between, happens
from simulation.plant.shop import Shop
from simulation.plant.state import REQUESTED, Line, Order

MINUTES = 1 / 60
POSTED_AFTER = (14.0, 30.0)
"""Hours after the truck at which a goods issue is posted with the date of the posting."""
NOTICED_AFTER = (1.0, 16.0)
"""Hours after a wrong posting at which it is reversed: before the next truck of the route leaves."""
RETURNED_AFTER = (4 * DAY, 12 * DAY)
REOPENED_AFTER_DAYS = (1, 5)
"""Days after which a line closed in error is open again, from the first to before the second."""
CLOSINGS = ("complete", "short", "cancelled")


def post_issue(shop: Shop, line: Line, quantity: int) -> None:
    """Post what left with the truck of this moment; now and then with the date of the posting, and then anew.

    Of a line in instalments all is posted at once and well: what names the line alone could not be told apart.
    """
    luck, left = shop.records.stream, shop.now
    if not shop.records.on:
        return
    if line.instalment or not happens(luck, shop.plant.data_quality.misdated):
        _post(shop, line, quantity, left)
        return
    posted = left + draw_between(luck, POSTED_AFTER)
    noticed = posted + draw_between(luck, NOTICED_AFTER)
    _post(shop, line, quantity, posted, posted + MINUTES)
    _post(shop, line, -quantity, noticed, noticed, "wrong date")
    _post(shop, line, quantity, left, noticed + MINUTES, "true date")


def post_left_behind(shop: Shop, line: Line, quantity: int) -> None:
    """Post as gone, now and then, what was to go with the truck of this moment and did not; reverse it soon."""
    luck = shop.records.stream
    if not shop.records.on or not happens(luck, shop.plant.data_quality.left_behind):
        return
    noticed = shop.now + draw_between(luck, NOTICED_AFTER)
    _post(shop, line, quantity, shop.now, shop.now + MINUTES)
    _post(shop, line, -quantity, noticed, noticed + MINUTES, "left behind")


def post_return(shop: Shop, line: Line, quantity: int) -> None:
    """Post, now and then, what the customer sends back of a line that has shipped; some post it as a negative issue."""
    luck = shop.records.stream
    if not shop.records.on or not line.closed or not happens(luck, shop.plant.data_quality.returned):
        return
    back, at = max(1, quantity // 4), shop.now + draw_between(luck, RETURNED_AFTER)
    if luck.random() < 0.5:
        _post(shop, line, -back, at, reason="returned", of_delivery=False)
    else:
        shop.records.write(
            "wms", "goods.returned", line.order, line, at, quantity=back, reference=line.order.delivery,
            reason="damaged",
        )  # fmt: skip


def _post(
    shop: Shop, line: Line, quantity: int, at: float, known: float | None = None, reason: str | None = None,
    of_delivery: bool = True,
) -> None:  # fmt: skip
    """Post a goods issue, or with a negative quantity a reversal; its reference is the order's delivery, if any."""
    order = line.order
    shop.records.write(
        "wms", "goods.issued", order, line, at, known=known, quantity=quantity, reason=reason,
        reference=order.delivery if of_delivery else None, route=order.customer.group.route,
    )  # fmt: skip


def review(shop: Shop, order: Order) -> None:
    """The desk's morning: now and then it closes a line that is to ship, and opens it again some days later."""
    if not happens(order.luck, shop.plant.data_quality.closed_in_error):
        return
    lines = [line for line in order.lines if line.open and not line.instalment and line.promise > shop.now + DAY]
    lines = [line for line in lines if not line.closed_in_error]
    if not lines:
        return
    line = lines[int(order.luck.integers(len(lines)))]
    line.closed_in_error = CLOSINGS[int(order.luck.integers(len(CLOSINGS)))]
    line.closed_log.append((shop.now, line.closed_in_error))
    shop.records.write(
        "erp", "order_line.closed", order, _named(line), shop.now, reason=line.closed_in_error, actor="desk"
    )
    shop.later(int(order.luck.integers(*REOPENED_AFTER_DAYS)) * DAY, partial(_reopen, shop, line))


def _reopen(shop: Shop, line: Line) -> None:
    """Open again what was closed in error; not where it has been closed for good since."""
    line.closed_in_error = ""
    if line.closed:
        return
    line.closed_log.append((shop.now, ""))
    shop.records.write(
        "erp", "order_line.reopened", line.order, _named(line), shop.now, reason="closed in error", actor="desk"
    )


def _named(line: Line) -> Line | None:
    """The line a statement names: none where it is the only one of its order, as then the whole order is meant."""
    return line if len(line.order.lines) > 1 else None


def promise_later(shop: Shop, order: Order) -> None:
    """State what the customer asks for; the promise comes some days later."""
    for line in order.lines:
        line.promise_log.append((shop.now, line.promise, REQUESTED))
        shop.records.write("erp", "commitment.requested", order, line, shop.now, date=line.promise, actor="customer")
    days = round(draw_between(order.luck, shop.plant.data_quality.promised_after_days))
    shop.later(days * DAY, partial(_promise, shop, order))


def _promise(shop: Shop, order: Order) -> None:
    order.promised = True
    for line in order.lines:
        if not line.closed:
            line.promise_log.append((shop.now, line.promise, "plant"))
            state_promise(shop, line, "confirmed", "plant")


def state_promise(shop: Shop, line: Line, reason: str, actor: str) -> None:
    """State the promised date of a line."""
    shop.records.write(
        "erp", "commitment.changed", line.order, line, shop.now, date=line.promise, reason=reason, actor=actor
    )
