"""Whether the test that let a variable be defined is the one that lets it be read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.dependence import Cause
from tracefix.facts.one_path import OnePath
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts

_PLAIN = (
    ast.Name, ast.Attribute, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp,
    ast.cmpop, ast.boolop, ast.unaryop, ast.expr_context,
)  # fmt: skip


def never_read_unbound(found: OnePath, read: ast.Name, facts: Facts) -> bool:
    """Whether a read stands under a test that, when true, has defined its variable before."""
    tests = [test for test in _tests(read, facts) if _is_stable(test, facts)]
    return any(
        ast.unparse(test) == ast.unparse(defining)
        and _values(test, facts) == _values(defining, facts)
        for definition in found.definitions
        if getattr(definition, "lineno", read.lineno) < read.lineno
        and len(list(_tests(definition, facts))) == 1
        for defining in _tests(definition, facts)
        for test in tests
    )


def _tests(node: ast.AST, facts: Facts) -> list[ast.expr]:
    """The tests that are true where a node runs."""
    found: list[ast.expr] = []
    inner = node
    for ancestor in facts.unit.ancestors(node):
        if isinstance(ancestor, ast.If) and inner in ancestor.body:
            found.append(ancestor.test)
        elif isinstance(ancestor, ast.If | ast.For | ast.While | ast.Try):
            found.append(ast.Constant(value=...))  # a condition that is no plain test
        inner = ancestor
    return found


def _is_stable(test: ast.expr, facts: Facts) -> bool:
    """Whether a test gives the same whenever it is asked with the same variables."""
    plain = all(isinstance(n, _PLAIN) for n in walk(test))
    return plain and not facts.dependence.condition(test) & {Cause.STATE, Cause.RANDOM}


def _values(test: ast.expr, facts: Facts) -> list[object]:
    """What the variables of a test were given."""
    names = [n for n in walk(test) if isinstance(n, ast.Name)]
    return [facts.flow_at(test).reads.get(n) for n in names]
