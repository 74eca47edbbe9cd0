"""Where a search starts: from guesses alone, and from what the project itself builds."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import ModuleType

import torch

from tracefix.verify.hints import Build
from tracefix.verify.recipe import Argument
from tracefix.verify.worker.making.candidates import Candidate
from tracefix.verify.worker.making.guesses import FALSE, Guesses, Parameter, parameters_of
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
    for build in (*builds, *_of_config_classes(module, parameters, size)):
        told = {each.name: _value(each.name, each.text) for each in build if each.name in known}
        given = {**_guessed(module, parameters, size), **told}
        yield Candidate(size, tuple(given.items()), called)


def _guessed(module: ModuleType, parameters: list[Parameter], size: int) -> dict[str, Value]:
    guesses = Guesses(module, size)
    values = ((each.name, guesses.first(each)) for each in parameters)
    return {name: value for name, value in values if value is not None}


def _of_config_classes(
    module: ModuleType, parameters: list[Parameter], size: int
) -> Iterator[Build]:
    """An instance for a parameter that is annotated with a class of the project that holds settings,
    or of which is read what one such class has."""
    for each in parameters:
        for alias, found in vars(module).items() if each.required else ():
            if (
                isinstance(found, type)
                and _holds_settings(found)
                and _fits(module, each, alias, found)
            ):
                text = _instance(module, alias, found, size)
                if text is not None:
                    yield (Argument(text, each.name),)
                break


def _holds_settings(found: type) -> bool:
    plain = not issubclass(found, (torch.nn.Module, torch.Tensor, BaseException))
    return plain and found.__module__.partition(".")[0] not in ("builtins", "torch", "typing")


def _fits(module: ModuleType, parameter: Parameter, alias: str, found: type) -> bool:
    annotated = parameter.uses.annotation.strip("'\"").rpartition(".")[2]
    if annotated:
        return annotated == alias
    read = {path.partition(".")[0] for path in parameter.uses.attributes}
    known = {each.name for each in fields(found)} if is_dataclass(found) else set()
    own = is_dataclass(found) or found.__module__ == module.__name__
    return own and len(read) > 1 and read <= known | set(dir(found))


def _instance(module: ModuleType, alias: str, found: type, size: int) -> str | None:
    """A call of a class of settings, whose required ones are guessed by name; the first of an enum."""
    if issubclass(found, enum.Enum):
        return next((f"module.{alias}.{one.name}" for one in found), None)
    guesses, taken = Guesses(module, size), parameters_of(found, {})
    values = {each.name: guesses.first(each) for each in taken if each.required}
    told = [f"{name}={value.text}" for name, value in values.items() if value is not None]
    return f"module.{alias}({', '.join(told)})" if len(told) == len(values) else None


def _value(name: str, text: str) -> Value:
    weights = kind_of(name) == "pretrained" and text == "True"
    return FALSE if weights else Text(text)
