"""Ends what an input of our own making set off: on it the user's loop may never end."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager


class TooLong(BaseException):
    """A run was ended. No Exception, which user code might catch."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TooLong in what runs within after some seconds, where the platform has timers."""
    if seconds == math.inf or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
