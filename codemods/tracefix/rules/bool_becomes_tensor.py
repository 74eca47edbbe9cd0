"""Start a flag as a bool and give it a tensor later.

What it does
    Finds variables that start as True or False, get a tensor's truth in a branch or a loop, and
    are only ever tested. The truth is taken where it is assigned.

Why TorchScript rejects it
    A variable keeps its type: "previously had type bool but is now being assigned to a value of
    type Tensor".

Example
    import torch
    from torch import nn


    class Settle(nn.Module):
        def forward(self, x):
            done = False
            while not done:
                x = x * 0.5
                done = x.sum() < 1
            return x

Use instead
    import torch
    from torch import nn


    class Settle(nn.Module):
        def forward(self, x):
            done = False
            while not done:
                x = x * 0.5
                done = bool(x.sum() < 1)
            return x

When it is refused
    Where the variable is read as anything else than a truth, so that a tensor may be wanted.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.assignments import Assigned, assigned_names
from tracefix.facts.numbers import is_number, to_convert
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="bool-becomes-tensor",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"previously had type bool but is now being assigned to a value of type",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Nested assignments of a tensor to what was a bool."""
    for name in assigned_names(facts):
        if not any(_is_flag(value) for value in name.values.values()):
            continue
        for target, value in name.values.items():
            if name.is_nested(target, facts.unit) and _is_tensors_truth(value, facts):
                yield Hit(value, f"{name.name} was a bool, and becomes a tensor", name)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """`bool()` around the tensor."""
    assert isinstance(hit.node, ast.expr)
    assert isinstance(hit.detail, Assigned)
    if not all(_is_tested(read, facts) for read in hit.detail.reads):
        return Refusal(f"{hit.detail.name} is read as more than a truth")
    value = to_convert(hit.node, facts.unit)
    return Change("take the truth with bool()", (replace(hit.node, "bool({value})", value=value),))


def _is_flag(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, bool)


def _is_tensors_truth(value: ast.expr, facts: Facts) -> bool:
    return facts.types.is_tensor(value) or is_number(value, facts.unit, facts.flow_at(value))


def _is_tested(read: ast.AST, facts: Facts) -> bool:
    """Whether an expression serves as a truth only."""
    parent = facts.unit.parents[read]
    if isinstance(parent, ast.If | ast.While | ast.IfExp):
        return parent.test is read
    if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not):
        return True  # a bool, whatever it is given
    return isinstance(parent, ast.BoolOp) and _is_tested(parent, facts)
