"""Divide or multiply matrices in an assignment: `n //= 2`, `x @= w`.

What it does
    Writes `n = n // 2` and `x = x @ w`. A tensor, which `//=` changes in place, is changed with
    floor_divide_().

Why TorchScript rejects it
    Of Python's augmented assignments it lacks these two.

Example
    import torch
    from torch import nn


    class Halve(nn.Module):
        def forward(self, x):
            width = x.size(1)
            width //= 2
            return x[:, :width]

Use instead
    import torch
    from torch import nn


    class Halve(nn.Module):
        def forward(self, x):
            width = x.size(1)
            width = width // 2
            return x[:, :width]

When it is refused
    Where `//=` meets what is neither known to be a number nor a tensor, or where the target is more
    than a name or an attribute of one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="floor-divide-assignment",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"unsupported kind of augmented assignment",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Augmented assignments with // or @."""
    for statement in facts.in_forward(ast.AugAssign):
        assert isinstance(statement, ast.AugAssign)
        if isinstance(statement.op, ast.FloorDiv | ast.MatMult):
            yield Hit(statement, "TorchScript has no such augmented assignment")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A plain assignment; in place where a tensor was changed in place."""
    statement = hit.node
    assert isinstance(statement, ast.AugAssign)
    target = ast.unparse(statement.target)
    if not target.replace(".", "").isidentifier():
        return Refusal("the target would be computed twice")
    type_ = facts.types.of(statement.target)
    if isinstance(statement.op, ast.MatMult):
        template = "{target} = {target} @ {value}"  # a tensor has no `@=` of its own
    elif type_ in ("int", "float"):
        template = "{target} = {target} // {value}"
    elif type_ == "Tensor":
        template = "{target} = {target}.floor_divide_({value})"
    else:
        return Refusal("it is not known whether a tensor is changed in place")
    return Change(
        "write it out", (replace(statement, template, target=target, value=statement.value),)
    )
