"""A decorator becomes a block of the function's body; what stands around it stays."""

from __future__ import annotations

import ast

import pytest

from tracefix.facts.unit import Unit
from tracefix.model import Source
from tracefix.rewrite.change import Change, body_within
from tracefix.rewrite.lower import apply, lower


def _without_last_decorator(text: str) -> str:
    unit = Unit.parse(Source.of(text))
    function = unit.tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    edit = body_within(function.decorator_list[-1], "with lock():")
    return apply(text, lower(Change("", (edit,)), unit))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@locked\ndef f(x): return x\n", "def f(x):\n    with lock():\n        return x\n"),
        (
            '@locked\ndef f(x):\n    "Of x."\n    y = x\n    return y\n',
            'def f(x):\n    "Of x."\n    with lock():\n        y = x\n        return y\n',
        ),
        (
            "# above\n@outer\n# between\n@locked()  # beside\ndef f(x):\n    return x\n",
            "# above\n@outer\n# between\n# beside\ndef f(x):\n    with lock():\n        return x\n",
        ),
    ],
)
def test_the_body_moves_and_comments_stay(before: str, after: str) -> None:
    assert _without_last_decorator(before) == after
