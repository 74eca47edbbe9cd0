"""What a parameter is asked for by name, which tells the type that a default of None does not."""

from __future__ import annotations

import ast

from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

_ASKS = frozenset({"get", "pop", "setdefault"})


def keyed_type(function: FunctionNode, name: str) -> str | None:
    """`Dict[str, Tensor]` for `params["weight"]` and `params.get("weight")`: weights by their names.

    No tensor, list or tuple has strings for indices.
    """
    found = any(_is_asked_by_name(node, name) for node in walk(function))
    return "Dict[str, Tensor]" if found else None


def _is_asked_by_name(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Subscript):
        return _is(node.value, name) and _is_text(node.slice)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return False
    asked = node.func.attr in _ASKS and _is(node.func.value, name)
    return asked and _is_text(node.args[0])


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
