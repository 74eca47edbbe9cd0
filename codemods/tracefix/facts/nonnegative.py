"""Ints that are surely not negative."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.literals import literal_int

if TYPE_CHECKING:
    from tracefix.facts import Facts


def is_nonnegative(node: ast.expr, facts: Facts) -> bool:
    """Whether an int counts upwards from zero or more: a loop's counter, a literal, a sum of such."""
    literal = literal_int(node)
    if literal is not None:
        return literal >= 0
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult | ast.FloorDiv):
        return is_nonnegative(node.left, facts) and is_nonnegative(node.right, facts)
    function = facts.unit.function_of(node)
    if not isinstance(node, ast.Name) or function is None:
        return False
    given = facts.flow(function).reads.get(node, frozenset())
    return bool(given) and all(_counts_up(d, facts) for d in given)


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
