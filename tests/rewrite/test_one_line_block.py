"""A block on its header's line, taken out with its statements edited."""

from __future__ import annotations

import ast

from tracefix.facts.unit import Unit
from tracefix.model import Source
from tracefix.rewrite.change import Change, replace
from tracefix.rewrite.lower import apply, lower

BEFORE = "def f(xs):\n    for x in xs: y = g(x); h(y)\n    return y\n"
AFTER = "def f(xs):\n    y = g(xs)\n    k(y)\n    return y\n"


def test_its_statements_are_unpacked_with_their_edits() -> None:
    unit = Unit.parse(Source.of(BEFORE))
    loop = next(node for node in ast.walk(unit.tree) if isinstance(node, ast.For))
    assignment, call = loop.body
    assert isinstance(assignment, ast.Assign)
    assert isinstance(assignment.value, ast.Call)
    edits = (
        replace(assignment.value.args[0], "xs"),
        replace(call, "k(y)"),
        replace(loop, "{body}", body=loop.body),
    )
    assert apply(BEFORE, lower(Change("", edits), unit)) == AFTER
