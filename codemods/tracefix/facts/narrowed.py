"""Variables that may be None, at places that are only reached where they are not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.tree import walk
from tracefix.facts.types import Type

if TYPE_CHECKING:
    from tracefix.facts import Facts


def type_at(node: ast.expr, facts: Facts) -> Type:
    """The type of an expression; without the Optional of a variable that was asked for None."""
    type_ = facts.types.of(node)
    if isinstance(node, ast.Tuple) and isinstance(type_, str):
        parts = [type_at(part, facts) for part in node.elts]
        known = [part for part in parts if isinstance(part, str)]
        return f"Tuple[{', '.join(known)}]" if known == parts and parts else type_
    if isinstance(node, ast.Name) and isinstance(type_, str) and type_.startswith("Optional["):
        return type_[len("Optional[") : -1] if _is_not_none(node, facts) else type_
    return type_


def _is_not_none(read: ast.Name, facts: Facts) -> bool:
    """Whether `if name is None: raise` stands in front, and nothing binds the name behind it, or
    `name is not None and` in the expression itself."""
    if is_asked_before(read, facts):
        return True
    statement = facts.unit.statement(read)
    block = facts.unit.block_of(statement)
    for before in reversed(block[: block.index(statement)]):
        if _leaves_if_none(before, read.id):
            return True
        if any(isinstance(n, ast.Name) and n.id == read.id and _binds(n) for n in walk(before)):
            return False
    return False


def is_asked_before(read: ast.Name, facts: Facts) -> bool:
    """Whether an operand in front of a read has settled that it is not None."""
    below: ast.AST = read
    for above in facts.unit.ancestors(read):
        if isinstance(above, ast.stmt):
            return False
        if isinstance(above, ast.BoolOp) and below in above.values:
            settling = "is not" if isinstance(above.op, ast.And) else "is"
            asked = f"{read.id} {settling} None"
            if any(ast.unparse(v) == asked for v in above.values[: above.values.index(below)]):
                return True
        below = above
    return False


def _leaves_if_none(statement: ast.stmt, name: str) -> bool:
    if isinstance(statement, ast.Assert):
        return ast.unparse(statement.test) == f"{name} is not None"
    if not isinstance(statement, ast.If) or statement.orelse:
        return False
    leaves = isinstance(statement.body[-1], ast.Raise | ast.Return)
    return leaves and ast.unparse(statement.test) == f"{name} is None"


def _binds(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)
