"""Displays whose parts an assignment hands out, one of them starred: `q, k, v = a, *b`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Share:
    """Some targets, and what they are given: values one for one, or what a star spreads."""

    targets: Sequence[ast.expr]
    values: Sequence[ast.expr]
    is_spread: bool = False


def shares(node: ast.stmt) -> tuple[Share, ...]:
    """The shares of an assignment with one star among its values, in text order; else nothing."""
    if not isinstance(node, ast.Assign) or len(node.targets) > 1:
        return ()
    target, value = node.targets[0], node.value
    if not isinstance(target, ast.Tuple | ast.List) or not isinstance(value, ast.Tuple | ast.List):
        return ()
    stars = [n for n, part in enumerate(value.elts) if isinstance(part, ast.Starred)]
    if len(stars) != 1 or any(isinstance(part, ast.Starred) for part in target.elts):
        return ()
    start = stars[0]
    behind = len(value.elts) - start - 1
    end = len(target.elts) - behind
    starred = value.elts[start]
    if end <= start or not isinstance(starred, ast.Starred):
        return ()
    parts = (
        Share(target.elts[:start], value.elts[:start]),
        Share(target.elts[start:end], (starred.value,), is_spread=True),
        Share(target.elts[end:], value.elts[start + 1 :]),
    )
    return tuple(part for part in parts if part.targets)
