"""Writes that are refused, by whatever layer, are in the audit trail as those that are done."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.errors import ShipriskError
from serving.auth.permissions import WRITES, Route, order_in
from serving.clock import system_clock
from serving.middleware.rate_limit import RateLimiter
from serving.principal import Caller
from serving.store.database import Database
from serving.store.tables.audit import UNKNOWN, AuditRecord, record
from serving.telemetry.logs import request_id

FEW = "10/minute"
"""Refusals that are written down of who has no key, and of who sends too much: anybody can make more of these."""
UNCOUNTED = (401, 429)


class RefusedWritesMiddleware:
    """Records a refusal before it is sent, unless the route has; and a key that tries what it may not, in any route."""

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self.app = app
        self._database = database
        self._few = RateLimiter("refusals", FEW)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: Route | None = scope["state"]["route"] if scope["type"] == "http" else None
        if route is None:
            await self.app(scope, receive, send)
            return

        async def send_recorded(message: Message) -> None:
            if message["type"] == "http.response.start" and 400 <= message["status"] < 500:
                await self._record(scope, route, message["status"])
            await send(message)

        await self.app(scope, receive, send_recorded)

    async def _record(self, scope: Scope, route: Route, status: int) -> None:
        state = scope["state"]
        caller: Caller | None = None if status == 401 else state.get("caller")
        who = caller.id if caller else UNKNOWN
        if state.get("audited") or not (route.name in WRITES or (status == 403 and caller)):
            return
        if (caller is None or status in UNCOUNTED) and not self._few.hit(f"{who} {status}").allowed:
            return
        order_id = order_in(route, scope["path"])
        entry = AuditRecord(
            system_clock(), who, route.name, str(status), order_id and unquote(order_id)[:512], "", request_id.get()
        )
        try:
            await run_in_threadpool(self._database.write, lambda connection: record(connection, entry))
        except ShipriskError:
            return
