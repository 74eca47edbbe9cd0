"""Examples: how a user tells tracefix to get a module to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeVar

Producer = Callable[[Any], Any]
_P = TypeVar("_P", bound=Producer)


@dataclass(frozen=True)
class Example:
    """A function that makes `(model, args[, kwargs])` for the subjects its pattern names."""

    pattern: str
    produce: Producer


_registered: list[Example] = []


def example(*patterns: str) -> Callable[[_P], _P]:
    """Register a function as the example of every subject that one of `patterns` names.

    A pattern is "<path>::<qualname>" as in `fnmatch`, where `*` matches across slashes. The
    function is handed the class (or function), and returns `(model, args[, kwargs])`, yields
    several of them, or returns None for "no example of this one".
    """
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        raise TypeError('example() takes patterns, as in @tracefix.example("models/unet.py::UNet")')

    def register(produce: _P) -> _P:
        _registered.extend(Example(pattern, produce) for pattern in patterns)
        return produce

    return register


def matching(subject: str) -> Iterator[Producer]:
    """The functions registered for `subject`, "<path>::<qualname>", in the order of registration."""
    for candidate in _registered:
        if _names(candidate.pattern, subject):
            yield candidate.produce


def _names(pattern: str, subject: str) -> bool:
    """As fnmatchcase, which makes a regular expression of each pattern: a project may have many."""
    if not any(special in pattern for special in "*?["):
        return pattern == subject
    return fnmatchcase(subject, pattern)
