"""Ask a dtype for its kind: `x.dtype.is_floating_point`.

What it does
    Asks the tensor instead, `x.is_floating_point()`, or an empty one of a dtype that comes without a
    tensor: `torch.empty(0, dtype=dtype).is_floating_point()`. So does `is_complex`.

Why TorchScript rejects it
    A dtype is a plain number to it: "'int' object has no attribute or method 'is_floating_point'".

Example
    import torch
    from torch import nn


    def tiny(dtype: torch.dtype) -> float:
        return 1e-6 if dtype.is_floating_point else 1.0


    class Norm(nn.Module):
        def forward(self, x):
            if x.dtype.is_complex:
                x = x.abs()
            return x / (x.std() + tiny(x.dtype))

Use instead
    import torch
    from torch import nn


    def tiny(dtype: torch.dtype) -> float:
        return 1e-6 if torch.empty(0, dtype=dtype).is_floating_point() else 1.0


    class Norm(nn.Module):
        def forward(self, x):
            if x.is_complex():
                x = x.abs()
            return x / (x.std() + tiny(x.dtype))

When it is refused
    Never. What is not known to be a dtype, by its annotation or as a tensor's, is passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="kind-of-dtype",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"'int' object has no attribute or method 'is_(floating_point|complex)'",),
)
_KINDS = ("is_floating_point", "is_complex")


def find(facts: Facts) -> Iterator[Hit]:
    """Reads of a dtype's kind."""
    for node in facts.in_forward(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if node.attr in _KINDS and (_tensor_of(node.value, facts) or _is_dtype(node.value, facts)):
            yield Hit(node, "a dtype is a plain number to TorchScript")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The tensor's own question."""
    node = hit.node
    assert isinstance(node, ast.Attribute)
    tensor = _tensor_of(node.value, facts)
    if tensor is not None:
        return Change("ask the tensor", (replace(node, f"{{x}}.{node.attr}()", x=tensor),))
    made = replace(node, f"torch.empty(0, dtype={{d}}).{node.attr}()", d=node.value)
    return Change("ask a tensor of that dtype", (made,), imports=("import torch",))


def _tensor_of(node: ast.expr, facts: Facts) -> ast.expr | None:
    """The `x` of `x.dtype`."""
    is_dtype = isinstance(node, ast.Attribute) and node.attr == "dtype"
    if not isinstance(node, ast.Attribute) or not is_dtype:
        return None
    return node.value if facts.types.is_tensor(node.value) else None


def _is_dtype(node: ast.expr, facts: Facts) -> bool:
    return facts.types.of(node) in ("dtype", "torch.dtype")
