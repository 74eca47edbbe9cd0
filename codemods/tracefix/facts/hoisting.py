"""Which expressions may be worked out in front of the statement that they stand in."""

from __future__ import annotations

import ast

from tracefix.facts.one_path import is_always_evaluated
from tracefix.facts.unit import Unit

_HEADED = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr | ast.Return | ast.For | ast.If


def why_not_hoisted(node: ast.expr, unit: Unit) -> str | None:
    """Why a statement put in front would run at other times than `node` does; None if it would not."""
    statement = unit.statement(node)
    if not isinstance(statement, _HEADED):
        return "it stands where no statement can be put in front"
    parent = unit.parents[statement]
    if isinstance(statement, ast.If) and statement in getattr(parent, "orelse", ()):
        if unit.source.text[unit.span(statement).start :].startswith("elif"):
            return "it stands in an elif"
    if not is_always_evaluated(node, unit):
        return "it is not worked out each time that its statement runs"
    return None
