"""Compute with a number that is read from a tensor.

What it does
    Finds `x.item()`, `int(x)`, `x.tolist()` and what Python computes from a size alone, such as
    `math.sqrt(x.size(1))`, `min(x.size(0), 4)`, `torch.tensor(x.shape)`, `list(range(x.size(0)))`
    or `y.split(x.size(0))`. What computes with
    the number, up to where there are only tensors again, moves into a function that a trace keeps
    as code. What it reads of self becomes an argument, and a layer's call the function that the
    layer calls. Where all of that cannot move, an empty tensor carries a size to the function, as
    `x.new_empty((0, batch))`.

Why a trace is wrong
    A trace records tensors. A number that Python has from one is written into it as it was in the
    one recorded run.

Example
    import torch
    from torch import nn


    class Scale(nn.Module):
        def forward(self, x):
            total = max(x.abs().sum().item(), 1.0)
            return x / total

Use instead
    import torch
    from torch import nn


    @torch.jit.script_if_tracing
    def _scale_part(x: torch.Tensor) -> torch.Tensor:
        \"\"\"Kept as code by a trace, which would record the numbers of one run.\"\"\"
        total = max(x.abs().sum().item(), 1.0)
        return x / total


    class Scale(nn.Module):
        def forward(self, x):
            return _scale_part(x)

When it is refused
    Where the number is what the function gives in the end; where a layer that is called with it has
    no function with the same parameters, or something may be hooked to it; and where the code
    assigns to self. Loops and branches move as `data-dependent-loop` and `tensor-branch` say.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.baked import loop_around
from tracefix.facts.baked_numbers import baked_numbers
from tracefix.facts.devices import is_kept_as_code
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit
from tracefix.rules import Rule
from tracefix.rules.outlined_region import outlined

RULE = Rule(
    slug="number-from-tensor",
    blocks=frozenset({Target.TRACE}),
    safety=Safety.PROVEN,
    # These have better forms for what they know, and loops and branches move as a whole.
    after=(
        "data-dependent-loop", "tensor-branch", "product-of-sizes", "len-of-tensor", "numpy-on-number",
        "size-as-int", "pool-over-all", "number-made-tensor",
    ),
)  # fmt: skip
_WHY = "Kept as code by a trace, which would record the numbers of one run."


def find(facts: Facts) -> Iterator[Hit]:
    """Numbers from tensors, one for each statement; not those that a loop or a branch asks for."""
    seen: set[ast.stmt] = set()
    for call in baked_numbers(facts):
        statement = facts.unit.statement(call)
        if statement in seen or is_kept_as_code(call, facts):
            continue
        if isinstance(statement, ast.For | ast.While | ast.If | ast.Assert | ast.Raise):
            continue
        if loop_around(call, facts) is None and not _only_says(statement):
            seen.add(statement)
            text = facts.unit.text(call).partition("\n")[0]
            yield Hit(call, f"a trace keeps {text} as it is while it is recorded")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """What computes with the number in a function of its own."""
    return outlined(hit.node, "part", _WHY, facts)


def _only_says(statement: ast.stmt) -> bool:
    """`print(x.item())`."""
    called = [n.func for n in walk(statement) if isinstance(n, ast.Call)]
    said = any(isinstance(func, ast.Name) and func.id == "print" for func in called)
    return isinstance(statement, ast.Expr) and said
