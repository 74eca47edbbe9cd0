"""Say requires_grad where a tensor is made: `torch.zeros(3, requires_grad=False)`.

What it does
    Leaves `requires_grad=False` out, since that is how tensors are made anyway, and asks for
    gradients with `.requires_grad_()` where the call said so.

Why TorchScript rejects it
    Its factories have no such argument: "Keyword argument requires_grad unknown".

Example
    import torch
    from torch import nn


    class Noise(nn.Module):
        def forward(self, x):
            start = torch.zeros_like(x, requires_grad=False)
            noise = torch.randn_like(x, requires_grad=True)
            return x * start + noise

Use instead
    import torch
    from torch import nn


    class Noise(nn.Module):
        def forward(self, x):
            start = torch.zeros_like(x)
            noise = torch.randn_like(x).requires_grad_()
            return x * start + noise

When it is refused
    Where the call has starred arguments and asks for gradients.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.factories import takes_no_gradient_flag
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="factory-requires-grad",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(
        r"Keyword argument requires_grad unknown",
        r"Arguments for call are not valid",
        r"Argument size not provided",
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Factories that are told about gradients."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        flag = next((k for k in call.keywords if k.arg == "requires_grad"), None)
        if flag is not None and takes_no_gradient_flag(call, facts):
            yield Hit(call, f"TorchScript's {_name(call)}() takes no requires_grad", flag)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The call without the flag, and what it says behind it."""
    flag, call = hit.detail, hit.node
    assert isinstance(flag, ast.keyword)
    assert isinstance(call, ast.Call)
    value = flag.value
    if isinstance(value, ast.Constant) and value.value is False:
        return Change("leave the default out", (replace(flag, ""),))
    others = [k for k in call.keywords if k is not flag]
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in others):
        return Refusal("starred arguments may say what requires_grad is")
    holes: dict[str, Hole] = {f"_{n}": a for n, a in enumerate(call.args)}
    given = [f"{{{hole}}}" for hole in holes]
    for keyword in others:
        holes[f"_{keyword.arg}"] = keyword.value
        given.append(f"{keyword.arg}={{_{keyword.arg}}}")
    always = isinstance(value, ast.Constant) and value.value is True
    asked = "" if always else "{flag}"
    template = f"{{func}}({', '.join(given)}).requires_grad_({asked})"
    edit = replace(call, template, func=call.func, flag=value, **holes)
    return Change("ask for gradients behind the call", (edit,))


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]
