"""Values that are named where they are used, `(n := f(x))`: what may run in front of their statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracefix.facts.hoisting import why_not_hoisted
from tracefix.facts.one_path import is_always_evaluated
from tracefix.facts.tree import children, walk
from tracefix.facts.unit import Unit

_PLAIN = ast.Name | ast.Attribute | ast.Constant | ast.expr_context | ast.Tuple | ast.List
_LATER = (
    ast.Lambda | ast.comprehension | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
)
_VALUE_FIRST = ast.Assign | ast.AnnAssign | ast.For | ast.If | ast.While | ast.Assert


@dataclass(frozen=True, eq=False)
class SplitTest:
    """A test `a and (n := b) and c`, taken apart in front of the operand that gives the name."""

    before: tuple[ast.expr, ...]  # none where the first operand, or the whole test, gives it
    behind: tuple[ast.expr, ...]


def split_test(named: ast.NamedExpr, test: ast.expr, unit: Unit) -> SplitTest:
    """The operands of a test that are worked out before a name is given in it, and the rest."""
    if not isinstance(test, ast.BoolOp) or not isinstance(test.op, ast.And):
        return SplitTest((), (test,))
    above = {named, *unit.ancestors(named)}
    place = next(n for n, operand in enumerate(test.values) if operand in above)
    return SplitTest(tuple(test.values[:place]), tuple(test.values[place:]))


def why_not_named_before(named: ast.NamedExpr, parts: Sequence[ast.expr], unit: Unit) -> str | None:
    """Why a name cannot be given in front of the first of some operands; None if it can."""
    within = next(part for part in parts if named in walk(part))
    if within is not named and not _is_always_evaluated_in(named, within, unit):
        return "it is not worked out each time that its statement runs"
    return _disturbed(named, within, unit)


def why_not_named_before_statement(named: ast.NamedExpr, unit: Unit) -> str | None:
    """Why the name cannot be given in a statement of its own in front; None if it can."""
    statement = unit.statement(named)
    if isinstance(statement, ast.Assert) and is_always_evaluated(named, unit):
        return _disturbed(named, statement, unit)
    reason = why_not_hoisted(named, unit)
    if reason is not None:
        return reason
    if isinstance(statement, ast.Assign) and named not in walk(statement.value):
        return "it stands in what is assigned to"
    return _disturbed(named, statement, unit)


def _is_always_evaluated_in(named: ast.NamedExpr, top: ast.expr, unit: Unit) -> bool:
    """As is_always_evaluated, from an operand of a test on."""
    inner: ast.AST = named
    for around in unit.ancestors(named):
        if isinstance(around, _LATER):
            return False
        if isinstance(around, ast.BoolOp | ast.IfExp):
            first = around.values[0] if isinstance(around, ast.BoolOp) else None
            if inner is not (around.test if isinstance(around, ast.IfExp) else first):
                return False
        if isinstance(around, ast.Compare) and inner in around.comparators[1:]:
            return False
        if around is top:
            return True
        inner = around
    return True


def _disturbed(named: ast.NamedExpr, top: ast.AST, unit: Unit) -> str | None:
    """What would be worked out at another time, were the name given in front of `top`."""
    for part in _evaluated_before(named, top, unit):
        for node in walk(part):
            if isinstance(node, ast.Name) and node.id == named.target.id:
                return f"{node.id} is read before it is given"
            if not isinstance(node, _PLAIN):
                return "something else is worked out before it"
    return None


def _evaluated_before(named: ast.NamedExpr, top: ast.AST, unit: Unit) -> Iterator[ast.AST]:
    """The parts of `top` that Python works out before a value in it, in no particular order."""
    inner: ast.AST = named
    for around in unit.ancestors(named):
        if inner is top:
            return
        yield from _siblings_before(inner, around)
        inner = around


def _siblings_before(inner: ast.AST, around: ast.AST) -> Iterator[ast.AST]:
    if isinstance(around, _VALUE_FIRST):
        return  # a value comes before its target, an iterable and a test before all else
    for child in children(around):
        if child is inner and not isinstance(around, ast.Dict):
            return
        if child is not inner:
            yield child
