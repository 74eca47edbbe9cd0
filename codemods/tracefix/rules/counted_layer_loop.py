"""Count through a list of layers.

What it does
    Finds `for i in range(n)` with `self.layers[i]` inside, where `n` is the number of layers, and
    loops over the layers themselves. Several lists of as many layers are gone through together.

Why TorchScript rejects it
    It takes no variable as the index of a ModuleList or Sequential, since each layer has a type of
    its own: "Expected integer literal for index". A loop over the layers is unrolled.

Example
    import torch
    from torch import nn


    class Stack(nn.Module):
        def __init__(self, depth=3):
            super().__init__()
            self.depth = depth
            self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(depth)])

        def forward(self, x):
            for i in range(self.depth):
                x = torch.relu(self.layers[i](x))
            return x

Use instead
    import torch
    from torch import nn


    class Stack(nn.Module):
        def __init__(self, depth=3):
            super().__init__()
            self.depth = depth
            self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(depth)])

        def forward(self, x):
            for layer in self.layers:
                x = torch.relu(layer(x))
            return x

When it is refused
    Never; a loop with `break` or `continue`, which an unrolled loop cannot have, and one whose
    count may be another are left to `layer-by-index`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.counted_layers import LayerLoop, layer_loops
from tracefix.facts.local_names import fresh_local, singular
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="counted-layer-loop",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"Expected integer literal for index",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Loops that count up to the number of the layers that they pick."""
    for loop in layer_loops(facts):
        names = ", ".join(f"self.{name}" for name in loop.lists)
        yield Hit(loop.node, f"TorchScript picks no layer of {names} by a variable", loop)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A loop over the layers; the counter stays where something else reads it."""
    loop = hit.detail
    assert isinstance(loop, LayerLoop)
    function = facts.unit.function_of(loop.node)
    assert function is not None
    taken: list[str] = []
    edits: list[Edit] = []
    for attribute, picks in loop.lists.items():
        name = fresh_local(singular(attribute), function, facts.unit, taken)
        taken.append(name)
        edits += [replace(pick, name) for pick in picks]
    names = ", ".join(taken)
    over = ", ".join(f"self.{attribute}" for attribute in loop.lists)
    if len(taken) > 1:
        over = f"zip({over})"
    if loop.counts:
        counter = loop.node.target
        assert isinstance(counter, ast.Name)
        over = f"enumerate({over})"
        names = f"{counter.id}, ({names})" if len(taken) > 1 else f"{counter.id}, {names}"
    edits += [replace(loop.node.target, names), replace(loop.node.iter, over)]
    return Change("loop over the layers", tuple(edits))
