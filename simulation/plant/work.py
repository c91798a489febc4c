"""Work centers: one queue each, machines that break down, and a rule for who is next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import simpy

from simulation.plant.calendar import Calendar
from simulation.plant.chance import Stream
from simulation.plant.state import BLOCKS_WORK, Line
from simulation.plant.stays import MACHINE, QUEUE, Stay
from simulation.plant.world import Machines

LONG_QUEUE = 16.0
"""Working hours of queue beyond which a work center runs overtime."""


@dataclass(eq=False, slots=True)
class Job:
    """An operation that waits for a machine, or is at one; ``line`` is None for a lot for the shelf."""

    granted: simpy.Event
    hours: float
    due: float
    line: Line | None
    stay: Stay

    def next_key(self) -> tuple[bool, float]:
        """Expedited orders go first, then the earliest promise."""
        if self.line is None:
            return True, self.due
        return not self.line.order.expedited, self.line.promise

    def may_start(self) -> bool:
        return self.line is None or not self.line.order.held(BLOCKS_WORK, self.line)


class Center:
    """A work center. A machine fails after running hours and keeps its job until it is repaired."""

    def __init__(
        self, env: simpy.Environment, calendar: Calendar, machines: Machines, overtime: float, stream: Stream
    ) -> None:
        self.overtime = overtime
        self.env, self.calendar, self.machines, self.stream = env, calendar, machines, stream
        self.free = machines.count
        self.queue: list[Job] = []
        self.queued_hours = 0.0
        self.to_failure = self._next_failure()

    @property
    def name(self) -> str:
        return self.machines.group.name

    @property
    def wait_hours(self) -> float:
        """Working hours until all that waits has been started."""
        return self.queued_hours / self.machines.count

    def enter(self, hours: float, due: float, line: Line | None, lot: int = 0) -> Job:
        """Join the queue; ``granted`` fires when a machine is taken."""
        job = Job(self.env.event(), hours, due, line, Stay(QUEUE, self.env.now, self.name, lot))
        if line is not None:
            line.stays.append(job.stay)
        self.queue.append(job)
        self.queued_hours += hours
        self.dispatch()
        return job

    def dispatch(self) -> None:
        """Give free machines to the most urgent jobs that no hold blocks."""
        while self.free and self.queue:
            ready = [job for job in self.queue if job.may_start()]
            if not ready:
                return
            job = min(ready, key=_key)
            self.queue.remove(job)
            self.queued_hours -= job.hours
            self.free -= 1
            if job.line is not None:
                job.line.running += 1
                self._begin_stay(job, job.line)
            job.granted.succeed()

    def leave(self, job: Job) -> None:
        """Free the machine."""
        self.free += 1
        job.stay.ends = self.env.now
        if job.line is not None:
            job.line.running -= 1
        self.dispatch()

    def _begin_stay(self, job: Job, line: Line) -> None:
        job.stay.ends = self.env.now
        job.stay = Stay(MACHINE, self.env.now, self.name, job.stay.lot)
        line.stays.append(job.stay)

    def hours_for(self, job: Job, again: float = 0.0) -> float:
        """Hours of the shift that a job takes: repairs on top, less in overtime when the queue is long.

        ``again`` is the share of the job's hours that comes on top for what is done again.
        """
        hours = job.hours * (1 + again)
        self.to_failure -= hours
        taken = hours * (1 - self.overtime) if self.wait_hours > LONG_QUEUE else hours
        job.stay.again = job.hours * again
        while self.to_failure <= 0:
            repair = self.machines.group.repair_hours * float(self.stream.standard_exponential())
            taken += repair
            job.stay.repair += repair
            self.to_failure += self._next_failure()
        return taken

    def restart(self, stream: Stream) -> None:
        """Another future: failures have no memory, so the next one is drawn anew."""
        self.stream = stream
        self.to_failure = self._next_failure()

    def _next_failure(self) -> float:
        """Running hours of the center until one of its machines fails next."""
        trouble = self.machines.trouble(self.env.now)
        return self.machines.group.failure_hours / trouble * float(self.stream.standard_exponential()) + 1e-6


_key: Callable[[Job], tuple[bool, float]] = Job.next_key
