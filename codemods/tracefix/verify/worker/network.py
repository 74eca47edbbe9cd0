"""Nothing is fetched for an example that nobody wrote."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

_REASON = "{} was to be fetched, and tracefix downloads nothing: write an example for it"
_LOCAL = ("localhost", "127.0.0.1", "::1", "")
_closed: list[bool] = []  # an audit hook cannot be removed: whether it is in force
_hooked: list[bool] = []


class Offline(OSError):
    """Something was to be fetched."""


@contextlib.contextmanager
def closed() -> Iterator[None]:
    """Within: a connection to another machine raises at once."""
    if not _hooked:
        sys.addaudithook(_refuse)
        _hooked.append(True)
    _closed.append(True)
    try:
        yield
    finally:
        _closed.pop()


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if not _closed:
        return
    if event == "urllib.Request":
        raise Offline(_REASON.format(args[0]))
    if event == "socket.getaddrinfo" and str(args[0] or "") not in _LOCAL:
        raise Offline(_REASON.format(args[0]))
    if event == "socket.connect" and isinstance(args[1], tuple) and args[1][0] not in _LOCAL:
        raise Offline(_REASON.format(args[1][0]))
