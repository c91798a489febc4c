"""A connection to PostgreSQL that gives up on a server which hangs.

PostgreSQL ends its own statements in time (``statement_timeout``) only while it runs, and what a server that is stopped
or swapped out is sent is still acknowledged: nothing but a clock on this side ends the wait for it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from psycopg import Connection, OperationalError
from psycopg.pq import TransactionStatus

ANSWERS_WITHIN = 20.0
"""Seconds for the answer to a statement, more than the server gives it."""


class DeadlineConnection(Connection[Any]):
    """A connection that is closed where an answer takes longer than ``answers_within`` seconds; ``None`` for no end."""

    answers_within: float | None = ANSWERS_WITHIN

    def wait(self, gen: Generator[Any, Any, Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """What the generator returns. Raises ``OperationalError`` where that takes too long."""
        try:
            return super().wait(gen, interval, self.answers_within if timeout is None else timeout)
        except OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:  # nobody knows what will still come
                self.pgconn.finish()
            raise
