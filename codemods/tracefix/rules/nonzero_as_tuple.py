"""Say as_tuple to nonzero: `mask.nonzero(as_tuple=True)`.

What it does
    Writes `torch.where(mask)`, which is the same, for `as_tuple=True`, and leaves `as_tuple=False`
    out, which is how nonzero answers anyway.

Why TorchScript rejects it
    Its nonzero has no such argument: "Keyword argument as_tuple unknown".

Example
    import torch
    from torch import nn


    class Picked(nn.Module):
        def forward(self, x):
            rows, columns = (x > 0.5).nonzero(as_tuple=True)
            places = torch.nonzero(x > 0.5, as_tuple=False)
            return x[rows, columns], places

Use instead
    import torch
    from torch import nn


    class Picked(nn.Module):
        def forward(self, x):
            rows, columns = torch.where(x > 0.5)
            places = torch.nonzero(x > 0.5)
            return x[rows, columns], places

When it is refused
    Where as_tuple is not written as True or False.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="nonzero-as-tuple",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # in a script, torch.where gives a list
    answers=(r"Keyword argument as_tuple unknown", r"Arguments for call are not valid", r"nonzero"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of nonzero, as a function and as a method, that say as_tuple."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        flag = next((k for k in call.keywords if k.arg == "as_tuple"), None)
        asked = _asked(call, facts)
        if flag is not None and asked is not None:
            yield Hit(call, "TorchScript's nonzero() takes no as_tuple", (flag, asked))


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """torch.where for a tuple, and nothing for its opposite."""
    assert isinstance(hit.detail, tuple)
    flag, asked = hit.detail
    if not isinstance(flag.value, ast.Constant) or not isinstance(flag.value.value, bool):
        return Refusal(f"as_tuple is {ast.unparse(flag.value)}")
    if not flag.value.value:
        edit = replace(flag, "")
        return Change("leave the default out", (edit,), safety=Safety.SAFE)
    edit = replace(hit.node, "torch.where({asked})", asked=asked)
    return Change("ask torch.where", (edit,), ("import torch",))


def _asked(call: ast.Call, facts: Facts) -> ast.expr | None:
    """The tensor that is asked; None where nothing but `as_tuple` may be given besides."""
    name = facts.unit.resolve(call.func)
    if len(call.keywords) > 1 or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    if name == "torch.nonzero" and len(call.args) == 1:
        return call.args[0]
    if name is None and isinstance(call.func, ast.Attribute) and call.func.attr == "nonzero":
        return None if call.args else call.func.value
    return None
