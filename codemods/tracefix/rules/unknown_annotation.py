"""Annotate with a type that TorchScript does not know: `Sequence[Tensor]`, `torch.Size`, `dict`.

What it does
    Writes the type that a run has shown, List[int] for torch.Size. Annotations change nothing that
    Python computes. Where the new type says less than the old one, one of several types or a tuple
    of so many, it is written with --unsafe alone.

Why TorchScript rejects it
    It reads annotations: "Unknown type constructor Sequence", "Unknown type name 'torch.Size'".

Example
    import torch
    from torch import nn


    class Positions(nn.Module):
        def forward(self, shape: torch.Size, start: int = 0):
            return torch.arange(start, start + shape[1]).expand(shape[0], -1)

Use instead
    from typing import List

    import torch
    from torch import nn


    class Positions(nn.Module):
        def forward(self, shape: List[int], start: int = 0):
            return torch.arange(start, start + shape[1]).expand(shape[0], -1)

When it is refused
    Where no run has shown the type, and where what it has shown is no type of TorchScript.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.observed import spelled
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.types import default_of
from tracefix.facts.unit import parameters
from tracefix.facts.unreadable_annotations import SIZE, is_choice, unreadable
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="unknown-annotation",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(
        r"Unknown type (name|constructor)",
        r"Unsupported annotation",
        r"Expression of type dots",
        r"'(list|dict|tuple)' object is not subscriptable",
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Functions with such annotations."""
    for function in facts.forward_functions:
        found = list(_annotated(function, facts))
        if found:
            names = ", ".join(ast.unparse(annotation) for _, annotation in found)
            yield Hit(function, f"TorchScript knows no type {names}", found)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """What the run has shown."""
    function = hit.node
    assert isinstance(function, FunctionNode)
    assert isinstance(hit.detail, list)
    edits: list[Edit] = []
    types: list[str] = []
    unseen: list[str] = []
    narrower = False
    for parameter, annotation in hit.detail:
        parts = list(unreadable(annotation, facts.unit))
        if all(name == SIZE for _, name in parts):
            types.append(written("List[int]", facts.unit))
            edits += [replace(node, types[-1]) for node, _ in parts]
            continue
        type_ = spelled(_seen(function, parameter, facts))
        if type_ is None:
            unseen.append(ast.unparse(annotation))
            continue
        narrower |= is_choice(annotation, facts.unit) or "Tuple[" in type_
        types.append(written(type_, facts.unit))
        edits.append(replace(annotation, types[-1]))
    if not edits:
        return Refusal(f"no run has shown what stands for {', '.join(unseen)}")
    safety = Safety.ASK if narrower else None
    return Change(
        "write a type that TorchScript knows", tuple(edits), imports_for(types, facts.unit), safety
    )


def _annotated(function: FunctionNode, facts: Facts) -> Iterator[tuple[ast.arg | None, ast.expr]]:
    """The annotations that it cannot read, with the parameter; None for what is returned."""
    starred = (function.args.vararg, function.args.kwarg)
    for parameter in parameters(function):
        annotation = parameter.annotation
        if annotation is not None and parameter not in starred:
            if any(unreadable(annotation, facts.unit)):
                yield parameter, annotation
    if function.returns is not None and any(unreadable(function.returns, facts.unit)):
        yield None, function.returns


def _seen(function: FunctionNode, parameter: ast.arg | None, facts: Facts) -> set[str]:
    name = facts.unit.qualname(function)
    if parameter is None:
        return set(facts.observed.returns.get((facts.unit.path, name), ()))
    seen = set(facts.observed.parameters.get((facts.unit.path, name, parameter.arg), ()))
    default = default_of(function, parameter)
    if seen and isinstance(default, ast.Constant) and default.value is None:
        seen.add("NoneType")
    return seen
