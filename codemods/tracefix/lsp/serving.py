"""Runs the server: over its standard streams, or over a port of this machine for debugging."""

from __future__ import annotations

import logging
import os
import sys
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
    server = create()
    try:
        if port is None:
            server.start_io(sys.stdin.buffer, _taken_stdout())
        else:
            server.start_tcp(_LOOPBACK, port)
    finally:
        server.close()
    return server.said_goodbye


def _taken_stdout() -> BinaryIO:
    """Standard output for the protocol alone: what else is printed goes to stderr from now on."""
    taken = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return taken
