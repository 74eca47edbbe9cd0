"""Layers and functions that are handed to a function which calls them: `attention(q, k, self.dropout)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, parameters
from tracefix.facts.variadic import uses

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class HandedCall:
    """A call in a method that hands on what its function calls."""

    call: ast.Call
    method: FunctionNode  # that makes the call
    function: FunctionNode  # that is called
    handed: Mapping[str, ast.expr]  # what stands for which parameter

    @property
    def key(self) -> tuple[FunctionNode, tuple[tuple[str, str], ...]]:
        """What is the same in all calls that one method can serve."""
        return self.function, tuple((name, ast.unparse(v)) for name, v in self.handed.items())


def handed_calls(facts: Facts) -> Iterator[HandedCall]:
    """Every such call in what forward reaches."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        method = facts.unit.function_of(call)
        if method is None or not isinstance(facts.unit.parents.get(method), ast.ClassDef):
            continue
        function = _called(call, facts)
        if function is None:
            continue
        given = given_by(call, function, facts)
        if given is None:
            continue
        handed = {
            name: value
            for name, value in given.items()
            if _is_lasting(value, function, facts) and _is_called(function, name, facts)
        }
        if handed:
            yield HandedCall(call, method, function, handed)


def _called(call: ast.Call, facts: Facts) -> FunctionNode | None:
    """The function or method of this file that runs."""
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
    return info.methods.get(call.func.attr)


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


def _is_lasting(value: ast.expr, function: FunctionNode, facts: Facts) -> bool:
    """Whether an expression means the same in the function: `self.layer`, or a name of the file."""
    if is_self_attribute(value):
        return True
    root = value
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name) or root.id in facts.unit.bound_names(function):
        return False
    return facts.unit.resolve(value) is not None and root.id != "self"


def _is_called(function: FunctionNode, name: str, facts: Facts) -> bool:
    """Whether a parameter is called, or handed on, and never given another value."""
    used = uses(function, name)
    if any(not isinstance(use.ctx, ast.Load) for use in used):
        return False
    return any(_is_called_at(use, facts) for use in used) and not _is_bound_within(function, name)


def _is_called_at(use: ast.Name, facts: Facts) -> bool:
    above = facts.unit.parents[use]
    return isinstance(above, ast.Call) and above.func is use


def _is_bound_within(function: FunctionNode, name: str) -> bool:
    """Whether a function inside of it has a parameter of that name."""
    inner = (n for s in function.body for n in walk(s))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    named = [p.arg for n in inner if isinstance(n, kinds) for p in parameters(n)]
    lambdas = (n.args for s in function.body for n in walk(s) if isinstance(n, ast.Lambda))
    named += [a.arg for args in lambdas for a in walk(args) if isinstance(a, ast.arg)]
    return name in named
