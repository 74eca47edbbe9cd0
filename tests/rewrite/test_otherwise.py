"""An else for a branch that has none: nothing else of the branch changes."""

from __future__ import annotations

import ast
import textwrap

import pytest

from tracefix.facts.unit import Unit
from tracefix.model import Source
from tracefix.rewrite.change import Change, otherwise
from tracefix.rewrite.lower import apply, lower
from tracefix.rewrite.wanted import Conflict


def _with_else(text: str) -> str:
    unit = Unit.parse(Source.of(text))
    last = [n for n in ast.walk(unit.tree) if isinstance(n, ast.If)][-1]
    return apply(text, lower(Change("", (otherwise(last, "raise KeyError(y)"),)), unit))


BEFORE = """
    def f(y):
        if y == 1:  # one
            z = 1

            # then

        elif y == 2: z = 2  # two
        # behind
        return z
"""
AFTER = """
    def f(y):
        if y == 1:  # one
            z = 1

            # then

        elif y == 2: z = 2  # two
        else:
            raise KeyError(y)
        # behind
        return z
"""


def test_the_rest_of_the_branch_stays_as_it_is() -> None:
    assert _with_else(textwrap.dedent(BEFORE)) == textwrap.dedent(AFTER)


def test_a_branch_that_has_an_else_is_a_conflict() -> None:
    with pytest.raises(Conflict):
        _with_else("if y:\n    z = 1\nelse:\n    z = 2\n")
