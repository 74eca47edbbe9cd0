"""What a name gets where a value is unpacked into targets."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from tracefix.facts import torch_types
from tracefix.facts.types.join import Type, Unknown


def is_name(node: ast.AST | None, name: str) -> bool:
    """Whether a node is the name itself."""
    return isinstance(node, ast.Name) and node.id == name


def unpacked(
    target: ast.expr, of: Callable[[ast.expr], Type], value: ast.expr, name: str
) -> Iterable[Type]:
    """The types that `name` gets where `value` is assigned to `target`."""
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple):
        if len(target.elts) == len(value.elts):
            for part, given in zip(target.elts, value.elts, strict=False):
                yield from unpacked(part, of, given, name)
            return
    if is_name(target, name):
        yield of(value)
    elif isinstance(target, ast.Tuple | ast.List):
        whole = of(value)
        yield from unpack_type(target, None if isinstance(whole, Unknown) else whole, name)


def unpack_type(target: ast.expr, type_: str | None, name: str) -> Iterable[Type]:
    """The type that `name` gets where a value of `type_` is unpacked into `target`."""
    if is_name(target, name):
        yield type_ if type_ is not None else Unknown(f"{name} is unpacked from an unknown value")
    elif isinstance(target, ast.Starred):
        yield from unpack_type(target.value, None, name)
    elif isinstance(target, ast.Tuple | ast.List):
        parts: list[str | None] = [None] * len(target.elts)
        if type_ is not None:
            given = torch_types.arguments(type_) if type_.startswith("Tuple[") else []
            if len(given) == len(parts):
                parts = list(given)
            else:
                parts = [torch_types.element(type_)] * len(parts)
        for part, inner in zip(target.elts, parts, strict=False):
            yield from unpack_type(part, inner, name)
