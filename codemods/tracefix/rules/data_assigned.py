"""Assign to a tensor's data: `self.weight.data = self.weight.data.clamp(0, 1)`.

What it does
    Copies the values into the tensor, or changes them in place for `self.weight.data *= 2`.

Why TorchScript rejects it
    There a tensor has no attributes that could be set: "Tried to set an attribute: data on a
    non-class: Tensor". A trace does not record it; `data-read` has it keep the copy.

Example
    import torch
    from torch import nn


    class Gain(nn.Module):
        def __init__(self):
            super().__init__()
            self.gain = nn.Parameter(torch.ones(3))

        def forward(self, x):
            self.gain.data = self.gain.data.clamp(0.0, 1.0)
            return x * self.gain

Use instead
    import torch
    from torch import nn


    class Gain(nn.Module):
        def __init__(self):
            super().__init__()
            self.gain = nn.Parameter(torch.ones(3))

        def forward(self, x):
            self.gain.data.copy_(self.gain.data.clamp(0.0, 1.0))
            return x * self.gain

When it is refused
    Where several targets are assigned at once, and for operators that have no method of their own.
    Data of another shape or dtype than before make the verification fail, and nothing is written.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tracefix.facts import Facts, Unknown
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="data-assigned",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    answers=(r"Tried to set an attribute: data",),
)
_IN_PLACE: Mapping[type[ast.operator], str] = {
    ast.Add: "add_", ast.Sub: "sub_", ast.Mult: "mul_", ast.Div: "div_",
}  # fmt: skip


def find(facts: Facts) -> Iterator[Hit]:
    """Assignments to the data of a tensor."""
    for node in facts.in_forward(ast.Assign, ast.AugAssign):
        assert isinstance(node, ast.Assign | ast.AugAssign)  # `w.data *= 2` by a number too
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Attribute) and target.attr == "data":
                if _may_be_tensor(target.value, facts) and (
                    isinstance(node, ast.AugAssign) or _may_be_tensor(node.value, facts)
                ):
                    yield Hit(node, "TorchScript sets no attributes of tensors", target)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The copy, or the method that works in place."""
    node, target = hit.node, hit.detail
    assert isinstance(target, ast.Attribute)
    if isinstance(node, ast.AugAssign):
        method = _IN_PLACE.get(type(node.op))
        if method is None:
            return Refusal("its operator has no method that works in place")
    else:
        assert isinstance(node, ast.Assign)
        if len(node.targets) > 1:
            return Refusal("several targets are assigned at once")
        method = "copy_"
    edit = replace(
        node, f"{{tensor}}.data.{method}({{value}})", tensor=target.value, value=node.value
    )
    return Change("write into the tensor", (edit,))


def _may_be_tensor(node: ast.expr, facts: Facts) -> bool:
    """Whether an expression is a tensor, or nothing says what it is, as of a layer's weight."""
    type_ = facts.types.of(node)
    return type_ == "Tensor" or isinstance(type_, Unknown)
