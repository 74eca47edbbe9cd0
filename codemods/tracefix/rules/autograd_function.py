"""Compute with an autograd Function of one's own.

What it does
    Finds `Function.apply(...)` and calls a plain function with the body of its forward instead,
    for which autograd works the gradient out. Whether that is the gradient that the Function's
    backward gives is left to verification, which compares the gradients of inputs and parameters:
    for a Swish that saves memory it is, for rounding with a straight-through gradient it is not,
    and then nothing is written.

Why TorchScript rejects it
    "Could not export Python function call": it compiles no Python classes but modules.

Example
    import torch
    from torch import nn


    class SwishFunction(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * torch.sigmoid(x)

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            gate = torch.sigmoid(x)
            return grad * (gate * (1 + x * (1 - gate)))


    class Swish(nn.Module):
        def forward(self, x):
            return SwishFunction.apply(x)

Use instead
    import torch
    from torch import nn


    class SwishFunction(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * torch.sigmoid(x)

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            gate = torch.sigmoid(x)
            return grad * (gate * (1 + x * (1 - gate)))


    def swish_function(x):
        return x * torch.sigmoid(x)


    class Swish(nn.Module):
        def forward(self, x):
            return swish_function(x)

When it is refused
    Where forward reads its context, or does more with it than keep values for backward, where it
    lies in another file, and where the call spreads its arguments.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.autograd import applied_function, makes_empty, without_context
from tracefix.facts.project import ClassInfo
from tracefix.facts.unit import FunctionNode
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, before, escaped, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="autograd-function",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    answers=(r"Python type cannot be used as a value", r"Could not export Python function call"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of Functions that compute something."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        function = applied_function(call, facts)
        if function is not None and not makes_empty(function):
            message = f"TorchScript cannot call the autograd Function {function.node.name}"
            yield Hit(call, message, detail=function)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A plain function with the same body."""
    call, info = hit.node, hit.detail
    assert isinstance(call, ast.Call)
    assert isinstance(info, ClassInfo)
    if info.unit is not facts.unit:
        return Refusal(f"{info.node.name} lies in {info.unit.path}")
    if any(isinstance(a, ast.Starred) for a in call.args) or call.keywords:
        return Refusal("the call spreads or names its arguments")
    forward = info.methods.get("forward")
    body = None if forward is None else without_context(forward)
    if forward is None or body is None:
        return Refusal("forward does more with its context than keep values for backward")
    name = _named(info.unit.qualname(info.node))
    edits: list[Edit] = [replace(call.func, name)]
    if name not in facts.unit.functions:
        name = facts.fresh(name)
        edits = [replace(call.func, name), _written(name, forward, body, call, facts)]
    return Change("call a plain function", tuple(edits))


def _written(
    name: str, forward: FunctionNode, body: list[ast.stmt], call: ast.Call, facts: Facts
) -> Edit:
    """The function, in front of the first that calls it."""
    parameters = ", ".join(facts.unit.text(a) for a in forward.args.args[1:])
    # A copy, for the class may serve others; its comments stay with the class.
    lines = [line for statement in body for line in ast.unparse(statement).splitlines()]
    template = "\n    ".join([f"def {name}({parameters}):", *lines])
    return before(facts.unit.top_level(call), escaped(template))


def _named(function: str) -> str:
    """`SwishFunction` as `swish_function`, `Mish.F` as `mish_f`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", function.replace(".", "_")).lower()
