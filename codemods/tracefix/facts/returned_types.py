"""What the return statements of a function give, where they give values of different types."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tracefix.facts.torch_types import arguments
from tracefix.facts.tree import walk
from tracefix.facts.types import Type
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts

_NUMBERS_AND_TENSOR = frozenset({"bool", "int", "float", "number", "Tensor"})


def returns_of(function: FunctionNode, facts: Facts) -> list[ast.Return]:
    """A function's own return statements in text order, without those of functions inside."""
    found = [n for n in walk(function) if isinstance(n, ast.Return)]
    own = [n for n in found if facts.unit.function_of(n) is function]
    return sorted(own, key=lambda n: n.lineno)


def returned_types(function: FunctionNode, facts: Facts) -> list[Type]:
    """The type of each return statement, in text order."""
    return [
        "None" if n.value is None else facts.types.of(n.value) for n in returns_of(function, facts)
    ]


def together(types: Iterable[str]) -> tuple[str, ...]:
    """Types with those made one that differ by a None alone, in the order of the first of each.

    `Tuple[Tensor, None]` and `Tuple[Tensor, Tensor]` are both a `Tuple[Tensor, Optional[Tensor]]`.
    """
    found: list[str] = []
    for type_ in (part for t in types for part in members(t)):
        for at, other in enumerate(found):
            joint = _joint(type_, other)
            if joint is not None:
                found[at] = joint
                break
        else:
            found.append(type_)
    return tuple(found)


def members(type_: str) -> list[str]:
    """The types that a value of a type may have: those of a Union, else itself."""
    if type_.startswith("Union["):
        return arguments(type_)
    if type_.startswith("Optional["):
        return [*members(arguments(type_)[0]), "None"]
    return [type_.replace("NoneType", "None")]


def need_union(types: Iterable[str]) -> bool:
    """Whether TorchScript joins the types only if it is told: not numbers, nor one with None."""
    kinds = set(types)
    return len(kinds - {"None"}) > 1 and not kinds <= _NUMBERS_AND_TENSOR


def _joint(one: str, other: str) -> str | None:
    """The one type that covers two as TorchScript has it: the same, or tuples of such."""
    if one == other:
        return one
    if not (one.startswith("Tuple[") and other.startswith("Tuple[")):
        return None
    first, second = arguments(one), arguments(other)
    if len(first) != len(second):
        return None
    parts = [a if a == b else _with_none(a, b) for a, b in zip(first, second, strict=True)]
    return None if None in parts else f"Tuple[{', '.join(str(p) for p in parts)}]"


def _with_none(one: str, other: str) -> str | None:
    """The Optional of two types of which one is, or may be, None."""
    if not any(t == "None" or t.startswith("Optional[") for t in (one, other)):
        return None
    bare = {m for t in (one, other) for m in members(t)} - {"None"}
    return f"Optional[{bare.pop()}]" if len(bare) == 1 else None
