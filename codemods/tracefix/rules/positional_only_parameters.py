"""Take parameters by position only: `def forward(self, x, /)`.

What it does
    Takes the `/` out of the signature. Every call that was right still is.

Why TorchScript rejects it
    It reads the parameters behind the `/` alone: "undefined value x".

Example
    from torch import nn


    class Shift(nn.Module):
        def forward(self, x, /, by: float = 1.0):
            return x + by

Use instead
    from torch import nn


    class Shift(nn.Module):
        def forward(self, x, by: float = 1.0):
            return x + by

When it is refused
    Where the function takes `**kwargs`: a keyword of the same name would be taken for the parameter.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, keywords_too
from tracefix.rules import Rule

RULE = Rule(
    slug="positional-only-parameters",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"undefined value",),
)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def find(facts: Facts) -> Iterator[Hit]:
    """Functions with a `/` in their signature."""
    for function in facts.forward_functions:
        if function.args.posonlyargs:
            yield Hit(function, "parameters that are taken by position only")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The signature without the `/`."""
    assert isinstance(hit.node, _Function)
    if hit.node.args.kwarg is not None:
        return Refusal("**kwargs may hold a parameter's name")
    return Change("take the / out", (keywords_too(hit.node),))
