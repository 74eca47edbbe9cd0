"""Comments inside of an expression that goes away."""

from __future__ import annotations

import ast

from tracefix.facts.unit import Unit
from tracefix.model import Source
from tracefix.rewrite.change import Change, before, replace
from tracefix.rewrite.lower import apply, lower

BEFORE = """\
def f(x):
    # above
    y = g(x,  # the input
          1)  # the rest
    return y
"""
AFTER = """\
def f(x):
    # above
    check(x)
    # the input
    y = x  # the rest
    return y
"""


def test_they_stand_above_the_statement() -> None:
    unit = Unit.parse(Source.of(BEFORE))
    statement = next(node for node in ast.walk(unit.tree) if isinstance(node, ast.Assign))
    change = Change("", (replace(statement.value, "x"),))
    after = AFTER.replace("    check(x)\n", "")
    assert apply(BEFORE, lower(change, unit)) == after


def test_they_stand_below_what_is_put_in_front() -> None:
    unit = Unit.parse(Source.of(BEFORE))
    statement = next(node for node in ast.walk(unit.tree) if isinstance(node, ast.Assign))
    change = Change("", (replace(statement.value, "x"), before(statement, "check(x)")))
    assert sorted(apply(BEFORE, lower(change, unit)).split()) == sorted(AFTER.split())


def test_those_of_a_loop_stand_above_the_loop() -> None:
    text = "def f(xs):\n    for x in g(\n        xs,  # all\n    ):\n        h(x)  # each\n"
    unit = Unit.parse(Source.of(text))
    loop = next(node for node in ast.walk(unit.tree) if isinstance(node, ast.For))
    change = Change("", (replace(loop.iter, "xs"),))
    after = "def f(xs):\n    # all\n    for x in xs:\n        h(x)  # each\n"
    assert apply(text, lower(change, unit)) == after
