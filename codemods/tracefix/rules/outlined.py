"""Small functions that a trace keeps as code, put in front of a file's first definition.

`torch.jit.script_if_tracing` leaves them plain Python in eager mode. They take tensors alone:
an int that a trace hands to such a function is recorded as a constant.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Protocol

from tracefix.facts import Facts
from tracefix.facts.unit import FunctionNode
from tracefix.rewrite.change import Edit, before


class Helper(Protocol):
    """A function to be written into a file."""

    @property
    def name(self) -> str:
        """What it is called where that name is free."""

    def source(self, name: str) -> str:
        """Its definition under some name."""


@dataclass(frozen=True)
class Outlined:
    """A helper that a trace keeps as code."""

    name: str
    parameters: str
    body: str

    def source(self, name: str) -> str:
        return (
            "@torch.jit.script_if_tracing\n"
            f"def {name}({self.parameters}) -> torch.Tensor:\n"
            '    """Kept as code by a trace, which would record the device otherwise."""\n'
            f"    return {self.body}\n"
        )


ON_DEVICE_OF = Outlined(
    "_on_device_of", "tensor: torch.Tensor, like: torch.Tensor", "tensor.to(like.device)"
)
ARANGE_LIKE = Outlined(
    "_arange_like",
    "like: torch.Tensor",
    "torch.arange(like.size(0), dtype=like.dtype, device=like.device)",
)
LINSPACE_LIKE = Outlined(
    "_linspace_like",
    "like: torch.Tensor, start: float, end: float",
    "torch.linspace(start, end, like.size(0), dtype=like.dtype, device=like.device)",
)
_ALL = (ON_DEVICE_OF, ARANGE_LIKE, LINSPACE_LIKE)


def calling(function: Helper, node: ast.AST, facts: Facts) -> tuple[str, tuple[Edit, ...]]:
    """The name to call it by from `node`, and the edit that writes it where the file lacks it."""
    for name, existing in facts.unit.functions.items():
        if _is(existing, function):
            return name, ()
    name = facts.fresh(function.name)
    definitions = (s for s in facts.unit.tree.body if isinstance(s, FunctionNode | ast.ClassDef))
    first = next(definitions, facts.unit.top_level(node))
    return name, (before(first, function.source(name)),)


def is_moved(node: ast.expr, facts: Facts) -> bool:
    """Whether what is computed from `node` is handed to a function that an earlier fix wrote."""
    inner: ast.AST = node
    for around in facts.unit.ancestors(node):
        if isinstance(around, ast.stmt):
            return False
        if isinstance(around, ast.Call) and inner is not around.func:
            existing = facts.unit.functions.get(facts.unit.resolve(around.func) or "")
            if existing is not None and any(_is(existing, function) for function in _ALL):
                return True
        inner = around
    return False


def _is(existing: FunctionNode, function: Helper) -> bool:
    return ast.dump(existing) == ast.dump(ast.parse(function.source(existing.name)).body[0])
