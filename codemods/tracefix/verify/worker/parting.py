"""Where a trace parts from what it should do: two recordings, and the first step that differs.

Python decides anew in each recording, so one that was made on the input that the trace is wrong
on does what the trace should have done there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from tracefix.model import Place
from tracefix.verify.worker.places import Places
from tracefix.verify.worker.recorded_steps import Constant, Operation, operations

_END = Operation("", ())
_LONGEST = 30  # characters of a constant worth telling


@dataclass(frozen=True)
class Parting:
    """What differs, in words, and the user's lines that it came from."""

    text: str
    places: tuple[Place, ...]


def parting(trace: Any, other: Any, places: Places) -> Parting | None:
    """The first step that graph `other` takes and graph `trace` does not, or does otherwise."""
    told, found = operations(trace), operations(other)
    for old, new in zip_longest(told, found, fillvalue=_END):
        if old != new:
            found_at = (*lines(new, places), *lines(old, places))
            return Parting(_words(old, new), tuple(dict.fromkeys(found_at)))
    return None


def lines(operation: Operation, places: Places) -> Iterator[Place]:
    """The innermost of the user's lines that an operation came from."""
    listed = places.of_message(operation.stack)
    yield from [place for place in listed if not place.path.startswith(("/", "<"))][:1]


def _words(old: Operation, new: Operation) -> str:
    if old.kind != new.kind:
        had = f"the trace goes on with {old.kind}" if old.kind else "the trace is at its end"
        return f"{had} where {new.kind} is due" if new.kind else f"{had} where nothing more is due"
    if not old.kind:
        return "the trace gives back other results of its steps"
    for was, now in zip(old.operands, new.operands, strict=False):
        if was != now and isinstance(was, Constant) and isinstance(now, Constant):
            if max(len(was.text), len(now.text)) <= _LONGEST:
                return f"the trace gives {old.kind} {was.text} where {now.text} is due"
            return f"the trace gives {old.kind} another constant than is due"
        if was != now and isinstance(was, Constant):
            return f"the trace gives {old.kind} a constant where a computed value is due"
    return f"the trace gives {old.kind} other values than are due"
