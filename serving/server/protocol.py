"""HTTP on a connection, with limits of its own: how long headers may be and may take, and how many connections are.

What the headers of a whole request may be is a layer's (``serving.middleware.header_limit``); here it is what never
becomes a request.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serving.problems import KINDS, MEDIA_TYPE, RETRY_AFTER, Kind, problem
from serving.server.limits import ConnectionLimits
from serving.server.transport import QuietTransport


class LimitedProtocol(HttpToolsProtocol):
    """Uvicorn's own protocol; a connection that sends no whole request in time, or in size, is answered and closed."""

    def __init__(self, limits: ConnectionLimits, **about: Any) -> None:
        super().__init__(**about)
        self._limits = limits
        self._header_bytes = 0
        self._in_header = True
        self._bodiless_bytes, self._brought_body = 0, False
        self.rests_since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._unread = 0
        self._reader_timer: asyncio.TimerHandle | None = None

    @property
    def rests(self) -> bool:
        """Whether no request of it is being answered."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def waits_for_body(self) -> bool:
        """Whether its request has not arrived whole, and nothing of it is answered."""
        return self.cycle is not None and self.cycle.more_body and not self.cycle.response_started

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, QuietTransport(transport)))
        self.rests_since = self.loop.time()
        self._wait_for_header()
        if len(self.connections) > self._limits.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_watching_reader()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._timer is None and self.rests:
            self._wait_for_header()
        self._header_bytes += len(data) if self._in_header else 0
        self._brought_body = self._in_header
        super().data_received(data)
        self._limit_trailers(len(data))
        if self._in_header and self._header_bytes > self._limits.header_bytes:
            must = f"the headers of a request must have at most {self._limits.header_bytes:,} bytes"
            self._refuse(KINDS[431], f"{must}, got {self._header_bytes:,} of them and no end")

    def on_message_begin(self) -> None:
        self._in_header = True
        if self._timer is None:
            self._wait_for_header()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_header:  # what follows a body in parts is no header of the request
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._brought_body = True
        super().on_body(body)

    def on_headers_complete(self) -> None:
        self._in_header = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_header, self._header_bytes = True, 0
        self._stop_waiting()
        super().on_message_complete()
        if self.rests and self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _unsupported_upgrade_warning(self) -> None:
        """An upgrade is not taken: the request is answered as it stands, and what follows it is no request."""
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        self.rests_since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stop_watching_reader()
        self._watch_reader()

    def resume_writing(self) -> None:
        self._stop_watching_reader()
        super().resume_writing()

    def _watch_reader(self) -> None:
        self._unread = self.transport.get_write_buffer_size()
        self._reader_timer = self.loop.call_later(self._limits.reply_seconds, self._require_reader)

    def _stop_watching_reader(self) -> None:
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None

    def _require_reader(self) -> None:
        """Drop a connection on which nothing of a reply has been read; one that is read slowly goes on."""
        self._reader_timer = None
        if self.transport.get_write_buffer_size() >= self._unread:
            self.transport.abort()
        else:
            self._watch_reader()

    def _limit_trailers(self, size: int) -> None:
        """Close a connection on which a request goes on and on after its body: nobody reads what that brings."""
        self._bodiless_bytes = 0 if self._brought_body or self._in_header else self._bodiless_bytes + size
        if self._bodiless_bytes > self._limits.header_bytes:
            self._stop_waiting()
            self.transport.close()

    def _wait_for_header(self) -> None:
        self._timer = self.loop.call_later(self._limits.header_seconds, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if not self.rests:  # the next request waits behind one that is being answered
            self._wait_for_header()
            return
        if not self._in_header:  # the rest of a body, of a request that was answered without it
            self.transport.close()
            return
        must = f"the headers of a request must arrive within {self._limits.header_seconds:g} s"
        self._refuse(KINDS[408], f"{must}, got {self._header_bytes:,} bytes of them")

    def _make_room(self) -> None:
        """Close the connection that has rested longest, else one that waits for its body, else this one."""
        others = [one for one in self.connections if isinstance(one, LimitedProtocol) and one is not self]
        for idle in ([one for one in others if one.rests], [one for one in others if one.waits_for_body]):
            if idle:
                min(idle, key=lambda one: one.rests_since).transport.close()
                return
        self._refuse(KINDS[503], f"a process must have at most {self._limits.connections:,} connections, got more")

    def _refuse(self, kind: Kind, detail: str) -> None:
        """Answer with a problem document, and close."""
        self._stop_waiting()
        if self.transport.is_closing():
            return
        body = bytes(problem(kind, detail).body)
        again = f"retry-after: {RETRY_AFTER}\r\n" if kind.status == 503 else ""
        head = f"HTTP/1.1 {kind.status} {kind.title}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(f"{head}{again}connection: close\r\n\r\n".encode() + body)
        self.transport.close()
