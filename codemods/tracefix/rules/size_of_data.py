"""Read the size of a tensor's data: `x.data.size(0)`.

What it does
    Leaves `.data` out where only the size, the shape or the number of dimensions is read, which the
    tensor itself has.

Why a trace goes wrong
    `.data` leaves what torch.jit.trace records: the size is kept as the number that it was, and the
    trace is wrong for every other batch. Nothing warns of it.

Example
    import torch
    from torch import nn


    class Flatten(nn.Module):
        def forward(self, x):
            return x.view(x.data.size(0), -1)

Use instead
    import torch
    from torch import nn


    class Flatten(nn.Module):
        def forward(self, x):
            return x.view(x.size(0), -1)

When it is refused
    Never. What is not known to be a tensor, such as a packed sequence, keeps its `.data`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="size-of-data",
    blocks=frozenset({Target.TRACE}),
    safety=Safety.SAFE,
)
SIZES = frozenset({"size", "shape", "dim", "ndim", "ndimension", "numel", "nelement"})


def find(facts: Facts) -> Iterator[Hit]:
    """`.data` of tensors, of which only a size is read."""
    for node in facts.in_forward(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        data = node.value
        if node.attr not in SIZES or not isinstance(data, ast.Attribute) or data.attr != "data":
            continue
        if facts.types.is_tensor(data.value):
            yield Hit(data, "a trace keeps the size of .data as it is while it is recorded")


def fix(hit: Hit, facts: Facts) -> Change:
    """The tensor's own size."""
    data = hit.node
    assert isinstance(data, ast.Attribute)
    return Change("read the tensor's own size", (replace(data, "{x}", x=data.value),))
