"""Where a function of a file is called, and what for each of its parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, Unit

_KEPT = ("torch.jit.script", "torch.jit.script_if_tracing")


def call_sites(function: FunctionNode, unit: Unit) -> Iterator[ast.Call]:
    """The calls of a function by its name, and of a method on self, in text order.

    Not those in functions that a trace keeps as code.
    """
    owner = unit.parents.get(function)
    for node in walk(unit.tree):
        if not isinstance(node, ast.Call) or _is_kept(node, unit):
            continue
        if isinstance(owner, ast.ClassDef):
            if is_self_attribute(node.func, function.name) and unit.class_of(node) is owner:
                yield node
        elif unit.functions.get(unit.resolve(node.func) or "") is function:
            yield node


def given_for(
    parameter: str, call: ast.Call, function: FunctionNode, unit: Unit
) -> ast.expr | None:
    """What a call gives for a parameter; None where it is left to its default, or starred."""
    for keyword in call.keywords:
        if keyword.arg == parameter:
            return keyword.value
    names = [p.arg for p in (*function.args.posonlyargs, *function.args.args)]
    if isinstance(unit.parents.get(function), ast.ClassDef):
        names = names[1:]
    place = names.index(parameter) if parameter in names else len(call.args)
    early = call.args[: place + 1]
    if place >= len(call.args) or any(isinstance(a, ast.Starred) for a in early):
        return None
    return call.args[place]


def _is_kept(node: ast.AST, unit: Unit) -> bool:
    function = unit.function_of(node)
    decorators = function.decorator_list if function is not None else []
    return any(unit.resolve(d) in _KEPT for d in decorators)
