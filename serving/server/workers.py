"""Workers as uvicorn supervises them, whose end is noticed at once."""

from __future__ import annotations

from uvicorn.supervisors import multiprocess
from uvicorn.supervisors.multiprocess import Process


class Worker(Process):
    """A worker whose end of the supervisor's pipe is open in itself alone.

    Uvicorn leaves that end open in the supervisor too. A worker that is killed before it answers its health check
    then leaves the supervisor waiting out the check, during which no signal is heard: a stop takes half a minute.
    """

    def start(self) -> None:
        """Start the process, and leave it its end of the pipe."""
        super().start()
        self.child_conn.close()


def notice_dead_workers() -> None:
    """Have uvicorn start its workers as ``Worker``; it has no setting for it."""
    multiprocess.Process = Worker  # type: ignore[misc]
