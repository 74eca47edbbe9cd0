"""Loops and branches that a trace records as one run took them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.dependence import Cause

if TYPE_CHECKING:
    from tracefix.facts import Facts

_MOVING = (Cause.VALUES, Cause.SHAPE, Cause.STATE, Cause.RANDOM)
_SPLITTERS = frozenset({"unbind", "split", "tolist"})
_WRAPPERS = frozenset({"enumerate", "zip", "reversed", "list", "tuple"})
Rounds = ast.For | ast.While | ast.comprehension


def causes_of_rounds(node: Rounds, facts: Facts) -> list[Cause]:
    """What another input may change about how often a loop runs; empty where nothing does."""
    if isinstance(node, ast.While):
        causes = facts.dependence.condition(node.test)
    else:
        causes = _causes_of_count(node.iter, facts)
    return [cause for cause in _MOVING if cause in causes]


def loop_around(node: ast.AST, facts: Facts) -> ast.For | ast.While | None:
    """The outermost of the baked loops that hold a node within its function."""
    found: ast.For | ast.While | None = None
    for ancestor in facts.unit.ancestors(node):
        if isinstance(ancestor, ast.FunctionDef | ast.AsyncFunctionDef):
            break
        if isinstance(ancestor, ast.For | ast.While) and causes_of_rounds(ancestor, facts):
            found = ancestor
    return found


def _causes_of_count(over: ast.expr, facts: Facts) -> frozenset[Cause]:
    """What the number of a loop's rounds depends on; the values that it yields do not matter."""
    if facts.types.is_tensor(over):
        return frozenset({Cause.SHAPE})  # a row of it at a time
    if not isinstance(over, ast.Call):
        return frozenset()
    if facts.unit.resolve(over.func) == "range":
        return frozenset[Cause]().union(*(facts.dependence.of(a) for a in over.args))
    if facts.unit.resolve(over.func) in _WRAPPERS:
        return frozenset[Cause]().union(*(_causes_of_count(a, facts) for a in over.args))
    if isinstance(over.func, ast.Attribute) and over.func.attr in _SPLITTERS:
        return frozenset({Cause.SHAPE}) if _splits_tensor(over, facts) else frozenset()
    return frozenset()


def _splits_tensor(call: ast.Call, facts: Facts) -> bool:
    assert isinstance(call.func, ast.Attribute)
    of_torch = facts.unit.resolve(call.func) in ("torch.unbind", "torch.split")
    return of_torch or facts.types.is_tensor(call.func.value)
