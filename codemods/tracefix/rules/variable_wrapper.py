"""Wrap a tensor in Variable.

What it does
    Takes `Variable(...)` of torch.autograd away. What may have a gradient is detached, as Variable
    does it; `requires_grad=True` becomes `.requires_grad_()`.

Why TorchScript rejects it
    Variable is a class that it cannot make. Tensors and Variables have been one since torch 0.4.

Example
    import torch
    from torch import nn
    from torch.autograd import Variable


    class Sample(nn.Module):
        def forward(self, mean):
            noise = Variable(torch.randn(mean.size()), requires_grad=False)
            return Variable(mean) + noise

Use instead
    import torch
    from torch import nn
    from torch.autograd import Variable


    class Sample(nn.Module):
        def forward(self, mean):
            noise = torch.randn(mean.size())
            return mean.detach() + noise

When it is refused
    Where `requires_grad` is not written out, or where Variable is given no tensor at all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.gradients import has_no_history
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="variable-wrapper",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"Class Variable does not have an __init__", r"\bVariable\b"),
)

_NAMES = ("torch.autograd.Variable", "torch.autograd.variable.Variable")


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of Variable."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if facts.unit.resolve(call.func) in _NAMES:
            yield Hit(call, "Variable wraps a tensor, which needs no wrapper")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The tensor itself, without the history that Variable cuts off."""
    call = hit.node
    assert isinstance(call, ast.Call)
    if len(call.args) != 1 or isinstance(call.args[0], ast.Starred):
        return Refusal("it is not given one tensor")
    options = {keyword.arg: keyword.value for keyword in call.keywords}
    if not options.keys() <= {"requires_grad", "volatile"}:
        return Refusal("it is given arguments that torch ignores or rejects")
    wanted = options.get("requires_grad", ast.Constant(False))
    if not isinstance(wanted, ast.Constant):
        return Refusal("requires_grad= is not written out")
    template = "{tensor}" if has_no_history(call.args[0], facts) else "{tensor}.detach()"
    if wanted.value:
        template += ".requires_grad_()"
    return Change("take Variable away", (replace(call, template, tensor=call.args[0]),))
