"""A keyword argument goes away with its comma, and the others stay as they were written."""

from __future__ import annotations

import ast

import pytest

from tracefix.facts.unit import Unit
from tracefix.model import Source
from tracefix.rewrite.change import Change, replace
from tracefix.rewrite.lower import apply, lower


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(1, gone=2)\n", "f(1)\n"),
        ("f(1, gone=2, kept=3)\n", "f(1, kept=3)\n"),
        ("f(gone=2)\n", "f()\n"),
        ("f(1, gone=2,)\n", "f(1,)\n"),
        ("f(\n    1,\n    gone=2,\n)\n", "f(\n    1,\n)\n"),
        ("f(\n    1,\n    gone=2\n)\n", "f(\n    1\n)\n"),
    ],
)
def test_a_keyword_argument_goes_away(before: str, after: str) -> None:
    unit = Unit.parse(Source.of(before))
    gone = next(k for k in ast.walk(unit.tree) if isinstance(k, ast.keyword) and k.arg == "gone")
    edits = lower(Change("remove", (replace(gone, ""),)), unit)
    assert apply(before, edits) == after
