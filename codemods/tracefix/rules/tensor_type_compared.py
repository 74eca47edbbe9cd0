"""Compare tensors by the names of their types: `x.type() == y.type()`.

What it does
    Asks for the dtype and the kind of device, which is what these names say of tensors that are not
    sparse.

Why TorchScript rejects it
    There `x.type()` is no name but a tensor: the comparison goes through its values, and raises
    where two shapes do not match, or in comparing a tensor with a string.

Example
    import torch
    from torch import nn


    class Window(nn.Module):
        def __init__(self):
            super().__init__()
            self.window = nn.Parameter(torch.ones(3))

        def forward(self, x):
            if x.type() == self.window.type():
                return x * self.window
            return x * self.window.to(x)

Use instead
    import torch
    from torch import nn


    class Window(nn.Module):
        def __init__(self):
            super().__init__()
            self.window = nn.Parameter(torch.ones(3))

        def forward(self, x):
            if x.dtype == self.window.dtype and x.device.type == self.window.device.type:
                return x * self.window
            return x * self.window.to(x)

When it is refused
    Where a tensor is made or computed in the comparison itself, and where what it is compared with
    is not the name of a type under torch.cuda. Comparisons with `in` are passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.tensor_types import tensor_type
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="tensor-type-compared",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # the names of sparse tensors' types say that they are sparse
    answers=(r"size of tensor", r"aten::(eq|ne)", r"found type 'str'", r"Boolean value of Tensor"),
)
_UNTYPED = ("data",)  # attributes that have their tensor's dtype and device


def find(facts: Facts) -> Iterator[Hit]:
    """Comparisons of what x.type() gives with another such name, or with one written out."""
    for node in facts.in_forward(ast.Compare):
        assert isinstance(node, ast.Compare)
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            named = [_named(side, facts) for side in (node.left, node.comparators[0])]
            if any(side is not None for side in named):
                yield Hit(node, "x.type() is no name in TorchScript", named)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The dtypes and the kinds of device."""
    node, named = hit.node, hit.detail
    assert isinstance(node, ast.Compare)
    assert isinstance(named, list)
    for side in named:
        if side is not None and not _is_plain(side):
            return Refusal(f"{ast.unparse(side)} would be worked out twice")
    left, right = (s and ast.unparse(s) for s in named)
    op, joint = ("==", "and") if isinstance(node.ops[0], ast.Eq) else ("!=", "or")
    if left and right:
        template = f"{left}.dtype {op} {right}.dtype {joint} "
        template += f"{left}.device.type {op} {right}.device.type"
        return Change("ask for dtype and device", (replace(node, template),))
    other = node.left if left is None else node.comparators[0]
    type_ = tensor_type(other, facts)
    if type_ is None or not type_.on_cuda:  # several devices share the names of the CPU's types
        return Refusal(f"{ast.unparse(other)} is not the name of a type under torch.cuda")
    tensor, negated = left or right, "not " if joint == "or" else ""
    template = f"{tensor}.dtype {op} {type_.dtype} {joint} {negated}{tensor}.is_cuda"
    return Change("ask for dtype and device", (replace(node, template),), ("import torch",))


def _named(node: ast.expr, facts: Facts) -> ast.expr | None:
    """The tensor whose type an expression names."""
    if not isinstance(node, ast.Call) or node.args or node.keywords:
        return None
    if not isinstance(node.func, ast.Attribute) or node.func.attr != "type":
        return None
    tensor = node.func.value
    while isinstance(tensor, ast.Attribute) and tensor.attr in _UNTYPED:
        tensor = tensor.value
    return tensor


def _is_plain(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
