"""Writing for a caller who has gone is nothing."""

from __future__ import annotations

import asyncio
import socket

import pytest
import uvloop

from serving.server.transport import QuietTransport


async def closed_transport() -> asyncio.Transport:
    """Of a connection that was reset."""
    ours, theirs = socket.socketpair()
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    theirs.close()
    transport.abort()
    await asyncio.sleep(0)
    return transport


def test_a_response_to_a_connection_that_was_reset_is_dropped_where_uvloop_raises() -> None:
    async def write() -> None:
        transport = await closed_transport()
        with pytest.raises(RuntimeError, match="handler is closed"):
            transport.write(b"x")
        QuietTransport(transport).write(b"x")
        assert QuietTransport(transport).is_closing()

    uvloop.run(write())


def test_a_response_to_whoever_listens_arrives() -> None:
    async def write() -> bytes:
        ours, theirs = socket.socketpair()
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
        QuietTransport(transport).write(b"answer")
        transport.close()
        with theirs:
            return await asyncio.get_running_loop().run_in_executor(None, theirs.recv, 100)

    assert uvloop.run(write()) == b"answer"
