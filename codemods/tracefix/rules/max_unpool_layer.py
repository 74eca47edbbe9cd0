"""Undo max pooling with nn.MaxUnpool2d.

What it does
    Writes a subclass that says what its sizes are once the layer is made, pairs of ints, and uses that.

Why TorchScript rejects it
    The layer declares its sizes as an int or a tuple, and TorchScript, which cannot hand on what may be
    either, stops with an internal error: "isIntList() INTERNAL ASSERT FAILED".

Example
    import torch
    from torch import nn


    class Coder(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool = nn.MaxPool2d(2, return_indices=True)
            self.unpool = nn.MaxUnpool2d(2)

        def forward(self, x):
            x, indices = self.pool(x)
            return self.unpool(x, indices)

Use instead
    from typing import Tuple

    import torch
    from torch import nn


    class _MaxUnpool2d(nn.MaxUnpool2d):
        kernel_size: Tuple[int, int]
        stride: Tuple[int, int]
        padding: Tuple[int, int]


    class Coder(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool = nn.MaxPool2d(2, return_indices=True)
            self.unpool = _MaxUnpool2d(2)

        def forward(self, x):
            x, indices = self.pool(x)
            return self.unpool(x, indices)

When it is refused
    Never; subclasses of the layer are passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.facts import Facts
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, before, escaped, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="max-unpool-layer",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Expected IntList but got Int",),
)

_CLASS = """class {name}({layer}):
    kernel_size: {pair}
    stride: {pair}
    padding: {pair}
"""


@dataclass(frozen=True)
class _Made:
    """Where a class of the file makes the layer."""

    calls: list[ast.Call]
    first: ast.stmt  # at the file's top level: what serves all places is written above it


def find(facts: Facts) -> Iterator[Hit]:
    """The places of each class that make the layer."""
    unit = facts.unit
    made = [
        n
        for n in walk(unit.tree)
        if isinstance(n, ast.Call) and unit.resolve(n.func) == "torch.nn.MaxUnpool2d"
    ]
    made.sort(key=lambda n: unit.span(n))
    by_class: dict[ast.ClassDef | None, list[ast.Call]] = {}
    for call in made:
        by_class.setdefault(unit.class_of(call), []).append(call)
    for calls in by_class.values():
        detail = _Made(calls, unit.top_level(made[0]))
        yield Hit(calls[0], "nn.MaxUnpool2d does not say what its sizes are", detail)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A class of the file in its place."""
    made = hit.detail
    assert isinstance(made, _Made)
    pair = written("Tuple[int, int]", facts.unit)
    layer = ast.unparse(made.calls[0].func)
    edits: list[Edit] = []
    name = _written_before(layer, pair, facts)
    if name is None:
        name = facts.fresh("_MaxUnpool2d")
        text = _CLASS.format(name=name, layer=layer, pair=pair)
        edits.append(before(made.first, escaped(text)))
    edits += [replace(call.func, name) for call in made.calls]
    imports = imports_for([pair], facts.unit)
    return Change("write a class that says what its sizes are", tuple(edits), imports)


def _written_before(layer: str, pair: str, facts: Facts) -> str | None:
    """The class of the file that has been written for another place."""
    for name, node in facts.unit.classes.items():
        text = _CLASS.format(name=name, layer=layer, pair=pair).rstrip()
        if facts.unit.text(node) == text:
            return name
    return None
