"""Parentheses around an expression that is replaced: kept once, with their comments."""

from __future__ import annotations

import ast

import pytest

from tracefix.facts.unit import Unit
from tracefix.model import Source
from tracefix.rewrite.change import Change, replace
from tracefix.rewrite.lower import apply, lower


def _replaced(text: str, template: str) -> str:
    unit = Unit.parse(Source.of(text))
    statement = unit.tree.body[0]
    assert isinstance(statement, ast.Assign)
    holes = {"x": statement.value} if "{x}" in template else {}
    change = Change("", (replace(statement.value, template, **holes),))
    return apply(text, lower(change, unit))


@pytest.mark.parametrize(
    ("text", "template", "after"),
    [
        ("y = (a < b)\n", "f({x})", "y = f(a < b)\n"),
        ("y = (  # why\n    a\n)\n", "f({x})", "y = f((  # why\n    a\n))\n"),
        ("y = (1, 2)\n", "[1, 2]", "y = [1, 2]\n"),
        ("y = 1, 2\n", "[1, 2]", "y = [1, 2]\n"),
        ("y = (  # why\n    a\n)\n", "b", "y = (  # why\n    b\n)\n"),
        ("y = a + 1\n", "{x}", "y = a + 1\n"),
        ("y = (n := a)\n", "n", "y = n\n"),
        ("y = (  # why\n    n := a\n)\n", "n", "y = (  # why\n    n\n)\n"),
    ],
)
def test_parentheses_and_their_comments_are_kept_once(text: str, template: str, after: str) -> None:
    assert _replaced(text, template) == after


def test_none_are_added_around_what_binds_tighter() -> None:
    assert _rewritten("y = a if flag else b\n", "flag", "flag is not None") == (
        "y = a if flag is not None else b\n"
    )
    assert _rewritten("y = flag and b\n", "flag", "flag is not None and a") == (
        "y = flag is not None and a and b\n"
    )
    assert _rewritten("y = flag and b\n", "flag", "flag is None or a") == (
        "y = (flag is None or a) and b\n"
    )


@pytest.mark.parametrize(
    ("text", "instead", "after"),
    [
        ("y = a + n\n", "b * c", "y = a + b * c\n"),
        ("y = a - n\n", "b + c", "y = a - (b + c)\n"),
        ("y = a / n\n", "b * c", "y = a / (b * c)\n"),
        ("y = n * a\n", "b + c", "y = (b + c) * a\n"),
        ("y = n * a\n", "b ** c", "y = b ** c * a\n"),
        ("y = n ** a\n", "b ** c", "y = (b ** c) ** a\n"),
        ("y = n ** a\n", "b * c", "y = (b * c) ** a\n"),
        ("y = -n\n", "b * c", "y = -(b * c)\n"),
        ("y = a & n\n", "b | c", "y = a & (b | c)\n"),
        ("y = a > n\n", "b - c", "y = a > b - c\n"),
        ("y = n > a\n", "b - c", "y = b - c > a\n"),
        ("y = a + n\n", "(b\n    * c)", "y = a + (b\n    * c)\n"),
    ],
)
def test_arithmetic_is_bare_where_it_binds_tighter(text: str, instead: str, after: str) -> None:
    assert _rewritten(text, "n", instead) == after


def _rewritten(text: str, name: str, template: str) -> str:
    unit = Unit.parse(Source.of(text))
    node = next(n for n in ast.walk(unit.tree) if isinstance(n, ast.Name) and n.id == name)
    return apply(text, lower(Change("", (replace(node, template),)), unit))
