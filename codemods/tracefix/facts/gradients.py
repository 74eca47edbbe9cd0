"""Which tensors have no history of gradients: those made of nothing, and those cut off from it.

And which surely have one: what a layer with a weight gives.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.factories import factory_of
from tracefix.facts.layers import layers_of
from tracefix.facts.tensor_types import tensor_type
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts

_LIKE = frozenset(
    f"torch.{kind}_like" for kind in ("zeros", "ones", "empty", "full", "rand", "randn")
)
_MADE = _LIKE | {"torch.from_numpy"}
# Methods of which the result has a history only where its tensor or its argument has one.
_KEEPERS = frozenset(
    {
        "bool", "byte", "contiguous", "cpu", "cuda", "double", "expand", "expand_as", "fill_",
        "float", "half", "int", "long", "normal_", "repeat", "reshape", "to", "transpose", "type",
        "type_as", "uniform_", "unsqueeze", "view", "zero_",
    }
)  # fmt: skip

_WITH_WEIGHT = frozenset({"Conv1d", "Conv2d", "Conv3d", "Embedding", "LayerNorm", "Linear"})


def learns(node: ast.expr, facts: Facts) -> bool:
    """Whether a value comes through a layer of torch.nn that always has a weight."""
    called = (part.func for part in walk(node) if isinstance(part, ast.Call))
    return any(layer.kind in _WITH_WEIGHT for func in called for layer in layers_of(func, facts))


def has_no_history(node: ast.expr, facts: Facts) -> bool:
    """Whether a tensor is surely no part of a gradient's computation, as `x.detach()` is not."""
    if isinstance(node, ast.Attribute):
        return node.attr == "data" and facts.unit.resolve(node) is None
    if not isinstance(node, ast.Call):
        return False
    if any(keyword.arg in ("requires_grad", None) for keyword in node.keywords):
        return False
    if tensor_type(node.func, facts) is not None or facts.unit.resolve(node.func) in _MADE:
        return True
    if factory_of(node, facts) is not None:
        return True
    if not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr == "detach" or node.func.attr.startswith("new_"):
        return True
    if node.func.attr == "new":  # with another tensor it gives that one
        return not any(facts.types.is_tensor(argument) for argument in node.args)
    if node.func.attr == "fill_" and any(facts.types.is_tensor(value) for value in node.args):
        return False
    return node.func.attr in _KEEPERS and has_no_history(node.func.value, facts)
