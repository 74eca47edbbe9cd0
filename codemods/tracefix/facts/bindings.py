"""What a function's local names are bound to, and where they surely are."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts.binders import binders
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, Unit, parameters


def bindings(function: FunctionNode, name: str) -> Iterator[ast.AST]:
    """The parameter and the nodes of a function's body that bind a name."""
    yield from (parameter for parameter in parameters(function) if parameter.arg == name)
    yield from binders(function).get(name, ())


def only_assignment(function: FunctionNode, name: str) -> ast.Assign | None:
    """The statement `name = value` where it is all that binds the name, else None."""
    found = list(bindings(function, name))
    if len(found) != 1 or not isinstance(found[0], ast.Assign):
        return None
    targets = found[0].targets
    return found[0] if len(targets) == 1 and isinstance(targets[0], ast.Name) else None


def loads(function: FunctionNode, name: str) -> list[ast.Name]:
    """The places where a function reads a name, in text order."""
    found = [
        node
        for node in walk(function)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    ]
    return sorted(found, key=lambda n: (n.lineno, n.col_offset))


def bound_before(unit: Unit, function: FunctionNode, name: str, place: ast.AST) -> bool:
    """Whether a name is surely bound when `place` runs: a parameter, or assigned further up."""
    if any(p.arg == name for p in parameters(function)):
        return True
    statement = unit.statement(place)
    while statement is not function:
        for block in blocks_of(unit.parents[statement]):
            if statement in block:
                earlier = block[: block.index(statement)]
                if any(_assigns(s, name) for s in earlier):
                    return True
        statement = unit.statement(unit.parents[statement])
    return False


def _assigns(statement: ast.stmt, name: str) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(_stores(target, name) for target in targets)


def blocks_of(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements that a statement holds itself."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if isinstance(block, list):
            yield block


def _stores(target: ast.expr, name: str) -> bool:
    return any(
        isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)
        for n in walk(target)
    )
