"""Read a tensor's data: `x.data.acos()`.

What it does
    Writes `x.detach()` for `x.data`, which has the same values and no gradient either.

Why a trace is wrong
    `.data` leaves what torch.jit.trace records: the values are kept as the constants that they were,
    without a word.

Example
    import torch
    from torch import nn


    class Angle(nn.Module):
        def forward(self, x):
            turns = (x.data * 2).floor()
            return x - turns

Use instead
    import torch
    from torch import nn


    class Angle(nn.Module):
        def forward(self, x):
            turns = (x.detach() * 2).floor()
            return x - turns

When it is refused
    Where the data is written to: autograd counts a write to what detach() gives, and rejects a
    gradient that needs the value from before, of an earlier call too. Where only a size is read,
    `size-of-data` leaves `.data` out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.devices import is_kept_as_code
from tracefix.facts.in_place import written_through
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule
from tracefix.rules.size_of_data import SIZES

RULE = Rule(
    slug="data-read",
    blocks=frozenset({Target.TRACE}),
    safety=Safety.PROVEN,
    after=("size-of-data", "data-assigned", "new-from-tensor"),
)
# The same for every input, so that a trace may keep them.
_KINDS = frozenset({"device", "dtype", "is_cuda", "layout", "type"})


def find(facts: Facts) -> Iterator[Hit]:
    """`.data` of tensors, where forward reads it."""
    for data in facts.in_forward(ast.Attribute):
        assert isinstance(data, ast.Attribute)
        if data.attr != "data" or not isinstance(data.ctx, ast.Load):
            continue
        above = facts.unit.parents[data]
        if isinstance(above, ast.Attribute) and above.attr in SIZES | _KINDS:
            continue
        if facts.types.is_tensor(data.value) and not is_kept_as_code(data, facts):
            yield Hit(data, f"a trace keeps {facts.unit.text(data)} as it is while it is recorded")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The tensor without its gradient."""
    data = hit.node
    assert isinstance(data, ast.Attribute)
    place = written_through(data, facts)
    if place is not None:
        return Refusal(
            f"it is written to at line {getattr(place, 'lineno', data.lineno)}, which no trace records",
            facts.unit.span(place),
        )
    return Change("detach the tensor", (replace(data, "{x}.detach()", x=data.value),))
