"""Functions and named lambdas inside of a function: what they take from around, how they are used."""

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
class Inner:
    """A function that another defines for itself."""

    name: str
    statement: ast.stmt  # the definition, or `name = lambda ...`
    function: FunctionNode | ast.Lambda
    outer: FunctionNode
    free: tuple[str, ...]  # the outer function's variables that it reads, by first read
    calls: tuple[ast.Call, ...]
    other_uses: tuple[ast.Name, ...]  # where it is handed on instead of called


def inner_functions(facts: Facts) -> Iterator[Inner]:
    """The inner functions of what forward reaches, in text order of their outer ones."""
    for outer in facts.forward_functions:
        if facts.unit.function_of(outer) is not None:
            continue
        for statement in walk(outer):
            named = _named(statement)
            if named is not None and facts.unit.function_of(statement) is outer:
                assert isinstance(statement, ast.stmt)
                yield _inner(*named, statement, outer, facts)


def _named(statement: ast.AST) -> tuple[str, FunctionNode | ast.Lambda] | None:
    if isinstance(statement, FunctionNode):
        return statement.name, statement
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Lambda):
        return None
    target = statement.targets[0]
    plain = len(statement.targets) == 1 and isinstance(target, ast.Name)
    return (target.id, statement.value) if plain and isinstance(target, ast.Name) else None


def _inner(
    name: str,
    function: FunctionNode | ast.Lambda,
    statement: ast.stmt,
    outer: FunctionNode,
    facts: Facts,
) -> Inner:
    uses = [
        n
        for n in walk(outer)
        if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
    ]
    calls: list[ast.Call] = []
    others: list[ast.Name] = []
    for use in uses:
        above = facts.unit.parents[use]
        if isinstance(above, ast.Call) and above.func is use:
            calls.append(above)
        else:
            others.append(use)
    free = tuple(_free_names(function, outer, facts))
    return Inner(name, statement, function, outer, free, tuple(calls), tuple(others))


def _free_names(
    function: FunctionNode | ast.Lambda, outer: FunctionNode, facts: Facts
) -> Iterator[str]:
    own = {a.arg for a in walk(function.args) if isinstance(a, ast.arg)}
    body = function.body if isinstance(function.body, list) else [function.body]
    nodes = [n for part in body for n in walk(part) if isinstance(n, ast.Name)]
    own |= {n.id for n in nodes if not isinstance(n.ctx, ast.Load)}
    around = facts.unit.bound_names(outer)
    for name in dict.fromkeys(n.id for n in nodes):
        if name in around and name not in own:
            yield name


def is_method(function: FunctionNode, facts: Facts) -> bool:
    """Whether a function is a method with a plain `self`."""
    first = next(iter(parameters(function)), None)
    in_class = isinstance(facts.unit.parents.get(function), ast.ClassDef)
    return in_class and first is not None and first.arg == "self"
