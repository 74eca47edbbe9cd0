"""Walking a parsed tree, which is most of what static analysis does."""

from __future__ import annotations

import ast
from collections.abc import Sequence

# Both are listed once a node: no tree changes after it was parsed.
_CHILDREN = "_tracefix_children"
_BELOW = "_tracefix_below"
_ASKED_OFTEN = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def walk(node: ast.AST) -> Sequence[ast.AST]:
    """A node and all below it in the order of `ast.walk`, in a fraction of its time."""
    kept: Sequence[ast.AST] | None = node.__dict__.get(_BELOW)
    if kept is not None:
        return kept
    found = [node]
    for each in found:  # the list grows while it is gone through
        found += each.__dict__.get(_CHILDREN) or children(each)
    if isinstance(node, _ASKED_OFTEN):
        node.__dict__[_BELOW] = found
    return found


def children(node: ast.AST) -> tuple[ast.AST, ...]:
    """The nodes that one holds itself, in the order of its fields."""
    listed: tuple[ast.AST, ...] | None = node.__dict__.get(_CHILDREN)
    if listed is None:
        listed = node.__dict__[_CHILDREN] = tuple(_held(node))
    return listed


def _held(node: ast.AST) -> list[ast.AST]:
    held: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            held.append(value)
        elif isinstance(value, list):
            held += [item for item in value if isinstance(item, ast.AST)]
    return held
