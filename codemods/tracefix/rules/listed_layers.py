"""Loop over layers that are listed on the spot: `for layer in [self.conv1, self.conv2]`.

What it does
    Makes the list a tuple, and calls `layer.forward(x)`.

Why TorchScript rejects it
    A list has elements of one type, and layers of two classes make it one of a union: "cannot call a
    value of type Union". A loop over a tuple is written out, each layer with its own type; but as an
    element of a tuple a layer is a value, of which only methods can be called.

Example
    import torch
    from torch import nn


    class Backbone(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(3, 4, 1)
            self.body = nn.Sequential(nn.ReLU(), nn.Conv2d(4, 4, 1))

        def forward(self, x):
            outs = []
            for layer in [self.stem, self.body]:
                x = layer(x)
                outs.append(x)
            return outs

Use instead
    import torch
    from torch import nn


    class Backbone(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(3, 4, 1)
            self.body = nn.Sequential(nn.ReLU(), nn.Conv2d(4, 4, 1))

        def forward(self, x):
            outs = []
            for layer in (self.stem, self.body):
                x = layer.forward(x)
                outs.append(x)
            return outs

When it is refused
    Where a layer is handed on as a value, where the loop binds its name again, where it is read behind
    the loop, and where a hook may be registered on a layer, which `forward` alone does not call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.hooks import hook_on_layers
from tracefix.facts.layer_displays import LayerDisplay, layer_displays
from tracefix.facts.layer_walks import read_behind
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="listed-layers",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(
        r"cannot call a value of type 'Union\[",
        r"cannot call a value of type '__torch__",
        r"has no attribute or method '__call__'",
        r"break or continue inside the body of these loops",
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Displays of layers in loops and comprehensions that call what they go through."""
    for found in layer_displays(facts):
        called = any(_is_called(read, facts) for read in found.reads())
        if called or (isinstance(found.display, ast.List) and found.reads()):
            yield Hit(
                found.display, "TorchScript calls no layer of a list that is made here", found
            )


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A tuple, and forward in the place of the call."""
    found = hit.detail
    assert isinstance(found, LayerDisplay)
    if not isinstance(found.target, ast.Name):
        return Refusal("the layers go to more than a name")
    name = found.target.id
    if found.walk.binds(name):
        return Refusal(f"{name} is bound again in the loop")
    behind = read_behind(found.walk, facts)
    if behind == name:
        return Refusal(f"{name} is read behind the loop")
    if any(not _is_used(read, facts) for read in found.reads()):
        return Refusal(f"{name} is handed on as a value")
    owner = facts.unit.class_of(found.display)
    hook = hook_on_layers(owner, facts) if owner is not None else None
    if hook is not None:
        return Refusal(f"{hook}() may concern a layer, and forward alone does less")
    edits: list[Edit] = []
    if isinstance(found.display, ast.List):
        holes = {f"layer{n}": layer for n, layer in enumerate(found.display.elts)}
        listed = ", ".join(f"{{{hole}}}" for hole in holes) + ("," if len(holes) == 1 else "")
        edits.append(replace(found.display, f"({listed})", **holes))
    called = (read for read in found.reads() if _is_called(read, facts))
    edits += [replace(read, f"{name}.forward") for read in called]
    return Change("loop over a tuple", tuple(edits))


def _is_called(read: ast.Name, facts: Facts) -> bool:
    above = facts.unit.parents[read]
    return isinstance(above, ast.Call) and above.func is read


def _is_used(read: ast.Name, facts: Facts) -> bool:
    """Whether a layer is called here, or something that hangs on it read."""
    above = facts.unit.parents[read]
    reads_part = isinstance(above, ast.Attribute) and isinstance(above.ctx, ast.Load)
    return reads_part or _is_called(read, facts)
