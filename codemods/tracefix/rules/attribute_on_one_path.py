"""Set an attribute on some paths of __init__ only, and use it in forward.

What it does
    Asks for the attribute with hasattr() where forward uses it, and raises AttributeError, as Python
    does, where it is missing.

Why TorchScript rejects it
    It compiles what this instance never runs too: "has no attribute". It knows the answer of
    hasattr() and leaves out what depends on it.

Example
    import torch
    from torch import nn


    class Film(nn.Module):
        def __init__(self, conditions: int = 0):
            super().__init__()
            self.linear = nn.Linear(4, 4)
            if conditions:
                self.shift = nn.Linear(conditions, 4)

        def forward(self, x, condition: torch.Tensor | None = None):
            x = self.linear(x)
            if condition is not None:
                x = x + self.shift(condition)
            return x

Use instead
    import torch
    from torch import nn


    class Film(nn.Module):
        def __init__(self, conditions: int = 0):
            super().__init__()
            self.linear = nn.Linear(4, 4)
            if conditions:
                self.shift = nn.Linear(conditions, 4)

        def forward(self, x, condition: torch.Tensor | None = None):
            x = self.linear(x)
            if condition is not None:
                if hasattr(self, "shift"):
                    x = x + self.shift(condition)
                else:
                    raise AttributeError("shift")
            return x

When it is refused
    Where the attribute is used in the test of an `elif` or a `while`. Branches on what __init__ has
    settled are left to `fixed-condition`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.one_path_attributes import open_reads
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="attribute-on-one-path",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Module '\w+' has no attribute '\w+' *:",),
    after=("fixed-condition",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """The statements that use such an attribute, each once."""
    seen: set[ast.stmt] = set()
    for read, statement in open_reads(facts):
        if statement not in seen:
            seen.add(statement)
            yield Hit(read, f"not every path of __init__ sets self.{read.attr}", statement)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The statement where the attribute is there."""
    read, statement = hit.node, hit.detail
    assert isinstance(read, ast.Attribute)
    assert isinstance(statement, ast.stmt)
    if isinstance(statement, ast.While) or facts.unit.block_of(statement) == [statement]:
        holder = facts.unit.parents[statement]
        if isinstance(statement, ast.While) or statement in getattr(holder, "orelse", []):
            return Refusal("the attribute is used in the test of a loop or an elif")
    lines = (
        f'if hasattr(self, "{read.attr}"):',
        "    {statement}",
        "else:",
        f'    raise AttributeError("{read.attr}")',
    )
    edit = replace(statement, "\n".join(lines), statement=[statement])
    return Change("ask whether the attribute is there", (edit,))
