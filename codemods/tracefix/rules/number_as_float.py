"""An int as a float, for the rules about ints where torch takes floats."""

from __future__ import annotations

import ast

from tracefix.facts import Facts
from tracefix.rewrite.change import Edit, replace


def as_float(node: ast.expr, facts: Facts) -> Edit:
    """`2.0` for `2`, `float(n)` for `n`."""
    if _is_plain_literal(node, facts):
        return replace(node, f"{facts.unit.text(node)}.0")
    return replace(node, "float({number})", number=node)


def _is_plain_literal(node: ast.expr, facts: Facts) -> bool:
    """`2` or `-1`: not `0xff`, which takes no fraction."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and facts.unit.text(node).isdecimal()
