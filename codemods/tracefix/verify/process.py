"""The worker process as the client sees it: started, asked, ended, and started again."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any, BinaryIO, cast

from tracefix.model import Outcome
from tracefix.verify import wire
from tracefix.verify.request import Farewell, Hello, Preload, Report, Request

_BOOTSTRAP = Path(__file__).parent / "worker" / "__main__.py"
_START_SECONDS, _END_SECONDS = 120.0, 2.0
_ENVIRONMENT = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class WorkerFailed(Exception):
    """The worker does not start, or is gone."""


class Worker:
    """A server of `python`, started when it is first needed."""

    def __init__(self, python: str, hello: Hello) -> None:
        self._python = python
        self._hello = hello
        self._process: subprocess.Popen[bytes] | None = None
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._preloaded: set[str] = set()
        self._ended = False
        self.brought: tuple[str, ...] = ()  # third-party modules that the last request loaded

    def ask(self, request: Request) -> dict[int, Report]:
        """The report on each job, by its number. A worker that dies is asked once more."""
        reports: dict[int, Report] = {}
        for _ in range(2):
            try:
                self._ask(request, reports)
            except (WorkerFailed, BrokenPipeError) as error:
                self.close()
                self._preloaded.clear()
                reason = str(error) or "the worker is gone"
                continue
            return reports
        failed = Report(Outcome("load", False, reason))
        return {n: reports.get(n, failed) for n in range(len(request.jobs))}

    def preload(self, modules: tuple[str, ...]) -> None:
        """Have third-party modules imported once for all further requests."""
        new = tuple(name for name in modules if name not in self._preloaded)
        if not new:
            return
        self._preloaded.update(new)
        try:
            wire.send(self._stream(), Preload(new))
            self._receive(_START_SECONDS)
        except (WorkerFailed, BrokenPipeError):
            self.close()

    def end(self) -> None:
        """Close the worker, and start it no more."""
        self._ended = True
        self.close()

    def close(self) -> None:
        """End the worker and all that it has started."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            wire.send(cast(BinaryIO, process.stdin), Farewell())
        with contextlib.suppress(OSError):
            process.stdin.close()  # it ends what it has started, then itself
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()

    def _ask(self, request: Request, reports: dict[int, Report]) -> None:
        wire.send(self._stream(), request)
        seconds = request.limits.seconds * (len(request.jobs) + 2)
        while (message := self._receive(seconds)) is not None:
            if isinstance(message, Preload):
                self.brought = message.modules
            else:
                number, report = message
                reports[number] = report

    def _stream(self) -> BinaryIO:
        if self._ended:
            raise WorkerFailed("the worker was ended")
        if self._process is None:
            self._process = self._start()
        assert self._process.stdin is not None
        return cast(BinaryIO, self._process.stdin)

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(
                [self._python, str(_BOOTSTRAP)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_ENVIRONMENT},
                start_new_session=True,  # Ctrl-C is the client's to handle
            )
        except OSError as error:
            raise WorkerFailed(f"{self._python}: {error.strerror}") from None
        assert process.stdin is not None
        assert process.stdout is not None
        self._messages = queue.SimpleQueue()
        reader = (cast(BinaryIO, process.stdout), self._messages)
        threading.Thread(target=_read, args=reader, daemon=True).start()
        self._process = process
        wire.send(cast(BinaryIO, process.stdin), self._hello)
        answer = self._receive(_START_SECONDS)
        if isinstance(answer, str):
            raise WorkerFailed(f"{self._python}: {answer}")
        return process

    def _receive(self, seconds: float) -> Any:
        try:
            message = self._messages.get(timeout=seconds)
        except queue.Empty:
            raise WorkerFailed(f"the worker was silent for {seconds:g} s") from None
        if message is _GONE:
            raise WorkerFailed("the worker is gone")
        return message


_GONE = object()


def _read(stream: BinaryIO, messages: queue.SimpleQueue[Any]) -> None:
    with contextlib.suppress(EOFError, OSError, ValueError):
        while True:
            messages.put(wire.receive(stream))
    stream.close()
    messages.put(_GONE)
