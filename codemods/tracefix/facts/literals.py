"""Values that the text itself states."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts


def literal_int(node: ast.AST | None) -> int | None:
    """The int that an expression spells, with a sign too; None for anything else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        positive = literal_int(node.operand)
        return None if positive is None else -positive
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None


def is_written_list(node: ast.expr, facts: Facts) -> bool:
    """Whether a list or tuple is written out, without a tensor in it that would change its meaning."""
    if not isinstance(node, ast.List | ast.Tuple | ast.ListComp):
        return False
    return not any(facts.types.is_tensor(n) for n in walk(node) if isinstance(n, ast.expr))


def range_bounds(node: ast.expr, facts: Facts) -> list[ast.expr] | None:
    """The bounds in `range(n)`, `list(range(n))` or `np.arange(n)` that counts ints upwards.

    None for any other expression, and where the range may begin behind its end.
    """
    if not isinstance(node, ast.Call) or node.keywords:
        return None
    name = facts.unit.resolve(node.func)
    if name in ("list", "tuple") and len(node.args) == 1:
        return range_bounds(node.args[0], facts)
    if name not in ("range", "numpy.arange") or len(node.args) not in (1, 2):
        return None
    counted = all(facts.types.of(bound) == "int" for bound in node.args)
    begins = [literal_int(bound) for bound in node.args[:-1]]
    return list(node.args) if counted and all(b in (0, 1) for b in begins) else None
