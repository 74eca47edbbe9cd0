"""Where a test has shown that a tensor has no elements."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefix.facts import Facts


def is_known_empty(name: ast.Name, facts: Facts) -> bool:
    """Whether a test of `x.numel()` that leads to a read of `x` leaves no elements in it."""
    inner: ast.AST = name
    for outer in facts.unit.ancestors(name):
        if isinstance(outer, ast.If) and inner is not outer.test:
            tested = _empty_where(outer.test, name, facts)
            if tested is (inner in outer.body) and tested is not None:
                return True
        for earlier in _before(inner, outer):
            if isinstance(earlier, ast.If) and isinstance(earlier.body[-1], ast.Return | ast.Raise):
                if not earlier.orelse and _empty_where(earlier.test, name, facts) is False:
                    return True
        inner = outer
    return False


def _before(inner: ast.AST, outer: ast.AST) -> list[ast.stmt]:
    """The statements that precede one in its block."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(outer, field, None)
        if isinstance(block, list) and inner in block:
            return block[: block.index(inner)]
    return []


def _empty_where(test: ast.expr, name: ast.Name, facts: Facts) -> bool | None:
    """Which outcome of a test means that `name` is empty; None where it says nothing about it."""
    counted, outcome = test, False
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        right = test.comparators[0]
        if not isinstance(right, ast.Constant) or right.value != 0:
            return None
        if not isinstance(test.ops[0], ast.Eq | ast.Gt | ast.NotEq):
            return None
        counted, outcome = test.left, isinstance(test.ops[0], ast.Eq)
    if not isinstance(counted, ast.Call) or not isinstance(counted.func, ast.Attribute):
        return None
    of = counted.func.value
    if counted.func.attr not in ("numel", "nelement") or not isinstance(of, ast.Name):
        return None
    reads = facts.flow_at(name).reads
    same = of.id == name.id and reads.get(of) == reads.get(name)
    return outcome if same else None
