"""Take the length of a tensor.

What it does
    Writes `x.shape[0]` for `len(x)`.

Why a trace goes wrong
    `len()` gives a Python number, which torch.jit.trace keeps as it was: "Using len to get tensor
    shape might cause the trace to be incorrect". A size that is read from the shape is recorded.

Example
    import torch
    from torch import nn


    class Mean(nn.Module):
        def forward(self, x):
            return x.sum(0) / len(x)

Use instead
    import torch
    from torch import nn


    class Mean(nn.Module):
        def forward(self, x):
            return x.sum(0) / x.shape[0]

When it is refused
    Never. (On a tensor without dimensions the one raises a TypeError, the other an IndexError.)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="len-of-tensor",
    blocks=frozenset({Target.TRACE}),
    safety=Safety.PROVEN,
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of len() on tensors."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if facts.unit.resolve(call.func) == "len" and len(call.args) == 1:
            if facts.types.is_tensor(call.args[0]):
                yield Hit(call, "a trace keeps the length as it is while it is recorded")


def fix(hit: Hit, facts: Facts) -> Change:
    """The first size."""
    call = hit.node
    assert isinstance(call, ast.Call)
    return Change("read the size", (replace(call, "{x}.shape[0]", x=call.args[0]),))
