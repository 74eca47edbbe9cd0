"""What a parameter is compared with, which tells the type that a default of None does not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode


def compared_type(function: FunctionNode, name: str) -> str | None:
    """The type of the constants that a function's tests compare a name with, where it is one.

    `if mode == "sum"` and `assert mode in ("sum", "mean")` tell "str". Outside of a test a number
    tells nothing: `mask == 0` is a tensor where `mask` is one.
    """
    found = {
        type(value).__name__
        for node in walk(function)
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert)
        for comparison in _comparisons(node.test)
        for value in _values(comparison, name)
        if isinstance(value, str | int | float)
    }
    return found.pop() if len(found) == 1 else None


def asks_for_none(function: FunctionNode, name: str) -> bool:
    """Whether a test of a function asks whether a name is None."""
    return any(
        value is None
        for node in walk(function)
        if isinstance(node, ast.If | ast.IfExp)
        for comparison in _comparisons(node.test)
        if isinstance(comparison.ops[0], ast.Is | ast.IsNot)
        for value in _values(comparison, name)
    )


def _comparisons(test: ast.expr) -> Iterator[ast.Compare]:
    if isinstance(test, ast.Compare):
        yield test
    elif isinstance(test, ast.BoolOp):
        for part in test.values:
            yield from _comparisons(part)
    elif isinstance(test, ast.UnaryOp):
        yield from _comparisons(test.operand)


def _values(node: ast.Compare, name: str) -> Iterator[object]:
    """The constants on the other side of a comparison with a name."""
    sides = pairwise([node.left, *node.comparators])
    for (left, right), operator in zip(sides, node.ops, strict=True):
        # `"bias" in name` is asked of a dict too.
        one_way = isinstance(operator, ast.In | ast.NotIn)
        for side, other in ((left, right),) if one_way else ((left, right), (right, left)):
            if not isinstance(side, ast.Name) or side.id != name:
                continue
            for part in other.elts if isinstance(other, ast.Tuple | ast.List) else [other]:
                if isinstance(part, ast.Constant):
                    yield part.value
