"""Zip a list or a shape with tuples.

What it does
    Finds `zip()` of sequences of which TorchScript takes some for tuples and some for lists, and
    makes lists of the tuples.

Why TorchScript rejects it
    A loop over a tuple is written out, one pass an element, which a list beside it cannot be: "Can
    not iterate over a module list or tuple with a value that does not have a statically
    determinable length". A slice of a shape is such a list.

Example
    import torch
    from torch import nn


    class Pad(nn.Module):
        def __init__(self):
            super().__init__()
            self.margin = (1, 2)

        def forward(self, x):
            sizes = [size + margin for size, margin in zip(x.shape[-2:], self.margin)]
            return x.new_zeros(sizes)

Use instead
    import torch
    from torch import nn


    class Pad(nn.Module):
        def __init__(self):
            super().__init__()
            self.margin = (1, 2)

        def forward(self, x):
            sizes = [size + margin for size, margin in zip(x.shape[-2:], list(self.margin))]
            return x.new_zeros(sizes)

When it is refused
    Where a tuple's elements are of several types.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.torch_types import element
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="zip-of-list-and-tuple",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"does not have a statically determinable length",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of zip() with both kinds."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if facts.unit.resolve(call.func) != "zip":
            continue
        types = [facts.types.of(argument) for argument in call.args]
        tuples = [a for a, t in zip(call.args, types, strict=True) if _starts(t, "Tuple[")]
        if tuples and any(_starts(t, "List[", "torch.Size") for t in types):
            yield Hit(call, "TorchScript cannot zip a list with a tuple", tuples)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """`list(...)` around each tuple."""
    assert isinstance(hit.detail, list)
    if any(element(str(facts.types.of(t))) is None for t in hit.detail):
        return Refusal("the tuple's elements are of several types")
    edits = tuple(replace(argument, "list({it})", it=argument) for argument in hit.detail)
    return Change("make lists of the tuples", edits)


def _starts(type_: object, *heads: str) -> bool:
    return isinstance(type_, str) and type_.startswith(heads)
