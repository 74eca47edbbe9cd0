"""Name an argument as numpy does: `x.sum(axis=1, keepdims=True)`.

What it does
    Writes the keywords that TorchScript knows: `dim` for `axis`, `keepdim` for `keepdims`. In
    `torch.split(x, split_size_or_sections=2)` the name goes away, since TorchScript has another.

Why TorchScript rejects it
    Only Python knows these other names: "Keyword argument axis unknown".

Example
    import torch
    from torch import nn


    class Normalise(nn.Module):
        def forward(self, x):
            x = x - x.mean(axis=1, keepdims=True)
            return torch.cat([x, x.abs()], axis=-1)

Use instead
    import torch
    from torch import nn


    class Normalise(nn.Module):
        def forward(self, x):
            x = x - x.mean(dim=1, keepdim=True)
            return torch.cat([x, x.abs()], dim=-1)

When it is refused
    Never at such a call. Methods of what is known not to be a tensor are passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, Unknown
from tracefix.facts.torch_types import REDUCING
from tracefix.model import Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="keyword-name",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(
        r"Keyword argument (axis|keepdims|split_size_or_sections) unknown",
        r"Arguments for call are not valid",
        r"Argument (dim|keepdim) not provided",
    ),
)
_NAMES = {"axis": "dim={value}", "keepdims": "keepdim={value}"}
_SPLIT = "split_size_or_sections"


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of torch's own functions and methods with such keywords."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        templates = _templates(call, facts) if call.keywords else {}
        if templates:
            names = " and ".join(str(k.arg) for k in templates)
            yield Hit(call, f"TorchScript does not know {names} as a keyword here", templates)


def fix(hit: Hit, facts: Facts) -> Change:
    """The same arguments by the names that TorchScript has."""
    templates, call = hit.detail, hit.node
    assert isinstance(templates, dict)
    assert isinstance(call, ast.Call)
    edits = tuple(replace(k, template, value=k.value) for k, template in templates.items())
    surely = facts.unit.resolve(call.func) is not None or _type_is(call, "Tensor", facts)
    return Change("use TorchScript's names", edits, safety=None if surely else Safety.PROVEN)


def _templates(call: ast.Call, facts: Facts) -> dict[ast.keyword, str]:
    """What is to be written for the keywords that are no good."""
    name = facts.unit.resolve(call.func)
    if name == "torch.split" and call.keywords[0].arg == _SPLIT and len(call.args) == 1:
        return {call.keywords[0]: "{value}"}
    if name is None:
        known = isinstance(call.func, ast.Attribute) and call.func.attr in REDUCING
        ours = known and (_type_is(call, "Tensor", facts) or _type_is(call, None, facts))
    else:
        ours = name.startswith("torch.") and not name.startswith("torch.nn.")
    return {k: _NAMES[k.arg] for k in call.keywords if k.arg in _NAMES} if ours else {}


def _type_is(call: ast.Call, wanted: str | None, facts: Facts) -> bool:
    """Whether a method is called on a value of a type; None where the type is not known."""
    if not isinstance(call.func, ast.Attribute):
        return False
    type_ = facts.types.of(call.func.value)
    return isinstance(type_, Unknown) if wanted is None else type_ == wanted
