"""Warn with the category that is the default anyway: `warnings.warn(text, UserWarning)`.

What it does
    Leaves out UserWarning where forward warns, since that is what warnings.warn takes by itself.

Why TorchScript rejects it
    It has warnings.warn with a text alone: "Python exception cannot be used as a value".

Example
    import warnings

    from torch import nn


    class Checked(nn.Module):
        def forward(self, x):
            if x.dim() == 1:
                warnings.warn("there is no batch", UserWarning)
            return x * 2

Use instead
    import warnings

    from torch import nn


    class Checked(nn.Module):
        def forward(self, x):
            if x.dim() == 1:
                warnings.warn("there is no batch")
            return x * 2

When it is refused
    For any other category: TorchScript cannot say it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="warning-category",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"Python exception cannot be used as a value", r"\bwarn\("),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of warnings.warn that name a category."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if facts.unit.resolve(call.func) != "warnings.warn":
            continue
        named = next((k for k in call.keywords if k.arg == "category"), None)
        if named is not None:
            yield Hit(named, "TorchScript's warn() takes no category", named.value)
        elif len(call.args) == 2 and not any(isinstance(a, ast.Starred) for a in call.args):
            yield Hit(call, "TorchScript's warn() takes no category", call.args[1])


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The warning without what is the default."""
    assert isinstance(hit.detail, ast.expr)
    if facts.unit.resolve(hit.detail) != "UserWarning":
        return Refusal(f"{ast.unparse(hit.detail)} is not the default")
    if isinstance(hit.node, ast.keyword):
        return Change("leave the default out", (replace(hit.node, ""),))
    call = hit.node
    assert isinstance(call, ast.Call)
    named = "".join(f", {k.arg}={{{k.arg}_}}" for k in call.keywords if k.arg is not None)
    holes = {f"{k.arg}_": k.value for k in call.keywords if k.arg is not None}
    template = f"{{func}}({{message}}{named})"
    edit = replace(call, template, func=call.func, message=call.args[0], **holes)
    return Change("leave the default out", (edit,))
