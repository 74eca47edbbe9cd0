"""Start a list of numbers, or of lists, as [].

What it does
    Finds lists and dictionaries that start empty and are filled with something other than tensors,
    and writes their type.

Why TorchScript rejects it
    [] is a List[Tensor] there and {} a Dict[str, Tensor]: "Could not match type int to t in argument
    'el'".

Example
    import torch
    from torch import nn


    class Sizes(nn.Module):
        def forward(self, x):
            sizes = []
            for i in range(x.dim()):
                sizes.append(x.size(i) + 1)
            return x.new_ones(sizes)

Use instead
    from typing import List

    import torch
    from torch import nn


    class Sizes(nn.Module):
        def forward(self, x):
            sizes: List[int] = []
            for i in range(x.dim()):
                sizes.append(x.size(i) + 1)
            return x.new_ones(sizes)

When it is refused
    Where what is put in has no single type, or none that is known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, Unknown
from tracefix.facts.contents import contents_type
from tracefix.facts.spelling import has_name, imports_for, written
from tracefix.facts.types import Type
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="empty-list",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(
        r"Could not match type",
        r"(List\[Tensor\]|Dict\[str, Tensor\]).* (but|found type)",
        r"Expected a value of type '(List|Dict|Optional\[List)\[",
        r"previously had type (List\[Tensor\]|Dict\[str, Tensor\])",
    ),
)
_ASSUMED: tuple[Type, ...] = ("List[Tensor]", "Dict[str, Tensor]")


def find(facts: Facts) -> Iterator[Hit]:
    """Empty displays whose contents TorchScript would take for tensors."""
    for node in facts.in_forward(ast.Assign):
        assert isinstance(node, ast.Assign)
        if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
            continue
        if not _is_empty(node.value, facts):
            continue
        type_ = contents_type(node.targets[0], node.value, facts)
        if type_ is not None and type_ not in _ASSUMED:
            yield Hit(node, f"{node.targets[0].id} starts empty, and holds no tensors", type_)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """`name: List[int] = []`."""
    assert isinstance(hit.node, ast.Assign)
    target = hit.node.targets[0]
    assert isinstance(target, ast.Name)
    if isinstance(hit.detail, Unknown):
        return Refusal(f"the type of what {target.id} holds is not known: {hit.detail.why}")
    if not has_name(str(hit.detail)):
        return Refusal(f"{target.id} holds what TorchScript has no type for: {hit.detail}")
    annotation = written(str(hit.detail), facts.unit)
    edit = replace(hit.node, f"{target.id}: {annotation} = {{value}}", value=hit.node.value)
    return Change("write the type", (edit,), imports_for([annotation], facts.unit))


def _is_empty(value: ast.expr, facts: Facts) -> bool:
    if isinstance(value, ast.List):
        return not value.elts
    if isinstance(value, ast.Dict):
        return not value.keys
    if not isinstance(value, ast.Call) or value.args or value.keywords:
        return False
    return facts.unit.resolve(value.func) in ("list", "dict")
