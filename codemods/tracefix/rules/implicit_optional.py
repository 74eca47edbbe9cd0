"""Annotate a parameter with a type, and give it None.

What it does
    Finds parameters whose annotation has no None, though their default is None or a run has passed
    it, and makes the annotation Optional. Annotations change nothing that Python computes.

Why TorchScript rejects it
    It believes annotations: "Expected a default value of type int", or at the call "Expected a
    value of type 'Tensor' but instead found type 'NoneType'".

Example
    from typing import Optional

    import torch
    from torch import nn


    class Masked(nn.Module):
        def forward(self, x: torch.Tensor, mask: torch.Tensor = None):
            if mask is not None:
                x = x * mask
            return x

Use instead
    from typing import Optional

    import torch
    from torch import nn


    class Masked(nn.Module):
        def forward(self, x: torch.Tensor, mask: Optional[torch.Tensor] = None):
            if mask is not None:
                x = x * mask
            return x

When it is refused
    Where the annotation is quoted.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.types import default_of
from tracefix.facts.unit import parameters
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="implicit-optional",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(
        r"Expected a default value of type",
        r"undefined Tensor",
        r"found type '(NoneType|Optional)",
        r"for argument '\w+' but instead found type",
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Functions with such parameters."""
    for function in facts.forward_functions:
        starred = (function.args.vararg, function.args.kwarg)
        found = [
            p
            for p in parameters(function)
            if p not in starred and p.annotation is not None and _lacks_none(p, function, facts)
        ]
        if found:
            names = ", ".join(p.arg for p in found)
            yield Hit(function, f"the annotation of {names} has no None", detail=found)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The annotations with None."""
    assert isinstance(hit.detail, list)
    annotations = [p.annotation for p in hit.detail]
    if any(isinstance(a, ast.Constant) for a in annotations):
        return Refusal("the annotation is quoted")
    edits: list[Edit] = []
    if "| None" in facts.unit.source.text:  # as the file writes it
        edits = [replace(a, "{type} | None", type=a) for a in annotations]
        return Change("write the None", tuple(edits))
    optional = written("Optional", facts.unit)
    edits = [replace(a, f"{optional}[{{type}}]", type=a) for a in annotations]
    return Change("write Optional", tuple(edits), imports_for([optional], facts.unit))


def _lacks_none(parameter: ast.arg, function: FunctionNode, facts: Facts) -> bool:
    assert parameter.annotation is not None
    type_ = facts.types.annotation(parameter.annotation)
    if not isinstance(type_, str) or "None" in type_ or type_.startswith(("Optional", "Any")):
        return False
    default = default_of(function, parameter)
    if isinstance(default, ast.Constant) and default.value is None:
        return True
    where = (facts.unit.path, facts.unit.qualname(function), parameter.arg)
    return "NoneType" in facts.observed.parameters.get(where, ())
