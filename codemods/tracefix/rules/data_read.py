"""Read a tensor's data: `x.data.acos()`.

What it does
    Writes `x.detach()` for `x.data`, which has the same values and no gradient either. A statement
    that writes to the data, such as `self.weight.data.clamp_(0, 1)`, moves into a function that a trace
    keeps as code. What it reads of self becomes an argument.

Why a trace is wrong
    `.data` leaves what torch.jit.trace records: the values are kept as the constants that they were,
    and what is written to them never happens, without a word.

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
    Where the data is written to under another name: autograd counts a write to what detach() gives,
    and rejects a gradient that needs the value from before, of an earlier call too. Where the
    statement that writes cannot move, as with a layer that a loop goes through. Where only a size is
    read, `size-of-data` leaves `.data` out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.devices import is_kept_as_code
from tracefix.facts.in_place import written_through
from tracefix.facts.layers import layers_of
from tracefix.facts.regions import position
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule
from tracefix.rules.outlined_region import outlined
from tracefix.rules.size_of_data import SIZES

RULE = Rule(
    slug="data-read",
    blocks=frozenset({Target.TRACE}),
    safety=Safety.PROVEN,
    after=("size-of-data", "data-assigned", "new-from-tensor", "packed-lengths"),
)
_WHY = "Kept as code by a trace, which would not record what is written to data."
# The same for every input, so that a trace may keep them.
_KINDS = frozenset({"device", "dtype", "is_cuda", "layout", "type"})


def find(facts: Facts) -> Iterator[Hit]:
    """`.data` of tensors, where forward reads it."""
    for data in sorted(facts.in_forward(ast.Attribute), key=position):
        assert isinstance(data, ast.Attribute)
        if data.attr != "data" or not isinstance(data.ctx, ast.Load):
            continue
        above = facts.unit.parents[data]
        if isinstance(above, ast.Attribute) and above.attr in SIZES | _KINDS:
            continue
        if _is_tensor(data.value, facts) and not is_kept_as_code(data, facts):
            yield Hit(data, f"a trace keeps {facts.unit.text(data)} as it is while it is recorded")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The tensor without its gradient."""
    data = hit.node
    assert isinstance(data, ast.Attribute)
    statement = facts.unit.statement(data)
    if _writes(statement, facts):
        return outlined(statement, "data", _WHY, facts)
    place = written_through(data, facts)
    if place is not None:
        return Refusal(
            f"it is written to at line {getattr(place, 'lineno', data.lineno)}, which no trace records",
            facts.unit.span(place),
        )
    return Change("detach the tensor", (replace(data, "{x}.detach()", x=data.value),))


def _is_tensor(node: ast.expr, facts: Facts) -> bool:
    """What is known as a tensor, and `self.conv.weight`."""
    if facts.types.is_tensor(node):
        return True
    of_layer = isinstance(node, ast.Attribute) and node.attr in ("weight", "bias")
    return of_layer and isinstance(node, ast.Attribute) and bool(layers_of(node.value, facts))


def _writes(statement: ast.stmt, facts: Facts) -> bool:
    """`x.data.clamp_(0, 1)` and `x.data[0] = y`: what changes the data, and leaves no name for it."""
    if not isinstance(statement, ast.Expr | ast.Assign | ast.AugAssign):
        return False
    if isinstance(statement, ast.Assign) and not isinstance(statement.targets[0], ast.Subscript):
        return False
    data = (n for n in walk(statement) if isinstance(n, ast.Attribute) and n.attr == "data")
    return any(written_through(node, facts) is not None for node in data)
