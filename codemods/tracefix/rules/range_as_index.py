"""Index a tensor with a range: `x[range(n), labels]`.

What it does
    Makes the range a tensor of the same numbers, on the device of what it picks from.

Why TorchScript rejects it
    A range is for loops alone there: "range cannot be used as a value". A trace keeps the numbers of
    the batch that it saw.

Example
    import torch
    from torch import nn


    class Picked(nn.Module):
        def forward(self, scores, labels):
            return scores[range(scores.size(0)), labels]

Use instead
    import torch
    from torch import nn


    class Picked(nn.Module):
        def forward(self, scores, labels):
            return scores[torch.arange(scores.size(0), device=scores.device), labels]

When it is refused
    Where what is indexed is worked out there, and would be once more.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="range-as-index",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    answers=(r"range cannot be used as a value", r"\brange\("),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Ranges among the indices of what may be a tensor."""
    for subscript in facts.in_forward(ast.Subscript):
        assert isinstance(subscript, ast.Subscript)
        index = subscript.slice
        for part in index.elts if isinstance(index, ast.Tuple) else [index]:
            if isinstance(part, ast.Call) and facts.unit.resolve(part.func) == "range":
                if facts.types.is_tensor(subscript.value):
                    yield Hit(part, "TorchScript has ranges in loops alone", subscript.value)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The numbers as a tensor."""
    call, indexed = hit.node, hit.detail
    assert isinstance(call, ast.Call)
    assert isinstance(indexed, ast.expr)
    if not isinstance(indexed, ast.Name | ast.Attribute):
        return Refusal(f"{ast.unparse(indexed)} would be worked out twice")
    holes: dict[str, Hole] = {f"a{n}": argument for n, argument in enumerate(call.args)}
    bounds = ", ".join(f"{{{name}}}" for name in holes)
    device = f"{ast.unparse(indexed)}.device"
    edit = replace(call, f"torch.arange({bounds}, device={device})", **holes)
    return Change("make it a tensor", (edit,), imports=("import torch",))
