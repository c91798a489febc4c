"""The running plant: its clock, its orders and what everything in it may call."""

from __future__ import annotations

from collections.abc import Callable

import simpy

from simulation.description.description import Plant
from simulation.plant.calendar import DAY, Calendar
from simulation.plant.chance import Chance, Stream
from simulation.plant.records import Recorder
from simulation.plant.state import Batch, Line, Order
from simulation.plant.work import Center
from simulation.plant.world import World, draw_world


class Shop:
    """Everything that the processes of one simulated plant share."""

    def __init__(self, plant: Plant, orders: int, days: int, seed: int) -> None:
        self.plant, self.days, self.total_orders = plant, days, orders
        self.env = simpy.Environment()
        self.chance = Chance(seed)
        self.calendar = Calendar(plant.begins, plant.shift)
        self.world: World = draw_world(plant, self.calendar, orders, days, self.chance.stream("world"))
        self.records = Recorder(
            plant.begins, plant.name, plant.records, self.chance.stream("records"), plant.data_quality
        )
        self.demand: Stream = self.chance.stream("demand")
        self.stock_luck: Stream = self.chance.stream("stock")
        self.orders: dict[str, Order] = {}
        self.shelf = {item.name: item.reorder + item.lot // 2 for item in self.world.items if item.stocked}
        self.coming = dict.fromkeys(self.shelf, 0)
        self.lane_luck = {name: self.chance.stream("routes", number) for number, name in enumerate(self.world.lanes)}
        self.centers = {
            name: Center(
                self.env, self.calendar, machines, plant.planning.overtime, self.chance.stream("machines", number)
            )
            for number, (name, machines) in enumerate(self.world.machines.items())
        }

    @property
    def now(self) -> float:
        """Hours since the plant began."""
        return self.env.now

    def open_orders(self) -> list[Order]:
        """Orders with something still to ship, oldest first."""
        return list(self.orders.values())

    def later(self, hours: float, action: Callable[[], None]) -> None:
        """Do something ``hours`` from now."""
        self.env.timeout(hours).callbacks.append(lambda _: action())

    def reseed(self, *seed: int) -> None:
        """Another future from here on: every stream starts anew from another seed."""
        self.chance = Chance(*seed)
        self.demand, self.stock_luck = self.chance.stream("demand"), self.chance.stream("stock")
        for number, name in enumerate(self.world.lanes):
            self.lane_luck[name] = self.chance.stream("routes", number)
        for number, center in enumerate(self.centers.values()):
            center.restart(self.chance.stream("machines", number))
        for order in self.orders.values():
            order.luck = self.chance.stream("orders", order.number)

    def close(self, line: Line, reason: str, quantity_zero: bool = False) -> None:
        """No more of the line will ship; an order without open lines leaves the plant.

        A line in instalments is stated as closed with the last of them; with ``quantity_zero`` as ordered no more.
        """
        line.closed, line.closed_at = reason, self.now
        line.closed_log.append((self.now, reason))
        if quantity_zero:
            self.records.write("erp", "order_line.changed", line.order, line, self.now, quantity=0, reason="not wanted")
        elif all(part.closed for part in line.parts):
            self.records.write("erp", "order_line.closed", line.order, line, self.now, reason=reason)
        if all(other.closed for other in line.order.lines):
            self.orders.pop(line.order.order_id, None)

    def ready_estimate(self, line: Line, anew: bool = False) -> float:
        """When the line will be ready to ship as far as the planner can tell, hours since the plant began.

        ``anew`` counts a batch that begins now.
        """
        begin = max([self.now, *(shortage.expected for shortage in line.shortages)])
        for hold in line.order.holds.values():
            if hold.line is None or hold.line is line:
                begin = max(begin, hold.expected)
        unfinished = [batch for batch in line.batches if not batch.finished]
        steps = [self._hours_left(batch) for batch in unfinished]
        if anew or (not line.begun and not line.item.stocked):
            steps.append(self._hours(line, 0))
        per_day = self.plant.shift.last_hour - self.plant.shift.first_hour
        return begin + (max(steps, default=0.0) / per_day) * DAY * 7 / 5

    def _hours_left(self, batch: Batch) -> float:
        return self._hours(batch.line, batch.step)

    def _hours(self, line: Line, step: int) -> float:
        """Working hours from an operation of the routing to the dock, with the queues as they stand."""
        shipping = (self.plant.shipping.inspection, self.plant.shipping.packaging)
        effort = line.item.effort(line.ordered)
        hours = 0.0
        for name in (*line.item.group.routing[step:], *shipping):
            center = self.centers[name]
            wait = 0.0 if line.order.expedited else center.wait_hours
            hours += wait + center.machines.hours * effort + self.plant.planning.move_hours
        return hours
