"""Several workers, each for one question at a time; started as they are needed."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager

from tracefix.verify.process import Worker
from tracefix.verify.request import Hello


class WorkerPool:
    """Lends workers; the one that was used last first, so that a single user starts one only."""

    def __init__(self, python: str, hello: Hello, size: int) -> None:
        self._workers = [Worker(python, hello) for _ in range(max(1, size))]
        self._free: queue.LifoQueue[Worker] = queue.LifoQueue()
        for worker in self._workers:
            self._free.put(worker)

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        """A worker that nobody else asks meanwhile; waits where all are lent."""
        worker = self._free.get()
        try:
            yield worker
        finally:
            self._free.put(worker)

    def close(self) -> None:
        """End every worker for good; who still waits for one of them is told that it is gone."""
        for worker in self._workers:
            worker.end()
