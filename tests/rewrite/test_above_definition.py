"""Statements put above a method."""

from __future__ import annotations

import ast

from tracefix.facts.unit import Unit
from tracefix.model import Source
from tracefix.rewrite.change import Change, before
from tracefix.rewrite.lower import apply, lower

PLAIN = """
class M:
    def f(self):
        pass
"""
COMMENTED = '''
class M:
    """A page."""

    # The one method.
    def f(self):
        pass
'''


def with_annotation(text: str) -> str:
    unit = Unit.parse(Source.of(text))
    method = next(n for n in ast.walk(unit.tree) if isinstance(n, ast.FunctionDef))
    change = Change("annotate", (before(method, "n: int"),))
    return apply(text, lower(change, unit))


def test_a_blank_line_sets_the_method_apart() -> None:
    assert with_annotation(PLAIN) == PLAIN.replace("    def f", "    n: int\n\n    def f")


def test_the_method_keeps_its_comment() -> None:
    wanted = COMMENTED.replace("    # The", "    n: int\n\n    # The")
    assert with_annotation(COMMENTED) == wanted
