"""Layers and functions that are handed to a function which calls them: `attention(q, k, self.dropout)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.call_sites import function_run, given_by
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
        function = function_run(call, facts)
        if function is None or _is_inherited(function, call, facts):
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


def _is_inherited(function: FunctionNode, call: ast.Call, facts: Facts) -> bool:
    """Whether a method is called that is not of the class that calls it."""
    home = facts.unit.parents.get(function)
    return isinstance(home, ast.ClassDef) and home is not facts.unit.class_of(call)


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
