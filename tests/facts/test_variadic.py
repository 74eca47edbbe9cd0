"""What a run has passed for `**kwargs`."""

from __future__ import annotations

import ast

import pytest

from tracefix.facts import analyse
from tracefix.facts.variadic import passes_no_keywords
from tracefix.model import Observed, Source

PATH = "m.py"
EMPTY = frozenset({"Dict[?, ?]"})


@pytest.mark.parametrize(
    ("recorded", "known"),
    [
        (("x", "kwargs"), True),
        (("kwargs",), True),
        (("x", "mask", "kwargs"), False),  # of the function that a decorator was around
        ((), False),
    ],
)
def test_what_another_function_of_the_name_was_passed_says_nothing(
    recorded: tuple[str, ...], known: bool
) -> None:
    source = Source.of("def loss(x, **kwargs):\n    return f(x, **kwargs)\n", PATH)
    observed = Observed(parameters={(PATH, "loss", name): EMPTY for name in recorded})
    facts = analyse([source], observed)[0][PATH]
    function = facts.unit.tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    assert passes_no_keywords(function, facts) is known
