"""Where a search starts: from guesses alone, and from what the project itself builds."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from tracefix.verify.hints import Build
from tracefix.verify.worker.making.candidates import Candidate
from tracefix.verify.worker.making.guesses import FALSE, Guesses, Parameter
from tracefix.verify.worker.making.inputs import Input, first_value
from tracefix.verify.worker.making.names import kind_of
from tracefix.verify.worker.making.values import Text, Value

_SIZES_AND_RANKS = ((4, 4), (4, 3), (4, 2), (16, 4), (64, 4), (16, 3), (64, 3), (8, 2), (32, 4))


def guessed(
    module: ModuleType, parameters: list[Parameter], inputs: list[Input]
) -> Iterator[Candidate]:
    """All sizes alike, the likeliest first."""
    for size, rank in _SIZES_AND_RANKS:
        given = _guessed(module, parameters, size)
        called = tuple((i.name, first_value(i, rank, size)) for i in inputs if i.required)
        yield Candidate(size, tuple(given.items()), called)


def as_built(
    module: ModuleType,
    parameters: list[Parameter],
    inputs: list[Input],
    builds: tuple[Build, ...],
) -> Iterator[Candidate]:
    """What the class is given in the project; guessed is what cannot be told."""
    size, rank = _SIZES_AND_RANKS[0]
    known = {each.name for each in parameters}
    called = tuple((i.name, first_value(i, rank, size)) for i in inputs if i.required)
    for build in builds:
        told = {each.name: _value(each.name, each.text) for each in build if each.name in known}
        given = {**_guessed(module, parameters, size), **told}
        yield Candidate(size, tuple(given.items()), called)


def _guessed(module: ModuleType, parameters: list[Parameter], size: int) -> dict[str, Value]:
    guesses = Guesses(module, size)
    values = ((each.name, guesses.first(each)) for each in parameters)
    return {name: value for name, value in values if value is not None}


def _value(name: str, text: str) -> Value:
    weights = kind_of(name) == "pretrained" and text == "True"
    return FALSE if weights else Text(text)
