"""What a parameter is compared with, which tells the type that a default of None does not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from tracefix.facts.unit import FunctionNode

_TOLD = (str, int, float, bool)


def compared_type(function: FunctionNode, name: str) -> str | None:
    """ "str" where the function asks `name == "sum"` or `name in ("sum", "mean")`; None if unknown."""
    found = {
        type(value).__name__
        for node in ast.walk(function)
        if isinstance(node, ast.Compare)
        for value in _values(node, name)
        if isinstance(value, _TOLD)
    }
    return found.pop() if len(found) == 1 else None


def _values(node: ast.Compare, name: str) -> Iterator[object]:
    """The constants on the other side of a comparison with a name."""
    sides = [node.left, *node.comparators]
    for left, right in pairwise(sides):
        for side, other in ((left, right), (right, left)):
            if not isinstance(side, ast.Name) or side.id != name:
                continue
            for part in other.elts if isinstance(other, ast.Tuple | ast.List) else [other]:
                if isinstance(part, ast.Constant):
                    yield part.value
