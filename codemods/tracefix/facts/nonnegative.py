"""Ints that are surely not negative."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.dependence import Cause
from tracefix.facts.literals import literal_int

if TYPE_CHECKING:
    from tracefix.facts import Facts


def is_nonnegative(node: ast.expr, facts: Facts) -> bool:
    """Whether an int counts upwards from zero or more: a counter, a size, a literal, a sum of such."""
    literal = literal_int(node)
    if literal is not None:
        return literal >= 0
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult | ast.FloorDiv):
        return is_nonnegative(node.left, facts) and is_nonnegative(node.right, facts)
    if _is_size(node, facts):
        return True
    function = facts.unit.function_of(node)
    if not isinstance(node, ast.Name) or function is None:
        return False
    given = facts.flow(function).reads.get(node, frozenset())
    return bool(given) and all(_counts_up(d, facts) or _is_bound(d, facts) for d in given)


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
