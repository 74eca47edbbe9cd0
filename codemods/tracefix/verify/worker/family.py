"""Forked children: run so many at once, hear each one's answer, end each in time.

Whatever becomes of a child costs its own answer alone: it may crash, hang, leave through
os._exit, or start processes of its own, which end with it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import selectors
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tracefix.verify import wire
from tracefix.verify.worker import confine

_TICK = 0.02  # seconds between looks at whether a child has ended without a word


@dataclass(frozen=True)
class Died:
    """What is known of a child that gave no answer."""

    reason: str


@dataclass(frozen=True)
class Task:
    """Work for a child. Its answer is `work`'s result; `heard` is called with each message."""

    work: Callable[[Callable[[object], None]], None]
    heard: Callable[[bytes | Died], None]
    seconds: float


@dataclass
class _Child:
    task: Task
    pid: int
    pipe: int
    end: float
    received: bytearray = field(default_factory=bytearray)


class Orphaned(Exception):
    """Whoever asked is gone."""


def run(tasks: Iterable[Task], width: int, lifeline: int | None = None) -> None:
    """Run every task in a child of its own, `width` at once.

    A child says any number of messages, then ends; one that ends otherwise is `Died`.
    Orphaned is raised when `lifeline`, a pipe from whoever asked, closes.
    """
    waiting = iter(tasks)
    running: list[_Child] = []
    spared = set(confine.children())
    try:
        while True:
            for task in itertools.islice(waiting, width - len(running)):
                running.append(_start(task, [child.pipe for child in running]))
            if not running:
                return
            _listen(running, lifeline)
            for child in [child for child in running if _ended(child)]:
                running.remove(child)
                _end_orphans(running, spared)
    finally:
        for child in running:
            _kill(child)
        _end_orphans([], spared)


def _start(task: Task, others: list[int]) -> _Child:
    parent = os.getpid()
    readable, writable = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setpgid(0, 0)
            confine.die_with_parent(parent)
            os.close(readable)
            for other in others:
                os.close(other)
            _work(task, writable)
        finally:
            os._exit(70)
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)  # in the child too: whichever comes first
    os.close(writable)
    os.set_blocking(readable, False)
    return _Child(task, pid, readable, time.monotonic() + task.seconds)


def _work(task: Task, writable: int) -> None:
    def say(message: object) -> None:
        left = memoryview(wire.pack(message))
        while left:
            left = left[os.write(writable, left) :]

    task.work(say)
    say(None)
    os._exit(0)


def _listen(running: list[_Child], lifeline: int | None) -> None:
    with selectors.DefaultSelector() as selector:
        for child in running:
            selector.register(child.pipe, selectors.EVENT_READ, child)
        if lifeline is not None:
            selector.register(lifeline, selectors.EVENT_READ, None)
        for key, _ in selector.select(_TICK):
            if key.data is None:
                raise Orphaned
            _read(key.data)


def _read(child: _Child) -> bool:
    """Take in what the child has said; whether there was anything."""
    try:
        data = os.read(child.pipe, 1 << 20)
    except BlockingIOError:
        return False
    child.received += data
    return bool(data)


def _ended(child: _Child) -> bool:
    """Pass on what the child said; whether it is through, by itself or by us."""
    pid, status = os.waitpid(child.pid, os.WNOHANG)
    while pid and _read(child):  # what it said last
        pass
    while (body := wire.unpack(child.received)) is not None:
        del child.received[: len(body) + wire.HEADER]
        if body == _NOTHING:
            _kill(child)
            return True
        child.task.heard(body)
    if pid:
        _finish(child, _cause(status))
    elif time.monotonic() > child.end:
        _finish(child, f"ran longer than {child.task.seconds:g} s")
    else:
        return False
    return True


_NOTHING = wire.pack(None)[wire.HEADER :]


def _finish(child: _Child, reason: str) -> None:
    _kill(child)
    child.task.heard(Died(reason))


def _cause(status: int) -> str:
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        return "ran out of time"
    if os.WIFSIGNALED(status):
        return f"crashed with signal {signal.Signals(os.WTERMSIG(status)).name}"
    return f"ended the process with exit code {os.WEXITSTATUS(status)}"


def _kill(child: _Child) -> None:
    with contextlib.suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(child.pid, 0)
    with contextlib.suppress(OSError):
        os.close(child.pipe)


def _end_orphans(running: list[_Child], spared: set[int]) -> None:
    """End what a child left behind in a process group of its own: it is ours now, on Linux."""
    known = {child.pid for child in running} | spared
    while orphans := [pid for pid in confine.children() if pid not in known]:
        for pid in orphans:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
