"""Make the output for an empty input with an autograd Function.

What it does
    Finds calls of an autograd Function whose forward is only `x.new_empty(shape)`, on an `x` that a
    test has just shown to be empty, and reshapes `x` instead. That has no elements either, and
    passes an empty gradient on in the same way. Layers of old detection code are full of it.

Why TorchScript rejects it
    It cannot call a Python class: "Python type cannot be used as a value".

Example
    import torch
    from torch import nn


    class NewEmpty(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, new_shape):
            ctx.shape = x.shape
            return x.new_empty(new_shape)

        @staticmethod
        def backward(ctx, grad):
            return NewEmpty.apply(grad, ctx.shape), None


    class Double(nn.Module):
        def forward(self, x):
            if x.numel() > 0:
                return torch.cat([x, x], dim=1)
            return NewEmpty.apply(x, [x.shape[0], 2 * x.shape[1]])

Use instead
    import torch
    from torch import nn


    class NewEmpty(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, new_shape):
            ctx.shape = x.shape
            return x.new_empty(new_shape)

        @staticmethod
        def backward(ctx, grad):
            return NewEmpty.apply(grad, ctx.shape), None


    class Double(nn.Module):
        def forward(self, x):
            if x.numel() > 0:
                return torch.cat([x, x], dim=1)
            return x.reshape([x.shape[0], 2 * x.shape[1]])

When it is refused
    Where no test shows that the tensor is empty. A shape that is not empty itself now raises,
    where the Function gave memory that nothing had been written to.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.autograd import applied_function, makes_empty
from tracefix.facts.emptiness import is_known_empty
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="empty-tensor-function",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Python type cannot be used as a value", r"Could not export Python function call"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of such Functions."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        function = applied_function(call, facts)
        if function is not None and makes_empty(function):
            yield Hit(call, f"TorchScript cannot call the autograd Function {function.node.name}")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A reshape of the tensor."""
    call = hit.node
    assert isinstance(call, ast.Call)
    if len(call.args) != 2 or any(isinstance(a, ast.Starred) for a in call.args):
        return Refusal("it is not called with a tensor and a shape")
    tensor, shape = call.args
    if not isinstance(tensor, ast.Name) or not is_known_empty(tensor, facts):
        return Refusal("no test shows that the tensor is empty")
    return Change(
        "reshape the empty tensor", (replace(call, "{x}.reshape({s})", x=tensor, s=shape),)
    )
