"""Runs the server: over its standard streams, or over a port of this machine for debugging."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import BinaryIO

from tracefix.lsp.server import create

_LOOPBACK = "127.0.0.1"


class _WithoutGoneClients(logging.Filter):
    """Keeps quiet about a client that went away: that is how most end a server."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, (BrokenPipeError, ConnectionResetError))


def serve(port: int | None = None) -> bool:
    """Serve one client until it says exit or goes away; whether it said goodbye as it should.

    Raises OSError where the port cannot be had.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_WithoutGoneClients())
    logging.basicConfig(level=logging.ERROR, handlers=[handler])
    reader, writer = _standard_streams() if port is None else _first_client(port)
    server = create()

    def end(number: int, frame: object) -> None:
        _on_signals(signal.SIG_DFL)
        server.close()
        os._exit(128 + number)  # the thread that reads cannot be woken

    _on_signals(end)
    try:
        server.start_io(reader, writer)
    finally:
        _on_signals(signal.SIG_DFL)  # who is impatient now need not wait
        server.close()
    return server.said_goodbye


def _on_signals(handler: Callable[[int, object], None] | signal.Handlers) -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Emacs hangs up on its servers when it ends
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handler)


def _standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard output for the protocol alone: what else is printed goes to stderr from now on."""
    taken = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return sys.stdin.buffer, taken


def _first_client(port: int) -> tuple[BinaryIO, BinaryIO]:
    """The streams of the first that connects from this machine."""
    with socket.create_server((_LOOPBACK, port)) as listening:
        address = "{}:{}".format(*listening.getsockname())
        print(f"tracefix: listening on {address}", file=sys.stderr, flush=True)
        connection, _ = listening.accept()
    with connection:
        return connection.makefile("rb"), connection.makefile("wb")
