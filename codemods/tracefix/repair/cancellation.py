"""How a run is ended early, from another thread than its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Cancelled(Exception):
    """The run was ended before it had a plan."""


class Cancellation:
    """Handed to a run by whoever may want to end it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._interrupts: list[Callable[[], None]] = []

    def cancel(self) -> None:
        """End the run; what it waits for is interrupted. Safe to call twice, or too late."""
        with self._lock:
            self._cancelled = True
            interrupts = tuple(self._interrupts)
        for interrupt in interrupts:
            interrupt()

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled

    def check(self) -> None:
        """Raises Cancelled where the run was ended."""
        if self._cancelled:
            raise Cancelled

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Have `interrupt` called on cancel; whatever error that leads to becomes Cancelled."""
        with self._lock:
            self._interrupts.append(interrupt)
        try:
            self.check()
            yield
        except Exception:
            self.check()
            raise
        finally:
            with self._lock:
                self._interrupts.remove(interrupt)
