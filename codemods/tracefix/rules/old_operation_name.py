"""Call an operation by its old name.

What it does
    Writes the name that TorchScript knows: `.numel()` for `.nelement()`, `.dim()` for
    `.ndimension()`, `torch.mm` for `torch.spmm`, `isinstance(x, torch.Tensor)` for
    `torch.is_tensor(x)`.

Why TorchScript rejects it
    These are other names that only Python has for the same operations.

Example
    import torch
    from torch import nn


    class Mean(nn.Module):
        def forward(self, x, weight):
            return torch.spmm(x, weight).sum() / x.nelement()

Use instead
    import torch
    from torch import nn


    class Mean(nn.Module):
        def forward(self, x, weight):
            return torch.mm(x, weight).sum() / x.numel()

When it is refused
    Never at such a call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="old-operation-name",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"attribute or method '(nelement|ndimension)'", r"aten::(spmm|is_tensor)\b"),
)

_METHODS = {"nelement": "numel", "ndimension": "dim"}
_FUNCTIONS = {
    "torch.spmm": "torch.mm({a}, {b})",
    "torch.is_tensor": "isinstance({a}, torch.Tensor)",
}


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of methods and functions that have another name now."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if _new_form(call, facts) is not None:
            yield Hit(call, f"{ast.unparse(call.func)} is an old name")


def fix(hit: Hit, facts: Facts) -> Change:
    """The same call by the new name."""
    call = hit.node
    assert isinstance(call, ast.Call)
    template = _new_form(call, facts)
    assert template is not None
    if not call.args:
        assert isinstance(call.func, ast.Attribute)
        return Change("use the new name", (replace(call, template, tensor=call.func.value),))
    holes = dict(zip("ab", call.args, strict=False))
    return Change("use the new name", (replace(call, template, **holes),), ("import torch",))


def _new_form(call: ast.Call, facts: Facts) -> str | None:
    if call.keywords or any(isinstance(argument, ast.Starred) for argument in call.args):
        return None
    template = _FUNCTIONS.get(facts.unit.resolve(call.func) or "")
    if template is not None:
        return template if len(call.args) == template.count("{") else None
    if call.args or not isinstance(call.func, ast.Attribute):
        return None
    name = _METHODS.get(call.func.attr)
    return f"{{tensor}}.{name}()" if name is not None else None
