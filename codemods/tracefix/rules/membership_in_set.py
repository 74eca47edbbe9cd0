"""Ask whether a value is in a set: `mode in {"sum", "mean"}`.

What it does
    Writes the set's elements as a list, where they are constants of one type.

Why TorchScript rejects it
    It has no sets: "Set aren't supported".

Example
    from torch import nn


    class Pool(nn.Module):
        def __init__(self, mode: str = "sum"):
            super().__init__()
            self.mode = mode

        def forward(self, x):
            if self.mode in {"sum", "mean"}:
                x = x.sum(-1)
            return x

Use instead
    from torch import nn


    class Pool(nn.Module):
        def __init__(self, mode: str = "sum"):
            super().__init__()
            self.mode = mode

        def forward(self, x):
            if self.mode in ["sum", "mean"]:
                x = x.sum(-1)
            return x

When it is refused
    Where the elements are no constants of one type.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="membership-in-set",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # a set raises for what has no hash, such as a list
    answers=(r"Set aren't supported",),
)
_HASHABLE = ("str", "int", "float", "bool", "None")


def find(facts: Facts) -> Iterator[Hit]:
    """Sets that are written out behind `in`."""
    for node in facts.in_forward(ast.Compare):
        assert isinstance(node, ast.Compare)
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, node.comparators, strict=False):
            if isinstance(operator, ast.In | ast.NotIn) and isinstance(right, ast.Set):
                yield Hit(right, "TorchScript has no sets", left)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The elements in a list."""
    given, asked = hit.node, hit.detail
    assert isinstance(given, ast.Set)
    assert isinstance(asked, ast.expr)
    values = [e.value for e in given.elts if isinstance(e, ast.Constant)]
    if len(values) < len(given.elts) or len({type(value) for value in values}) > 1:
        return Refusal("its elements are no constants of one type")
    holes = {f"_{n}": element for n, element in enumerate(given.elts)}
    elements = ", ".join(f"{{{hole}}}" for hole in holes)
    safety = Safety.SAFE if facts.types.of(asked) in _HASHABLE else None
    return Change("ask a list", (replace(given, f"[{elements}]", **holes),), safety=safety)
