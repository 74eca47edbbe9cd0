"""Loop as many times as a tensor says.

What it does
    Finds `range(n)` where `n` is a tensor, or a Python number that was read from one with
    `.item()`, and makes the conversion to int explicit.

Why TorchScript rejects it
    `range` takes ints only, and `.item()` gives a "number" that is neither int nor float.

Example
    import torch
    from torch import nn


    class Walk(nn.Module):
        def forward(self, x):
            for _ in range(x.abs().sum().long().item()):
                x = x * 0.5
            return x

Use instead
    import torch
    from torch import nn


    class Walk(nn.Module):
        def forward(self, x):
            for _ in range(int(x.abs().sum().long())):
                x = x * 0.5
            return x

When it is refused
    Never at this place. Tracing still records one count: see `data-dependent-loop`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="tensor-loop-count",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"all inputs of range must be ints",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Arguments of range() that are tensors, or numbers read from one."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if facts.unit.resolve(call.func) != "range":
            continue
        for argument in call.args:
            if facts.types.is_tensor(argument) or _item_of(argument) is not None:
                yield Hit(argument, "range() is given a value read from a tensor, not an int")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """`int()` around the tensor, without a detour through `.item()`."""
    assert isinstance(hit.node, ast.expr)
    value = _item_of(hit.node) or hit.node
    return Change("count with int()", (replace(hit.node, "int({n})", n=value),))


def _item_of(node: ast.expr) -> ast.expr | None:
    """`x` of `x.item()`."""
    if isinstance(node, ast.Call) and not node.args and isinstance(node.func, ast.Attribute):
        return node.func.value if node.func.attr == "item" else None
    return None
