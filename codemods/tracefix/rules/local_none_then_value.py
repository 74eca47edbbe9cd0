"""Start a variable as None and give it a value later.

What it does
    Finds variables that start as None and get a value in a branch or a loop, and writes the
    Optional that they are.

Why TorchScript rejects it
    A variable keeps the type of its first value: "previously had type NoneType but is now being
    assigned to a value of type Tensor".

Example
    from typing import Optional

    import torch
    from torch import nn


    class Running(nn.Module):
        def forward(self, x):
            total = None
            for i in range(3):
                if total is None:
                    total = x
                else:
                    total = total + x * i
            return total

Use instead
    from typing import Optional

    import torch
    from torch import nn


    class Running(nn.Module):
        def forward(self, x):
            total: Optional[torch.Tensor] = None
            for i in range(3):
                if total is None:
                    total = x
                else:
                    total = total + x * i
            return total

When it is refused
    Where the type of the value is not known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, Unknown
from tracefix.facts.assignments import Assigned, assigned_names, is_never_read
from tracefix.facts.observed import spelled
from tracefix.facts.spelling import imports_for, written
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="local-none-then-value",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"previously had type NoneType but is now being assigned to a value of type",),
)

_SPELLINGS = {"None": "NoneType", "torch.Size": "Size"}  # as a run would show them


def find(facts: Facts) -> Iterator[Hit]:
    """The None that a variable starts as, where a branch or a loop replaces it."""
    for name in assigned_names(facts):
        start, *later = name.values
        if not _is_none(name.values[start]) or is_never_read(start, name, facts):
            continue
        replaced = facts.flow(name.function).replaced
        if any(start in replaced[t] and name.is_nested(t, facts.unit) for t in later):
            yield Hit(facts.unit.parents[start], f"{name.name} is None first", name)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """`name: Optional[type] = None`."""
    assert isinstance(hit.node, ast.Assign)
    name = hit.detail
    assert isinstance(name, Assigned)
    types = [facts.types.of(value) for value in name.values.values()]
    unknown = [type_ for type_ in types if isinstance(type_, Unknown)]
    if unknown:
        return Refusal(f"the type of {name.name} is not known: {unknown[0].why}")
    type_ = spelled(_SPELLINGS.get(str(t), str(t)) for t in types)
    if type_ is None:
        return Refusal(f"{name.name} takes values of types that do not go together")
    annotation = written(type_, facts.unit)
    edit = replace(hit.node, f"{name.name}: {annotation} = None")
    return Change("write the Optional", (edit,), imports_for([annotation], facts.unit))


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
