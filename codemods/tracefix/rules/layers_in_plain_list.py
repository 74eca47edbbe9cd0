"""Keep layers in a plain list.

What it does
    Finds lists of layers that __init__ makes and forward reads, and makes each an nn.ModuleList. It
    is kept only where the layers have nothing to save, so that the state_dict stays as it is.

Why TorchScript rejects it
    A list holds values of one type that TorchScript has, and a layer is no value: "failed to convert
    Python type: 'list'". The layers of an nn.ModuleList belong to the module.

Example
    import torch
    from torch import nn


    class Pyramid(nn.Module):
        def __init__(self):
            super().__init__()
            self.pools = [nn.AvgPool2d(size) for size in (1, 2, 4)]

        def forward(self, x):
            return [pool(x).mean() for pool in self.pools]

Use instead
    import torch
    from torch import nn


    class Pyramid(nn.Module):
        def __init__(self):
            super().__init__()
            self.pools = nn.ModuleList([nn.AvgPool2d(size) for size in (1, 2, 4)])

        def forward(self, x):
            return [pool(x).mean() for pool in self.pools]

When it is refused
    Where the list is not made on the spot, where a layer of it has an attribute of its own too, and
    where it has None among its layers, which TorchScript would leave out. Layers with parameters
    would change the keys of the state_dict, and those that behave differently in training would
    follow train() and eval() from now on: torch sees to it that neither happens.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.layer_lists import PlainList, plain_lists
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="layers-in-plain-list",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"has no attribute .*Python type: 'list'",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Attributes that hold plain lists of layers."""
    for found in plain_lists(facts):
        message = f"self.{found.name} is a plain list of layers"
        yield Hit(found.definitions[0], message, found)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The lists as arguments of nn.ModuleList."""
    found = hit.detail
    assert isinstance(found, PlainList)
    if found.has_none:
        return Refusal("TorchScript leaves None out of a list of layers")
    edits = []
    for definition in found.definitions:
        value = definition.value if isinstance(definition, ast.Assign) else None
        if value is None or not _is_made_here(value):
            return Refusal(f"{facts.unit.place(definition)} makes no list of its own")
        if any(isinstance(n, ast.Attribute) for n in _elements(value)):
            return Refusal(f"layers of self.{found.name} belong to the module by other names")
        if isinstance(value, ast.List) and not value.elts:
            edits.append(replace(value, "nn.ModuleList()"))
        else:
            edits.append(replace(value, "nn.ModuleList({layers})", layers=value))
    known = facts.unit.imports.get("nn") == "torch.nn"
    imports = () if known else ("from torch import nn",)
    return Change("make it an nn.ModuleList", tuple(edits), imports)


def _is_made_here(value: ast.expr) -> bool:
    if isinstance(value, ast.BinOp):
        sides = (value.left, value.right)
        if isinstance(value.op, ast.Mult):
            return any(map(_is_made_here, sides))
        return isinstance(value.op, ast.Add) and all(map(_is_made_here, sides))
    return isinstance(value, ast.List | ast.ListComp)


def _elements(value: ast.expr) -> list[ast.expr]:
    if isinstance(value, ast.BinOp):
        return [*_elements(value.left), *_elements(value.right)]
    return value.elts if isinstance(value, ast.List) else []
