"""A wire to a database that can be cut, and mended."""

from __future__ import annotations

import contextlib
import socket
import threading


class Wire:
    """Passes bytes on to a server; while it is cut, those who talk are hung up on and those who call are refused.

    While ``passes`` is not set, it takes what it is sent and nothing arrives, as of a server that hangs.

    Parameters
    ----------
    host, port : the server behind it
    """

    def __init__(self, host: str, port: int) -> None:
        self._behind = host, port
        self.passes = threading.Event()
        self.passes.set()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._listen()

    def cut(self) -> None:
        """Hang up, and listen no more."""
        for end in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open.clear()

    def mend(self) -> None:
        """Listen again, where it did before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._listen()

    def _listen(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, far = listener.accept()[0], socket.create_connection(self._behind)
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(one, other, self.passes), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket, passes: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while some := one.recv(65_536):
            passes.wait()
            other.sendall(some)
    for end in (one, other):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
