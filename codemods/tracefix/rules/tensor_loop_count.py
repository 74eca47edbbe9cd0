"""Loop as many times as a tensor says.

What it does
    Finds `range(n)` where `n` is a tensor, or a Python number that was read from one with
    `.item()` (there, or where `n` was assigned, or before some arithmetic), and makes the
    conversion to int explicit.

Why TorchScript rejects it
    `range` takes ints only, and `.item()` gives a "number" that is neither int nor float.

Example
    import torch
    from torch import nn


    class Walk(nn.Module):
        def forward(self, x):
            for _ in range(x.abs().sum().long().item()):
                x = x * 0.5
            return x

Use instead
    import torch
    from torch import nn


    class Walk(nn.Module):
        def forward(self, x):
            for _ in range(int(x.abs().sum().long())):
                x = x * 0.5
            return x

When it is refused
    Never at this place. A parameter without annotation is passed over: TorchScript takes it for a
    tensor, but a count that is handed in is an int (see `untyped-parameter`). Tracing still
    records one count: see `data-dependent-loop`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.numbers import is_number, to_convert
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="tensor-loop-count",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"all inputs of range must be ints",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Arguments of range() that are tensors, or numbers read from one."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if facts.unit.resolve(call.func) != "range":
            continue
        for argument in call.args:
            number = is_number(argument, facts.unit, facts.flow_at(argument))
            tensor = facts.types.is_tensor(argument) and not facts.is_assumed_tensor(argument)
            if number or tensor:
                yield Hit(argument, "range() is given a value read from a tensor, not an int")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """`int()` around the value, without a detour through `.item()`."""
    assert isinstance(hit.node, ast.expr)
    value = to_convert(hit.node, facts.unit)
    return Change("count with int()", (replace(hit.node, "int({n})", n=value),))
