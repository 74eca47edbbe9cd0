"""Call a function of numpy on a tensor.

What it does
    Writes torch's function of the same meaning, `torch.sqrt(x)` for `np.sqrt(x)`, where the argument is
    a tensor: element by element, numpy gives back a tensor of the same dtype.

Why TorchScript rejects it
    It knows nothing of numpy. A trace does not see what numpy computes, and keeps the values of the
    run that was recorded, without a warning.

Example
    import numpy as np
    from torch import nn


    class Spread(nn.Module):
        def forward(self, x):
            return x * np.sqrt(x.var(0))

Use instead
    import numpy as np
    from torch import nn
    import torch


    class Spread(nn.Module):
        def forward(self, x):
            return x * torch.sqrt(x.var(0))

When it is refused
    Where more than the tensor is given. Functions that reduce (np.mean), and those of several arrays,
    are passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="numpy-on-tensor",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,  # of whole numbers torch makes float32 where numpy makes float64
    answers=(r"numpy", r"ufunc"),
)
_NAMES = {
    **{
        name: name
        for name in (
            "abs", "ceil", "cos", "cosh", "exp", "expm1", "floor", "log", "log10", "log1p", "log2",
            "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh",
        )
    },
    "absolute": "abs",
    "arccos": "acos",
    "arcsin": "asin",
    "arctan": "atan",
    "rint": "round",
}  # fmt: skip


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of numpy's elementwise functions whose first argument is surely a tensor."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        module, _, name = (facts.unit.resolve(call.func) or "").rpartition(".")
        if module != "numpy" or name not in _NAMES or not call.args:
            continue
        value = call.args[0]
        if facts.types.is_tensor(value) and not facts.is_assumed_tensor(value):
            yield Hit(call, f"neither TorchScript nor a trace sees what np.{name} does", name)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """torch's function."""
    call, name = hit.node, hit.detail
    assert isinstance(call, ast.Call)
    assert isinstance(name, str)
    if call.keywords or len(call.args) != 1:
        return Refusal(f"np.{name} is given more than a tensor")
    made = replace(call.func, f"torch.{_NAMES[name]}")
    return Change(f"use torch.{_NAMES[name]}", (made,), ("import torch",))
