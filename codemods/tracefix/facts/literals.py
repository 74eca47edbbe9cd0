"""Values that the text itself states."""

from __future__ import annotations

import ast


def literal_int(node: ast.AST | None) -> int | None:
    """The int that an expression spells, with a sign too; None for anything else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        positive = literal_int(node.operand)
        return None if positive is None else -positive
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None
