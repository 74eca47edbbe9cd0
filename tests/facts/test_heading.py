"""What an editor underlines for a statement."""

from __future__ import annotations

import ast

import pytest

from tracefix.facts import Unit
from tracefix.facts.heading import heading
from tracefix.model import Source


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("def f(self, é, mask=None):\n    return é\n", "def f(self, é, mask=None"),
        ("@deco\n@other(1)\nasync  def f(): pass\n", "async  def f"),
        ("def f(a,\n      *b, c=1, **d) -> int: pass\n", "def f(a,\n      *b, c=1, **d) -> int"),
        ("class A(B, c=1):\n    x = 1\n", "class A"),
        ("for a, b in zip(x, y):  # a: b\n    pass\nelse:\n    pass\n", "for a, b in zip(x, y)"),
        ("if a[1:2]:\n    pass\nelif b:\n    pass\n", "if a[1:2]"),
        ("while x > 0: x = 1\n", "while x > 0"),
        ("with a, b(1) as c:\n    pass\n", "with a, b(1) as c"),
        ("with a:\n    pass\n", "with a"),
        ("match x.y:\n    case 1: pass\n", "match x.y"),
        ("try:\n    a\nfinally:\n    b\n", "try"),
        ("x = (1 +\n     2)\n", "x = (1 +\n     2)"),
    ],
)
def test_of_a_block_its_head_is_shown(text: str, shown: str) -> None:
    unit = Unit.parse(Source.of(text))
    span = heading(unit.tree.body[0], unit)
    assert text[span.start : span.end] == shown


def test_of_a_branch_within_another_its_own_head_is_shown() -> None:
    text = "if a:\n    pass\nelif b:\n    pass\n"
    unit = Unit.parse(Source.of(text))
    first = unit.tree.body[0]
    assert isinstance(first, ast.If)
    span = heading(first.orelse[0], unit)
    assert text[span.start : span.end] == "elif b"
