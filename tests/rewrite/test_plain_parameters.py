"""Stars go out of signatures and calls, and the rest stays as it was written."""

from __future__ import annotations

import ast

import pytest

from tracefix.facts.unit import Unit
from tracefix.model import Source
from tracefix.rewrite.change import Change, plain_parameters, replace
from tracefix.rewrite.lower import apply, lower
from tracefix.rewrite.wanted import Conflict


@pytest.mark.parametrize(
    ("before", "instead", "after"),
    [
        ("def f(x, **kw): pass\n", "", "def f(x): pass\n"),
        ("def f(x, *args, **kw): pass\n", "", "def f(x): pass\n"),
        ("def f(*args): pass\n", "a, b: int", "def f(a, b: int): pass\n"),
        ("def f(x, *args, y=1): pass\n", "a", "def f(x, a, y=1): pass\n"),
        ("def f(x, *, y=1, z: int = 2): pass\n", "", "def f(x, y=1, z: int = 2): pass\n"),
        ("def f(\n    x,  # the input\n    **kw,\n): pass\n", "", "def f(\n    x,  # the input\n): pass\n"),
        ("def f(\n    x,\n    *args,\n    y=1\n): pass\n", "a", "def f(\n    x,\n    a,\n    y=1\n): pass\n"),
    ],
)  # fmt: skip
def test_parameters_become_plain(before: str, instead: str, after: str) -> None:
    unit = Unit.parse(Source.of(before))
    edits = lower(Change("plain", (plain_parameters(unit.functions["f"], instead),)), unit)
    assert apply(before, edits) == after


def test_a_comment_beside_a_parameter_that_goes_away_is_not_lost() -> None:
    unit = Unit.parse(Source.of("def f(\n    x,\n    **kw,  # for others\n): pass\n"))
    with pytest.raises(Conflict, match="comment"):
        lower(Change("plain", (plain_parameters(unit.functions["f"]),)), unit)


@pytest.mark.parametrize(
    ("before", "instead", "after"),
    [
        ("f(x, *args)\n", "a, b", "f(x, a, b)\n"),
        ("f(*args, y=1)\n", "a", "f(a, y=1)\n"),
        ("f(x, *args)\n", "", "f(x)\n"),
        ("f(x, *args, **kw)\n", "", "f(x, **kw)\n"),
    ],
)
def test_a_starred_argument_gives_way(before: str, instead: str, after: str) -> None:
    unit = Unit.parse(Source.of(before))
    starred = next(node for node in ast.walk(unit.tree) if isinstance(node, ast.Starred))
    edits = lower(Change("plain", (replace(starred, instead),)), unit)
    assert apply(before, edits) == after


def test_an_expanded_dictionary_goes_away() -> None:
    unit = Unit.parse(Source.of("f(x, y=1, **kw)\n"))
    gone = next(k for k in ast.walk(unit.tree) if isinstance(k, ast.keyword) and k.arg is None)
    assert (
        apply(unit.source.text, lower(Change("plain", (replace(gone, ""),)), unit)) == "f(x, y=1)\n"
    )
