"""The planners of the demo: what they decide each working morning, through what the pages record decisions with.

A simulated plant expedites on its own, and that is in its events. These decide only what moves nothing on the floor:
who looks after an order, that it was seen, and that it can wait.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from serving.contract.decision import DecisionRequest
from serving.contract.orders import WorklistParams
from serving.ingest.decisions import decide
from serving.principal import NOBODY
from serving.scores.services import Services

PLANNERS = "Ann", "Ben"
BEGINS = 8
"""The hour at which their day begins."""
WAITS = timedelta(days=7)
"""A promise that is further away lets an order wait."""
PUT_OFF = timedelta(days=3)


class Planners:
    """Decide once each working day, as soon as it begins.

    Each takes the riskiest order that nobody looks after, in turn, and puts off one that has time.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._last = ""

    def __call__(self, moment: int) -> None:
        """Look at the worklist of a moment, microseconds."""
        now = datetime.fromtimestamp(moment / 1e6, UTC)
        day = f"{now:%Y-%m-%d}"
        if now.weekday() > 4 or now.hour < BEGINS or day == self._last:
            return
        self._last = day
        planner = PLANNERS[now.toordinal() % len(PLANNERS)]
        self._take(planner)
        self._put_off(planner, now)

    def _take(self, planner: str) -> None:
        for order in self._orders(owner=[""])[:1]:
            self._decide(order, planner, kind="assign", owner=planner)
            self._decide(order, planner, kind="acknowledge", comment=_comment(order))

    def _put_off(self, planner: str, now: datetime) -> None:
        waiting = self._orders(owner=[planner], due_from=f"{now + WAITS:%Y-%m-%d}")
        for order in waiting[:1]:
            self._decide(order, planner, kind="snooze", reason="has time", until=f"{now + PUT_OFF:%Y-%m-%d}")

    def _orders(self, **wanted: Any) -> list[dict[str, Any]]:
        """Open orders that are not put off, the riskiest first."""
        from serving.api.calls import list_orders

        orders: list[dict[str, Any]] = list_orders(self._services, WorklistParams(state=["open"], **wanted), NOBODY)[
            "orders"
        ]
        return orders

    def _decide(self, order: dict[str, Any], planner: str, **fields: Any) -> None:
        decision = DecisionRequest.model_validate(fields | {"actor": planner})
        scoring_context = self._services.scoring_context("decision")
        self._services.database.write(
            lambda connection: decide(connection, order["order_id"], decision, "*", NOBODY, scoring_context)
        )


def _comment(order: dict[str, Any]) -> str:
    """What stands out, in the words of the list."""
    reasons = order["reasons"]
    return f"At the top of the list: {reasons[0]['text']}" if reasons else "At the top of the list"
