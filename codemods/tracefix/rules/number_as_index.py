"""Index a tensor with a number read from a tensor.

What it does
    Finds `x[n]` where `n` was read with `.item()`, and makes the conversion to int explicit.

Why TorchScript rejects it
    `.item()` gives a "number", which may be a float; an index must be an int.

Example
    import torch
    from torch import nn


    class Pick(nn.Module):
        def forward(self, x, at):
            return x[:, at.item() - 1]

Use instead
    import torch
    from torch import nn


    class Pick(nn.Module):
        def forward(self, x, at):
            return x[:, int(at.item() - 1)]

When it is refused
    Never at this place. A trace records one index: index with the tensor itself where that
    matters.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.numbers import is_number, to_convert
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="number-as-index",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"indexing tensor with unsupported index type 'number'",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Indices of tensors that are numbers; a slice's bounds may be, and so may a list's index."""
    for node in facts.in_forward(ast.Subscript):
        assert isinstance(node, ast.Subscript)
        if not facts.types.is_tensor(node.value):
            continue
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for part in parts:
            if is_number(part, facts.unit, facts.flow_at(part)):
                yield Hit(part, "a tensor is indexed with a number that may be a float")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """`int()` around the index, without a detour through `.item()`."""
    assert isinstance(hit.node, ast.expr)
    value = to_convert(hit.node, facts.unit)
    return Change("index with int()", (replace(hit.node, "int({n})", n=value),))
