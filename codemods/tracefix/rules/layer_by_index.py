"""Pick a layer by a variable.

What it does
    Finds `self.layers[i](x)`, and `self.layers[key](x)` of a ModuleDict, with a variable between
    the brackets, and lets a method of its own look for the layer.

Why TorchScript rejects it
    Each layer has a type of its own, so an index must be a literal: "Expected integer literal for
    index", "Unable to extract string literal index". A loop over the layers is unrolled, and may
    return from its middle.

Example
    import torch
    from torch import nn


    class Switch(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4)])

        def forward(self, x):
            for i in range(2):
                x = self.layers[i + 1](x)
            return x

Use instead
    import torch
    from torch import nn


    class Switch(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4)])

        def _layers_at(self, index: int, x):
            for position, layer in enumerate(self.layers):
                if position == index:
                    return layer(x)
            raise IndexError(f"index {index} is out of range")

        def forward(self, x):
            for i in range(2):
                x = self._layers_at(i + 1, x)
            return x

When it is refused
    Where the arguments are starred, or no type that a method could take; where the index is a
    tensor, and where it is picked outside of a method.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.counted_layers import layer_loops
from tracefix.facts.layer_picks import Pick, picks
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, Hole, before, replace
from tracefix.rules import Rule
from tracefix.rules.picking_method import PickingMethod, picking_method

RULE = Rule(
    slug="layer-by-index",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(
        r"Expected integer literal for index",
        r"Unable to extract string literal index",
    ),
    after=("counted-layer-loop",),  # a loop over the layers reads better
)


def find(facts: Facts) -> Iterator[Hit]:
    """The first of the picks in a class that one method can serve."""
    counted = {p for loop in layer_loops(facts) for ps in loop.lists.values() for p in ps}
    groups: dict[tuple[object, ...], list[Pick]] = {}
    for pick in picks(facts):
        if counted.isdisjoint(walk(pick.use)):
            owner = facts.unit.class_of(pick.use)
            groups.setdefault((owner, *pick.shape), []).append(pick)
    for group in groups.values():
        where = ast.unparse(group[0].layers)
        yield Hit(group[0].use, f"TorchScript picks no layer of {where} by a variable", group)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A method that goes through the layers, and calls of it."""
    group = hit.detail
    assert isinstance(group, list)
    method = picking_method(group, facts)
    if isinstance(method, Refusal):
        return method
    function = facts.unit.function_of(group[0].use)
    assert function is not None
    edits: list[Edit] = [before(function, method.text)]
    edits += [_call(pick, method) for pick in group]
    return Change("look for the layer in a loop", tuple(edits), imports=method.imports)


def _call(pick: Pick, method: PickingMethod) -> Edit:
    call = pick.call
    given: list[ast.expr] = [*method.variable_keys(pick)]
    if call is not None:
        given += [*call.args, *(k.value for k in call.keywords)]
    holes: dict[str, Hole] = {f"_{n}": value for n, value in enumerate(given)}
    arguments = ", ".join(f"{{{name}}}" for name in holes)
    return replace(pick.use, f"self.{method.name}({arguments})", **holes)
