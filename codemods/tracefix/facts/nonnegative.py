"""Ints that are surely not negative."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.dependence import Cause
from tracefix.facts.literals import literal_int

if TYPE_CHECKING:
    from tracefix.facts import Facts


_GROWING = (ast.Add, ast.Mult, ast.FloorDiv)


def is_nonnegative(node: ast.expr, facts: Facts, assumed: frozenset[ast.AST] = frozenset()) -> bool:
    """Whether an int counts upwards from zero or more: a counter, a size, a literal, a sum of such.

    `assumed` are the assignments that are being asked about: of `i = i + 1` in a loop the next
    value is no negative one if this is none.
    """
    literal = literal_int(node)
    if literal is not None:
        return literal >= 0
    if isinstance(node, ast.BinOp) and isinstance(node.op, _GROWING):
        return all(is_nonnegative(side, facts, assumed) for side in (node.left, node.right))
    if _is_size(node, facts):
        return True
    function = facts.unit.function_of(node)
    if not isinstance(node, ast.Name) or function is None:
        return False
    given = facts.flow(function).reads.get(node, frozenset())
    return bool(given) and all(
        d in assumed
        or _counts_up(d, facts)
        or _is_bound(d, facts)
        or _is_set(d, facts, assumed | {d})
        for d in given
    )


def is_named_size(definition: ast.AST, facts: Facts) -> bool:
    """`n = x.size(0)`, `b, n = x.shape`, `n = 2 * x.size(0)`: a size, or a sum or a product of such."""
    if _is_bound(definition, facts):
        return True
    statement = facts.unit.statement(definition)
    if not isinstance(statement, ast.Assign) or statement.targets != [definition]:
        return False
    value = statement.value
    is_sum = isinstance(value, ast.BinOp) and Cause.SHAPE in facts.dependence.of(value)
    return is_sum and is_nonnegative(value, facts)


def _is_size(node: ast.expr, facts: Facts) -> bool:
    """`x.shape[0]`, `x.size(0)`, `x.numel()`, `len(x)`."""
    if isinstance(node, ast.Subscript):
        return _is_shape(node.value, facts) and not isinstance(node.slice, ast.Slice)
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and facts.types.is_tensor(node.func.value):
        counts = node.func.attr in ("numel", "nelement", "dim")
        return counts or (node.func.attr == "size" and bool(node.args or node.keywords))
    return facts.unit.resolve(node.func) == "len"


def _is_shape(node: ast.expr, facts: Facts) -> bool:
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Slice) and _is_shape(node.value, facts)
    if isinstance(node, ast.Call):
        is_size = isinstance(node.func, ast.Attribute) and node.func.attr == "size"
        return is_size and not node.args and facts.types.is_tensor(node.func.value)  # type: ignore[attr-defined]
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "shape"
        and facts.types.is_tensor(node.value)
    )


def _is_bound(definition: ast.AST, facts: Facts) -> bool:
    """`n = x.size(0)`, `b, n = x.shape`."""
    if not isinstance(definition, ast.Name):
        return False
    statement = facts.unit.statement(definition)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    target, value = statement.targets[0], statement.value
    if target is definition:
        return _is_size(value, facts)
    if not isinstance(target, ast.Tuple) or definition not in target.elts:
        return False
    if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):
        return _is_size(value.elts[target.elts.index(definition)], facts)
    return _is_shape(value, facts)


def _is_set(definition: ast.AST, facts: Facts, assumed: frozenset[ast.AST]) -> bool:
    """`n = 0`, `n += 1`."""
    if not isinstance(definition, ast.Name):
        return False
    statement = facts.unit.statement(definition)
    if isinstance(statement, ast.AugAssign) and statement.target is definition:
        parts = (definition, statement.value)
        grows = isinstance(statement.op, _GROWING)
        return grows and all(is_nonnegative(part, facts, assumed) for part in parts)
    if not isinstance(statement, ast.Assign) or statement.targets != [definition]:
        return False
    return is_nonnegative(statement.value, facts, assumed)


def _counts_up(definition: ast.AST, facts: Facts) -> bool:
    loop = facts.unit.parents.get(definition)
    target: ast.AST = definition
    if isinstance(loop, ast.Tuple):  # `for i, x in enumerate(...)`
        target, loop = loop, facts.unit.parents.get(loop)
        if not isinstance(target, ast.Tuple) or target.elts[0] is not definition:
            return False
    if not isinstance(loop, ast.For | ast.comprehension) or loop.target is not target:
        return False
    over = loop.iter
    if not isinstance(over, ast.Call) or over.keywords:
        return False
    name = facts.unit.resolve(over.func)
    if name == "enumerate":
        return target is not definition and len(over.args) == 1
    if name != "range" or target is not definition:
        return False
    if len(over.args) == 1:
        return True
    step = 1 if len(over.args) == 2 else literal_int(over.args[2])
    if step is not None and step < 0:  # down to the number above the stop
        return (literal_int(over.args[1]) or 0) >= -1 and literal_int(over.args[1]) is not None
    return bool(step) and is_nonnegative(over.args[0], facts)
