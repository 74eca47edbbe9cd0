"""Texts that people read and nothing computes with: what is raised, printed or warned of."""

from __future__ import annotations

import ast

from tracefix.facts.flow import Flow
from tracefix.facts.tree import walk
from tracefix.facts.unit import Unit

_TELLING = frozenset({"print", "warnings.warn"})


def is_message(node: ast.expr, unit: Unit, flow: Flow) -> bool:
    """Whether a text is only told, by itself or through a variable that is only told."""
    if _is_told(node, unit):
        return True
    statement = unit.parents[node]
    if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
        return False
    target = statement.targets[0]
    if not isinstance(target, ast.Name):
        return False
    function = unit.function_of(node)
    assert function is not None
    reads = [n for n in walk(function) if isinstance(n, ast.Name) and n.id == target.id]
    return all(_is_told(n, unit) for n in reads if isinstance(n.ctx, ast.Load) and n in flow.reads)


def _is_told(node: ast.expr, unit: Unit) -> bool:
    inner: ast.AST = node
    for around in unit.ancestors(node):
        if isinstance(around, ast.Raise):
            return True
        if isinstance(around, ast.Assert):
            return inner is around.msg
        if isinstance(around, ast.Call) and inner is not around.func:
            if unit.resolve(around.func) in _TELLING:
                return True
        if isinstance(around, ast.stmt):
            return False
        inner = around
    return False
