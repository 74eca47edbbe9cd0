"""The terminal's side of the command line: streams, colours, width, progress."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:  # it is slow to import, and most runs show no bar
    from rich.progress import Progress, TaskID

_WIDEST = 120  # lines of prose longer than that are hard to read, whatever the terminal has


def say(text: str, stream: TextIO) -> None:
    """Write text whole, also where the stream's encoding lacks a character of it."""
    encoding = stream.encoding or "utf-8"
    say_bytes(text.encode(encoding, "backslashreplace"), stream)


def say_bytes(data: bytes, stream: TextIO) -> None:
    """Write bytes as they are, in order with what was said before."""
    stream.flush()
    left = memoryview(data)
    while left:  # with PYTHONUNBUFFERED a write to a pipe can fall short
        left = left[stream.buffer.write(left) :]
    stream.flush()


def complain(line: str) -> None:
    """One line on stderr, with the program's name."""
    say(f"tracefix: {line}\n", sys.stderr)


def has_colour(stream: TextIO) -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int:
    """The columns to fill: the terminal's, or 80 where there is none."""
    return min(shutil.get_terminal_size((80, 24)).columns, _WIDEST) if stream.isatty() else 80


@dataclass(frozen=True)
class Report:
    """The bar, told what is being done, how many are done, and of how many."""

    bar: Progress
    task: TaskID

    def __call__(self, what: str, done: int, total: int) -> None:
        self.bar.update(self.task, description=what, completed=done, total=total)

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Within, the terminal is another's."""
        self.bar.stop()
        try:
            yield
        finally:
            self.bar.start()


@contextmanager
def progress(wanted: bool) -> Iterator[Report | None]:
    """A bar on stderr that goes when the work is done; None where stderr is no terminal."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # here, since most runs show no bar
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Report(bar, bar.add_task("tracefix", total=None))


def close_broken_pipe() -> None:
    """Keep Python from flushing, when it ends, into a pipe whose reader has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
