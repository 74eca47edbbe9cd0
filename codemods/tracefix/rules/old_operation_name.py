"""Call an operation by an old name, or another that only Python has.

What it does
    Writes the name that TorchScript knows: `.numel()` for `.nelement()`, `.dim()` for
    `.ndimension()`, `.to(torch.bool)` for `.bool()` and `.to(torch.bfloat16)` for `.bfloat16()`,
    `torch.unique(x)` for `x.unique()`, `torch.mm` for `torch.spmm`, `isinstance(x, torch.Tensor)`
    for `torch.is_tensor(x)`.

Why TorchScript rejects it
    These are other names that only Python has for the same operations: "'Tensor' object has no
    attribute or method 'bool'".

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
    Never at such a call. Methods of what is known not to be a tensor are passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, Unknown
from tracefix.model import Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="old-operation-name",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(
        r"attribute or method '(nelement|ndimension|bool|bfloat16|unique)'",
        r"aten::(spmm|is_tensor)\b",
    ),
)

_METHODS = {
    "nelement": "{tensor}.numel()",
    "ndimension": "{tensor}.dim()",
    "bool": "{tensor}.to(torch.bool)",
    "bfloat16": "{tensor}.to(torch.bfloat16)",
    "unique": "torch.unique({tensor}{more})",
}
_FUNCTIONS = {
    "torch.spmm": "torch.mm({a}, {b})",
    "torch.is_tensor": "isinstance({a}, torch.Tensor)",
}


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of methods and functions that have another name now."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if _new_form(call, facts) is not None:
            yield Hit(call, f"{ast.unparse(call.func)} is a name that TorchScript lacks")


def fix(hit: Hit, facts: Facts) -> Change:
    """The same call by the new name."""
    call = hit.node
    assert isinstance(call, ast.Call)
    template = _new_form(call, facts)
    assert template is not None
    imports = ("import torch",) if "torch." in template else ()
    if facts.unit.resolve(call.func) in _FUNCTIONS:
        holes: dict[str, ast.expr] = dict(zip("ab", call.args, strict=False))
        return Change("use the new name", (replace(call, template, **holes),), imports)
    assert isinstance(call.func, ast.Attribute)
    tensor = call.func.value
    known = facts.types.of(tensor) == "Tensor"
    safety = None if known else Safety.PROVEN
    given = {f"_{n}": a for n, a in enumerate(call.args)}
    given |= {f"_{k.arg}": k.value for k in call.keywords}
    edit = replace(call, template, tensor=tensor, **given)
    return Change("use the new name", (edit,), imports, safety)


def _new_form(call: ast.Call, facts: Facts) -> str | None:
    """The template of the call by its other name, where it has one."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(not k.arg for k in call.keywords):
        return None
    template = _FUNCTIONS.get(facts.unit.resolve(call.func) or "")
    if template is not None:
        fits = len(call.args) == template.count("{") and not call.keywords
        return template if fits else None
    if not isinstance(call.func, ast.Attribute) or facts.unit.resolve(call.func) is not None:
        return None  # `np.unique(a)` is no tensor's method
    return _new_method(call, call.func, facts)


def _new_method(call: ast.Call, method: ast.Attribute, facts: Facts) -> str | None:
    template = _METHODS.get(method.attr)
    type_ = facts.types.of(method.value)
    if template is None or not (isinstance(type_, Unknown) or type_ == "Tensor"):
        return None
    given = [f"{{_{n}}}" for n in range(len(call.args))]
    given += [f"{k.arg}={{_{k.arg}}}" for k in call.keywords]
    if given and "{more}" not in template:
        return None
    more = "".join(f", {part}" for part in given)
    return template.replace("{more}", more)
