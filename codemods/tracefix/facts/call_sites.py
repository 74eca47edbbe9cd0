"""Where a function of a file is called, and what for each of its parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, Unit

if TYPE_CHECKING:
    from tracefix.facts import Facts

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


def function_run(call: ast.Call, facts: Facts) -> FunctionNode | None:
    """The function of this file that a call names, or the method that it runs on self.

    None where a class derived from the caller's has a method of its own in its place.
    """
    known = facts.project.find_function(facts.unit, call.func)
    if known is not None:
        return known[1] if known[0] is facts.unit else None
    owner = facts.unit.class_of(call)
    if owner is None or not isinstance(call.func, ast.Attribute):
        return None
    if not is_self_attribute(call.func):
        return None
    info = ClassInfo(facts.unit, owner)
    if any(call.func.attr in c.methods for c in facts.project.derived(info)):
        return None
    found = facts.project.find_method(info, call.func.attr)
    return found[1] if found is not None and found[0].unit is facts.unit else None


def given_by(call: ast.Call, function: FunctionNode, facts: Facts) -> dict[str, ast.expr] | None:
    """The argument for each parameter that a call names or places; None where stars hide it."""
    if any(isinstance(a, ast.Starred) for a in call.args):
        return None
    if any(k.arg is None for k in call.keywords):
        return None
    in_class = isinstance(facts.unit.parents.get(function), ast.ClassDef)
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)][in_class:]
    if len(call.args) > len(names):
        return None
    given = dict(zip(names, call.args, strict=False))
    return given | {str(k.arg): k.value for k in call.keywords}


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
