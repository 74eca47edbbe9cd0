"""Where a function of a file is called, and what for each of its parameters."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, Unit

if TYPE_CHECKING:
    from tracefix.facts import Facts

_KEPT = ("torch.jit.script", "torch.jit.script_if_tracing")


_Callee = tuple[ast.AST, str]  # a function with "", or a class with the name of a method


@dataclass(frozen=True, eq=False)
class CallSites:
    """Answers for one unit, whose calls are gone through once."""

    unit: Unit

    def of(self, function: FunctionNode) -> Sequence[ast.Call]:
        """The calls of a function by its name, and of a method on self, in the tree's order.

        Not those in functions that a trace keeps as code.
        """
        owner = self.unit.parents.get(function)
        callee = (owner, function.name) if isinstance(owner, ast.ClassDef) else (function, "")
        return self._by_callee.get(callee, ())

    @cached_property
    def _by_callee(self) -> Mapping[_Callee, Sequence[ast.Call]]:
        found: dict[_Callee, list[ast.Call]] = {}
        for node in walk(self.unit.tree):
            callee = self._callee(node.func) if isinstance(node, ast.Call) else None
            if isinstance(node, ast.Call) and callee and not _is_kept(node, self.unit):
                found.setdefault(callee, []).append(node)
        return found

    def _callee(self, called: ast.expr) -> _Callee | None:
        if isinstance(called, ast.Attribute) and is_self_attribute(called):
            owner = self.unit.class_of(called)
            return (owner, called.attr) if owner is not None else None
        if not self.unit.may_name_definition(called):
            return None
        function = self.unit.functions.get(self.unit.resolve(called) or "")
        return (function, "") if function is not None else None


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
