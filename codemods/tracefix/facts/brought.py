"""Definitions that code takes along when it moves: an empty list, a literal, a size.

Where the code that stays still reads them they are copied, else they move too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts

_Definition = ast.Assign | ast.AnnAssign
_LOOPS = ast.For | ast.AsyncFor | ast.While
_ARITHMETIC = frozenset({"int", "float", "len", "min", "max", "abs", "round"})
_SIZES = frozenset({"size", "numel", "dim", "nelement"})


@dataclass(frozen=True, eq=False)
class Brought:
    """One definition that goes along."""

    definition: ast.Name
    statement: _Definition
    code: str | None  # the statement to write; None where the statement itself moves
    reads: tuple[ast.Name, ...]  # the variables that it needs itself


def brought(
    definitions: Sequence[ast.AST],
    region: Sequence[ast.stmt],
    function: FunctionNode,
    facts: Facts,
) -> Brought | None:
    """How the only definition of a variable goes along with a region behind it, if it can."""
    definition = definitions[0] if len(definitions) == 1 else None
    if not isinstance(definition, ast.Name):
        return None
    statement = facts.unit.statement(definition)
    if not isinstance(statement, _Definition) or statement.value is None:
        return None
    if _loop_around(statement, function, facts) is not _loop_around(region[0], function, facts):
        return None
    inside = {node for s in region for node in walk(s)}
    bound = [n for n in walk(statement) if isinstance(n, ast.Name) and _is_store(n)]
    readers = [reader for name in bound for reader in facts.flow(function).readers(name)]
    moves = all(reader in inside for reader in readers)
    if isinstance(statement.value, ast.List):
        return (
            Brought(definition, statement, None, ()) if moves and not statement.value.elts else None
        )
    code = _code_for(definition, statement, facts)
    if code is None:
        return None
    reads = tuple(_variables(statement.value, function, facts))
    if any(_changes_between(read.id, statement, region[0], function) for read in reads):
        return None
    return Brought(definition, statement, None if moves else code, reads)


def _code_for(name: ast.Name, statement: _Definition, facts: Facts) -> str | None:
    """`name = value` for a name that a statement binds to a literal, a size, or to arithmetic."""
    value = statement.value
    assert value is not None
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if len(targets) != 1:
        return None
    if targets[0] is name:
        return f"{name.id} = {ast.unparse(value)}" if _is_arithmetic(value, facts) else None
    if not isinstance(targets[0], ast.Tuple) or not _is_shape(value, facts):
        return None
    parts = targets[0].elts
    if not all(isinstance(part, ast.Name) for part in parts):
        return None
    tensor = value.func.value if isinstance(value, ast.Call) else value.value  # type: ignore[attr-defined]
    return f"{name.id} = {ast.unparse(tensor)}.size({parts.index(name)})"


def _is_arithmetic(node: ast.expr, facts: Facts) -> bool:
    """Whether an expression is made of literals, variables that are numbers, and sizes alone."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) or node.value is None
    if isinstance(node, ast.Name):
        return facts.types.of(node) in ("int", "float", "bool")
    if isinstance(node, ast.BinOp):
        return _is_arithmetic(node.left, facts) and _is_arithmetic(node.right, facts)
    if isinstance(node, ast.UnaryOp):
        return _is_arithmetic(node.operand, facts)
    if isinstance(node, ast.Subscript):
        return _is_shape(node.value, facts) and _is_arithmetic_slice(node.slice)
    if not isinstance(node, ast.Call) or node.keywords:
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr in _SIZES:
        return _is_local_tensor(node.func.value, facts)
    name = facts.unit.resolve(node.func) or ""
    if name == "len" and len(node.args) == 1 and _is_local_tensor(node.args[0], facts):
        return True
    if name in _ARITHMETIC or name.startswith("math."):
        return all(_is_arithmetic(a, facts) for a in node.args)
    return False


def _is_arithmetic_slice(node: ast.expr) -> bool:
    value = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(value, ast.Constant) and isinstance(value.value, int)


def _is_shape(node: ast.expr, facts: Facts) -> bool:
    """`x.shape`, or `x.size()`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        return node.func.attr == "size" and _is_local_tensor(node.func.value, facts)
    is_attribute = isinstance(node, ast.Attribute) and node.attr == "shape"
    return is_attribute and _is_local_tensor(node.value, facts)  # type: ignore[attr-defined]


def _is_local_tensor(node: ast.expr, facts: Facts) -> bool:
    return isinstance(node, ast.Name) and facts.types.is_tensor(node)


def _variables(node: ast.expr, function: FunctionNode, facts: Facts) -> Iterator[ast.Name]:
    """The places that read a variable of the function."""
    for part in walk(node):
        if isinstance(part, ast.Name) and part.id in facts.unit.bound_names(function):
            yield part


def _changes_between(name: str, statement: ast.stmt, end: ast.stmt, function: FunctionNode) -> bool:
    """Whether a variable is bound, or its tensor changed in place, between two statements."""
    for node in walk(function):
        line = getattr(node, "lineno", 0)
        if not (statement.end_lineno or 0) < line < end.lineno:
            continue
        if isinstance(node, ast.Name) and node.id == name and _is_store(node):
            return True
        if isinstance(node, ast.Attribute) and node.attr.endswith("_"):
            if isinstance(node.value, ast.Name) and node.value.id == name:
                return True
    return False


def _loop_around(node: ast.AST, function: FunctionNode, facts: Facts) -> ast.AST:
    """The innermost loop of a function that holds a node; the function where there is none."""
    for ancestor in _ancestors_within(node, function, facts):
        if isinstance(ancestor, _LOOPS):
            return ancestor
    return function


def _ancestors_within(node: ast.AST, function: FunctionNode, facts: Facts) -> Iterator[ast.AST]:
    for ancestor in facts.unit.ancestors(node):
        if ancestor is function:
            return
        yield ancestor


def _is_store(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)
