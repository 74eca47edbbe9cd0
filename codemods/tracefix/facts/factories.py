"""Calls that make a tensor out of nothing: what they are given, and what becomes of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.devices import is_kept_as_code

if TYPE_CHECKING:
    from tracefix.facts import Facts

RANDOM = frozenset({"rand", "randn", "randint"})
KINDS = (
    frozenset({"zeros", "ones", "empty", "full", "arange", "linspace", "eye", "tensor"}) | RANDOM
)
_LIKE = frozenset({"zeros", "ones", "empty", "full", "rand", "randn", "randint"})
_ON_TENSORS = frozenset({"zeros", "ones", "empty", "full"})


@dataclass(frozen=True, eq=False)
class Factory:
    """A call of torch.zeros, torch.arange ..."""

    call: ast.Call
    kind: str  # its name under torch.

    def keyword(self, name: str) -> ast.keyword | None:
        return next((k for k in self.call.keywords if k.arg == name), None)

    def given(self, name: str) -> ast.expr | None:
        """The value of a keyword argument."""
        keyword = self.keyword(name)
        return keyword.value if keyword is not None else None


def factory_of(node: ast.AST, facts: Facts) -> Factory | None:
    """The factory that a node calls, or None."""
    if not isinstance(node, ast.Call):
        return None
    module, _, kind = (facts.unit.resolve(node.func) or "").rpartition(".")
    return Factory(node, kind) if module == "torch" and kind in KINDS else None


def takes_no_gradient_flag(call: ast.Call, facts: Facts) -> bool:
    """Whether a call makes a tensor, and TorchScript has it without `requires_grad`."""
    made = factory_of(call, facts)
    if made is not None:
        return made.kind != "tensor"
    module, _, name = (facts.unit.resolve(call.func) or "").rpartition(".")
    if module == "torch":
        return name.removesuffix("_like") in _LIKE
    method = isinstance(call.func, ast.Attribute) and not module
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return method and name.startswith("new_") and name.removeprefix("new_") in _ON_TENSORS


def factories(facts: Facts) -> Iterator[Factory]:
    """Those that forward reaches, in text order."""
    for node in facts.in_forward(ast.Call):
        made = factory_of(node, facts)
        if made is not None and not is_kept_as_code(node, facts):
            yield made


def base_of(node: ast.expr, facts: Facts) -> ast.expr:
    """What a tensor is computed from: `a` of `torch.triu(a.float()[0] * 2).t()`."""
    while True:
        inner = _within(node, facts)
        if inner is None:
            return node
        node = inner


def _within(node: ast.expr, facts: Facts) -> ast.expr | None:
    """The operand that an operation takes its device from, where there is but one."""
    if isinstance(node, ast.Subscript):
        return node.value
    if isinstance(node, ast.UnaryOp):
        return node.operand
    if isinstance(node, ast.IfExp):
        return node.body  # of a choice by device either arm
    if isinstance(node, ast.BinOp):
        tensors = [side for side in (node.left, node.right) if facts.types.is_tensor(side)]
        return tensors[0] if len(tensors) == 1 else None
    if not isinstance(node, ast.Call) or factory_of(node, facts) is not None:
        return None
    if facts.unit.resolve(node.func) is None:
        return node.func.value if isinstance(node.func, ast.Attribute) else None
    tensors = [argument for argument in node.args if facts.types.is_tensor(argument)]
    return tensors[0] if len(tensors) == 1 else None
