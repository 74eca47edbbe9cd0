"""Decorators of the file that give back one function around the one that they are given."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, parameters

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class Wrapped:
    """A function at module level, its only decorator, and what that puts around it."""

    function: FunctionNode
    decorator: FunctionNode
    wrapper: FunctionNode
    parameter: str  # under which the wrapper has the function


def wrapped_functions(facts: Facts) -> Iterator[Wrapped]:
    """The functions that forward names whose decorator is written out in the file."""
    for function in facts.forward_functions:
        if function not in facts.unit.tree.body or len(function.decorator_list) != 1:
            continue
        found = facts.project.find_function(facts.unit, function.decorator_list[0])
        if found is None or found[0] is not facts.unit:
            continue
        wrapper = _wrapper(found[1], facts)
        if wrapper is not None:
            yield Wrapped(function, found[1], wrapper, found[1].args.args[0].arg)


def _wrapper(decorator: FunctionNode, facts: Facts) -> FunctionNode | None:
    """The function that a decorator defines and gives back, if it does nothing else."""
    body = decorator.body
    if ast.get_docstring(decorator, clean=False) is not None:
        body = body[1:]
    if len(parameters(decorator)) != 1 or not decorator.args.args or decorator.decorator_list:
        return None
    if len(body) != 2 or not isinstance(body[0], ast.FunctionDef):
        return None
    if not isinstance(body[1], ast.Return) or not isinstance(body[1].value, ast.Name):
        return None
    wrapper, parameter = body[0], decorator.args.args[0].arg
    if body[1].value.id != wrapper.name or not _only_keeps_the_name(wrapper, parameter, facts):
        return None
    inner = [n for s in wrapper.body for n in walk(s)]
    odd = (
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.Lambda,
        ast.Nonlocal,
        ast.Yield,
        ast.YieldFrom,
    )
    if any(isinstance(n, odd) for n in inner):
        return None
    bound = facts.unit.bound_names(wrapper)
    named = {n.id for n in inner if isinstance(n, ast.Name)}
    return None if parameter in bound or wrapper.name in named else wrapper


def _only_keeps_the_name(wrapper: FunctionNode, parameter: str, facts: Facts) -> bool:
    """Whether a wrapper is decorated with nothing but `@functools.wraps(function)`."""
    for decorator in wrapper.decorator_list:
        if not isinstance(decorator, ast.Call) or len(decorator.args) != 1 or decorator.keywords:
            return False
        given = decorator.args[0]
        if facts.unit.resolve(decorator.func) != "functools.wraps":
            return False
        if not isinstance(given, ast.Name) or given.id != parameter:
            return False
    return True
