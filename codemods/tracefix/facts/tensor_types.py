"""The classes that name a dtype and a device at once: torch.FloatTensor, torch.cuda.LongTensor."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.bindings import only_assignment
from tracefix.facts.devices import asks_for_cuda

if TYPE_CHECKING:
    from tracefix.facts import Facts

_DTYPES: Mapping[str, str] = {
    "Tensor": "torch.float32",
    "FloatTensor": "torch.float32",
    "DoubleTensor": "torch.float64",
    "HalfTensor": "torch.float16",
    "BFloat16Tensor": "torch.bfloat16",
    "ByteTensor": "torch.uint8",
    "CharTensor": "torch.int8",
    "ShortTensor": "torch.int16",
    "IntTensor": "torch.int32",
    "LongTensor": "torch.int64",
    "BoolTensor": "torch.bool",
}


@dataclass(frozen=True)
class TensorType:
    """A dtype, and whether the class lies under torch.cuda."""

    dtype: str  # as "torch.float32"
    on_cuda: bool


def tensor_type(node: ast.expr, facts: Facts) -> TensorType | None:
    """The class that an expression names, a local variable or a choice by device too."""
    if isinstance(node, ast.Constant):
        return _named(node.value) if isinstance(node.value, str) else None
    if isinstance(node, ast.IfExp):
        arms = (tensor_type(node.body, facts), tensor_type(node.orelse, facts))
        if None in arms or asks_for_cuda(node.test, facts) is None:
            return None
        chosen, other = arms
        return chosen if chosen and other and chosen.dtype == other.dtype else None
    function = facts.unit.function_of(node)
    if isinstance(node, ast.Name) and function is not None:
        if node.id in facts.unit.bound_names(function):
            assignment = only_assignment(function, node.id)
            return tensor_type(assignment.value, facts) if assignment is not None else None
    return _named(facts.unit.resolve(node) or "")


def _named(name: str) -> TensorType | None:
    module, _, kind = name.rpartition(".")
    if module not in ("torch", "torch.cuda") or kind not in _DTYPES:
        return None
    return TensorType(_DTYPES[kind], module == "torch.cuda")
