"""Ask for None through a function: `if exists(mask):`.

What it does
    Writes the test itself in the place of a call of a function that does nothing but ask whether its
    argument is None.

Why TorchScript rejects it
    The function's parameter has one type, and None and a Tensor, a size or a layer come to it. Where it
    takes all of them, the caller still is told nothing: only a test that stands in the branch itself
    makes a Tensor of an Optional, and leaves out what is done with a layer that is None.

Example
    from torch import nn


    def exists(val):
        return val is not None


    class Scale(nn.Module):
        def __init__(self, normed: bool = False):
            super().__init__()
            self.norm = nn.LayerNorm(4) if normed else None

        def forward(self, x):
            if exists(self.norm):
                x = self.norm(x)
            return x * 2

Use instead
    from torch import nn


    def exists(val):
        return val is not None


    class Scale(nn.Module):
        def __init__(self, normed: bool = False):
            super().__init__()
            self.norm = nn.LayerNorm(4) if normed else None

        def forward(self, x):
            if self.norm is not None:
                x = self.norm(x)
            return x * 2

When it is refused
    Never. Functions that are decorated or bound twice, and those that ask with ==, are passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.none_functions import asked_value
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="none-asked-by-function",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(
        r"to be of type 'Tensor' because it was not annotated",
        r"Optional\[",
        r"NoneType",
        r"Union\[",
        r"but instead found type",
        r"cannot call a value of type",
        r"cannot be used as a value",
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of such functions."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        asked = asked_value(call, facts)
        if asked is not None:
            name = ast.unparse(call.func)
            yield Hit(call, f"TorchScript learns nothing of what {name}() says of None", asked)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The test in the place of the call, and of a `not` before it."""
    call, detail = hit.node, hit.detail
    assert isinstance(call, ast.Call)
    assert isinstance(detail, tuple)
    value, of_none = detail
    place: ast.expr = call
    around = facts.unit.parents[call]
    if isinstance(around, ast.UnaryOp) and isinstance(around.op, ast.Not):
        place, of_none = around, not of_none
    template = "{value} is None" if of_none else "{value} is not None"
    return Change("ask for None in place", (replace(place, template, value=value),))
