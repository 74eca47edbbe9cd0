"""What of the user's code one call of a model went through."""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from tracefix.model import Place
from tracefix.verify.worker.inputs import Inputs
from tracefix.verify.worker.places import Places
from tracefix.verify.worker.runs import call


@dataclass
class Profile:
    """The functions of the tree that ran, and the line on which the model's own came to its end."""

    head: Place | None = None  # where the method, or the function, is defined
    end: Place | None = None
    ran: set[CodeType] = field(default_factory=set)

    def reads_of(self, attribute: str, places: Places) -> list[Place]:
        """Where the functions that ran read an attribute of that name, in the text's order."""
        found = {
            places.of_line(code.co_filename, line)
            for code in self.ran
            for line in _loads(code, attribute)
            if places.inside(code.co_filename)
        }
        return sorted(found)


def profiled(model: Any, inputs: Inputs, places: Places) -> Profile:
    """One call, watched. What it raises is left to others."""
    own, profile = _code(inputs.function(model)), Profile()
    if own is not None and places.inside(own.co_filename):
        profile.head = places.of_line(own.co_filename, own.co_firstlineno)

    def watch(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and places.inside(code.co_filename):
            profile.ran.add(code)
        elif event == "return" and code is own and profile.head is not None:
            profile.end = places.of_line(code.co_filename, frame.f_lineno)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        call(model, inputs)
    finally:
        sys.setprofile(before)
    return profile


def _code(function: Any) -> CodeType | None:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code if isinstance(code, CodeType) else None


def _loads(code: CodeType, attribute: str) -> Iterator[int]:
    line = code.co_firstlineno
    starts = dict(dis.findlinestarts(code))
    for instruction in dis.get_instructions(code):
        line = starts.get(instruction.offset) or line
        if instruction.opname == "LOAD_ATTR" and instruction.argval == attribute:
            yield line
