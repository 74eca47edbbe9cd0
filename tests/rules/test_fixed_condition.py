"""torch's error shows arms that the text alone does not."""

from __future__ import annotations

import ast

import pytest

from tracefix.facts import analyse
from tracefix.model import Observed, Outcome, Place, Source
from tracefix.rules.fixed_condition import RULE, answer, find

TEXT = """\
from torch import nn


class Heads(nn.Module):
    def __init__(self, aux=True):
        super().__init__()
        self.aux = aux

    def forward(self, x):
        outs = (x + 1,)
        if self.aux:
            outs = outs + (x,)
        return outs
"""
GROWN = (
    "Variable 'outs' previously had type Tuple[Tensor] but is now being assigned to a value of "
    "type Tuple[Tensor, Tensor]"
)


@pytest.mark.parametrize(("line", "found"), [(12, ["self.aux"]), (10, [])])
def test_a_tuple_that_grows_where_a_flag_says_so(line: int, found: list[str]) -> None:
    observed = Observed(attributes={("module.py::Heads", "aux"): frozenset({"bool"})})
    facts = analyse([Source.of(TEXT)], observed)[0]["module.py"]
    outcome = Outcome("compile", False, GROWN, (Place("module.py", line, 12),))
    assert RULE.answers_to(GROWN)
    assert not list(find(facts))
    assert [
        ast.unparse(h.node) for h in answer(outcome, facts) if isinstance(h.node, ast.expr)
    ] == found


@pytest.mark.parametrize(
    "error",
    [
        "getattr's second argument must be a string literal",
        "Lambda aren't supported",
        "Python builtin <built-in function asarray> is currently not supported in Torchscript",
        "cannot create weak reference to 'numpy.ufunc' object",
        "Cannot instantiate class 'MaxPool2d' in a script function",
    ],
)
def test_what_no_script_can_hold_may_stand_in_an_arm_that_is_not_taken(error: str) -> None:
    assert RULE.answers_to(error)
